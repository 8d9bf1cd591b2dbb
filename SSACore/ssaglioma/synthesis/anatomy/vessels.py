"""What label maps leave out of the furrows: their true width, and the vessels in them.

At 1 mm a label map calls a furrow CSF from bank to bank; in images most furrows are narrower than a voxel.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from ssaglioma.synthesis.anatomy.tissues import CORTEX, CSF, VESSEL
from ssaglioma.synthesis.fields import smooth_noise

_SCALE_MM, _TUBE, _NEAR_CORTEX = 5.0, 0.22, 0.15
_BANKS = 0.3
_LEAST_KEPT = 0.25


def narrowed_furrows(fractions: Mapping[str, np.ndarray], width: float) -> dict[str, np.ndarray]:
    """Return the fractions with about the share `width` (0..1) of a furrow's width left as CSF, in its middle.

    The rest goes to the banks of cortex. CSF that lies far from cortex (ventricles, cisterns) stays. The middle of a
    furrow stays fluid however narrow it is: T2 images show furrows as thin bright lines.
    """
    parts = dict(fractions)
    if CSF not in parts or CORTEX not in parts:
        return parts
    banks = np.clip(ndimage.uniform_filter(parts[CORTEX], 5) / _BANKS, 0, 1)
    depth = ndimage.distance_transform_edt(parts[CSF] > 0.5).astype(np.float32)
    middle = ndimage.maximum_filter(depth, 5)
    kept = np.where(middle > 0, np.clip(depth - (1 - width) * middle + _LEAST_KEPT, 0, 1), width)
    moved = (parts[CSF] * (1 - kept) * banks).astype(np.float32)
    parts[CSF] = parts[CSF] - moved
    parts[CORTEX] = parts[CORTEX] + moved
    return parts


def with_vessels(fractions: Mapping[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return the fractions with a part of the CSF near the cortex turned into vessels (1 mm grid)."""
    parts = dict(fractions)
    if CSF not in parts or CORTEX not in parts:
        return parts
    generator = np.random.default_rng(seed)
    shape = parts[CSF].shape
    off_axis = smooth_noise(generator, shape, _SCALE_MM) ** 2 + smooth_noise(generator, shape, _SCALE_MM) ** 2
    near = ndimage.uniform_filter(parts[CORTEX], 7) > _NEAR_CORTEX
    tube = np.clip(1.5 - np.sqrt(off_axis) / _TUBE, 0, 1) * near
    drawn = (parts[CSF] * tube).astype(np.float32)
    parts[CSF] = parts[CSF] - drawn
    parts[VESSEL] = parts[VESSEL] + drawn if VESSEL in parts else drawn
    return parts
