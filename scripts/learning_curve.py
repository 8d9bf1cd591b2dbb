"""Print and draw how the scores rise with the number of real cases in a training set.

    python scripts/learning_curve.py RUNS [--output curve.png]

RUNS holds a folder realN-seedS for each training, as `ssaglioma train ... --real N --seed S --output RUNS/realN-seedS`
leaves it. Folders of trainings that are not finished are named and left out. Needs matplotlib for --output.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

REGIONS = ("WT", "TC", "ET")
SCORES = "scores.json"
COLORS = ("#1f5fa8", "#b3402e", "#2e8b57")
_FOLDER = re.compile(r"real(\d+)-seed(\d+)")


@dataclass(frozen=True)
class Point:
    """Mean Dice of one training over the held-out cases that hold a region (nan where none does)."""

    real: int
    seed: int
    dice: dict[str, float]


def read_point(folder: Path) -> Point:
    """Return the scores of a finished training; `folder` is named realN-seedS."""
    named = _FOLDER.fullmatch(folder.name)
    if named is None:
        raise SystemExit(f"The folder {str(folder)!r} is not named realN-seedS")
    cases = json.loads((folder / SCORES).read_text(encoding="utf-8"))["cases"]
    return Point(int(named[1]), int(named[2]), {region: _mean_dice(cases, region) for region in REGIONS})


def _mean_dice(cases: list[dict], region: str) -> float:
    scores = [case["regions"][region] for case in cases]
    held = [score["dice"] for score in scores if score["volume_reference_ml"] > 0]
    return float(np.mean(held)) if held else float("nan")


def rows(points: Iterable[Point]) -> list[str]:
    """Return a Markdown table: a line for each training, and the mean of each number of real cases with several."""
    ordered = sorted(points, key=lambda point: (point.real, point.seed))
    lines = ["| real cases added | seed | " + " | ".join(REGIONS) + " |", "|---" * (2 + len(REGIONS)) + "|"]
    for real in sorted({point.real for point in ordered}):
        same = [point for point in ordered if point.real == real]
        for point in same:
            lines.append(
                f"| {real} | {point.seed} | " + " | ".join(f"{point.dice[name]:.3f}" for name in REGIONS) + " |"
            )
        if len(same) > 1:
            values = [[point.dice[name] for point in same] for name in REGIONS]
            cells = (f"{np.mean(one):.3f} (SD {np.std(one, ddof=1):.3f})" for one in values)
            lines.append(f"| {real} | mean of {len(same)} | " + " | ".join(cells) + " |")
    return lines


def draw(points: list[Point], path: Path) -> None:
    """Draw each training as a dot and the means as lines, a color for each region."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    counts = sorted({point.real for point in points})
    for color, region in zip(COLORS, REGIONS):
        axes.plot(
            [point.real for point in points], [point.dice[region] for point in points], "o", color=color, alpha=0.5
        )
        means = [np.mean([point.dice[region] for point in points if point.real == count]) for count in counts]
        axes.plot(counts, means, "-", color=color, label=region)
    axes.set(xlabel="real cases added to the synthetic ones", ylabel="mean Dice of the held-out real cases")
    axes.set(ylim=(0, 1), xticks=counts)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--output", type=Path, help="picture to write")
    args = parser.parse_args()
    folders = sorted(folder for folder in args.runs.glob("real*-seed*") if folder.is_dir())
    finished = [folder for folder in folders if (folder / SCORES).is_file()]
    if not finished:
        raise SystemExit(f"No finished training in {str(args.runs)!r}: expected folders realN-seedS with {SCORES}")
    points = [read_point(folder) for folder in finished]
    print("\n".join(rows(points)))
    for folder in folders:
        if folder not in finished:
            print(f"{folder.name}: not finished")
    if args.output:
        draw(points, args.output)
        print(args.output)


if __name__ == "__main__":
    main()
