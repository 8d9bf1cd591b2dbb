"""Where the edges of one slice lie in another, to a fraction of a pixel and whatever the contrast.

A slice has the shape (Y, X); places are in pixels (y, x), normals and displacements in mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError

REACH_MM = 3.0
"""How far along the normal an edge is looked for; one that lies farther counts as lost."""
AGREEMENT = 0.6
"""Least correlation of an edge's surroundings in both slices. Chance can reach it: the deviation decides with it."""

_FIND_SIGMA, _SMOOTH_SIGMA = 1.25, 0.75
_STEP, _HALF_LENGTH, _HALF_WIDTH = 0.25, 4, 5
_LENGTH_SD, _WIDTH_SD = 2.0, 3.0
_BLUR_SIGMA = 2.0
_AS_GOOD = 0.9
_NOISE_FACTOR = 5.0
_STRONG, _FLAT, _AROUND, _GAP = 0.25, 1 / 3, 3, 2
_BESIDE = 0.5
_CHUNK = 200
# Median absolute value of a normal distribution, and the norm of the mask in `noise_sd` (Immerkaer 1996).
_MAD, _MASK_NORM = 0.6745, 6.0


@dataclass(frozen=True, eq=False)
class Edges:
    """Points on the edges of a slice.

    Attributes
    ----------
    places : ndarray of float, shape (N, 2)
        Pixel (y, x).
    normals : ndarray of float, shape (N, 2)
        Unit vectors along the gradient, in mm space, (y, x).
    """

    places: np.ndarray
    normals: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    def chosen(self, index: np.ndarray) -> Edges:
        """Return the edges of an index or bool array."""
        return Edges(self.places[index], self.normals[index])


def find_edges(
    picture: np.ndarray,
    where: np.ndarray,
    spacing_yx_mm: tuple[float, float],
    *,
    least_step: float = 0.15,
    most: int | None = 600,
) -> Edges:
    """Return the points where a slice is steepest along its gradient, if steep enough.

    Parameters
    ----------
    picture : ndarray (Y, X)
        Any linear gray scale, without the step to the background (`without_border`).
    where : ndarray of bool (Y, X)
        Only edges inside are returned; the gray range is measured here too.
    least_step : float
        Least height of an edge, as a share of the 5th to 95th percentile range. The slope must also exceed that of
        the slice's noise five times.
    most : int or None
        With more edges, this many are taken evenly over the slice.
    """
    nothing = Edges(np.zeros((0, 2)), np.zeros((0, 2)))
    if not where.any():
        return nothing
    spacing, unit = np.asarray(spacing_yx_mm, float), pixel_mm(spacing_yx_mm)
    slopes = gradient_per_mm(picture, spacing_yx_mm, _FIND_SIGMA)
    size = np.hypot(*slopes)
    steep = least_step * gray_range(picture, where) * _slope_of_step(unit)
    noisy = _NOISE_FACTOR * noise_sd(picture, where) / (np.sqrt(8 * np.pi) * _FIND_SIGMA**2 * unit)
    # Beside an edge twice as steep, a fainter one cannot be told from it in another contrast.
    alone = size >= _BESIDE * ndimage.maximum_filter(size, 2 * _HALF_LENGTH - 1)
    places = np.argwhere(where & alone & (size > max(steep, noisy, 1e-12)))
    if not len(places):
        return nothing
    at = tuple(places.T)
    normals = (slopes[:, at[0], at[1]] / size[at]).T
    beside = [ndimage.map_coordinates(size, (places + way * unit * normals / spacing).T, order=1) for way in (-1, 1)]
    top = (size[at] >= beside[0]) & (size[at] >= beside[1])
    edges = Edges(places[top].astype(float), normals[top])
    if most is not None and len(edges) > most:
        edges = edges.chosen(np.linspace(0, len(edges) - 1, most).astype(int))
    return edges


def new_edges(
    content: np.ndarray, stylised: np.ndarray, where: np.ndarray, spacing_yx_mm: tuple[float, float]
) -> tuple[int, np.ndarray]:
    """Find strong edges of the stylised slice where the content is flat.

    Returns
    -------
    count : int
        Strong edges (a step of a quarter of the gray range) of the stylised slice.
    places : ndarray of int, shape (N, 2)
        Pixels (y, x) of those where the content's slope, and its neighbours', is less than a third as steep, each
        slope in its slice's own gray range.
    """
    strong = find_edges(stylised, where, spacing_yx_mm, least_step=_STRONG, most=None).places.astype(int)
    if not len(strong):
        return 0, strong
    full = gray_range(content, where)
    own, other = (np.hypot(*gradient_per_mm(one, spacing_yx_mm, _FIND_SIGMA)) for one in (stylised, content))
    at = tuple(strong.T)
    before = ndimage.maximum_filter(other, _AROUND)[at] / (full if full > 0 else 1.0)
    return len(strong), strong[before < _FLAT * own[at] / gray_range(stylised, where)]


