"""Mass effect: a growing tumour pushes what surrounds it, without folds.

The push is the flow along a smooth velocity field that points away from the tumour's core, strongest at
the core's border, and that fades towards the skull, which does not move.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.fields import integrated

_NEAR_MM, _FAR_MM, _FAR_SHARE = 7.0, 20.0, 0.6
_SKULL_MM = 12.0


def mass_effect(core: np.ndarray, brain: np.ndarray, push_mm: float, *, spacing_mm: float) -> np.ndarray:
    """Return the displacement (3, Z, Y, X), in mm, from a place in the pushed head to the place it came from.

    Parameters
    ----------
    core : ndarray of float, shape (Z, Y, X)
        0..1, where the tumour pushes.
    brain : ndarray of bool, shape (Z, Y, X)
    push_mm : float
        Greatest speed times unit time; the greatest displacement is a little less.

    Raises
    ------
    DatasetError
        If the push is negative.
    """
    if push_mm < 0:
        raise DatasetError(f"The mass effect is {push_mm!r} mm", expected="0 mm or more")
    if push_mm == 0 or not core.any():
        return np.zeros((3, *core.shape), np.float32)
    potential = _gentle(core, _NEAR_MM / spacing_mm) + _FAR_SHARE * _gentle(core, _FAR_MM / spacing_mm)
    inward = np.stack(list(np.gradient(potential)))
    depth = ndimage.distance_transform_edt(brain, sampling=spacing_mm)
    inward *= ndimage.gaussian_filter(np.minimum(depth / _SKULL_MM, 1.0), 1.0)
    length = float(np.sqrt((inward**2).sum(0)).max())
    velocity = inward * (push_mm / spacing_mm / max(length, 1e-9))
    return integrated(velocity) * spacing_mm


def _gentle(core: np.ndarray, sigma: float) -> np.ndarray:
    smooth = ndimage.gaussian_filter(core.astype(np.float32), sigma, truncate=3)
    slope = np.sqrt(sum(part**2 for part in np.gradient(smooth)))
    return smooth / max(float(slope.max()), 1e-9)
