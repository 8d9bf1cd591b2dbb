"""What a brain-mask model sees: one image on a coarse grid around the brain, grey values 0 to 1."""

from __future__ import annotations

import numpy as np
import SimpleITK

from ssaglioma.errors import DatasetError
from ssaglioma.types import Spacing
from ssaglioma.volume import Volume
from ssaglioma.volume.sitk import from_sitk, to_sitk

MASK_SPACING_MM: Spacing = (3.0, 3.0, 3.0)
"""Voxels of the models' input; a mask's outline is found between them."""

MASK_SHAPE, MASK_CENTRE = (64, 80, 64), (0.58, 0.5, 0.5)
"""Voxels that a model sees along (Z, Y, X), and where in them the brain's centre lies: more is below it than above."""

_LOW_PERCENTILE, _HIGH_PERCENTILE = 1.0, 98.0
_FOREGROUND, _TOP_SHARE, _TOP_TO_CENTRE_MM = 0.08, 0.1, 80.0
_NEARLY = 0.25


def scaled(array: np.ndarray) -> np.ndarray:
    """Return grey values as float32, 0 at the 1st percentile, 1 at the 98th of what is brighter than the mean, clipped.

    Parameters
    ----------
    array : ndarray, shape (Z, Y, X)
        What was scanned, without padding.

    Raises
    ------
    DatasetError
        If all voxels are alike or some are no numbers.
    """
    values = np.asarray(array, np.float32)
    if not np.isfinite(values).all() or values.max() <= values.min():
        raise DatasetError(
            f"The image holds values from {values.min()!r} to {values.max()!r}",
            expected="a grey image of a head",
            remedy="Check the file",
        )
    low = float(np.percentile(values, _LOW_PERCENTILE))
    high = float(np.percentile(values[values > values.mean()], _HIGH_PERCENTILE))
    return np.clip((values - low) / max(high - low, 1e-6), 0, 1)


def coarse(volume: Volume) -> Volume:
    """Return an image of canonical axes averaged and resampled to `MASK_SPACING_MM`, its field of view kept."""
    image = SimpleITK.Cast(to_sitk(volume), SimpleITK.sitkFloat32)
    target = MASK_SPACING_MM[::-1]
    factors = [
        max(1, min(int(want / have + 0.25), size))
        for want, have, size in zip(target, image.GetSpacing(), image.GetSize())
    ]
    image = SimpleITK.BinShrink(image, factors)
    size = [max(1, round(n * have / want)) for n, have, want in zip(image.GetSize(), image.GetSpacing(), target)]
    direction = np.asarray(volume.direction_lps)
    corner = np.array(image.GetOrigin()) - direction @ np.array(image.GetSpacing()) / 2
    extent = np.array(image.GetSize()) * np.array(image.GetSpacing())
    slack = (extent - np.array(size) * np.array(target)) / 2
    grid = SimpleITK.Image(size, SimpleITK.sitkFloat32)
    grid.SetSpacing(target)
    grid.SetDirection(image.GetDirection())
    grid.SetOrigin((corner + direction @ (slack + np.array(target) / 2)).tolist())
    resampler = SimpleITK.ResampleImageFilter()
    resampler.SetReferenceImage(grid)
    resampler.SetInterpolator(SimpleITK.sitkLinear)
    resampler.UseNearestNeighborExtrapolatorOn()
    return from_sitk(resampler.Execute(image))


def first_centre(grey: np.ndarray) -> np.ndarray:
    """Guess where the brain's centre lies, from the top of the head, in voxels (Z, Y, X) of a coarse scaled image.

    Raises
    ------
    DatasetError
        If nothing is brighter than air.
    """
    mask = np.asarray(grey) > _FOREGROUND
    areas = mask.sum(axis=(1, 2))
    if not mask.any():
        raise DatasetError("The image holds no head", expected="a brighter region than air", remedy="Check the file")
    top = int(np.flatnonzero(areas > _TOP_SHARE * areas.max())[-1])
    height = round(_TOP_TO_CENTRE_MM / MASK_SPACING_MM[0])
    upper = np.argwhere(mask[max(top - 2 * height, 0) : top + 1])
    return np.array([float(max(top - height, 0)), *upper.mean(axis=0)[1:]])


def window(grey: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, tuple[slice, ...], tuple[slice, ...]]:
    """Return the part of a coarse image that a model sees when the brain's centre lies at a voxel.

    Returns
    -------
    ndarray of float32, shape `MASK_SHAPE`
        0 outside the image.
    tuple of 3 slices, tuple of 3 slices
        The same voxels in that array, and in the image.
    """
    inside, there = [], []
    for size, edge, share, middle in zip(grey.shape, MASK_SHAPE, MASK_CENTRE, centre):
        start = round(float(middle) - share * edge)
        low, high = max(start, 0), min(start + edge, size)
        high = max(high, low)
        inside.append(slice(low - start, high - start))
        there.append(slice(low, high))
    result = np.zeros(MASK_SHAPE, np.float32)
    result[tuple(inside)] = grey[tuple(there)]
    return result, tuple(inside), tuple(there)
