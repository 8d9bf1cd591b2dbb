"""Brain mask from a zero background, its box, and z-scores inside it (nnU-Net's rules, Isensee et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError

_SMALLEST_SD = 1e-8


def brain_mask(images: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """Return the union over channels of all non-zero voxels, with holes filled.

    Parameters
    ----------
    images : ndarray, shape (C, Z, Y, X), or sequence of ndarray, shape (Z, Y, X)
        Skull-stripped images on one grid, whose background is exactly 0.

    Returns
    -------
    ndarray of bool, shape (Z, Y, X)

    Raises
    ------
    DatasetError
        If every voxel of every channel is 0.
    """
    mask = np.zeros(images[0].shape, bool)
    for image in images:
        mask |= image != 0
    if not mask.any():
        raise DatasetError(
            "All images are empty (every voxel is 0)",
            expected="skull-stripped images with a brain in them",
            remedy="Check that the right files were given",
        )
    box = bounding_box(mask)
    mask[box] = ndimage.binary_fill_holes(mask[box])
    return mask


def bounding_box(mask: np.ndarray) -> tuple[slice, ...]:
    """Return the smallest box, one slice per axis, that holds all true voxels of a mask of any dimension."""
    box = []
    for axis in range(mask.ndim):
        other = tuple(a for a in range(mask.ndim) if a != axis)
        inside = np.flatnonzero(mask.any(axis=other))
        box.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return tuple(box)


def zscore_in_mask(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return (image - mean) / SD with both taken inside the mask; outside stays exactly 0.

    Parameters
    ----------
    image : ndarray, shape (Z, Y, X)
    mask : ndarray of bool, same shape

    Returns
    -------
    ndarray of float32, same shape
    """
    values = image[mask].astype(np.float32)
    result = np.zeros(image.shape, np.float32)
    mean = float(values.mean(dtype=np.float64))
    deviation = float(values.std(dtype=np.float64))
    result[mask] = (values - mean) / max(deviation, _SMALLEST_SD)
    return result
