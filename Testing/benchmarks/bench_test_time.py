"""What adapting to each patient does to held-out cases on degraded images: Dice with and without, and how often it was
taken back.

    python scripts/held_out.py DATA/glioma RUNS --output held_out --scanners clean 1.5T_ssa
    python Testing/benchmarks/bench_test_time.py DATA/glioma RUNS held_out --folds 0 1

Each case is seen through the same scan as in HELD_OUT and adapted by the fold that never saw it, once for each number
of steps. Needs torch. Cases that are in --results already are left alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from held_out import HeldOut, read_held_out, scanned

from ssaglioma.adaptation.test_time import AdaptationConfig
from ssaglioma.evaluation.overlap import overlap_counts
from ssaglioma.evaluation.statistics import bootstrap_interval
from ssaglioma.inference.adapted import AdaptedEngine
from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.labels import GLIOMA
from ssaglioma.packages import read_package
from ssaglioma.preprocessing import prepare_case
from ssaglioma.volume import find_cases, read_labelmap, read_volume, to_canonical


class Recording(AdaptedEngine):
    """Keeps what the adapted network said, even if it was taken back."""

    free: np.ndarray | None = None

    def plain(self, *args: Any) -> np.ndarray:
        """Predict and keep."""
        self.free = super().plain(*args)
        return self.free


def dice_of(probabilities: np.ndarray, one: HeldOut, smallest_mm3: float) -> dict[str, float]:
    """Return the Dice of each region of the labelmap that the product would make."""
    smallest = smallest_mm3 / float(np.prod(one.spacing_zyx_mm))
    labels = regions_to_labels(probabilities * one.brain, one.regions, GLIOMA, smallest)
    return {region: overlap_counts(one.truth(region), GLIOMA.mask(labels, region)).dice for region in one.regions}


def adapted_rows(data: Path, runs: Path, one: HeldOut, configs: list[AdaptationConfig]) -> list[dict]:
    """Adapt one case with each configuration and score it beside the result without."""
    cases = {case.name: case for case in find_cases(data)}
    images = {sequence: read_volume(path) for sequence, path in cases[one.case].sequences.items()}
    labels = read_labelmap(cases[one.case].reference, GLIOMA)
    images, _ = scanned(images, labels, one.scanner, sorted(cases).index(one.case))
    images = {name: to_canonical(volume) for name, volume in images.items()}
    package = read_package(runs / f"fold{one.fold}" / "package")
    card = package.card
    prepared = prepare_case({name: volume.array for name, volume in images.items()}, card.sequences)
    before = (1 / (1 + np.exp(-one.logits.astype(np.float32)))).astype(np.float32)
    rows = []
    for config in configs:
        began = time.monotonic()
        engine = Recording(package, device="cpu", config=config)
        after = engine.adapt(prepared.image, before, one.spacing_zyx_mm)
        free = before if engine.free is None else engine.free
        rows.append(
            {
                "case": one.case,
                "scanner": one.scanner,
                "fold": one.fold,
                "config": asdict(config),
                "entropy": engine.outcome.entropy,
                "reasons": engine.outcome.reasons,
                "without": dice_of(before, one, card.smallest_lesion_mm3),
                "unguarded": dice_of(free, one, card.smallest_lesion_mm3),
                "guarded": dice_of(after, one, card.smallest_lesion_mm3),
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    return rows


def print_table(rows: list[dict]) -> None:
    """Print the means of each configuration and scanner."""
    print(
        "| scanner | steps | rate | cases | taken back | region | Dice without | unguarded | guarded | change (95 %) |"
    )
    print("|---" * 10 + "|")
    for key in sorted({(row["scanner"], row["config"]["steps"], row["config"]["learning_rate"]) for row in rows}):
        chosen = [
            row for row in rows if (row["scanner"], row["config"]["steps"], row["config"]["learning_rate"]) == key
        ]
        back = sum(bool(row["reasons"]) for row in chosen)
        for region in chosen[0]["without"]:
            old, free, new = (
                np.array([row[name][region] for row in chosen]) for name in ("without", "unguarded", "guarded")
            )
            low, high = bootstrap_interval(new - old)
            print(
                f"| {key[0]} | {key[1]} | {key[2]:g} | {len(chosen)} | {back} | {region} | {old.mean():.3f} "
                f"| {free.mean():.3f} | {new.mean():.3f} | {(new - old).mean():+.3f} ({low:+.3f} to {high:+.3f}) |"
            )
    print(f"seconds a case and configuration, median: {np.median([row['seconds'] for row in rows]):.0f}")


def main() -> None:
    """Adapt what is not in the results yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--scanner", default="1.5T_ssa")
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--steps", type=int, nargs="+", default=[AdaptationConfig().steps])
    parser.add_argument("--rates", type=float, nargs="+", default=[AdaptationConfig().learning_rate])
    parser.add_argument("--results", type=Path, default=Path("test_time.jsonl"))
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.results.read_text().splitlines()] if args.results.exists() else []
    done = {(row["case"], row["scanner"]) for row in rows}
    configs = [AdaptationConfig(steps=steps, learning_rate=rate) for steps in args.steps for rate in args.rates]
    for one in read_held_out(args.held_out, args.scanner):
        if one.fold in args.folds and (one.case, one.scanner) not in done:
            made = adapted_rows(args.data, args.runs, one, configs)
            with args.results.open("a") as stream:
                stream.writelines(json.dumps(row) + "\n" for row in made)
            rows += [json.loads(json.dumps(row)) for row in made]
            print(f"{one.case}: {made[-1]['reasons'] or 'kept'}", flush=True)
    print_table(rows)


if __name__ == "__main__":
    main()
