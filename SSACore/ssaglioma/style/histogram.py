"""Histogram matching: the gray values of the content get the distribution of the style's (by SimpleITK)."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK

from ssaglioma.errors import DatasetError
from ssaglioma.style.pictures import Pictures
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.types import ProgressCallback

_QUANTILES = 1025


class HistogramStylizer(Stylizer):
    """Matches quantiles of the foreground; one monotone gray curve for a whole volume, so no edge moves.

    The curve joins the quantiles of content and style linearly (Nyul, Udupa and Zhang 2000, as ITK's
    `HistogramMatchingImageFilter` has it). Style sets are pooled with equal weight for each image.

    Parameters
    ----------
    match_points : int
        Quantiles that are matched, both ends aside.
    levels : int
        Bins of the histograms.
    """

    method = "histogram"

    def __init__(self, *, match_points: int = 127, levels: int = 2048, slice_axis: str = "axial") -> None:
        super().__init__(slice_axis=slice_axis)
        if match_points < 1 or levels < 2:
            raise DatasetError(f"Histogram matching by {match_points!r} points in {levels!r} bins", expected="1 and 2")
        self.match_points, self.levels = match_points, levels

    def _summarise(self, styles: list[Pictures]) -> np.ndarray:
        """Return the quantiles of the pooled foregrounds, on the unit scale."""
        steps = np.linspace(0, 1, _QUANTILES)
        each = [np.quantile(one.unit[one.foreground], steps) for one in styles]
        return np.quantile(np.concatenate(each), steps) if len(each) > 1 else each[0]

    def _transform(self, content: Pictures, style: Any, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        result = content.unit
        result[content.foreground] = match_values(
            result[content.foreground], style, match_points=self.match_points, levels=self.levels
        )
        return result


def match_values(values: np.ndarray, reference: np.ndarray, *, match_points: int, levels: int) -> np.ndarray:
    """Return values (N,) whose distribution is that of the reference values (M,), as float32."""
    # ITK wants images; a picture of one row is one, and only foreground is in it.
    moving = SimpleITK.GetImageFromArray(np.ascontiguousarray(values, np.float32)[None])
    fixed = SimpleITK.GetImageFromArray(np.ascontiguousarray(reference, np.float32)[None])
    matched = SimpleITK.HistogramMatching(moving, fixed, levels, match_points, False)
    return SimpleITK.GetArrayFromImage(matched)[0]
