"""Which prediction belongs to which reference, by the case's name in the file name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import Sequence
from ssaglioma.types import PathLike

IMAGE_SUFFIXES: tuple[str, ...] = (".nii.gz", ".nii", ".nrrd", ".mha")
_ROLE = re.compile(r"[-_.](seg|dseg|manual|gt|prediction|pred)$", re.IGNORECASE)
_PREDICTION_ROLE = re.compile(r"[-_.](prediction|pred)$", re.IGNORECASE)
_CHANNEL = re.compile(r"_0\d{3}$")


@dataclass(frozen=True)
class Pairing:
    """Cases found on both sides.

    Attributes
    ----------
    pairs : mapping of str to tuple of two Path
        Case name -> (reference, prediction), sorted by name.
    only_reference, only_prediction : tuple of str
        Names of cases without a partner.
    """

    pairs: Mapping[str, tuple[Path, Path]]
    only_reference: tuple[str, ...] = ()
    only_prediction: tuple[str, ...] = ()


def case_name(path: PathLike) -> str:
    """Return the case's name: the file name without suffix and without -seg, _seg, -prediction ..."""
    return _ROLE.sub("", _stem(Path(path)))


def find_labelmaps(folder: PathLike, *, predictions: bool = False) -> dict[str, Path]:
    """Return case name -> labelmap in a folder and in its case folders one level below.

    Images of a sequence (`-t1c`, `_flair`, `_0000` ...) are passed over; so are predictions
    (`-prediction`, `-pred`) unless they are asked for.

    Raises
    ------
    DatasetError
        If two files stand for the same case.
    """
    root = Path(folder)
    files = sorted([*root.glob("*"), *root.glob("*/*")])
    found: dict[str, Path] = {}
    for path in files:
        if not _is_labelmap(path) or (not predictions and _PREDICTION_ROLE.search(_stem(path))):
            continue
        name = case_name(path)
        if name in found:
            raise DatasetError(
                f"The folder {str(root)!r} holds two labelmaps for case {name!r}: "
                f"{_below(found[name], root)!r} and {_below(path, root)!r}",
                expected="one labelmap per case",
                remedy="Move one of them out of the folder",
            )
        found[name] = path
    return dict(sorted(found.items()))


def pair_labelmaps(reference: PathLike, prediction: PathLike) -> Pairing:
    """Pair labelmaps: two files belong together, folders are matched by case name.

    Raises
    ------
    DatasetError
        If a path does not exist, or nothing can be paired.
    """
    sides = (Path(reference), Path(prediction))
    for role, path in zip(("reference", "prediction"), sides, strict=True):
        if not path.exists():
            raise DatasetError(f"The {role} {str(path)!r} does not exist", remedy="Check the path")
    if all(path.is_file() for path in sides):
        return Pairing(MappingProxyType({case_name(sides[0]): (sides[0], sides[1])}))
    references = _labelmaps_of(sides[0], predictions=False)
    predictions = _labelmaps_of(sides[1], predictions=True)
    shared = [name for name in references if name in predictions]
    if not shared:
        raise DatasetError(
            f"No prediction in {str(sides[1])!r} has the name of a reference in {str(sides[0])!r} "
            f"(references: {_some(references)}; predictions: {_some(predictions)})",
            expected="labelmaps named <case>-seg.nii.gz, <case>_seg.nii.gz or <case>.nii.gz on both sides",
            remedy="Rename the files so that the case names agree",
        )
    return Pairing(
        MappingProxyType({name: (references[name], predictions[name]) for name in shared}),
        tuple(name for name in references if name not in predictions),
        tuple(name for name in predictions if name not in references) if sides[0].is_dir() else (),
    )


def _labelmaps_of(path: Path, *, predictions: bool) -> dict[str, Path]:
    return {case_name(path): path} if path.is_file() else find_labelmaps(path, predictions=predictions)


def _stem(path: Path) -> str:
    for suffix in IMAGE_SUFFIXES:
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return path.stem


def _is_labelmap(path: Path) -> bool:
    if not path.name.lower().endswith(IMAGE_SUFFIXES) or path.name.startswith(".") or not path.is_file():
        return False
    stem = _stem(path)
    if _ROLE.search(stem):
        return True
    return not _CHANNEL.search(stem) and not _names_a_sequence(stem)


def _names_a_sequence(stem: str) -> bool:
    try:
        Sequence.parse(re.split(r"[-_.]", stem)[-1])
    except SequenceError:
        return False
    return True


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _some(names: Mapping[str, Path], limit: int = 5) -> str:
    shown = ", ".join(repr(name) for name in list(names)[:limit])
    return (shown + (f" and {len(names) - limit} more" if len(names) > limit else "")) or "none"
