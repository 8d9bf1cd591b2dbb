"""Slices on a common scale: what every method sees, and the way back to the intensities of the content."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.preprocessing.intensity import brain_mask

LOW_PERCENTILE, HIGH_PERCENTILE = 0.1, 99.9
_SMALLEST_PEAK = 1e-3
_FAINTEST = 1e-4


@dataclass(frozen=True, eq=False)
class Pictures:
    """The slices of one image, whose usual intensities run from 0 to 1.

    Attributes
    ----------
    original : ndarray of float32, shape (N, Y, X)
        As given; N is 1 for a single slice.
    foreground : ndarray of bool, shape (N, Y, X)
        Where there is something: the background stays 0.
    low, high : float
        Intensities that become 0 and 1: 0 (or the 0.1th percentile, where some are negative) and the 99.9th
        percentile of the foreground.
    """

    original: np.ndarray
    foreground: np.ndarray
    low: float
    high: float

    @property
    def unit(self) -> np.ndarray:
        """The slices as float32 with 0 for `low` and 1 for `high`; the background is 0."""
        scaled = (self.original - np.float32(self.low)) / np.float32(self.high - self.low)
        scaled[~self.foreground] = 0.0
        return scaled

    @property
    def reference(self) -> int:
        """Number of the slice with the largest foreground: it speaks for all slices of a case."""
        return int(np.argmax(self.foreground.sum(axis=(1, 2))))

    def restored(self, stylised: np.ndarray, strength: float) -> np.ndarray:
        """Return stylised slices in the intensities of the content, mixed with it.

        The 99.9th percentile of the foreground keeps its value, so the result fits the range of the content.

        Parameters
        ----------
        stylised : ndarray, shape (N, Y, X)
            On the scale of `unit`.
        strength : float
            0 gives the content exactly, 1 the stylised slices.

        Returns
        -------
        ndarray of float32, shape (N, Y, X); exactly 0 in the background
        """
        if strength == 0 or not self.foreground.any():
            return self.original.copy()
        peak = float(np.percentile(stylised[self.foreground], HIGH_PERCENTILE))
        scale = (self.high - self.low) / (peak if peak > _SMALLEST_PEAK else 1.0)
        result = self.original.copy()
        inside = self.original[self.foreground]
        result[self.foreground] += np.float32(strength) * (self.low + scale * stylised[self.foreground] - inside)
        # Exactly 0 means background to everyone downstream, so tissue must not become it.
        result[(result == 0) & (self.original != 0)] = np.float32(_FAINTEST * (self.high - self.low))
        return result


def slice_pictures(array: np.ndarray, name: str) -> Pictures:
    """Return the picture of one slice (Y, X); zeros that its foreground encloses belong to the foreground.

    Raises
    ------
    GeometryError
        If the array is not 2D or empty.
    DatasetError
        If a value is not finite.
    """
    array = np.asarray(array)
    if array.ndim != 2 or array.size == 0:
        raise GeometryError(
            f"The {name} has shape {array.shape!r}",
            expected="a 2D slice (Y, X) with at least one pixel",
            remedy="Give one slice, or a whole case as a mapping of sequences to volumes",
        )
    return pictures_of(array[None], ndimage.binary_fill_holes(array != 0)[None], name)


def volume_pictures(array: np.ndarray, name: str) -> Pictures:
    """Return the pictures of a volume of its own, slices along the first axis.

    Raises
    ------
    DatasetError
        If a value is not finite, or all are 0.
    """
    check_finite(array, name)
    return pictures_of(array, brain_mask(np.asarray(array)[None]), name)


def pictures_of(array: np.ndarray, foreground: np.ndarray, name: str) -> Pictures:
    """Return pictures of slices (N, Y, X) whose foreground is known.

    Raises
    ------
    DatasetError
        If a value is not finite.
    """
    check_finite(array, name)
    original = np.array(array, np.float32)
    original[~foreground] = 0.0
    low, high = _range(original[foreground])
    return Pictures(original, foreground, low, high)


def check_finite(array: np.ndarray, name: str) -> None:
    """Raise a DatasetError if a value is NaN or infinite."""
    bad = int(np.size(array) - np.isfinite(array).sum())
    if bad:
        raise DatasetError(
            f"The {name} holds {bad} values that are not finite numbers (NaN or infinite)",
            expected="finite intensities",
            remedy="Replace them, for example by 0, before stylising",
        )


def _range(values: np.ndarray) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low = 0.0 if values.min() >= 0 else float(np.percentile(values, LOW_PERCENTILE))
    high = float(np.percentile(values, HIGH_PERCENTILE))
    return low, high if high > low else low + 1.0
