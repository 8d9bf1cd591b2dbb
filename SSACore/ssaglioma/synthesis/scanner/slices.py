"""Slices with a real profile: from thin slices to thick ones, and back to the first grid.

The profile of a windowed-sinc pulse is its Fourier transform (small tip angle; Bernstein, King
and Zhou, Handbook of MRI Pulse Sequences, 2004, chapters 2 and 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.scanner.effects import Slices

_TIME_BANDWIDTH = 4.0
_SAME = 0.01
_LEAST_WEIGHT = 1e-3
_GAUSS = 8 * np.log(2)


@dataclass(frozen=True, eq=False)
class SlicePlan:
    """Weights of a change of slices.

    Attributes
    ----------
    weights : ndarray, shape (slices out, slices in)
        Each row sums to 1.
    step_mm : float
        Distance of two slices.
    first_mm : float
        Center of the first slice, from the center of the first slice of the input.
    """

    weights: np.ndarray
    step_mm: float
    first_mm: float

    def thick(self, image: np.ndarray) -> np.ndarray:
        """Return the thick slices (float32, (K, Y, X)) of an image (Z, Y, X)."""
        return _weighted(image, self.weights)

    def thin(self, slices: np.ndarray, spacing_mm: float, count: int) -> np.ndarray:
        """Return `count` slices of the first grid, linear between the thick ones, constant beyond the last."""
        result = np.empty((count, *slices.shape[1:]), np.float32)
        for index in range(count):
            low, high, share = self.between(index, spacing_mm)
            if share == 0:
                result[index] = slices[low]
            else:
                np.multiply(slices[low], 1 - share, out=result[index])
                result[index] += share * slices[high]
        return result

    def between(self, index: int, spacing_mm: float) -> tuple[int, int, np.float32]:
        """Return the two thick slices that a slice of the first grid lies between, and the share of the second."""
        last = len(self.weights) - 1
        place = min(max((index * spacing_mm - self.first_mm) / self.step_mm, 0.0), float(last))
        low = min(int(place), max(last - 1, 0))
        high = min(low + 1, last)
        return low, high, np.float32(0.0 if low == high else place - low)

    def labels(self, labels: np.ndarray) -> np.ndarray:
        """Return the label with the most weight in each thick voxel, shape (K, Y, X), same type."""
        best = np.full((len(self.weights), *labels.shape[1:]), -1, np.float32)
        result = np.zeros(best.shape, labels.dtype)
        for value in np.unique(labels):
            share = _weighted((labels == value).astype(np.float32), self.weights)
            wins = share > best
            result[wins], best[wins] = value, share[wins]
        return result


def slice_plan(slices: Slices, count: int, spacing_mm: float) -> SlicePlan | None:
    """Return how `count` slices of `spacing_mm` become slices of the asked thickness; None where nothing changes.

    A single slice holds nothing to average and stays. Where a profile reaches beyond the image, the
    image's share of it is scaled up.

    Raises
    ------
    DatasetError
        If the asked slices are thinner than those of the image.
    """
    if slices.thickness_mm < spacing_mm * (1 - _SAME):
        raise DatasetError(
            f"Slices of {slices.thickness_mm!r} mm were asked of an image whose slices are {spacing_mm:g} mm apart",
            expected=f"a thickness of {spacing_mm:g} mm or more",
            remedy="Ask for thicker slices (slices.thickness_mm), or leave this effect out (slices=none)",
        )
    if count == 1 or (slices.thickness_mm <= spacing_mm * (1 + _SAME) and slices.gap_mm == 0):
        return None
    step = slices.thickness_mm + slices.gap_mm
    number = max(1, int(np.ceil(count * spacing_mm / step - 1e-6)))
    first = ((count - 1) * spacing_mm - (number - 1) * step) / 2
    centers = first + step * np.arange(number)
    offsets = np.arange(count)[None, :] * spacing_mm - centers[:, None]
    weights = slice_profile(offsets, slices, spacing_mm)
    return SlicePlan(weights / weights.sum(axis=1, keepdims=True), step, first)


def slice_profile(offsets_mm: np.ndarray, slices: Slices, spacing_mm: float = 0.0) -> np.ndarray:
    """Return the signal of tissue at a distance from the slice's center, 1 at the center.

    The full width at half height is the thickness. `spacing_mm` is the width of the voxels that the
    profile will weight; a Gaussian is narrowed by it, so that both together are as wide as asked.
    """
    if slices.profile == "gaussian":
        own = max(slices.thickness_mm**2 - _GAUSS * spacing_mm**2 / 12, (0.3 * spacing_mm) ** 2)
        return np.exp(-4 * np.log(2) * offsets_mm**2 / own)
    places, heights = _sinc_table()
    return np.interp(np.abs(offsets_mm) / slices.thickness_mm, places, heights, right=0.0)


@lru_cache(maxsize=1)
def _sinc_table() -> tuple[np.ndarray, np.ndarray]:
    """Half of the profile of the windowed sinc: place in thicknesses, height; half height is at 0.5."""
    time = np.linspace(-1, 1, 2001)
    pulse = np.sinc(_TIME_BANDWIDTH * time / 2) * 0.5 * (1 + np.cos(np.pi * time))
    places = np.linspace(0, 1.5, 601)
    heights = (np.cos(np.pi * _TIME_BANDWIDTH * np.outer(places, time)) * pulse).sum(axis=1)
    heights /= heights[0]
    half = np.interp(-0.5, -heights[:401], places[:401])
    return places * 0.5 / half, heights


def _weighted(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return weighted sums of slices in one fixed order, so that the bytes depend on no library's threads."""
    result = np.zeros((len(weights), *image.shape[1:]), np.float32)
    for row, target in zip(weights, result):
        for index in np.flatnonzero(np.abs(row) > _LEAST_WEIGHT * np.abs(row).max()):
            target += np.float32(row[index]) * image[index]
    return result
