"""Input options that several commands share: a case from a folder or from single files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.volume import Case, Volume, find_case, read_volume
from ssaglioma.volume.reading import IMAGE_SUFFIXES, image_stem


def add_case_arguments(parser: argparse.ArgumentParser) -> None:
    """Add CASE and --t1n --t1c --t2w --t2f."""
    parser.add_argument(
        "case", nargs="?", type=Path, help="folder with the images of one case (BraTS, nnU-Net or BIDS names)"
    )
    for sequence in SEQUENCE_ORDER:
        parser.add_argument(f"--{sequence.value}", type=Path, metavar="FILE", help=f"{sequence.display_name} image")


def case_from_arguments(args: argparse.Namespace) -> Case:
    """Return the case that the arguments name; single files take the place of those found in the folder.

    Raises
    ------
    DatasetError
        If nothing was given or a path does not exist.
    SequenceError
        If one file fills two slots.
    """
    named = {sequence: getattr(args, sequence.value) for sequence in SEQUENCE_ORDER}
    files = {sequence: path for sequence, path in named.items() if path is not None}
    found = _folder_case(args.case) if args.case is not None else None
    if found is None and not files:
        raise DatasetError("No images were given", expected="a case folder, or files by --t1n --t1c --t2w --t2f")
    sequences = {**(found.sequences if found else {}), **files}
    check_files(sequences)
    name = found.name if found else _case_name(next(iter(files.values())))
    return Case(name, sequences, found.reference if found else None)


def check_files(sequences: Mapping[Sequence, Path]) -> None:
    """Raise if a file does not exist, or fills two slots.

    Raises
    ------
    DatasetError, SequenceError
    """
    for sequence, path in sequences.items():
        if not Path(path).exists():
            raise DatasetError(
                f"The {sequence.display_name} image {str(path)!r} does not exist", remedy="Check the path"
            )
    _refuse_doubles(sequences)


def read_case(case: Case) -> dict[Sequence, Volume]:
    """Read all images of a case."""
    return {sequence: read_volume(path) for sequence, path in case.sequences.items()}


def is_image_path(path: Path) -> bool:
    """Tell whether a path names an image file rather than a folder."""
    return path.name.lower().endswith(IMAGE_SUFFIXES)


def _folder_case(folder: Path) -> Case:
    if not folder.exists():
        raise DatasetError(f"The case folder {str(folder)!r} does not exist", remedy="Check the path")
    if not folder.is_dir():
        raise DatasetError(
            f"{str(folder)!r} is a file",
            expected="a case folder",
            remedy="Give single files by --t1n --t1c --t2w --t2f",
        )
    return find_case(folder)


def _refuse_doubles(sequences: Mapping[Sequence, Path]) -> None:
    seen: dict[Path, Sequence] = {}
    for sequence, path in sequences.items():
        key = Path(path).resolve()
        if key in seen:
            raise SequenceError(
                f"The file {str(path)!r} was given as {seen[key].display_name} and as {sequence.display_name}",
                expected="one file for each sequence",
            )
        seen[key] = sequence


def _case_name(path: Path) -> str:
    name = image_stem(path.name)
    for separator in ("-", "_"):
        stem, _, last = name.rpartition(separator)
        try:
            Sequence.parse(last)
        except SequenceError:
            continue
        if stem:
            return stem
    return name
