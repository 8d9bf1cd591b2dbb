"""Write the model package that ships from a cross-validated study, with the scores of all its folds in the card.

    python scripts/publish_model.py STUDY_FOLDER --ship FOLD --name glioma-2d --title "Glioma, 2D ..." [--output DIR]
    python scripts/publish_model.py STUDY_FOLDER --ship all --run RUN --name glioma-2d --title "..."

STUDY_FOLDER is what `scripts/cross_validate.py run` made (with --subsets, the card tells what missing sequences cost).
The shipped weights are those of one fold, named before its scores are looked at, or of RUN, trained on all cases in
the same way.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import GLIOMA
from ssaglioma.packages import ModelPackage, read_package, write_package
from ssaglioma.training.conditions import CLEAN, conditions
from ssaglioma.training.cross_validation import CrossValidation, read_scores
from ssaglioma.training.validation import false_volumes_ml, mean_dice

KEPT = ("dice", "hd95_mm", "lesion_dice", "volume_reference_ml", "volume_prediction_ml", "empty")
MODELS = Path(__file__).parents[1] / "Resources" / "Models"


def main() -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--ship", required=True, metavar="FOLD|all")
    parser.add_argument("--run", type=Path, help="run on all cases, with --ship all")
    parser.add_argument("--name", required=True)
    parser.add_argument("--title", required=True)
    parser.add_argument("--output", type=Path, help="default: Resources/Models/NAME")
    args = parser.parse_args()
    try:
        return _publish(args)
    except SSAGliomaError as error:
        print(error, file=sys.stderr)
        return 2


def _publish(args: argparse.Namespace) -> int:
    work = CrossValidation.open(args.study)
    shipped, fold = _shipped(args, work)
    scored = {name: {"cases": read_scores(args.study, name)} for name in _scored_conditions(args.study)}
    clean = scored[CLEAN]
    card = replace(
        shipped.card,
        name=args.name,
        title=args.title,
        scores=_card_scores(clean, fold, sorted({row["fold"] for row in clean["cases"]}), scored),
        missing_cost=_missing_costs(scored),
    )
    output = args.output or MODELS / args.name
    write_package(output, card, shipped.weights())
    for name, scores in scored.items():
        print(f"{name}: {_means(scores)}")
    print(_markdown(clean["cases"]))
    print(f"missing sequence, loss of mean Dice: {card.missing_cost}\nwritten to {output}")
    return 0


def _shipped(args: argparse.Namespace, work: CrossValidation) -> tuple[ModelPackage, int | str]:
    """Return the package whose weights ship, and the fold that it never saw, or 'all' where it saw all cases."""
    if args.ship == "all":
        if args.run is None:
            raise DatasetError("--ship all without --run", expected="the folder of a run on all cases")
        return read_package(args.run / "package"), "all"
    if not args.ship.isdigit() or int(args.ship) not in work.trained():
        raise DatasetError(f"The fold {args.ship!r} is not trained", expected=f"one of {work.trained()}, or 'all'")
    return work.package(int(args.ship)), int(args.ship)


def _scored_conditions(folder: Path) -> list[str]:
    found = {path.stem.removeprefix("scores-") for path in folder.glob("fold*/scores-*.json")}
    if CLEAN not in found:
        raise DatasetError(f"The study in {str(folder)!r} has no scores", remedy="Run scripts/cross_validate.py first")
    return sorted(found, key=lambda name: (name != CLEAN, name))


def _means(scores: dict[str, Any]) -> str:
    parts = []
    for region in GLIOMA.regions:
        mean, count = mean_dice(scores, region)
        parts.append(f"{region} {mean:.3f} (n={count})" if mean is not None else f"{region} -")
    false = {name: round(volume, 2) for name, volume in false_volumes_ml(scores, "ET").items()}
    return f"mean Dice {', '.join(parts)}; false ET where there is none, ml: {false}"


def _card_scores(
    pooled: dict[str, Any], ship: int | str, folds: list[int], scored: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    rows = [
        {
            "case": row["case"],
            "fold": row["fold"],
            "regions": {region: {key: row["regions"][region][key] for key in KEPT} for region in GLIOMA.regions},
        }
        for row in pooled["cases"]
    ]
    means = {region: mean_dice(pooled, region) for region in GLIOMA.regions}
    degraded = {
        name: {region: mean_dice(scores, region)[0] for region in GLIOMA.regions}
        for name, scores in scored.items()
        if name != CLEAN and "-without-" not in name
    }
    return {
        "made_by": "scripts/publish_model.py; every case was segmented by a network that never saw it",
        "folds_trained": folds,
        "shipped_fold": ship,
        "hd95_convention": "surface_area",
        "mean_dice": {region: {"mean": mean, "cases": count} for region, (mean, count) in means.items()},
        "false_et_ml": false_volumes_ml(pooled, "ET"),
        "mean_dice_through_scanners": degraded,
        "cases": rows,
    }


def _missing_costs(scored: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return what each subset of sequences that was scored costs in mean Dice; a gain counts as no cost."""
    costs = {}
    for condition in conditions([], subsets=True):
        if condition.name not in scored:
            continue
        cases = {row["case"] for row in scored[condition.name]["cases"]}
        complete = {"cases": [row for row in scored[CLEAN]["cases"] if row["case"] in cases]}
        loss = _average(complete) - _average(scored[condition.name])
        costs["+".join(one.value for one in condition.missing)] = round(max(0.0, loss), 3)
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
