"""The input of the optimized U-Net as published: intensities to 0..1 and a fixed crop (Ren et al. 2024).

After the public code (github.com/KurtLabUW/brats2023_updated): z-scores over non-zero voxels, a linear map of the whole
volume to 0..255 rounded to two digits, and a stretch of its 1st to 99th percentile to 0..1. The crop is for images on
the BraTS grid of 240 x 240 x 155; other images have to be brought there first.
"""

from __future__ import annotations

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import Sequence

CHANNELS: tuple[Sequence, ...] = (Sequence.T1C, Sequence.T1N, Sequence.T2F, Sequence.T2W)
"""Order of the published network's channels."""
FULL_SHAPE = (155, 240, 240)
CROP: tuple[slice, slice, slice] = (slice(14, 142), slice(24, 216), slice(56, 184))
"""Of arrays (Z, Y, X) in the file's own axes: x 56:184, y 24:216, z 14:142 of the published code."""
_RANGE, _DIGITS = 255.0, 2
_LOW, _HIGH = 1, 99


def ren_intensities(array: np.ndarray) -> np.ndarray:
    """Return a volume (any shape, background 0) as float32 in 0..1; the background ends at 0.

    Raises
    ------
    DatasetError
        If a value is not finite, or the non-zero voxels are empty or equal.
    """
    values = np.asarray(array, np.float64)
    inside = values != 0
    if not np.isfinite(values).all() or not inside.any() or np.ptp(values[inside]) == 0:
        raise DatasetError(
            f"The image has {int(inside.sum())} non-zero voxels, all equal or some not finite",
            expected="a skull-stripped image with contrast",
        )
    scores = (values - values[inside].mean()) / values[inside].std()
    low, high = scores.min(), scores.max()
    mapped = np.round(_RANGE * (scores - low) / (high - low), _DIGITS)
    first, last = np.percentile(mapped, (_LOW, _HIGH))
    if last == first:
        raise DatasetError(
            f"{_HIGH} % of the image are background", expected="a brain that fills more than a hundredth of its image"
        )
    return ((mapped.clip(first, last) - first) / (last - first)).astype(np.float32)


def ren_crop(array: np.ndarray) -> np.ndarray:
    """Return the published crop (..., 128, 192, 128) of an array (..., 155, 240, 240).

    Raises
    ------
    GeometryError
        On another size.
    """
    if array.shape[-3:] != FULL_SHAPE:
        raise GeometryError(
            f"The array has the size {array.shape[-3:]!r}",
            expected=f"{FULL_SHAPE!r}, the grid of BraTS",
            remedy="Bring the image to that grid first",
        )
    return array[(..., *CROP)]


def ren_uncrop(array: np.ndarray) -> np.ndarray:
    """Return a crop (..., 128, 192, 128) in its place, 0 elsewhere, (..., 155, 240, 240)."""
    full = np.zeros((*array.shape[:-3], *FULL_SHAPE), array.dtype)
    full[(..., *CROP)] = array
    return full
