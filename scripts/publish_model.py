"""Score trained folds on their held-out cases and write the shipped model package.

Usage: python scripts/publish_model.py DATA RUNS --ship FOLD

RUNS holds fold0, fold1, ... as written by `ssaglioma train DATA --output RUNS/foldK --fold K`.
The shipped weights are those of one fold, named before its scores are looked at.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from ssaglioma.evaluation import write_json
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.packages import ModelPackage, write_package
from ssaglioma.training.checkpoint import read_checkpoint
from ssaglioma.training.folds import read_folds
from ssaglioma.training.loop import CHECKPOINT
from ssaglioma.training.package import package_run
from ssaglioma.training.validation import false_volumes_ml, mean_dice, validate_package
from ssaglioma.volume import Case, find_cases

NAME = "glioma-2d-small"
KEPT = ("dice", "hd95_mm", "volume_reference_ml", "volume_prediction_ml", "empty")


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--ship", type=int, required=True, metavar="FOLD")
    parser.add_argument("--mirrored", action="store_true", help="also score with left-right mirroring (never shipped)")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "Resources" / "Models" / NAME)
    args = parser.parse_args()
    cases = {case.name: case for case in find_cases(args.data)}
    folds = read_folds()
    scored, mirrored, packages = [], [], {}
    for run in sorted(args.runs.glob("fold[0-9]")):
        fold = int(run.name[-1])
        held_out = [cases[name] for name in folds.held_out(fold)]
        packages[fold] = _package(run, fold, len(folds.training(fold)), held_out)
        scores = validate_package(packages[fold], held_out)
        write_json(scores, run / "scores.json")
        print(f"fold {fold}: {_means(scores)}", flush=True)
        scored += [{**row, "fold": fold} for row in scores["cases"]]
        if args.mirrored:
            mirrored += validate_package(packages[fold], held_out, mirror=True)["cases"]
    pooled = {"cases": scored}
    shipped = packages[args.ship]
    held_out = [cases[name] for name in folds.held_out(args.ship)]
    card = replace(
        shipped.card,
        scores=_card_scores(pooled, args.ship, sorted(packages)),
        missing_cost=_missing_costs(shipped, held_out),
    )
    write_package(args.output, card, shipped.weights())
    print(_means(pooled))
    if mirrored:
        print(f"with --mirror: {_means({'cases': mirrored})}")
    print(_markdown(scored))
    print(f"missing sequence, loss of mean Dice: {card.missing_cost}")
    return 0


def _package(run: Path, fold: int, training_cases: int, held_out: list[Case]) -> ModelPackage:
    config = read_checkpoint(run / CHECKPOINT)[0]["config"]
    steps = config["epochs"] * config["steps_per_epoch"]
    names = ", ".join(case.name for case in held_out)
    return package_run(
        run,
        run / "package",
        name=NAME,
        title="Glioma, 2D, small: for computers with 2 cores and no GPU",
        training_data=(
            f"{training_cases} pre-operative glioma cases of the BraTS 2018 and 2021 training sets (fold {fold} of "
            f"the project's five; held out: {names}). {steps} steps of {config['batch_size']} axial slices."
        ),
    )


def _means(scores: dict[str, Any]) -> str:
    parts = []
    for region in GLIOMA.regions:
        mean, count = mean_dice(scores, region)
        parts.append(f"{region} {mean:.3f} (n={count})" if mean is not None else f"{region} -")
    false = {name: round(volume, 2) for name, volume in false_volumes_ml(scores, "ET").items()}
    return f"mean Dice {', '.join(parts)}; false ET where there is none, ml: {false}"


def _card_scores(pooled: dict[str, Any], ship: int, folds: list[int]) -> dict[str, Any]:
    rows = [
        {
            "case": row["case"],
            "fold": row["fold"],
            "regions": {region: {key: row["regions"][region][key] for key in KEPT} for region in GLIOMA.regions},
        }
        for row in pooled["cases"]
    ]
    means = {region: mean_dice(pooled, region) for region in GLIOMA.regions}
    return {
        "made_by": "scripts/publish_model.py; every case was segmented by a network that never saw it",
        "folds_trained": folds,
        "shipped_fold": ship,
        "hd95_convention": "surface_area",
        "mean_dice": {region: {"mean": mean, "cases": count} for region, (mean, count) in means.items()},
        "false_et_ml": false_volumes_ml(pooled, "ET"),
        "cases": rows,
    }


def _missing_costs(package: ModelPackage, held_out: list[Case]) -> dict[str, float]:
    """Measure every subset of sequences that holds T1Gd or FLAIR; a gain counts as no cost."""
    complete = _average(validate_package(package, held_out))
    costs = {}
    for count in range(1, len(SEQUENCE_ORDER)):
        for missing in combinations(SEQUENCE_ORDER, count):
            if {Sequence.T1C, Sequence.T2F} <= set(missing):
                continue
            without = _average(validate_package(package, held_out, without=missing))
            costs["+".join(one.value for one in missing)] = round(max(0.0, complete - without), 3)
            names = ", ".join(one.display_name for one in missing)
            print(f"without {names}: {complete:.3f} -> {without:.3f}", flush=True)
    return costs


def _average(scores: dict[str, Any]) -> float:
    means = [mean_dice(scores, region)[0] for region in GLIOMA.regions]
    return sum(mean for mean in means if mean is not None) / sum(mean is not None for mean in means)


def _markdown(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| case | fold | Dice WT | TC | ET | HD95 WT (mm) | TC | ET | ET reference / found (ml) |",
        "|---" * 9 + "|",
    ]
    for row in rows:
        regions = row["regions"]
        dice = " | ".join(f"{regions[r]['dice']:.3f}" for r in GLIOMA.regions)
        hd95 = " | ".join(f"{regions[r]['hd95_mm']:.1f}" for r in GLIOMA.regions)
        et = f"{regions['ET']['volume_reference_ml']:.1f} / {regions['ET']['volume_prediction_ml']:.1f}"
        lines.append(f"| {row['case']} | {row['fold']} | {dice} | {hd95} | {et} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
