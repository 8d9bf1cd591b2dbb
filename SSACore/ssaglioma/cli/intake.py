"""Raw images on the command line: which options there are, what is raw, and one study on its way to the model."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ssaglioma.cli.console import Console
from ssaglioma.cli.inputs import case_from_arguments, check_files, read_case
from ssaglioma.errors import DatasetError, ModelPackageError, SequenceError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.types import Predictor, ProgressCallback
from ssaglioma.volume import Case, Volume, read_volume

if TYPE_CHECKING:
    from ssaglioma.inference.intake import Intake
    from ssaglioma.preprocessing.study import SortedStudy

_SORTING_SHARE = 0.4


def add_intake_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of raw images."""
    group = parser.add_argument_group("raw images")
    add = group.add_argument
    add("--no-bias", action="store_true", help="leave the coil's shading as it is")
    add("--brain-mask", type=Path, metavar="FILE", help="your own brain mask, on the grid of any of the images")
    add("--mask-model", metavar="NAME|PATH", help="model package of the brain mask (default: the one shipped)")


@dataclass(frozen=True, eq=False)
class Prepared:
    """Images that can go to a model as they are.

    Attributes
    ----------
    case : Case
    images : mapping of Sequence to Volume
    seconds : float
        That reading took.
    study : SortedStudy or None
        Where they were found by looking at them; None where their names told.
    """

    case: Case
    images: Mapping[Sequence, Volume]
    seconds: float
    study: SortedStudy | None = None


@dataclass(frozen=True, eq=False)
class Raw:
    """Images that must be prepared first.

    Attributes
    ----------
    name : str
        Of the case; tells no patient's name that the files' names do not.
    study : SortedStudy
    seconds : float
        That reading and sorting took.
    """

    name: str
    study: SortedStudy
    seconds: float


def find_images(args: argparse.Namespace, progress: ProgressCallback) -> Prepared | Raw:
    """Read what the arguments name, and tell whether it must be prepared.

    Images on one grid with a background of exactly 0 are prepared already. Others are sorted by tags, names and voxels.

    Raises
    ------
    DatasetError, SequenceError, GeometryError
        If nothing is found that can be used.
    """
    from ssaglioma.preprocessing.prepared_input import is_prepared
    from ssaglioma.preprocessing.study import sort_study

    began = time.monotonic()
    mask = getattr(args, "brain_mask", None)
    if mask is not None and not mask.exists():
        raise DatasetError(f"The brain mask {str(mask)!r} does not exist", remedy="Check the path")
    known = _known_by_name(args)
    if known is not None:
        progress(0.0, f"Reading {known.name}")
        images = _read_or_none(known)
        if images is not None and is_prepared(images):
            return Prepared(known, images, time.monotonic() - began)
    files = named_files(args)
    check_files(files)
    sources = [*([args.case] if args.case is not None else []), *files.values()]
    if not sources:
        raise DatasetError("No images were given", expected="a folder of images or DICOM files, or single files")
    overrides = {sequence: str(path) for sequence, path in files.items()}
    study = sort_study(sources[0] if len(sources) == 1 else sources, overrides=overrides, progress=progress)
    seconds = time.monotonic() - began
    name = study_name(study, args.case, known)
    if is_prepared(study.volumes):
        paths = {sequence: _path_of(study, sequence) for sequence in study.slots}
        return Prepared(Case(name, paths, None), study.volumes, seconds, study)
    return Raw(name, study, seconds)


def take_in_raw(
    raw: Raw, args: argparse.Namespace, console: Console, progress: ProgressCallback, spacing_mm: float | None = 1.0
) -> Intake:
    """Prepare raw images as the arguments say."""
    from ssaglioma.inference.intake import IntakeSettings, take_in

    mask = None if args.brain_mask is None else read_volume(args.brain_mask)
    predictor = None if mask is not None else mask_predictor(args, console)
    settings = IntakeSettings(spacing_mm=spacing_mm, correct_bias=not args.no_bias)
    return take_in(raw.study, settings, predictor=predictor, mask=mask, progress=progress)


def mask_predictor(args: argparse.Namespace, console: Console) -> Predictor | None:
    """Return the brain-mask model; None, with a warning, where none is installed and none was asked for."""
    from ssaglioma.inference.engine import TorchEngine
    from ssaglioma.packages import find_package_of

    try:
        package = find_package_of("brain_mask", args.mask_model)
    except ModelPackageError:
        if args.mask_model is not None:
            raise
        console.warn("No brain-mask model is installed; a simple method is used. Check the brain mask.")
        return None
    return TorchEngine(package, device=getattr(args, "device", "auto"))


def named_files(args: argparse.Namespace) -> dict[Sequence, Path]:
    """Return the files of --t1n --t1c --t2w --t2f."""
    named = {sequence: getattr(args, sequence.value) for sequence in SEQUENCE_ORDER}
    return {sequence: path for sequence, path in named.items() if path is not None}


def study_name(study: SortedStudy, folder: Path | None, known: Case | None) -> str:
    """Return a name for a study: the case's, what the names of its files share, or that of its folder."""
    if known is not None:
        return known.name
    stems = [slot.series.name for slot in study.slots.values() if not slot.series.is_dicom]
    shared = _shared_start(stems) if len(stems) == len(study.slots) and len(stems) > 1 else ""
    if shared:
        return shared
    if folder is not None and folder.resolve().name:
        return folder.resolve().name if folder.is_dir() else folder.name.split(".")[0]
    return "case"


def _shared_start(names: list[str]) -> str:
    first, last = min(names), max(names)
    length = next((k for k, (a, b) in enumerate(zip(first, last)) if a != b), min(len(first), len(last)))
    shared = first[:length]
    cut = max(shared.rfind(mark) for mark in "-_ .")
    return shared[:cut].strip("-_ .") if cut > 0 else ""


def _known_by_name(args: argparse.Namespace) -> Case | None:
    """The case that names tell, or None where they do not tell one."""
    if args.case is not None and not args.case.exists():
        raise DatasetError(f"The case folder {str(args.case)!r} does not exist", remedy="Check the path")
    if args.case is not None and not args.case.is_dir():
        return None
    try:
        return case_from_arguments(args)
    except SequenceError:
        if named_files(args) or args.case is None:
            raise
        return None
    except DatasetError:
        if args.case is None:
            raise
        return None


def _read_or_none(case: Case) -> dict[Sequence, Volume] | None:
    """Read a case; None where a file cannot be read and sorting shall tell why."""
    try:
        return read_case(case)
    except SSAGliomaError:
        if all(Path(path).is_dir() for path in case.sequences.values()):
            return None
        raise


def _path_of(study: SortedStudy, sequence: Sequence) -> Path:
    """The file of an image, or the folder of its DICOM slices."""
    series = study.slots[sequence].series
    files = series.files
    return files[0].parent if series.is_dicom else files[0]
