"""From an image's voxel size to the one that a model expects."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np
from scipy import ndimage

from ssaglioma.packages import ModelCard
from ssaglioma.types import Spacing

_SAME_SPACING_SHARE = 0.02


def slice_axis(card: ModelCard, spacing_zyx_mm: Spacing) -> int:
    """Return the axis along which a model takes its slices: 0, or the one of largest spacing."""
    return int(np.argmax(spacing_zyx_mm)) if card.slice_axis == "through_plane" else 0


def slices_first(array: np.ndarray, spacing_zyx_mm: Spacing, axis: int) -> tuple[np.ndarray, Spacing]:
    """Return an image (C, Z, Y, X) and its spacing with the slice axis moved to the front of the spatial ones."""
    order = [axis, *(other for other in range(3) if other != axis)]
    return np.moveaxis(array, 1 + axis, 1), (
        spacing_zyx_mm[order[0]],
        spacing_zyx_mm[order[1]],
        spacing_zyx_mm[order[2]],
    )


def model_shape(card: ModelCard, shape: Seq[int], spacing_zyx_mm: Spacing) -> tuple[int, ...]:
    """Return the size that an image (Z, Y, X), slices first, has at the model's voxel size.

    Axes whose spacing is within 2 % of the model's, or that it leaves as they are, keep their size.
    `shape` and spacing are those after the slice axis was moved to the front.
    """
    return shape_at(card.spacing_zyx_mm, shape, spacing_zyx_mm)


def shape_at(wanted_mm: Seq[float | None], shape: Seq[int], spacing_zyx_mm: Spacing) -> tuple[int, ...]:
    """Return the size that an image (Z, Y, X) has at another voxel size; see `model_shape`."""
    target = [wanted or found for wanted, found in zip(wanted_mm, spacing_zyx_mm)]
    return tuple(
        size if abs(have / want - 1) < _SAME_SPACING_SHARE else max(1, round(size * have / want))
        for size, have, want in zip(shape, spacing_zyx_mm, target)
    )


def neighbours(count: int, slice_mm: float, offsets_mm: Seq[float]) -> np.ndarray:
    """Return the slices that a 2D network is shown for each slice, shape (count, offsets), int.

    The nearest slice at each distance, at the ends the last one; thick slices are so shown several times.
    """
    steps = np.rint(np.asarray(offsets_mm, np.float64) / slice_mm).astype(int)
    return np.clip(np.arange(count)[:, None] + steps[None, :], 0, count - 1)


def to_shape(image: np.ndarray, shape: Seq[int]) -> np.ndarray:
    """Stretch (C, Z, Y, X) linearly to a shape (Z, Y, X) with voxel edges, not centres, kept in place."""
    if tuple(image.shape[1:]) == tuple(shape):
        return image
    factors = [new / old for new, old in zip(shape, image.shape[1:])]
    result = np.empty((image.shape[0], *shape), np.float32)
    for channel, stretched in zip(image, result):
        ndimage.zoom(channel, factors, output=stretched, order=1, mode="nearest", grid_mode=True)
    return result
