"""Raw images on the command line: which options there are, what is raw, and one study on its way to the model."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
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

AUTOMATIC, ALWAYS, NEVER = PREPARE_CHOICES = ("auto", "always", "never")
"""Whether images are prepared first; "auto" looks at them."""


def add_intake_arguments(parser: argparse.ArgumentParser, *, own_mask: bool = True) -> None:
    """Add the options of raw images; a brain mask of the user's only where there is one case."""
    group = parser.add_argument_group("raw images")
    add = group.add_argument
    add("--no-bias", action="store_true", help="leave the coil's shading as it is")
    add("--mask-model", metavar="NAME|PATH", help="model package of the brain mask (default: the one shipped)")
    if own_mask:
        add("--brain-mask", type=Path, metavar="FILE", help="your own brain mask, on the grid of any of the images")
        add("--brain", type=Path, metavar="FILE", help="also write the brain mask, on the grid of the result")
    else:
        parser.set_defaults(brain_mask=None)


def add_prepare_choice(parser: argparse.ArgumentParser) -> None:
    """Add --prepare, --skip-prepare and --keep-prepared."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--prepare",
        choices=PREPARE_CHOICES,
        default=AUTOMATIC,
        help="sort, align and strip the images first: auto (default: where they look raw), always or never",
    )
    choice.add_argument(
        "--skip-prepare",
        dest="prepare",
        action="store_const",
        const=NEVER,
        help="take the images as prepared, whatever they look like (as --prepare never)",
    )
    parser.add_argument("--keep-prepared", action="store_true", help="also write the aligned, stripped images")


@dataclass(frozen=True)
class Given:
    """What a user gave for one case.

    Attributes
    ----------
    known : Case or None
        What names tell.
    sources : tuple of Path
        Folders and files that are sorted where names tell nothing, or the images are raw.
    folder : Path or None
        That gives its name to a case without one.
    named : mapping of Sequence to Path
        Files that the user named himself; never questioned.
    """

    known: Case | None
    sources: tuple[Path, ...]
    folder: Path | None = None
    named: Mapping[Sequence, Path] = field(default_factory=dict)


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

    Raises
    ------
    SSAGliomaError
        If a path does not exist, an image cannot be read, or nothing is found that can be used.
    """
    mask = getattr(args, "brain_mask", None)
    if mask is not None and not mask.exists():
        raise DatasetError(f"The brain mask {str(mask)!r} does not exist", remedy="Check the path")
    known = _known_by_name(args)
    files = named_files(args)
    check_files(files)
    sources = (*([args.case] if args.case is not None else []), *files.values())
    if not sources:
        raise DatasetError("No images were given", expected="a folder of images or DICOM files, or single files")
    given = Given(known, sources, args.case, files)
    return look_at(given, progress, always=getattr(args, "prepare", AUTOMATIC) == ALWAYS)


def look_at(given: Given, progress: ProgressCallback, *, always: bool = False) -> Prepared | Raw:
    """Read the images of one case, and tell whether they must be prepared; `always` takes them as raw.

    Raises
    ------
    SSAGliomaError
        If an image cannot be read, or nothing is found that can be used.
    """
    from ssaglioma.preprocessing.prepared_input import is_prepared

    began = time.monotonic()
    known, sources = given.known, given.sources
    if known is not None and not always:
        progress(0.0, f"Reading {known.name}")
        images = _read_or_none(known)
        if images is not None and is_prepared(images):
            return Prepared(known, images, time.monotonic() - began)
    from ssaglioma.preprocessing.study import sort_study  # here: prepared images do not wait for pydicom

    overrides = {sequence: str(path) for sequence, path in given.named.items()}
    study = sort_study(sources[0] if len(sources) == 1 else sources, overrides=overrides, progress=progress)
    seconds = time.monotonic() - began
    name = study_name(study, given.folder, known)
    if not always and is_prepared(study.volumes):
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
    from ssaglioma.inference.engine_choice import load_engine
    from ssaglioma.packages import find_package_of

    try:
        package = find_package_of("brain_mask", args.mask_model)
    except ModelPackageError:
        if args.mask_model is not None:
            raise
        console.warn("No brain-mask model is installed; a simple method is used. Check the brain mask.")
        return None
    return load_engine(package, engine=getattr(args, "engine", "auto"), device=getattr(args, "device", "auto"))


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
