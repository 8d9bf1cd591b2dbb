"""Intensity histograms of two sets of images and how far apart they are; whole or region by region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import rel_entr

from ssaglioma.errors import DatasetError
from ssaglioma.labels import LabelScheme

BINS = 256
SMOOTHING = 1e-10
"""Added to every bin before a logarithm is taken, as in the analysis of RAIN on MS-CMRSeg."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Shares of voxels in bins of equal width.

    Attributes
    ----------
    shares : ndarray of float64, shape (bins,)
        Sum 1.
    low, high : float
        Edges of the first and the last bin.
    voxels : int
    """

    shares: np.ndarray
    low: float
    high: float
    voxels: int

    @property
    def centres(self) -> np.ndarray:
        """Middle of each bin, float64, shape (bins,)."""
        width = (self.high - self.low) / len(self.shares)
        return self.low + width * (np.arange(len(self.shares)) + 0.5)


@dataclass(frozen=True)
class HistogramDistances:
    """How far a histogram is from another one.

    Attributes
    ----------
    kl_to_second, kl_to_first : float
        Kullback-Leibler divergence in nats: sum of first * log(first / second), and the other way round.
    js : float
        Jensen-Shannon divergence in nats, 0 to log 2.
    wasserstein : float
        Area between the distribution functions, in units of intensity.
    """

    kl_to_second: float
    kl_to_first: float
    js: float
    wasserstein: float


def unit_intensities(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the intensities under a mask, the mask's least at 0 and its greatest at 1 (float64, 1D).

    Raises
    ------
    DatasetError
        If the mask is empty, a value is not finite, or all values are equal.
    """
    values = np.asarray(image, float)[np.asarray(mask, bool)]
    if not values.size or not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise DatasetError(
            f"The image holds {values.size} voxels under the mask, {bad} of them not finite",
            expected="at least one voxel, all finite",
        )
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise DatasetError(f"All voxels under the mask are {low!r}", expected="an image with contrast")
    return (values - low) / (high - low)


def histogram(samples: Iterable[np.ndarray], *, low: float = 0.0, high: float = 1.0, bins: int = BINS) -> Histogram:
    """Return the histogram of a set; every image weighs the same however many voxels it has.

    Values outside low..high count in the first or last bin.

    Raises
    ------
    DatasetError
        If there is no value at all.
    """
    parts, voxels = [], 0
    for sample in samples:
        values = np.clip(np.asarray(sample, float).ravel(), low, high)
        if values.size:
            parts.append(np.histogram(values, bins, (low, high))[0] / values.size)
            voxels += values.size
    if not parts:
        raise DatasetError("The set holds no voxel", expected="at least one image with at least one voxel")
    return Histogram(np.mean(parts, axis=0), low, high, voxels)


def histogram_distances(first: Histogram, second: Histogram) -> HistogramDistances:
    """Return the distances of two histograms with the same bins.

    Raises
    ------
    DatasetError
        If the bins differ.
    """
    bins = [(len(one.shares), one.low, one.high) for one in (first, second)]
    if bins[0] != bins[1]:
        raise DatasetError(f"The histograms have the bins {bins[0]} and {bins[1]}", expected="the same bins")
    p, q = (_smoothed(one.shares) for one in (first, second))
    middle = (p + q) / 2
    width = (first.high - first.low) / len(first.shares)
    apart = np.abs(np.cumsum(first.shares) - np.cumsum(second.shares)).sum() * width
    js = (rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / 2
    return HistogramDistances(float(rel_entr(p, q).sum()), float(rel_entr(q, p).sum()), float(js), float(apart))


def region_samples(
    image: np.ndarray, labels: np.ndarray, mask: np.ndarray, scheme: LabelScheme
) -> Mapping[str, np.ndarray]:
    """Return the unit intensities of the whole mask ('all'), of each label present, and of the rest ('other').

    The intensities are scaled over the whole mask, so that regions of one image can be compared.
    """
    inside = np.asarray(mask, bool)
    scaled = np.zeros(inside.shape)
    scaled[inside] = unit_intensities(image, inside)
    found = {"all": scaled[inside]}
    for name, value in scheme.values.items():
        here = inside & (labels == value)
        if here.any():
            found[name] = scaled[here]
    other = inside & ~np.isin(labels, list(scheme.values.values()))
    if other.any() and len(found) > 1:
        found["other"] = scaled[other]
    return found


def _smoothed(shares: np.ndarray) -> np.ndarray:
    smoothed = shares + SMOOTHING
    return smoothed / smoothed.sum()
