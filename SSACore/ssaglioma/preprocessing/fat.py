"""Fat that a brain mask left in: on T1 it is brighter than any brain, and it goes on outside the mask.

A bleeding or a tumor that is bright on T1 may reach the brain's surface too, but it ends there: fluid and bone, both
dark, lie between it and the fat of the scalp. So a bright piece is fat only where it belongs to something that lies
outside the mask for the most part, and has a broad base there.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

_BRIGHT = 3.0
"""Ranges of the middle half above the median; of 24 training brains none has 0.1 % of its voxels above 3.6."""
_RIM_MM, _BRIDGE_MM, _REGROWN_MM = 3.0, 6.0, 8.0
_LEAST_OUTSIDE, _LEAST_BASE = 1.0, 1.3
"""Volume outside the mask, times that inside; area of the base, times the volume inside to the power of 2/3.

Fat of the one real raw head: 8 and more, 1.56 and more; bleedings at the surface: at most one of both (RESULTS.md)."""
_LEAST_ML, _MOST_SHARE, _EVEN = 2.0, 0.25, 1.5


def without_fat(mask: np.ndarray, t1: np.ndarray, spacing_zyx_mm: tuple[float, ...]) -> tuple[np.ndarray, float]:
    """Return a brain mask without fat and what hangs on it (orbits, scalp), and how many millilitres were taken out.

    Nothing happens with hardly any fat, on uneven grids, or where a quarter of the mask would go. What is bright but
    lies for the most part inside the mask (blood) stays.

    Parameters
    ----------
    mask : ndarray of bool, shape (Z, Y, X)
    t1 : ndarray, same shape
        T1 without contrast agent (blood vessels must not be bright), with what lies around the mask.
    spacing_zyx_mm : tuple of 3 floats
    """
    step, voxel_ml = min(spacing_zyx_mm), float(np.prod(spacing_zyx_mm)) / 1000
    if max(spacing_zyx_mm) > _EVEN * step or not mask.any():
        return mask, 0.0

    def voxels(length_mm: float) -> int:
        return max(1, round(length_mm / step))

    low, middle, high = np.percentile(t1[mask], (25, 50, 75))
    fat = _reaching_out(ndimage.binary_opening(t1 > middle + _BRIGHT * (high - low)), mask)
    if fat.sum() * voxel_ml < _LEAST_ML:
        return mask, 0.0
    rest = mask & ~ndimage.binary_dilation(fat, iterations=voxels(_RIM_MM))
    pieces, count = ndimage.label(ndimage.binary_opening(rest, iterations=voxels(_BRIDGE_MM)))
    if not count:
        return mask, 0.0
    core = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    kept = rest & ndimage.binary_dilation(core, iterations=voxels(_REGROWN_MM))
    taken = int(mask.sum()) - int(kept.sum())
    return (mask, 0.0) if taken > _MOST_SHARE * mask.sum() else (kept, taken * voxel_ml)


def _reaching_out(bright: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The pieces of what is bright inside a mask that are the smaller part of something outside, with a broad base."""
    whole, count = ndimage.label(bright)
    inside = np.bincount(whole[mask], minlength=count + 1)
    outside = np.bincount(whole[~mask], minlength=count + 1)
    chosen = (inside > 0) & (outside >= _LEAST_OUTSIDE * inside)
    chosen[0] = False
    candidates = chosen[whole] & mask
    pieces, count = ndimage.label(candidates)
    volume = np.bincount(pieces.ravel(), minlength=count + 1)
    base = np.bincount(pieces[candidates & ndimage.binary_dilation(bright & ~mask)], minlength=count + 1)
    broad = base >= _LEAST_BASE * volume ** (2 / 3)
    broad[0] = False
    return np.asarray(broad[pieces])
