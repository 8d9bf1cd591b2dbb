"""Scores of a trained fold on the cases that it never saw, through the same path that users take."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

from ssaglioma.evaluation import EvaluationOptions, build_document, evaluate_case
from ssaglioma.inference.engine import TorchEngine
from ssaglioma.inference.segment import segment_case
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.packages import ModelPackage
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case, read_labelmap, read_volume


def validate_package(
    package: ModelPackage,
    cases: Seq[Case],
    *,
    device: str = "cpu",
    mirror: bool = False,
    without: Seq[Sequence] = (),
    progress: ProgressCallback = no_progress,
) -> dict[str, Any]:
    """Segment held-out cases and score them; no threshold or checkpoint is chosen here.

    Parameters
    ----------
    package : ModelPackage
        Trained without any of the cases.
    cases : sequence of Case
        Held-out cases with a reference.
    without : sequence of Sequence
        Sequences to leave out, to measure what a missing one costs.

    Returns
    -------
    dict
        What `ssaglioma evaluate --json` writes.
    """
    engine = TorchEngine(package, device=device, mirror=mirror)
    scheme = label_scheme(package.card.labels)
    scored = {}
    for index, case in enumerate(cases):
        progress(index / len(cases), f"Validating {case.name}")
        volumes = {name: read_volume(path) for name, path in case.sequences.items() if name not in without}
        result = segment_case(volumes, engine)
        reference = read_labelmap(Path(str(case.reference)), scheme)
        scored[case.name] = evaluate_case(reference, result.labelmap, scheme)
    progress(1.0, "Validated")
    return build_document(scored, EvaluationOptions(), scheme_name=scheme.name)


def mean_dice(scores: dict[str, Any], region: str) -> tuple[float | None, int]:
    """Return the mean Dice over the cases whose reference holds the region, and their number.

    Cases without the region in the reference are left out, because their Dice is 0 or 1 by rule;
    report their falsely found volume beside it (`false_volumes_ml`).
    """
    rows = [row["regions"][region] for row in scores["cases"]]
    values = [row["dice"] for row in rows if row["empty"] in ("none", "prediction")]
    return (sum(values) / len(values) if values else None), len(values)


def short_scores(scores: dict[str, Any]) -> dict[str, Any]:
    """Return what a model card tells of `validate_package`'s scores: which cases were held out, and their Dice."""
    cases = [
        {"case": row["case"], "regions": {name: {"dice": region["dice"]} for name, region in row["regions"].items()}}
        for row in scores["cases"]
    ]
    return {"made_by": "ssaglioma train; cases that the training never saw", "cases": cases}


def false_volumes_ml(scores: dict[str, Any], region: str) -> dict[str, float]:
    """Return the volume found, in ml, for each case whose reference lacks the region."""
    return {
        row["case"]: row["regions"][region]["volume_prediction_ml"]
        for row in scores["cases"]
        if row["regions"][region]["empty"] in ("reference", "both")
    }
