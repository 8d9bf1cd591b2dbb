"""Scores of a trained fold on the cases that it never saw, through the same path that users take."""

from __future__ import annotations

import zlib
from collections.abc import Sequence as Seq
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.evaluation import EvaluationOptions, build_document, evaluate_case
from ssaglioma.inference.engine_choice import load_engine
from ssaglioma.inference.segment import PackagePredictor, segment_case
from ssaglioma.labels import LabelScheme, Sequence, label_scheme
from ssaglioma.packages import ModelPackage
from ssaglioma.synthesis.scanner import apply_scan, draw_scan, scan_labels
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case, Volume, read_labelmap, read_volume, write_volume


def validate_package(
    package: ModelPackage,
    cases: Seq[Case],
    *,
    device: str = "cpu",
    mirror: bool = False,
    without: Seq[Sequence] = (),
    scanner: str | None = None,
    keep: Path | None = None,
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
    scanner : str or None
        Preset that the cases pass through first: see `seen_through`.
    keep : Path or None
        Folder that receives the labelmaps as CASE-seg.nii.gz.

    Returns
    -------
    dict
        What `ssaglioma evaluate --json` writes.
    """
    engine = load_engine(package, device=device, mirror=mirror)
    return validate(engine, cases, without=without, scanner=scanner, keep=keep, progress=progress)


def validate(
    predictor: PackagePredictor,
    cases: Seq[Case],
    *,
    without: Seq[Sequence] = (),
    scanner: str | None = None,
    keep: Path | None = None,
    progress: ProgressCallback = no_progress,
) -> dict[str, Any]:
    """Do as `validate_package` with a model that is loaded already, such as an ensemble."""
    scheme = label_scheme(predictor.package.card.labels)
    scored = {}
    for index, case in enumerate(cases):
        progress(index / len(cases), f"Validating {case.name}")
        volumes, reference = seen_through(case, scanner, scheme)
        given = {name: volume for name, volume in volumes.items() if name not in without}
        found = segment_case(given, predictor).labelmap
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            write_volume(found, kept_labelmap(keep, case.name))
        scored[case.name] = evaluate_case(reference, found, scheme)
    progress(1.0, "Validated")
    return build_document(scored, EvaluationOptions(), scheme_name=scheme.name)


def kept_labelmap(folder: Path, case: str) -> Path:
    """Return where `validate` keeps the labelmap of a case."""
    return folder / f"{case}-seg.nii.gz"


def seen_through(case: Case, scanner: str | None, scheme: LabelScheme) -> tuple[dict[Sequence, Volume], Volume]:
    """Return images and reference of a case, as they are or as a scanner preset would show them on its own slices.

    The scan is drawn from the case's name, so that every model is judged on the same images. No sequence gets lost:
    what a missing one costs is measured by itself.
    """
    volumes = {name: read_volume(path) for name, path in case.sequences.items()}
    reference = read_labelmap(Path(str(case.reference)), scheme)
    if scanner is None:
        return volumes, reference
    scan = replace(draw_scan(scanner, np.random.default_rng(zlib.crc32(case.name.encode()))), missing=None)
    return apply_scan(volumes, scan, threads=1), scan_labels(reference, scan)


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
