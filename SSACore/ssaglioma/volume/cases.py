"""Cases on disk, found by the names of BraTS 2018-2024, nnU-Net and BIDS."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.types import PathLike
from ssaglioma.volume.reading import IMAGE_SUFFIXES

_LABEL_WORDS = {"seg", "label", "dseg", "labels", "segmentation"}
_LABEL_FOLDER = re.compile(r"labels(Tr|Ts|Val)?$")
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

    Labels are known by a word (`-seg`, `_dseg` ...) or by lying in `labels`, `labelsTr` or `labelsTs`;
    for a folder `imagesTr` the `labelsTr` beside it is looked at too. Files that are named by
    the sequence alone (`t1.nii`) take the name of their folder; folders of one name stay apart. Links to folders are
    followed.

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
    slots = _collect([*_image_files(root), *_label_files_beside(root)], root)
    images = {case: found for case, found in slots.items() if set(found) - {None}}
    if not images:
        raise DatasetError(
            f"No case was found in {str(root)!r}",
            expected="names such as CASE-t1c.nii.gz, CASE_t1ce.nii.gz, CASE_0001.nii.gz or sub-01_T1w.nii.gz",
            remedy="Rename the files, or give them by --t1n --t1c --t2w --t2f",
        )
    return [Case(name, _in_order(found), found.get(None)) for name, found in sorted(images.items())]


def _collect(files: Iterable[Path], root: Path) -> dict[str, dict[Sequence | None, Path]]:
    """Return the files of each case by sequence, the labelmap under None."""
    slots: dict[str, dict[Sequence | None, Path]] = defaultdict(dict)
    files = sorted(files)
    namesakes = _folder_namesakes(files)
    for file in files:
        key = _classify(file, root, namesakes)
        if key is None:
            continue
        case, sequence = key
        if sequence in slots[case]:
            kind = "labelmaps" if sequence is None else sequence.display_name
            raise SequenceError(
                f"The files {str(slots[case][sequence])!r} and {str(file)!r} are both {kind} of {case!r}",
                expected="one file for each sequence and one labelmap",
                remedy="Remove or rename one of them",
            )
        slots[case][sequence] = file
    return slots


def _in_order(slots: Mapping[Sequence | None, Path]) -> dict[Sequence, Path]:
    return {sequence: slots[sequence] for sequence in SEQUENCE_ORDER if sequence in slots}


def _image_files(root: Path) -> list[Path]:
    """Return the images below a folder; linked folders are gone into, each folder once, hidden ones never."""
    found: list[Path] = []
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        folders[:] = [] if real in seen else [name for name in folders if not name.startswith(".")]
        if real not in seen:
            shown = (Path(folder, name) for name in names if not name.startswith("."))
            found += [path for path in shown if path.name.lower().endswith(IMAGE_SUFFIXES) and path.is_file()]
        seen.add(real)
    return found


def _label_files_beside(root: Path) -> list[Path]:
    """Return the files of `labelsTr` when the folder is `imagesTr`, and so on."""
    folder = root.resolve()
    beside = folder.with_name(folder.name.replace("images", "labels", 1))
    if beside == folder or not _LABEL_FOLDER.match(beside.name) or not beside.is_dir():
        return []
    return [file for file in _image_files(beside) if file.parent == beside]


def _folder_namesakes(files: Iterable[Path]) -> set[str]:
    """Return the names that more than one folder of files like `t1.nii` bears."""
    folders = {file.parent.resolve() for file in files if _is_bare(_stem(file))}
    names = [folder.name for folder in folders]
    return {name for name in names if names.count(name) > 1}


def _is_bare(stem: str) -> bool:
    return stem.lower() in _LABEL_WORDS or _sequence(stem) is not None


def _stem(file: Path) -> str:
    lowered = file.name.lower()
    suffix = next(suffix for suffix in IMAGE_SUFFIXES if lowered.endswith(suffix))
    return file.name[: -len(suffix)]


def _classify(file: Path, root: Path, namesakes: set[str]) -> tuple[str, Sequence | None] | None:
    """Return (case name, sequence or None for a labelmap), or None for a name that says nothing."""
    stem = _stem(file)
    if _LABEL_FOLDER.match(file.parent.name):
        case, _, word = stem.replace("-", "_").rpartition("_")
        return (stem[: len(case)] if case and word.lower() in _LABEL_WORDS else stem), None
    if _is_bare(stem):
        return _folder_name(file, root, namesakes), _sequence(stem)
    bids = _classify_bids(stem) if stem.startswith("sub-") else None
    if bids is not None:
        derived = "derivatives" in file.relative_to(root).parts[:-1]
        return None if derived and bids[1] is not None else bids
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
    return None


def _folder_name(file: Path, root: Path, namesakes: set[str]) -> str:
    """Return the name of the file's folder, or its path below the root where the name is not unique."""
    name = file.parent.resolve().name
    return "_".join(file.parent.relative_to(root).parts) or name if name in namesakes else name


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
    sequence = _sequence(names[str(channel)])
    if sequence is None:
        raise SequenceError(
            f"The file {str(file)!r} is channel {names[str(channel)]!r} by its dataset.json",
            expected="T1, T1Gd, T2 or FLAIR, or another usual name of these",
            remedy="Correct the channel_names in dataset.json",
        )
    return sequence


def _channel_names(file: Path, root: Path) -> dict[str, str] | None:
    for folder in (file.parent, *file.parents[1:3]):
        path = folder / "dataset.json"
        if path.is_file():
            try:
                values = json.loads(path.read_text(encoding="utf-8"))
                names = values["channel_names" if "channel_names" in values else "modality"]
                return {str(key): str(value) for key, value in names.items()}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DatasetError(
                    f"The file {str(path)!r} has no readable channel_names ({error})",
                    expected="an nnU-Net dataset.json",
                ) from error
        if folder == root.parent:
            break
    return None
