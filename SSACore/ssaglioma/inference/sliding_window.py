"""Gaussian-weighted sliding window over slices or volumes (nnU-Net's rules, Isensee et al. 2021)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from scipy import ndimage

from ssaglioma.types import ProgressCallback, no_progress

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
    impulse = np.zeros(patch, np.float64)
    impulse[tuple(edge // 2 for edge in patch)] = 1
    weights = ndimage.gaussian_filter(impulse, [edge * _SIGMA_SHARE for edge in patch], mode="constant")
    weights *= _PEAK / weights.max()
    weights[weights == 0] = weights[weights > 0].min()
    return weights.astype(np.float32)


def predict_slices(
    image: np.ndarray,
    patch: tuple[int, int],
    forward: Forward,
    *,
    batch_size: int = 8,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Run a 2D network over every slice of an image (C, Z, Y, X) and return logits (R, Z, Y, X)."""
    padded, inner = _pad(image, (1, *patch))
    result: np.ndarray | None = None
    depth = padded.shape[1]
    for first in range(0, depth, batch_size):
        block = np.moveaxis(padded[:, first : first + batch_size], 1, 0)
        logits = _window(block, patch, forward)
        if result is None:
            result = np.empty((logits.shape[1], depth, *logits.shape[2:]), np.float32)
        result[:, first : first + batch_size] = np.moveaxis(logits, 0, 1)
        done = min(first + batch_size, depth)
        progress(done / depth, f"Slice {done} of {depth}")
    assert result is not None  # an image has at least one slice
    return result[(slice(None), *inner)]


def predict_volume(
    image: np.ndarray,
    patch: tuple[int, int, int],
    forward: Forward,
    *,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Run a 3D network over an image (C, Z, Y, X) and return logits (R, Z, Y, X)."""
    padded, inner = _pad(image, patch)
    return _window(padded[None], patch, forward, progress)[0][(slice(None), *inner)]


def _window(
    images: np.ndarray, patch: Sequence[int], forward: Forward, progress: ProgressCallback = no_progress
) -> np.ndarray:
    shape = images.shape[2:]
    corners = list(itertools.product(*(tile_starts(size, edge) for size, edge in zip(shape, patch))))
    if len(corners) == 1:
        logits = forward(np.ascontiguousarray(images))
        progress(1.0, "Tile 1 of 1")
        return logits
    weights = gaussian_weights(tuple(patch))
    total: np.ndarray | None = None
    share = np.zeros(shape, np.float32)
    for index, corner in enumerate(corners):
        place = tuple(slice(start, start + edge) for start, edge in zip(corner, patch))
        logits = forward(np.ascontiguousarray(images[(slice(None), slice(None), *place)]))
        if total is None:
            total = np.zeros((*logits.shape[:2], *shape), np.float32)
        total[(slice(None), slice(None), *place)] += logits * weights
        share[place] += weights
        progress((index + 1) / len(corners), f"Tile {index + 1} of {len(corners)}")
    assert total is not None  # there is at least one tile
    return total / share


def _pad(image: np.ndarray, patch: Sequence[int]) -> tuple[np.ndarray, tuple[slice, ...]]:
    """Pad (C, Z, Y, X) with zeros, evenly on both sides, up to the patch; return it and where the image lies in it."""
    widths, inner = [(0, 0)], []
    for size, edge in zip(image.shape[1:], patch):
        missing = max(edge - size, 0)
        widths.append((missing // 2, missing - missing // 2))
        inner.append(slice(missing // 2, missing // 2 + size))
    return np.pad(image, widths), tuple(inner)
