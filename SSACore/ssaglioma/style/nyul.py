"""Landmark standardisation after Nyul, Udupa and Zhang (2000, doi:10.1109/42.836373).

Own code: the libraries that have it bring torch (TorchIO) or a long tail of dependencies
(intensity-normalization), and the method is a percentile and an interpolation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.style.pictures import Pictures
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.types import ProgressCallback

PERCENTILES = (1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0)
"""The landmarks of Shah et al. (2011, doi:10.1016/j.media.2010.12.003): deciles, and the 1st and 99th percentile."""
_SMALLEST_STEP = 1e-6


class NyulStylizer(Stylizer):
    """Moves the landmarks of the content's histogram to the style's, linearly in between.

    The standard scale is the mean of the style set's landmarks. Values beyond the outermost landmarks go on along
    the outermost lines. One monotone curve for a whole volume, so no edge moves.

    Parameters
    ----------
    percentiles : tuple of float
        Landmarks, rising, between 0 and 100.
    """

    method = "nyul"

    def __init__(self, *, percentiles: tuple[float, ...] = PERCENTILES, slice_axis: str = "axial") -> None:
        super().__init__(slice_axis=slice_axis)
        if len(percentiles) < 2 or min(percentiles) < 0 or max(percentiles) > 100 or min(np.diff(percentiles)) <= 0:
            raise DatasetError(
                f"The landmarks are {percentiles!r}", expected="two or more rising percentiles, 0 to 100"
            )
        self.percentiles = tuple(percentiles)

    def _summarise(self, styles: list[Pictures]) -> np.ndarray:
        """Return the mean landmarks on the unit scale."""
        return np.mean([np.percentile(one.unit[one.foreground], self.percentiles) for one in styles], axis=0)

    def _transform(self, content: Pictures, style: Any, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        result = content.unit
        values = result[content.foreground]
        result[content.foreground] = piecewise_linear(values, np.percentile(values, self.percentiles), style)
        return result


def piecewise_linear(values: np.ndarray, landmarks: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return values (N,) sent along the lines that join (landmark, target); the outer lines go on outwards.

    Landmarks that coincide (images of few gray levels) count once, with the mean of their targets; a single
    landmark that is left moves all values by the same amount.
    """
    rounded = np.round(np.asarray(landmarks, float) / _SMALLEST_STEP).astype(np.int64)
    _, place = np.unique(rounded, return_inverse=True)
    count = np.bincount(place)
    x = np.bincount(place, landmarks) / count
    y = np.bincount(place, targets) / count
    if len(x) == 1:
        return values + (y[0] - x[0])
    slopes = np.diff(y) / np.diff(x)
    result = np.interp(values, x, y)
    result = np.where(values < x[0], y[0] + slopes[0] * (values - x[0]), result)
    return np.where(values > x[-1], y[-1] + slopes[-1] * (values - x[-1]), result)
