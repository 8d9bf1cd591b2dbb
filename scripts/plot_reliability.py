"""Draw reliability diagrams of held-out cases before and after the temperatures, each fitted on the other folds.

    python scripts/plot_reliability.py HELD_OUT --output reliability.png

HELD_OUT is the folder that scripts/held_out.py wrote. Needs matplotlib.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import numpy as np
from fit_doubt import brain_counts, fit_temperatures
from held_out import read_held_out
from matplotlib import pyplot as plt

from ssaglioma.evaluation.calibration import LogitCounts, Reliability, pooled, reliability

COLORS = ("#b3402e", "#1f5fa8")


def draw(axes, diagrams: list[tuple[str, Reliability]]) -> None:
    """Draw one panel: the points of two diagrams."""
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    for color, (name, diagram) in zip(COLORS, diagrams):
        filled = diagram.share > 0
        label = f"{name}: error {diagram.error:.4f}"
        axes.plot(diagram.predicted[filled], diagram.observed[filled], "o-", color=color, markersize=4, label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=np.linspace(0, 1, 6))
    axes.legend(fontsize=8, loc="upper left", frameon=False)


def main() -> None:
    """Draw a row for each scanner and a column for each region."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--scanners", nargs="+", default=["clean", "1.5T_ssa"])
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    cases = [one for scanner in args.scanners for one in read_held_out(args.held_out, scanner)]
    counts, regions = brain_counts(cases), cases[0].regions
    folds = sorted({one.fold for one in cases})
    by_fold = {fold: fit_temperatures([one for one in cases if one.fold != fold], counts) for fold in folds}
    figure, grid = plt.subplots(len(args.scanners), len(regions), figsize=(4 * len(regions), 4 * len(args.scanners)))
    for scanner, line in zip(args.scanners, np.atleast_2d(grid)):
        for region, axes in zip(regions, line):
            chosen = [one for one in cases if one.scanner == scanner]
            before = [counts[one.case, scanner, region] for one in chosen]
            after = [
                LogitCounts(part.logits / by_fold[one.fold][region], part.inside, part.outside)
                for one, part in zip(chosen, before)
            ]
            draw(axes, [("before", reliability(pooled(before))), ("after", reliability(pooled(after)))])
            axes.set_title(f"{region}, {scanner} ({len(chosen)} held-out cases)", fontsize=10)
    for axes in np.atleast_2d(grid)[-1]:
        axes.set_xlabel("predicted probability")
    for axes in np.atleast_2d(grid)[:, 0]:
        axes.set_ylabel("share of voxels that belong to the region")
    figure.tight_layout()
    figure.savefig(args.output, dpi=110)
    print(args.output)


if __name__ == "__main__":
    main()
