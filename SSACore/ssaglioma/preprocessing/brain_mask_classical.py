"""A brain mask without a trained model: thresholds around the brain's grey, opened, closed and filled.

The idea is that of BET's and other older tools' first steps (Smith 2002, doi:10.1002/hbm.10062): the skull parts brain
from scalp as a dark shell, so an erosion separates them, the piece in the middle is kept, and a dilation brings its
border back. It needs that shell two voxels wide, and fails more often than the network does.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ssaglioma.preprocessing.mask_input import MASK_SPACING_MM

_AIR = 0.08
_MIDDLE_MM = 30.0
_LOW, _HIGH = 0.55, 1.7
_OPENING_MM, _CLOSING_MM = 6.0, 12.0


def classical_probability(grey: np.ndarray) -> np.ndarray:
    """Return 1 in the brain and 0 elsewhere, float32, blurred a little so that its outline lies between voxels.

    Parameters
    ----------
    grey : ndarray of float32, shape (Z, Y, X)
        0..1, voxels of `MASK_SPACING_MM`, canonical axes.
    """
    head = ndimage.binary_fill_holes(_largest(grey > _AIR))
    depth = ndimage.distance_transform_edt(np.pad(head, 1), sampling=MASK_SPACING_MM)[1:-1, 1:-1, 1:-1]
    middle = depth > min(_MIDDLE_MM, 0.7 * float(depth.max()))
    level = float(np.median(grey[middle])) if middle.any() else 0.5
    tissue = (grey > _LOW * level) & (grey < _HIGH * level) & head
    opened = _grown(~_grown(~tissue, _OPENING_MM / 2) & (depth > _OPENING_MM), 0)
    core = _at(opened, middle)
    brain = _grown(core, _OPENING_MM / 2 + MASK_SPACING_MM[0] / 2) & head
    padded = np.pad(brain, 6)
    closed = ~_grown(~_grown(padded, _CLOSING_MM), _CLOSING_MM)[6:-6, 6:-6, 6:-6]
    filled = ndimage.binary_fill_holes(closed | brain) & (depth > MASK_SPACING_MM[0])
    return np.clip(ndimage.gaussian_filter(filled.astype(np.float32), 0.5), 0, 1)


def _at(pieces_mask: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """The piece that covers most of the head's middle."""
    pieces, count = ndimage.label(pieces_mask)
    if count == 0:
        return pieces_mask
    shares = np.bincount(pieces[middle], minlength=count + 1)
    shares[0] = 0
    return pieces == int(np.argmax(shares))


def _grown(mask: np.ndarray, radius_mm: float) -> np.ndarray:
    if radius_mm <= 0 or not mask.any():
        return mask
    return ndimage.distance_transform_edt(~mask, sampling=MASK_SPACING_MM) <= radius_mm


def _largest(mask: np.ndarray) -> np.ndarray:
    pieces, count = ndimage.label(mask)
    return mask if count < 2 else pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
