"""From overlapping region probabilities to a labelmap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import LabelScheme

THRESHOLD = 0.5


def regions_to_labels(
    probabilities: np.ndarray,
    regions: Sequence[str],
    scheme: LabelScheme,
    smallest_voxels: float | Mapping[str, float] = 0,
) -> np.ndarray:
    """Threshold each region at 0.5 and paint them in the scheme's order, the largest first (nnU-Net's rule).

    Each region paints the one label that no later region contains (WT paints ED, TC NCR, ET ET).

    Parameters
    ----------
    probabilities : ndarray, shape (R, Z, Y, X), in 0..1
    regions : sequence of str
        Region name of each channel.
    smallest_voxels : float, or mapping of region to float
        Connected components of a region (26 neighbours) with fewer voxels are not painted: small
        ones of ET then stay core, small ones of TC stay oedema, small ones of WT are left out.

    Returns
    -------
    ndarray of uint8, shape (Z, Y, X)

    Raises
    ------
    ModelPackageError
        If the regions cannot be told apart by painting.
    """
    labelmap = np.zeros(probabilities.shape[1:], np.uint8 if max(scheme.values.values()) < 256 else np.uint16)
    order = [name for name in scheme.regions if name in regions]
    for position, region in enumerate(order):
        later = {name for other in order[position + 1 :] for name in scheme.regions[other]}
        own = [name for name in scheme.regions[region] if name not in later]
        if len(own) != 1:
            raise ModelPackageError(
                f"The region {region!r} would paint the labels {own}",
                expected="regions that each add one label",
            )
        mask = probabilities[list(regions).index(region)] > THRESHOLD
        smallest = smallest_voxels.get(region, 0) if isinstance(smallest_voxels, Mapping) else smallest_voxels
        labelmap[without_small_components(mask, smallest)] = scheme.values[own[0]]
    return labelmap


def without_small_components(mask: np.ndarray, smallest_voxels: float) -> np.ndarray:
    """Return a mask without its connected components (all neighbours count) of fewer voxels than given.

    Parameters
    ----------
    mask : ndarray of bool, any shape
    smallest_voxels : float
        0 or 1 keeps everything; the mask itself is then returned.
    """
    if smallest_voxels <= 1 or not mask.any():
        return mask
    components, _ = ndimage.label(mask, structure=np.ones((3,) * mask.ndim, bool))
    kept = np.bincount(components.ravel()) >= smallest_voxels
    kept[0] = False
    return kept[components]
