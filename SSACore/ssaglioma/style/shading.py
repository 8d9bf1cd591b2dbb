"""Takes away shading that a stylizer's network adds: slow changes of brightness that no tissue explains."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

SIGMA_PX = 12.0
_BINS = 48


def without_shading(
    content: np.ndarray, stylised: np.ndarray, foreground: np.ndarray, *, sigma_px: float = SIGMA_PX
) -> np.ndarray:
    """Return stylised slices without the slow part of what changed, as far as intensity does not explain it.

    A change of contrast is one curve: what a gray value becomes, on average over all slices. What is left after that
    curve is smoothed in the plane (within the foreground) and subtracted. Contrast between tissues and fine texture
    stay; a dark patch or a bright rim, which networks like to paint near the border of the brain, goes.
    A bias field of the style goes with it: that is the scanner simulator's work.

    Parameters
    ----------
    content, stylised : ndarray, shape (N, Y, X)
        On one scale.
    foreground : ndarray of bool, shape (N, Y, X)

    Returns
    -------
    ndarray of float32, shape (N, Y, X); the background as it was
    """
    result = np.asarray(stylised, np.float32).copy()
    if not foreground.any():
        return result
    change = (result - content).astype(np.float32)
    rest = np.where(foreground, change - explained_by_intensity(content, change, foreground), 0)
    sigma = (0.0, sigma_px, sigma_px)
    weight = ndimage.gaussian_filter(foreground.astype(np.float32), sigma, truncate=3)
    slow = ndimage.gaussian_filter(rest, sigma, truncate=3) / np.maximum(weight, 1e-3)
    result[foreground] -= slow[foreground]
    return result


def explained_by_intensity(content: np.ndarray, change: np.ndarray, foreground: np.ndarray) -> np.ndarray:
    """Return the mean change of each pixel's gray value (piecewise linear over quantiles of the content)."""
    values, moved = content[foreground], change[foreground]
    edges = np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)))
    if len(edges) < 3:
        return np.full(content.shape, moved.mean(), np.float32)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    count = np.maximum(np.bincount(place, minlength=len(edges) - 1), 1)
    centres = np.bincount(place, values, len(edges) - 1) / count
    means = np.bincount(place, moved, len(edges) - 1) / count
    return np.interp(content, centres, means).astype(np.float32)
