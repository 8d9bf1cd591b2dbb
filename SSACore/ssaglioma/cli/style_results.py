"""A stylised image: examined, then written as a whole or not at all."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.cli.style_images import Subject, native, stem_of, summary_path
from ssaglioma.cli.style_search import segmented
from ssaglioma.errors import DatasetError
from ssaglioma.labels import CARDIAC_LGE, label_scheme
from ssaglioma.style.guard import GuardConfig, GuardReport, examine
from ssaglioma.volume import atomic_path, read_labelmap, to_canonical, write_volume
from ssaglioma.volume.pictures2d import write_picture


@dataclass(frozen=True, eq=False)
class Result:
    """What a stylisation gave.

    Attributes
    ----------
    content : Subject
    images : as `content.images`
    method : str
    strength : float
    model : mapping or None
        Name, version, kind of the package, and its built-in style.
    styles : tuple of str
        Names of the style images; empty for a built-in style.
    warnings : tuple of str
    search : mapping or None
    seed : int or None
    """

    content: Subject
    images: Any
    method: str
    strength: float
    model: Mapping[str, Any] | None
    styles: tuple[str, ...]
    warnings: tuple[str, ...]
    search: Mapping[str, Any] | None
    seed: int | None


def examined(result: Result, slice_axis: str, args: argparse.Namespace) -> GuardReport:
    """Return the anatomy guard's report: with labels where the case has some, with a segmenter where one was named."""
    before, after = result.content.images, result.images
    scheme = label_scheme(args.labels)
    pixel = None
    if result.content.kind == "picture":
        before, after = (next(iter(one.values())) if isinstance(one, Mapping) else one for one in (before, after))
        pixel = (args.pixel_mm, args.pixel_mm)
    reference = result.content.reference
    labels = None if reference is None else to_canonical(read_labelmap(reference, scheme))
    views = None
    if args.segmenter is not None and result.content.kind == "case":
        views = segmented(args, before), segmented(args, after)
    return examine(
        before,
        after,
        spacing_yx_mm=pixel,
        labels=labels,
        scheme=scheme,
        segmenter=views,
        config=GuardConfig(slice_axis=slice_axis, cut_out=scheme.name != CARDIAC_LGE.name),
    )


def write_result(result: Result, target: Path, report: GuardReport | None, seconds: float) -> dict[str, Any]:
    """Write images, labels (byte by byte), provenance and summary; return the summary.

    `report` is None for a picture that another program examines.
    A case is written aside and renamed, so that a stop leaves nothing half done.
    """
    summary = _summary(result, target, report, seconds)
    content = result.content
    if content.kind == "case":
        aside = target.with_name(f".unfinished-{target.name}")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            _write_case(result, aside)
            _write_json(summary, aside / summary_path(target, content).name)
            if target.exists():
                target.rmdir()
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return summary
    if content.kind == "picture":
        image = result.images
        write_picture(next(iter(image.values())) if isinstance(image, Mapping) else image, target)
    else:
        write_volume(next(iter(native(content, result.images).values())), target)
    _write_json(summary, summary_path(target, content))
    return summary


def _write_case(result: Result, folder: Path) -> None:
    from ssaglioma.training.style_provenance import Provenance, patient_of, write_provenance

    content = result.content
    for key, volume in native(content, result.images).items():
        assert key is not None  # a case names its contrasts
        write_volume(volume, folder / f"{content.name}-{key.value}.nii.gz")
    if content.reference is not None:
        suffix = content.reference.name[len(stem_of(content.reference)) :]
        shutil.copyfile(content.reference, folder / f"{content.name}-seg{suffix}")
    model = result.model or {}
    lent = result.styles or (f"{model.get('name')}:{model.get('style')}",)
    seen = [patient_of(name) for name in (*lent, *model.get("trained_cases", ()))]
    provenance = Provenance(
        content_case=content.name,
        content_patient=patient_of(content.name),
        style_cases=lent,
        style_patients=tuple(dict.fromkeys(seen)),
        method=result.method,
        strength=result.strength,
    )
    write_provenance(folder, provenance)


def _summary(result: Result, target: Path, report: GuardReport | None, seconds: float) -> dict[str, Any]:
    images = result.images
    contrasts = [key.value for key in images] if isinstance(images, Mapping) else [result.content.contrast]
    refused = () if report is None or report.passed else ("The anatomy guard refuses this result; it was forced.",)
    return {
        "content": result.content.name,
        "kind": result.content.kind,
        "contrasts": contrasts,
        "output": str(target),
        "method": result.method,
        "strength": result.strength,
        "seed": result.seed,
        "model": None if result.model is None else {k: v for k, v in result.model.items() if k != "trained_cases"},
        "styles": list(result.styles),
        "search": None if result.search is None else dict(result.search),
        "guard": None if report is None else _verdict(report),
        "warnings": [*result.warnings, *refused],
        "software": __version__,
        "seconds": round(seconds, 2),
    }


def _verdict(report: GuardReport) -> dict[str, Any]:
    """Return the report of the whole and of each contrast; of their slices only the names of those that fail."""
    values = report.to_json()
    for part, one in zip(values["parts"], report.parts):
        slices = part.pop("parts")
        part["refused_slices"] = [piece.name for piece in one.parts if not piece.passed]
        part["slices"] = len(slices)
    return values


def _write_json(values: Mapping[str, Any], path: Path) -> None:
    try:
        text = json.dumps(values, indent=1, allow_nan=False, default=_plain)
    except ValueError as error:
        raise DatasetError(f"The summary holds a value that is no number ({error})") from error
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON value")
