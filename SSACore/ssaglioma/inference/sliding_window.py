"""Gaussian-weighted sliding window over slices or volumes (nnU-Net's rules, Isensee et al. 2021)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from ssaglioma.inference.looks import (
    FULL,
    SURE_BACKGROUND,
    Looks,
    Preview,
    covering,
    fill_between,
    first_slices,
    second_slices,
)
from ssaglioma.types import CountedMessage, ProgressCallback, no_progress

_SIGMA_SHARE = 1 / 8
_PEAK = 10.0

Forward = Callable[[np.ndarray], np.ndarray]
"""Logits (B, R, *patch) of a batch of tiles (B, C, *patch), both float32."""


def tile_starts(size: int, edge: int, step_share: float = 0.5) -> list[int]:
    """Return the first voxel of each tile along one axis: evenly spread, at most `step_share * edge` apart.

    >>> tile_starts(110, 64)
    [0, 23, 46]
    """
    if size <= edge:
        return [0]
    count = int(np.ceil((size - edge) / (edge * step_share))) + 1
    return [round(index * (size - edge) / (count - 1)) for index in range(count)]


@lru_cache(maxsize=8)
def gaussian_weights(patch: tuple[int, ...]) -> np.ndarray:
    """Return the weight of each voxel of a tile, highest (10) in the centre, never 0; float32, shape `patch`."""
    from scipy import ndimage  # here: an image in one tile needs no weights

    impulse = np.zeros(patch, np.float64)
    impulse[tuple(edge // 2 for edge in patch)] = 1
    weights = ndimage.gaussian_filter(impulse, [edge * _SIGMA_SHARE for edge in patch], mode="constant")
    weights *= _PEAK / weights.max()
    weights[weights == 0] = weights[weights > 0].min()
    return weights.astype(np.float32)


def predict_slices(
    image: np.ndarray,
    patch: tuple[int, ...],
    forward: Forward,
    *,
    shown: np.ndarray | None = None,
    batch_size: int = 8,
    looks: Looks = FULL,
    slice_mm: float = 1.0,
    preview: Preview | None = None,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Run a 2D network over the slices of an image (C, Z, Y, X) and return logits (R, Z, Y, X).

    Parameters
    ----------
    shown : ndarray of int, shape (Z, K), optional
        The K slices that the network sees for each slice (`model_grid.neighbours`); its tiles then are
        (B, K * C, *patch), slice by slice. Without it the network sees the slice alone.
    looks, slice_mm
        Which slices are looked at, and how far apart slices are; those left out lie between their neighbours.
    preview : callable, optional
        Given the logits of the first look, where there are two.
    """
    padded, inner = _pad(image, (1, *patch))
    inside = (slice(None), *inner)
    depth = padded.shape[1]
    brain = (padded != 0).any(axis=0)
    first = first_slices(depth, looks.every(slice_mm))
    planned, done, share = len(first) + (depth - len(first)) // 2, 0, 0.0  # the second look takes about half
    result = np.empty((0, *padded.shape[1:]), np.float32)

    def look(slices: list[int]) -> None:
        nonlocal result, done, share
        for start in range(0, len(slices), batch_size):
            part = slices[start : start + batch_size]
            logits = np.moveaxis(_window(_block(padded, part, shown), patch, forward), 0, 1)
            if not len(result):
                result = np.empty((len(logits), *padded.shape[1:]), np.float32)
            result[:, part] = logits
            done += len(part)
            share = max(share, min(1.0, done / planned))
            progress(share, CountedMessage.of("Slice", done, planned))

    look(first)
    if len(first) < depth:
        loud = [looks.saw_something(result[:, index], brain[index]) for index in first]
        if preview is not None:
            fill_between(result, first)
            preview(result[inside])
        second = second_slices(first, loud)
        planned = len(first) + len(second)
        look(second)
        fill_between(result, [*first, *second])
        if not second:
            progress(1.0, CountedMessage.of("Slice", done, planned))
    return result[inside]


def _block(image: np.ndarray, slices: Sequence[int], shown: np.ndarray | None) -> np.ndarray:
    """Return slices as tiles (B, C, Y, X), or (B, K * C, Y, X) with the slices shown beside each."""
    if shown is None:
        return np.moveaxis(image[:, slices], 1, 0)
    stacks = image[:, shown[slices]].transpose(1, 2, 0, 3, 4)
    return stacks.reshape(stacks.shape[0], -1, *image.shape[2:])


