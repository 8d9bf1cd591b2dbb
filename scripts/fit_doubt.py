"""Fit what a model card says of its own doubt, and judge it on cases that were not fitted.

    python scripts/fit_doubt.py HELD_OUT [--package FOLDER]

HELD_OUT is the folder that scripts/held_out.py wrote. Fitted on the clean cases and those through the scanner named by
--fit-with; judged leave-one-fold-out: whatever is said of a case was fitted on the other folds, for that case clean and
degraded alike. With --package the numbers fitted on all folds, and their held-out errors, go into that package's card.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from dice_forecast import fit_dice_models, judge_dice
from held_out import CLEAN, HeldOut, read_held_out
from lesion_forecast import fit_lesion_models, judge_lesions

from ssaglioma.evaluation.calibration import LogitCounts, brier_score, fit_temperature, pooled, reliability
from ssaglioma.packages import read_package
from ssaglioma.packages.package import CARD_FILE
from ssaglioma.volume.atomic import write_json_atomic

Counts = dict[tuple[str, str, str], LogitCounts]
"""Voxels of the brain by case, scanner and region."""


def brain_counts(cases: list[HeldOut]) -> Counts:
    """Count the voxels of every brain by logit."""
    return {
        (one.case, one.scanner, region): LogitCounts.of(one.logits[index][one.brain], one.truth(region)[one.brain])
        for one in cases
        for index, region in enumerate(one.regions)
    }


def fit_temperatures(cases: list[HeldOut], counts: Counts) -> dict[str, float]:
    """Return one temperature for each region, each case weighing the same."""
    return {
        region: fit_temperature(pooled(counts[one.case, one.scanner, region] for one in cases))
        for region in cases[0].regions
    }


def judge_calibration(cases: list[HeldOut], counts: Counts, by_fold: dict[int, dict[str, float]]) -> dict[str, Any]:
    """Print the calibration of each region and scanner before and after, and return it for the card."""
    print(
        "\n| scanner | region | ECE, brain | after | mean of cases | after | ECE, 0.05 < p < 0.95 | after "
        "| Brier | after |"
    )
    print("|---" * 10 + "|")
    found: dict[str, Any] = {}
    for scanner in dict.fromkeys(one.scanner for one in cases):
        for region in cases[0].regions:
            chosen = [one for one in cases if one.scanner == scanner]
            plain = [counts[one.case, scanner, region] for one in chosen]
            zone = [part.uncertain() for part in plain]
            heat = [by_fold[one.fold][region] for one in chosen]
            cells = [
                _error(plain), _error(plain, heat), _mean_error(plain), _mean_error(plain, heat),
                _error(zone), _error(zone, heat), _brier(plain), _brier(plain, heat),
            ]  # fmt: skip
            print(f"| {scanner} | {region} | " + " | ".join(f"{value:.4f}" for value in cells) + " |")
            names = ("ece_brain", "ece_uncertain")
            values = ((cells[0], cells[1]), (cells[4], cells[5]))
            for name, (before, after) in zip(names, values):
                found.setdefault(scanner, {}).setdefault(region, {})[name] = {
                    "before": round(before, 4),
                    "after": round(after, 4),
                }
    return found


def _heated(counts: list, heat: list[float] | None) -> list[LogitCounts]:
    heat = heat or [1.0] * len(counts)
    return [LogitCounts(part.logits / value, part.inside, part.outside) for part, value in zip(counts, heat) if part]


def _error(counts: list, heat: list[float] | None = None) -> float:
    return reliability(pooled(_heated(counts, heat))).error


def _mean_error(counts: list, heat: list[float] | None = None) -> float:
    return float(np.mean([reliability(part).error for part in _heated(counts, heat)]))


def _brier(counts: list, heat: list[float] | None = None) -> float:
    return float(np.mean([brier_score(part) for part in _heated(counts, heat)]))


def main() -> None:
    """Fit, judge, print, and write the card where one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("--fit-with", default="1.5T_ssa", metavar="SCANNER")
    parser.add_argument("--judge-too", nargs="*", default=[], metavar="SCANNER", help="scanners never fitted")
    parser.add_argument("--package", type=Path, metavar="FOLDER", help="write the numbers into this package's card")
    args = parser.parse_args()
    fitted = [one for scanner in (CLEAN, args.fit_with) for one in read_held_out(args.held_out, scanner)]
    unseen = [one for scanner in args.judge_too for one in read_held_out(args.held_out, scanner)]
    counts = brain_counts([*fitted, *unseen])
    folds = sorted({one.fold for one in fitted})
    by_fold = {fold: fit_temperatures([one for one in fitted if one.fold != fold], counts) for fold in folds}
    final = fit_temperatures(fitted, counts)
    print(f"{len({one.case for one in fitted})} cases, folds {folds}")
    for region, value in final.items():
        others = ", ".join(f"{by_fold[fold][region]:.2f}" for fold in folds)
        print(f"temperature {region}: {value:.3f} (without each fold: {others})")
    calibration = judge_calibration([*fitted, *unseen], counts, by_fold)
    dice = judge_dice(fitted, unseen, by_fold)
    lesions = judge_lesions(fitted, unseen, by_fold)
    if args.package is not None:
        package = read_package(args.package)
        made_by = f"scripts/fit_doubt.py; fitted on clean cases and {args.fit_with}, judged leave-one-fold-out"
        card = replace(
            package.card,
            temperatures={region: round(value, 4) for region, value in final.items()},
            expected_dice={**fit_dice_models(fitted, final), "held_out": dice, "made_by": made_by},
            lesion_confidence={**fit_lesion_models(fitted, final), "held_out": lesions, "made_by": made_by},
            scores={**package.card.scores, "calibration": {"made_by": made_by, **calibration}},
        )
        write_json_atomic(card.to_json(), args.package / CARD_FILE, allow_nan=False)
        print(f"written to {args.package / CARD_FILE}")


if __name__ == "__main__":
    main()
