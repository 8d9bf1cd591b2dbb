"""Cases on disk, found by the names of BraTS 2018-2024, nnU-Net and BIDS."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.types import PathLike
from ssaglioma.volume.reading import IMAGE_SUFFIXES

_LABEL_WORDS = {"seg", "label", "dseg", "labels", "segmentation"}
_NNUNET = re.compile(r"(?P<case>.+)_(?P<channel>\d{4})$")
_BIDS_SUFFIXES = {"T1w": Sequence.T1N, "T2w": Sequence.T2W, "FLAIR": Sequence.T2F}


@dataclass(frozen=True)
class Case:
    """The files of one patient at one time.

    Attributes
    ----------
    name : str
    sequences : mapping of Sequence to Path
        At least one.
    reference : Path or None
        Labelmap drawn by an expert.
    """

    name: str
    sequences: Mapping[Sequence, Path]
    reference: Path | None = None


def find_case(folder: PathLike) -> Case:
    """Return the one case in a folder.

    Raises
    ------
    DatasetError
        If there is none, or more than one.
    SequenceError
        If two files claim one sequence.
    """
    cases = find_cases(folder)
    if len(cases) != 1:
        names = ", ".join(case.name for case in cases[:5])
        raise DatasetError(
            f"The folder {str(folder)!r} holds {len(cases)} cases ({names} ...)",
            expected="one case",
            remedy="Give the folder of a single case, or its files by --t1n --t1c --t2w --t2f",
        )
    return cases[0]


def find_cases(folder: PathLike) -> list[Case]:
    """Return all cases in a folder and its sub-folders, sorted by name.

    Raises
    ------
    DatasetError
        If the folder does not exist or holds no image that is known by its name.
    SequenceError
        If two files claim one sequence of a case.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DatasetError(f"The folder {str(root)!r} does not exist", remedy="Check the path")
    images: dict[str, dict[Sequence, Path]] = {}
    labels: dict[str, Path] = {}
    loose: list[Path] = []
    for file in sorted(_image_files(root)):
        key = _classify(file, root)
        if key is None:
            loose.append(file)
            continue
        case, sequence = key
        if sequence is None:
            if case in labels:
                raise SequenceError(f"The files {str(labels[case])!r} and {str(file)!r} are both labelmaps of {case!r}")
            labels[case] = file
            continue
        slots = images.setdefault(case, {})
        if sequence in slots:
            raise SequenceError(
                f"The files {str(slots[sequence])!r} and {str(file)!r} are both {sequence.display_name} of {case!r}",
                expected="one file for each sequence",
                remedy="Remove or rename one of them",
            )
        slots[sequence] = file
    if not images:
        raise DatasetError(
            f"No case was found in {str(root)!r}",
            expected="names such as CASE-t1c.nii.gz, CASE_t1ce.nii.gz, CASE_0001.nii.gz or sub-01_T1w.nii.gz",
            remedy="Rename the files, or give them by --t1n --t1c --t2w --t2f",
        )
    references = {**{_stem(file): file for file in loose if file.parent.name.startswith("labels")}, **labels}
    return [Case(name, _in_order(slots), references.get(name)) for name, slots in sorted(images.items())]


def _in_order(slots: Mapping[Sequence, Path]) -> dict[Sequence, Path]:
    return {sequence: slots[sequence] for sequence in SEQUENCE_ORDER if sequence in slots}


def _image_files(root: Path) -> list[Path]:
    files = (path for path in root.rglob("*") if path.name.lower().endswith(IMAGE_SUFFIXES))
    return [path for path in files if not any(part.startswith(".") for part in path.relative_to(root).parts)]


def _stem(file: Path) -> str:
    lowered = file.name.lower()
    suffix = next(suffix for suffix in IMAGE_SUFFIXES if lowered.endswith(suffix))
    return file.name[: -len(suffix)]


def _classify(file: Path, root: Path) -> tuple[str, Sequence | None] | None:
    """Return (case name, sequence or None for a labelmap), or None for a name that says nothing."""
    stem = _stem(file)
    if stem.startswith("sub-"):
        return _classify_bids(stem)
    numbered = _NNUNET.match(stem)
    if numbered:
        return numbered["case"], _nnunet_channel(int(numbered["channel"]), file, root)
    for separator in ("-", "_"):
        case, found, word = stem.rpartition(separator)
        if not found or not case:
            continue
        if word.lower() in _LABEL_WORDS:
            return case, None
        sequence = _sequence(word)
        if sequence is not None:
            return case, sequence
    whole = _sequence(stem)
    if whole is not None:
        return file.parent.resolve().name, whole
    return (file.parent.resolve().name, None) if stem.lower() in _LABEL_WORDS else None


def _classify_bids(stem: str) -> tuple[str, Sequence | None] | None:
    parts = stem.split("_")
    case = "_".join(part for part in parts if part.startswith(("sub-", "ses-")))
    if parts[-1] in _LABEL_WORDS:
        return case, None
    sequence = _BIDS_SUFFIXES.get(parts[-1]) or _sequence(parts[-1])
    if sequence is Sequence.T1N and any(part.startswith("ce-") for part in parts):
        return case, Sequence.T1C
    return None if sequence is None else (case, sequence)


def _sequence(word: str) -> Sequence | None:
    try:
        return Sequence.parse(word)
    except SequenceError:
        return None


def _nnunet_channel(channel: int, file: Path, root: Path) -> Sequence:
    names = _channel_names(file, root)
    if names is None:
        if channel >= len(SEQUENCE_ORDER):
            raise SequenceError(
                f"The file {str(file)!r} is channel {channel}",
                expected="channels 0000 to 0003 (T1, T1Gd, T2, FLAIR)",
                remedy="Put the dataset.json with its channel_names beside the images",
            )
        return SEQUENCE_ORDER[channel]
    if str(channel) not in names:
        raise SequenceError(
            f"The file {str(file)!r} is channel {channel}", expected=f"one of {names!r} in dataset.json"
        )
    return Sequence.parse(names[str(channel)])


def _channel_names(file: Path, root: Path) -> dict[str, str] | None:
    for folder in (file.parent, *file.parents[1:3]):
        path = folder / "dataset.json"
        if path.is_file():
            try:
                values = json.loads(path.read_text(encoding="utf-8"))
                return {str(key): str(value) for key, value in values["channel_names"].items()}
            except (ValueError, KeyError, AttributeError) as error:
                raise DatasetError(
                    f"The file {str(path)!r} has no readable channel_names ({error})",
                    expected="an nnU-Net dataset.json",
                ) from error
        if folder == root.parent:
            break
    return None
