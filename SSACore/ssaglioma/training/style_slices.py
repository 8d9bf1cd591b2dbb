"""Batches of slices for the training of stylizers: drawn by number, so that a run can be resumed or replayed."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.style.pictures import slice_pictures

_LEAST_FOREGROUND = 0.15
_ATTEMPTS = 10


@dataclass(frozen=True)
class Cut:
    """One place to cut: number of the slice, first row and column (after padding), flips along Y and X."""

    picture: int
    row: int
    column: int
    flip_y: bool
    flip_x: bool


class SliceSet:
    """Slices (Y, X) of any intensity scale, brought to 0..1 each.

    Raises
    ------
    DatasetError
        If there is none, one is empty or not finite.
    GeometryError
        If one is not 2D.
    """

    def __init__(self, slices: Seq[np.ndarray], name: str) -> None:
        if not len(slices):
            raise DatasetError(f"The {name} set is empty", expected="at least one slice")
        self.pictures: list[np.ndarray] = []
        for index, array in enumerate(slices):
            pictures = slice_pictures(array, f"{name} slice {index + 1}")
            if not pictures.foreground.any():
                raise DatasetError(f"The {name} slice {index + 1} is empty", remedy="Leave it out")
            self.pictures.append(pictures.unit[0].clip(0, 1))

    def draw(self, generator: np.random.Generator, count: int, edge: int) -> list[Cut]:
        """Draw cuts that hold some foreground: the best of ten tries each."""
        return [self._draw_one(generator, edge) for _ in range(count)]

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

    def _draw_one(self, generator: np.random.Generator, edge: int) -> Cut:
        picture = int(generator.integers(len(self.pictures)))
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

    def _cut_one(self, cut: Cut, edge: int) -> np.ndarray:
        padded = _padded(self.pictures[cut.picture], edge)
        part = padded[cut.row : cut.row + edge, cut.column : cut.column + edge]
        return np.ascontiguousarray(part[:: -1 if cut.flip_y else 1, :: -1 if cut.flip_x else 1])


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
