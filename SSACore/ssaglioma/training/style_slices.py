"""Batches of slices for the training of stylizers: drawn by number, so that a run can be resumed or replayed."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.style.pictures import slice_pictures

_LEAST_FOREGROUND = 0.6
# Means and deviations count the background too: cuts that are half empty would teach that a style is dark.
_ATTEMPTS = 10
_ONLY_GROUP = "all"

Slices = Seq[np.ndarray] | Mapping[str, Seq[np.ndarray]]
"""Slices (Y, X), or such slices by the name of their group (a contrast, for example)."""


@dataclass(frozen=True)
class Cut:
    """One place to cut: number of the slice, first row and column (after padding), flips along Y and X."""

    picture: int
    row: int
    column: int
    flip_y: bool
    flip_x: bool


class SliceSet:
    """Slices (Y, X) of any intensity scale, brought to 0..1 each, in one group or in several.

    Parameters
    ----------
    slices : sequence of ndarray, or mapping of group to sequence of ndarray
        With a mapping every group is drawn with equal chance, however many slices it has.
    name : str
        For messages: 'content', 'style' ...

    Raises
    ------
    DatasetError
        If there is none, a group has none, or a slice is empty or not finite.
    GeometryError
        If one is not 2D.
    """

    def __init__(self, slices: Slices, name: str) -> None:
        self.name = name
        self.pictures: list[np.ndarray] = []
        self.groups: dict[str, range] = {}
        grouped = isinstance(slices, Mapping)
        for group, members in (slices if isinstance(slices, Mapping) else {_ONLY_GROUP: slices}).items():
            label = f"{name} ({group})" if grouped else name
            if not len(members):
                raise DatasetError(f"The {label} set is empty", expected="at least one slice")
            first = len(self.pictures)
            self.pictures += [_scaled(array, f"{label} slice {index + 1}") for index, array in enumerate(members)]
            self.groups[str(group)] = range(first, len(self.pictures))
        if not self.pictures:
            raise DatasetError(f"The {name} set is empty", expected="at least one slice")

    def draw(self, generator: np.random.Generator, count: int, edge: int, groups: Seq[str] | None = None) -> list[Cut]:
        """Draw cuts that hold some foreground: the best of ten tries each.

        Parameters
        ----------
        groups : sequence of str, optional
            The group of each cut (`count` of them); without it the groups are drawn too.
        """
        return [self._draw_one(generator, edge, groups[index] if groups else None) for index in range(count)]

    def groups_of(self, cuts: Seq[Cut]) -> list[str]:
        """Return the group of each cut's slice."""
        return [next(group for group, members in self.groups.items() if cut.picture in members) for cut in cuts]

    def cut(self, cuts: list[Cut], edge: int) -> torch.Tensor:
        """Return the cuts as (B, 1, edge, edge), float32, values 0..1; beyond the picture 0."""
        return torch.from_numpy(np.stack([self._cut_one(one, edge) for one in cuts])[:, None])

    def whole(self, count: int, edge: int) -> torch.Tensor:
        """Return the middles of up to `count` slices, evenly chosen, as (B, 1, edge, edge)."""
        chosen = np.unique(np.linspace(0, len(self.pictures) - 1, count).round().astype(int))
        cuts = []
        for index in chosen:
            shape = _padded_shape(self.pictures[index], edge)
            cuts.append(Cut(int(index), (shape[0] - edge) // 2, (shape[1] - edge) // 2, False, False))
        return self.cut(cuts, edge)

    def _draw_one(self, generator: np.random.Generator, edge: int, group: str | None) -> Cut:
        members = self._members(generator, group)
        picture = members[int(generator.integers(len(members)))]
        shape = _padded_shape(self.pictures[picture], edge)
        flip_y, flip_x = (bool(value) for value in generator.integers(2, size=2))
        best, most = None, -1.0
        for _ in range(_ATTEMPTS):
            row, column = (int(generator.integers(size - edge + 1)) for size in shape)
            one = Cut(picture, row, column, flip_y, flip_x)
            share = float((self._cut_one(one, edge) > 0).mean())
            if share > most:
                best, most = one, share
            if share >= _LEAST_FOREGROUND:
                break
        assert best is not None  # the loop ran
        return best

    def _members(self, generator: np.random.Generator, group: str | None) -> range:
        if group is not None:
            return self.groups[group]
        everyone = list(self.groups.values())
        # A set of one group takes no number for it, so that its draws do not depend on how it was given.
        return everyone[0 if len(everyone) == 1 else int(generator.integers(len(everyone)))]

    def _cut_one(self, cut: Cut, edge: int) -> np.ndarray:
        padded = _padded(self.pictures[cut.picture], edge)
        part = padded[cut.row : cut.row + edge, cut.column : cut.column + edge]
        return np.ascontiguousarray(part[:: -1 if cut.flip_y else 1, :: -1 if cut.flip_x else 1])


def paired_sets(content: Slices, style: Slices) -> tuple[SliceSet, SliceSet]:
    """Return content and style sets whose groups are the same, so that pairs never mix two of them.

    Raises
    ------
    DatasetError
        If a group is in one set only, or a set cannot be used.
    """
    sets = SliceSet(content, "content"), SliceSet(style, "style")
    for one, other in (sets, sets[::-1]):
        alone = sorted(set(one.groups) - set(other.groups))
        if alone:
            raise DatasetError(
                f"The {one.name} set has {alone!r}, the {other.name} set only {sorted(other.groups)!r}",
                expected="the same groups (contrasts) in both",
                remedy="Leave these out, or give their counterparts",
            )
    return sets


def paired_cuts(
    sets: tuple[SliceSet, SliceSet], generator: np.random.Generator, count: int, edges: tuple[int, int]
) -> tuple[list[Cut], list[Cut]]:
    """Draw content cuts, and for each a style cut of the same group; edges in pixels, (content, style)."""
    content, style = sets
    cuts = content.draw(generator, count, edges[0])
    return cuts, style.draw(generator, count, edges[1], content.groups_of(cuts))


def _scaled(array: np.ndarray, label: str) -> np.ndarray:
    pictures = slice_pictures(array, label)
    if not pictures.foreground.any():
        raise DatasetError(f"The {label} is empty", remedy="Leave it out")
    return pictures.unit[0].clip(0, 1)


def _padded_shape(picture: np.ndarray, edge: int) -> tuple[int, int]:
    return max(picture.shape[0], edge), max(picture.shape[1], edge)


def _padded(picture: np.ndarray, edge: int) -> np.ndarray:
    """Return the picture with 0 around it, at least `edge` long on both sides."""
    shape = _padded_shape(picture, edge)
    if shape == picture.shape:
        return picture
    before = [(size - own) // 2 for size, own in zip(shape, picture.shape)]
    after = [size - own - first for size, own, first in zip(shape, picture.shape, before)]
    return np.pad(picture, list(zip(before, after)))