def predict_volume(
    image: np.ndarray,
    patch: tuple[int, ...],
    forward: Forward,
    *,
    looks: Looks | None = None,
    preview: Preview | None = None,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Run a 3D network over an image (C, Z, Y, X) and return logits (R, Z, Y, X).

    Parameters
    ----------
    looks : Looks, optional
        First the fewest tiles that cover the image, then those of the others in which the first look saw something;
        tiles of zeros alone are left out. None computes every tile.
    preview : callable, optional
        Given the logits of the first look, where there are two.
    """
    padded, inner = _pad(image, patch)
    inside = (slice(None), *inner)
    if looks is None:
        return _window(padded[None], patch, forward, progress)[0][inside]
    starts = [tile_starts(size, edge) for size, edge in zip(padded.shape[1:], patch)]
    chosen = [covering(row, edge) for row, edge in zip(starts, patch)]
    brain = (padded != 0).any(axis=0)
    tiles = [corner for corner in itertools.product(*starts) if brain[_place(corner, patch)].any()]
    tiles = tiles or list(itertools.product(*starts))
    first = [corner for corner in tiles if all(edge in row for edge, row in zip(corner, chosen))]
    total = TileSum(padded.shape[1:], patch)
    planned = len(tiles)

    def look(corners: list[tuple[int, ...]]) -> None:
        for corner in corners:
            tile = padded[(slice(None), *_place(corner, patch))]
            total.add(corner, forward(np.ascontiguousarray(tile[None])))
            progress(total.count / planned, CountedMessage.of("Tile", total.count, planned))

    look(first)
    if len(first) < len(tiles):
        logits = total.mean()[0]
        if preview is not None:
            preview(logits[inside])
        rest = sorted(set(tiles) - set(first))
        places = {corner: _place(corner, patch) for corner in rest}
        second = [
            corner
            for corner, place in places.items()
            if looks.saw_something(logits[(slice(None), *place)], brain[place])
        ]
        planned = len(first) + len(second)
        look(second)
    return total.mean()[0][inside]


class TileSum:
    """Weighted sum of the logits of tiles; `mean` is their mean where there are any, else surely background."""

    def __init__(self, shape: Sequence[int], patch: Sequence[int]) -> None:
        self._weights = gaussian_weights(tuple(patch))
        self._patch = patch
        self._share = np.zeros(tuple(shape), np.float32)
        self._total: np.ndarray | None = None
        self.count = 0

    def add(self, corner: Sequence[int], logits: np.ndarray) -> None:
        """Add the logits (B, R, *patch) of the tile at a corner."""
        if self._total is None:
            self._total = np.zeros((*logits.shape[:2], *self._share.shape), np.float32)
        place = _place(corner, self._patch)
        self._total[(slice(None), slice(None), *place)] += logits * self._weights
        self._share[place] += self._weights
        self.count += 1

    def mean(self) -> np.ndarray:
        """Return the logits (B, R, *shape)."""
        assert self._total is not None  # at least one tile was added
        seen = self._share > 0
        return np.where(seen, self._total / np.where(seen, self._share, 1), np.float32(SURE_BACKGROUND))


def _window(
    images: np.ndarray, patch: Sequence[int], forward: Forward, progress: ProgressCallback = no_progress
) -> np.ndarray:
    shape = images.shape[2:]
    corners = list(itertools.product(*(tile_starts(size, edge) for size, edge in zip(shape, patch))))
    if len(corners) == 1:
        logits = forward(np.ascontiguousarray(images))
        progress(1.0, CountedMessage.of("Tile", 1, 1))
        return logits
    total = TileSum(shape, patch)
    for corner in corners:
        place = _place(corner, patch)
        total.add(corner, forward(np.ascontiguousarray(images[(slice(None), slice(None), *place)])))
        progress(total.count / len(corners), CountedMessage.of("Tile", total.count, len(corners)))
    return total.mean()


def _place(corner: Sequence[int], patch: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(start, start + edge) for start, edge in zip(corner, patch))


def _pad(image: np.ndarray, patch: Sequence[int]) -> tuple[np.ndarray, tuple[slice, ...]]:
    """Pad (C, Z, Y, X) with zeros, evenly on both sides, up to the patch; return it and where the image lies in it."""
    widths, inner = [(0, 0)], []
    for size, edge in zip(image.shape[1:], patch):
        missing = max(edge - size, 0)
        widths.append((missing // 2, missing - missing // 2))
        inner.append(slice(missing // 2, missing // 2 + size))
    return np.pad(image, widths), tuple(inner)
