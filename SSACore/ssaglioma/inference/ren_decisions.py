"""Labels from the optimized U-Net's probabilities as published: thresholds, and dust taken away (Ren et al. 2024).

After the public code (github.com/KurtLabUW/brats2023_updated): overlapping outputs are cut at 0.45 (WT), 0.40 (TC) and
0.45 (ET); of disjoint outputs the largest counts where it is above 0.5. Then components below 50 voxels (26 neighbours)
go, in the order ET, holes of TC, TC, holes of WT, WT.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ssaglioma.inference.regions import without_small_components
from ssaglioma.labels import GLIOMA

OVERLAPPING_THRESHOLDS: Mapping[str, float] = {"WT": 0.45, "TC": 0.40, "ET": 0.45}
DISJOINT_THRESHOLD = 0.5
DUST_VOXELS = 50
_NCR, _ED, _ET = (GLIOMA.values[name] for name in ("NCR", "ED", "ET"))


def overlapping_labels(probabilities: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return uint8 labels (Z, Y, X) from probabilities of WT, TC and ET, painted in this order."""
    labels = np.zeros(probabilities["WT"].shape, np.uint8)
    for region, value in (("WT", _ED), ("TC", _NCR), ("ET", _ET)):
        labels[probabilities[region] > OVERLAPPING_THRESHOLDS[region]] = value
    return labels


def disjoint_labels(probabilities: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return uint8 labels (Z, Y, X) from probabilities of NCR, ED and ET: the largest, where it is above 0.5."""
    names = ("NCR", "ED", "ET")
    stacked = np.stack([probabilities[name] for name in names])
    values = np.array([GLIOMA.values[name] for name in names], np.uint8)
    return np.where(stacked.max(axis=0) > DISJOINT_THRESHOLD, values[stacked.argmax(axis=0)], 0).astype(np.uint8)


def without_dust(labels: np.ndarray, smallest: int = DUST_VOXELS) -> np.ndarray:
    """Return labels (Z, Y, X) without components and holes of fewer voxels than `smallest`.

    Small ET becomes background first; holes that this leaves in TC become NCR. Small TC goes; holes of WT become ED,
    and small WT goes. A hole is a component of what a region is not.
    """
    result = labels.copy()
    enhancing = result == _ET
    result[enhancing & ~without_small_components(enhancing, smallest)] = 0
    core = np.isin(result, (_NCR, _ET))
    result[_holes(core, smallest)] = _NCR
    core = np.isin(result, (_NCR, _ET))
    result[core & ~without_small_components(core, smallest)] = 0
    result[_holes(result != 0, smallest)] = _ED
    whole = result != 0
    result[whole & ~without_small_components(whole, smallest)] = 0
    return result


def _holes(mask: np.ndarray, smallest: int) -> np.ndarray:
    """Return the small components of what a mask leaves out."""
    outside = ~mask
    return outside & ~without_small_components(outside, smallest)
