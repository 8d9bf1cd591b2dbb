"""From overlapping region probabilities to a labelmap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import LabelScheme

THRESHOLD = 0.5


def regions_to_labels(probabilities: np.ndarray, regions: Sequence[str], scheme: LabelScheme) -> np.ndarray:
    """Threshold each region at 0.5 and paint them in the scheme's order, the largest first (nnU-Net's rule).

    Each region paints the one label that no later region contains (WT paints ED, TC NCR, ET ET).

    Parameters
    ----------
    probabilities : ndarray, shape (R, Z, Y, X), in 0..1
    regions : sequence of str
        Region name of each channel.

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
        labelmap[probabilities[list(regions).index(region)] > THRESHOLD] = scheme.values[own[0]]
    return labelmap