def longest_mm(places: np.ndarray, spacing_yx_mm: tuple[float, float]) -> float:
    """Return the length of the longest line that points (N, 2) form, gaps of 4 pixels allowed; 0 without points."""
    if not len(places):
        return 0.0
    drawn = np.zeros(places.max(axis=0) + 1 + _GAP, bool)
    drawn[tuple(places.T)] = True
    parts, count = ndimage.label(ndimage.binary_dilation(drawn, np.ones((3, 3)), _GAP), np.ones((3, 3)))
    return float(np.bincount(parts[drawn], minlength=count + 1).max() * pixel_mm(spacing_yx_mm))


def displacements_mm(
    content: np.ndarray, other: np.ndarray, edges: Edges, spacing_yx_mm: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each edge of the content lies away in the other slice, along its normal.

    A strip of 8 x 10 pixels around the edge is compared with shifted strips of the other slice: the share of the
    other's variance that a mixture of the content's strip and its blurred copy explains. A change of contrast, an
    inverted one and blur are thus explained without a shift. A parabola gives the fraction of a step, its bend and
    the unexplained rest the uncertainty. Of places that fit about as well the nearest is taken, so that repeated
    structure (gyri) is not read as a jump.

    Returns
    -------
    shift : ndarray of float, shape (N,)
        Signed mm along the gradient of the content; NaN where the other slice has no such edge within 3 mm.
    deviation : ndarray of float, shape (N,)
        Standard deviation (mm) of the shift if the rest is noise; NaN as above.

    Raises
    ------
    DatasetError
        If the shapes differ.
    """
    if content.shape != other.shape:
        raise DatasetError(f"Slices of shapes {content.shape!r} and {other.shape!r}", expected="the same shape")
    sigmas = ((content, _SMOOTH_SIGMA), (content, np.hypot(_SMOOTH_SIGMA, _BLUR_SIGMA)), (other, _SMOOTH_SIGMA))
    smooth = [ndimage.spline_filter(ndimage.gaussian_filter(one, sigma), 3) for one, sigma in sigmas]
    unit = pixel_mm(spacing_yx_mm)
    reach = max(round(REACH_MM / unit / _STEP), 2)
    found = [
        _searched(smooth, edges.chosen(np.arange(start, min(start + _CHUNK, len(edges)))), spacing_yx_mm, reach)
        for start in range(0, len(edges), _CHUNK)
    ]
    shift, deviation = np.concatenate([np.zeros((2, 0)), *found], axis=1) * _STEP * unit
    return shift, deviation


def without_border(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the slice with its background filled by the nearest foreground, so that the border is no edge."""
    if not mask.any():
        return np.zeros(picture.shape)
    nearest = ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return np.asarray(picture, float)[tuple(nearest)]


def gradient_per_mm(picture: np.ndarray, spacing_yx_mm: tuple[float, float], sigma_px: float) -> np.ndarray:
    """Return Gaussian derivatives along Y and X for one mm, (2, Y, X); the width is the same in mm along both."""
    sigma = [sigma_px * pixel_mm(spacing_yx_mm) / step for step in spacing_yx_mm]
    return np.stack(
        [
            ndimage.gaussian_filter(picture, sigma, order=order) / step
            for order, step in zip(((1, 0), (0, 1)), spacing_yx_mm)
        ]
    )


def gray_range(picture: np.ndarray, where: np.ndarray) -> float:
    """Return the distance of the 5th and 95th percentile of the gray values in a mask."""
    low, high = np.percentile(picture[where], (5, 95))
    return float(high - low)


def _slope_of_step(unit: float) -> float:
    """Slope for one mm of a unit step that the scanner blurred by about one pixel and the filter once more."""
    return float(1 / (np.sqrt(2 * np.pi) * np.hypot(_FIND_SIGMA, 1.0) * unit))


def pixel_mm(spacing_yx_mm: tuple[float, float]) -> float:
    """Return the edge of a square pixel of the same area, mm."""
    return float(np.sqrt(spacing_yx_mm[0] * spacing_yx_mm[1]))


def noise_sd(picture: np.ndarray, where: np.ndarray) -> float:
    """Return the standard deviation of white noise (mask of Immerkaer 1996, doi:10.1006/cviu.1996.0060; median)."""
    line = np.array([1.0, -2.0, 1.0])
    rest = ndimage.convolve(picture, np.outer(line, line))
    return float(np.median(np.abs(rest[where])) / _MAD / _MASK_NORM)


def _searched(smooth: list[np.ndarray], edges: Edges, spacing_yx_mm: tuple[float, float], reach: int) -> np.ndarray:
    """Return shifts and deviations (2, N) in steps of `_STEP` pixels; NaN where there is none."""
    half = round(_HALF_LENGTH / _STEP)
    along = np.arange(-half - reach, half + reach + 1) * _STEP
    across = np.arange(-_HALF_WIDTH, _HALF_WIDTH + 1).astype(float)
    weight = np.exp(-0.5 * (across[:, None] / _WIDTH_SD) ** 2 - 0.5 * (along[reach:-reach] / _LENGTH_SD) ** 2)
    # As many independent values as the weights cover, in areas over which the filter correlates white noise.
    values = weight.sum() ** 2 / (weight**2).sum() * _STEP / (4 * np.pi * _SMOOTH_SIGMA**2)
    weight /= weight.sum()
    unit, spacing = pixel_mm(spacing_yx_mm), np.asarray(spacing_yx_mm)[:, None, None]
    tangents = edges.normals[:, ::-1] * (-1.0, 1.0)
    moves = edges.normals[..., None, None] * along + tangents[..., None, None] * across[:, None]
    points = np.moveaxis(edges.places[..., None, None] + unit * moves / spacing, 1, 0)
    sharp, blurred, other = (
        ndimage.map_coordinates(one, place, order=3, mode="nearest", prefilter=False)
        for one, place in zip(smooth, (points[..., reach:-reach], points[..., reach:-reach], points))
    )
    return _nearest_peak(_explained(sharp, blurred, other, weight), reach, values)


def _explained(sharp: np.ndarray, blurred: np.ndarray, other: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Share (N, 2R + 1) of the variance of shifted strips that strips (N, T, P) and their blurred copies explain."""
    basis: list[np.ndarray] = []
    for strip in (sharp, blurred):
        strip = strip - np.einsum("ntp,tp->n", strip, weight)[:, None, None]
        size = np.einsum("ntp,ntp,tp->n", strip, strip, weight)
        for one in basis:
            strip = strip - np.einsum("ntp,ntp,tp->n", strip, one, weight)[:, None, None] * one
        left = np.einsum("ntp,ntp,tp->n", strip, strip, weight)
        # What is left of a strip that the first explains already is rounding.
        keep = (left > 1e-6 * size) & (left > 0)
        basis.append(strip * np.where(keep, 1 / np.sqrt(np.where(keep, left, 1)), 0)[:, None, None])
    # A common offset changes nothing but would cost digits in the variance.
    other = other - other.mean(axis=(1, 2), keepdims=True)
    windows = np.lib.stride_tricks.sliding_window_view(other, sharp.shape[2], axis=2)
    mean, square = (_slid(one, weight) for one in (other, other**2))
    spread = square - mean**2
    # One matrix product for all shifts: many times as fast as a sum over the strided view.
    flat = np.moveaxis(windows, 2, 1).reshape(*windows.shape[:1], windows.shape[2], -1)
    both = ((flat @ np.stack([(one * weight).reshape(len(one), -1) for one in basis], axis=2)) ** 2).sum(axis=2)
    return np.where(spread > 1e-9 * spread.max(initial=0.0), both / np.maximum(spread, 1e-300), 0.0)


def _slid(strips: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted means (N, 2R + 1) of strips (N, T, P + 2R) under each shift of weights (T, P), a product of two."""
    across, along = weight.sum(axis=1), weight.sum(axis=0)
    lines = np.einsum("ntp,t->np", strips, across)
    return np.lib.stride_tricks.sliding_window_view(lines, len(along), axis=1) @ along


def _nearest_peak(score: np.ndarray, reach: int, values: float) -> np.ndarray:
    """Nearest of the highest maxima, refined by a parabola, and its deviation (2, N); NaN if it is too low."""
    left, middle, right = score[:, :-2], score[:, 1:-1], score[:, 2:]
    good = np.maximum(_AS_GOOD**2 * score.max(axis=1, keepdims=True), AGREEMENT**2)
    peak = (middle >= left) & (middle >= right) & (middle >= good)
    distance = np.where(peak, np.abs(np.arange(1 - reach, reach)), np.inf)
    best = np.argmin(distance, axis=1)
    rows = np.arange(len(score))
    a, b, c = left[rows, best], middle[rows, best], right[rows, best]
    bend = np.maximum(2 * b - a - c, 1e-12)
    shift = best + 1 - reach + np.clip(0.5 * (c - a) / bend, -0.5, 0.5)
    # Least squares: the rest over the curvature of the explained share, for so many independent values.
    deviation = np.sqrt(np.maximum(1 - b, 0) / (0.5 * bend) / values)
    return np.where(peak.any(axis=1), np.stack([shift, deviation]), np.nan)
