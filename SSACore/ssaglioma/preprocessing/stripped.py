"""Was the skull taken away already? Then the image itself says where the brain is, and nothing may be cut again."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ssaglioma.volume import Volume

_LEAST_AIR_SHARE = 0.15
_MOST_BRAIN_ML = 2100.0
_WORK_MM = 2.0
_SKIN_MM, _SKULL_MM = 4.0, 12.0
_DARK, _MOST_DARK_SHARE = 0.35, 0.18


def is_stripped(volume: Volume) -> bool:
    """Tell whether an image shows a brain alone, on a background of one value.

    Three things must hold: at least 15 % of the voxels have exactly the value of the image's border; what is left
    is not larger than a brain; and no dark shell, as the skull is in every contrast, lies below its surface.
    """
    value = background_value(volume.array)
    if value is None:
        return False
    steps = [max(1, round(_WORK_MM / spacing)) for spacing in volume.spacing_zyx_mm]
    array = volume.array[tuple(slice(None, None, step) for step in steps)]
    spacing = [step * size for step, size in zip(steps, volume.spacing_zyx_mm)]
    filled = _largest(np.asarray(array != value))
    if filled.sum() * float(np.prod(spacing)) / 1000 > _MOST_BRAIN_ML:
        return False
    depth = ndimage.distance_transform_edt(np.pad(filled, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    shell = filled & (depth > _SKIN_MM) & (depth <= _SKULL_MM)
    inner = filled & (depth > _SKULL_MM)
    if not shell.any() or not inner.any():
        return False
    values = array.astype(np.float32) - float(value)
    level = float(np.median(values[inner]))
    return bool((values[shell] < _DARK * level).mean() <= _MOST_DARK_SHARE)


def background_value(array: np.ndarray) -> float | None:
    """Return the one value of the background, or None where the background is noise.

    Parameters
    ----------
    array : ndarray, shape (Z, Y, X)
    """
    faces = [np.take(array, index, axis=axis).ravel() for axis in (1, 2) for index in (0, -1)]
    values, counts = np.unique(np.concatenate(faces), return_counts=True)
    value = values[np.argmax(counts)]
    return float(value) if (array == value).mean() >= _LEAST_AIR_SHARE else None


def brain_of_stripped(volume: Volume) -> np.ndarray:
    """Return what is not background in a skull-stripped image, holes filled; bool, shape (Z, Y, X)."""
    value = background_value(volume.array)
    mask = np.asarray(volume.array != value) if value is not None else np.ones(volume.shape, bool)
    spans = [np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    if all(len(span) for span in spans):
        box = tuple(slice(int(span[0]), int(span[-1]) + 1) for span in spans)
        mask[box] = ndimage.binary_fill_holes(mask[box])
    return mask


def _largest(mask: np.ndarray) -> np.ndarray:
    pieces, count = ndimage.label(mask)
    if count > 1:
        mask = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return ndimage.binary_fill_holes(mask)
