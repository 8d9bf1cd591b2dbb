"""Slices for the training of stylizers from folders of cases or images; held-out patients never enter."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.packages.style_card import contrast_name
from ssaglioma.training.style_provenance import is_stylised, looks_stylised, patient_of
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Volume, find_cases, read_volume, to_canonical
from ssaglioma.volume.pictures2d import PICTURE_SUFFIXES, read_picture
from ssaglioma.volume.reading import IMAGE_SUFFIXES

UNNAMED = "all"
"""Group of images whose contrast nobody named."""
_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class SliceSource:
    """Which slices to take from a folder.

    Attributes
    ----------
    folder : path
        Cases; or pictures and volumes directly in it (one group); or folders of these, each named by its contrast.
    contrasts : tuple of str
        Groups to take; empty for all. One name names the images of a folder without groups.
    per_case : int
        Slices of each volume, evenly spread over those with at least half of the largest foreground.
    slice_axis : str
        'axial' or 'through_plane'.
    held_out : frozenset of str
        Patients that are kept apart.
    """

    folder: PathLike
    contrasts: tuple[str, ...] = ()
    per_case: int = 16
    slice_axis: str = "axial"
    held_out: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "contrasts", tuple(contrast_name(one) for one in self.contrasts))
        if self.per_case < 1:
            raise DatasetError(f"{self.per_case!r} slices of each case were asked for", expected="1 or more")


@dataclass(eq=False)
class SliceGroups:
    """Slices by contrast.

    Attributes
    ----------
    training, held_out : dict of contrast to list of ndarray (Y, X)
        The same patient is in one of them only.
    largest : dict of contrast to list of ndarray (Y, X)
        Of each training case the slice with the largest foreground, for built-in styles.
    cases : list of str
        Training cases.
    """

    training: dict[str, list[np.ndarray]] = field(default_factory=dict)
    held_out: dict[str, list[np.ndarray]] = field(default_factory=dict)
    largest: dict[str, list[np.ndarray]] = field(default_factory=dict)
    cases: list[str] = field(default_factory=list)

    def only(self, contrasts: Seq[str]) -> SliceGroups:
        """Return the groups of these contrasts."""

        def part(groups: dict[str, list[np.ndarray]]) -> dict[str, list[np.ndarray]]:
            return {key: slices for key, slices in groups.items() if key in contrasts}

        return SliceGroups(part(self.training), part(self.held_out), part(self.largest), self.cases)


def read_slices(source: SliceSource, progress: ProgressCallback = no_progress) -> SliceGroups:
    """Read the slices of a folder; stylised copies are left out.

    Raises
    ------
    DatasetError
        If nothing is there, a contrast that was asked for is missing, or only held-out patients are there.
    """
    found = SliceGroups()
    images = list(_images(source))
    for number, (case, contrast, path) in enumerate(images):
        progress(number / len(images), f"Reading {case}")
        slices, largest = _slices(path, source)
        if patient_of(case) in source.held_out:
            found.held_out.setdefault(contrast, []).extend(slices)
            continue
        found.training.setdefault(contrast, []).extend(slices)
        found.largest.setdefault(contrast, []).append(largest)
        if case not in found.cases:
            found.cases.append(case)
    missing = sorted(set(source.contrasts) - set(found.training))
    if missing or not found.training:
        raise DatasetError(
            f"The folder {str(source.folder)!r} has no images of {missing or 'training patients'}",
            expected="cases or images of every contrast that was asked for",
            remedy="Check --contrasts, the folder, and which fold is held out",
        )
    return found


def paired(content: SliceGroups, style: SliceGroups) -> tuple[SliceGroups, SliceGroups, tuple[str, ...]]:
    """Return both with the contrasts that they share, and the contrasts that were left out.

    Raises
    ------
    DatasetError
        If they share none.
    """
    shared = [key for key in content.training if key in style.training]
    if not shared:
        raise DatasetError(
            f"The content has {sorted(content.training)}, the style {sorted(style.training)}",
            expected="at least one contrast in both: a style of another contrast is not learned",
            remedy="Give folders of the same contrast, or name both by --contrasts NAME",
        )
    left = tuple(sorted((set(content.training) | set(style.training)) - set(shared)))
    return content.only(shared), style.only(shared), left


def _images(source: SliceSource) -> Iterator[tuple[str, str, Path]]:
    """Yield (case, contrast, file) of every image that was asked for."""
    root = Path(source.folder)
    if not root.is_dir():
        raise DatasetError(f"The folder {str(root)!r} does not exist", remedy="Check the path")
    plain = list(_plain_images(root, source.contrasts))
    wanted = set(source.contrasts)
    if plain:
        yield from ((case, contrast, path) for case, contrast, path in plain if not looks_stylised(case))
        return
    for case in find_cases(root):
        if is_stylised(case):
            continue
        for sequence, path in case.sequences.items():
            if not wanted or sequence.value in wanted:
                yield case.name, sequence.value, Path(path)


def _plain_images(root: Path, contrasts: tuple[str, ...]) -> Iterator[tuple[str, str, Path]]:
    """Yield images whose contrast is that of their folder, or the one that was named; nothing for folders of cases."""
    if any(_is_picture(file) for file in root.iterdir()) or (
        len(contrasts) == 1 and any(map(_is_volume, root.iterdir()))
    ):
        name = contrasts[0] if len(contrasts) == 1 else UNNAMED
        yield from (
            (_stem(file), name, file) for file in sorted(root.iterdir()) if _is_picture(file) or _is_volume(file)
        )
        return
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        files = sorted(file for file in folder.iterdir() if _is_picture(file))
        name = contrast_name(folder.name) if files else ""
        if files and (not contrasts or name in contrasts):
            yield from ((_stem(file), name, file) for file in files)


def _slices(path: Path, source: SliceSource) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the chosen slices of an image, and the one with the largest foreground."""
    if _is_picture(path):
        picture = read_picture(path)
        if not picture.any():
            raise DatasetError(f"The picture {str(path)!r} is empty", remedy="Leave it out")
        return [picture], picture
    stack = _stack(to_canonical(read_volume(path)), source.slice_axis)
    area = (stack != 0).sum(axis=(1, 2))
    if not area.any():
        raise DatasetError(f"The image {str(path)!r} is empty (every voxel is 0)", remedy="Leave it out")
    full = np.flatnonzero(area >= _LEAST_SHARE * area.max())
    chosen = full[np.unique(np.linspace(0, len(full) - 1, source.per_case).round().astype(int))]
    return [stack[index].astype(np.float32) for index in chosen], stack[int(np.argmax(area))].astype(np.float32)


def _stack(volume: Volume, slice_axis: str) -> np.ndarray:
    axis = int(np.argmax(volume.spacing_zyx_mm)) if slice_axis == "through_plane" else 0
    return np.moveaxis(volume.array, axis, 0)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()


def _is_volume(path: Path) -> bool:
    return path.name.lower().endswith(IMAGE_SUFFIXES) and path.is_file()


def _stem(path: Path) -> str:
    lowered = path.name.lower()
    suffix = next((one for one in IMAGE_SUFFIXES if lowered.endswith(one)), path.suffix)
    return path.name[: -len(suffix)]
