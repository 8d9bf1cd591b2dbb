"""What one brain-extracted slice tells about the scanner: spectrum, width of edges, noise; nothing outside the brain.

All functions take a 2D slice (Y, X) in any linear gray scale, 8-bit or float, and a bool mask of the brain of the
same shape. Lengths are in pixels; multiply by the pixel's size where it is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, special

from ssaglioma.errors import DatasetError

EDGE_FACTOR = float(2 * np.sqrt(2) * special.erfinv(0.8))
"""The 10-90 % width of an edge that a Gaussian blurred, over the standard deviation of the Gaussian (2.563)."""

_MAD_TO_SIGMA = 1.4826
_LEAST_PIXELS = 200
_HIGHPASS_PX, _GRADIENT_PX, _BORDER_PX = 1.5, 2.0, 8
_REACH_PX, _STEP_PX = 4.0, 0.5
_WIDEST_SIGMA, _LEAST_FIT = 4.0, 0.95


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power over spatial frequency, averaged over all directions.

    Attributes
    ----------
    cycles_per_px : numpy.ndarray
        Middle of each ring, 0 to 0.5.
    power : numpy.ndarray
        Mean power of a ring; the rings from `lowest` of `radial_spectrum` on sum to 1.
    """

    cycles_per_px: np.ndarray
    power: np.ndarray


@dataclass(frozen=True, eq=False)
class InPlaneMeasures:
    """The measures of one slice.

    Attributes
    ----------
    edge_width_px : float
        NaN where the slice has too few edges.
    noise_percent : float
        Standard deviation of the noise in percent of the tissue's level; NaN without homogeneous tissue.
    spectrum : Spectrum
    """

    edge_width_px: float
    noise_percent: float
    spectrum: Spectrum


def measure_slice(image: np.ndarray, mask: np.ndarray) -> InPlaneMeasures:
    """Return all measures of a slice.

    Raises
    ------
    DatasetError
        If the shapes differ, the slice is no finite 2D image, or the brain is smaller than 200 pixels.
    """
    level = tissue_level(image, mask)
    return InPlaneMeasures(
        edge_width_px(image, mask), 100 * noise_sigma(image, mask) / level, radial_spectrum(image, mask)
    )


def brain_of_slice(image: np.ndarray, threshold: float = 10.0) -> np.ndarray:
    """Return the mask of a brain on a dark background: the largest part above `threshold`, holes filled.

    The default lies above what JPEG leaves around a masked brain of 8 bits.
    """
    parts, count = ndimage.label(np.asarray(image) > threshold)
    if count == 0:
        return np.zeros(np.shape(image), bool)
    sizes = np.bincount(parts.ravel())[1:]
    return ndimage.binary_fill_holes(parts == 1 + int(np.argmax(sizes)))


def tissue_level(image: np.ndarray, mask: np.ndarray) -> float:
    """Return the most frequent gray value well inside the brain (half-sample mode), in FLAIR that of white matter.

    Raises
    ------
    DatasetError
        As `measure_slice`.
    """
    image, mask = _checked(image, mask)
    deep = ndimage.distance_transform_edt(mask) > _BORDER_PX
    values = np.sort(image[deep if deep.sum() >= _LEAST_PIXELS else mask])
    while len(values) > 3:
        half = (len(values) + 1) // 2
        start = int(np.argmin(values[half - 1 :] - values[: len(values) - half + 1]))
        if values[start] == values[start + half - 1]:
            return float(values[start])
        values = values[start : start + half]
    return float(values.mean())


def radial_spectrum(
    image: np.ndarray, mask: np.ndarray, *, rings: int = 40, taper_px: float = 12.0, lowest: float = 0.05
) -> Spectrum:
    """Return the radial power spectrum inside the brain.

    The window rises as a squared sine over `taper_px` from the border of the mask, so the border itself does not enter;
    the weighted mean is subtracted first. Frequencies below `lowest` hold the shape of the brain and the tumor: they
    are returned, but do not enter the norm.

    Raises
    ------
    DatasetError
        As `measure_slice`.
    """
    image, mask = _checked(image, mask)
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    window = np.sin(np.pi / 2 * np.clip(depth / taper_px, 0, 1)) ** 2
    free = (image - np.average(image, weights=window)) * window
    power = np.abs(np.fft.fft2(free)) ** 2
    radius = np.hypot(np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :])
    ring = np.minimum((radius * 2 * rings).astype(int), rings)
    count = np.maximum(np.bincount(ring.ravel(), minlength=rings + 1), 1)
    mean = (np.bincount(ring.ravel(), power.ravel(), minlength=rings + 1) / count)[:rings]
    middle = (np.arange(rings) + 0.5) / (2 * rings)
    total = mean[middle >= lowest].sum()
    return Spectrum(middle, mean / total if total > 0 else mean)


def edge_width_px(image: np.ndarray, mask: np.ndarray, *, quantile: float = 0.25, least: int = 12) -> float:
    """Return the 10-90 % width of the sharper edges between fluid and brain: a quantile over the edges of a slice.

    A wall that runs obliquely through a thick slice is wide whatever the in-plane resolution; the sharper quarter of
    the edges is therefore taken. NaN with fewer than `least` edges.
    """
    widths = edge_widths_px(image, mask)
    return float(np.quantile(widths, quantile)) if len(widths) >= least else float("nan")


def edge_widths_px(image: np.ndarray, mask: np.ndarray, *, contrast: float = 0.2) -> np.ndarray:
    """Return the 10-90 % width of every strong step inside the brain whose dark side is fluid.

    At each local maximum of the gradient a profile of 9 pixels is taken along the gradient, and a step blurred by a
    Gaussian is fitted to it (edge spread function). Kept are steps of at least `contrast` of the tissue's level whose
    dark side lies below the tissue by as much and whose fit explains 95 % of the variance.

    Raises
    ------
    DatasetError
        As `measure_slice`.
    """
    image, mask = _checked(image, mask)
    level = tissue_level(image, mask)
    places, normals = _edge_places(image, mask, contrast * level)
    if not len(places):
        return np.zeros(0)
    offsets = np.arange(-_REACH_PX, _REACH_PX + _STEP_PX / 2, _STEP_PX)
    points = places[:, :, None] + normals[:, :, None] * offsets
    profiles = ndimage.map_coordinates(image, np.moveaxis(points, 1, 0), order=3, mode="nearest")
    sigma, low, height, explained = _fitted_steps(profiles, offsets)
    kept = (explained >= _LEAST_FIT) & (height >= contrast * level) & (low <= (1 - contrast) * level)
    return EDGE_FACTOR * sigma[kept]


def noise_sigma(image: np.ndarray, mask: np.ndarray) -> float:
    """Return the standard deviation of the noise in homogeneous tissue, or NaN with fewer than 200 pixels of it.

    Median absolute deviation of what a Gaussian of 1.5 pixels removes, corrected for what it keeps of white noise.
    Correlated noise (interpolated images) and noise that JPEG removed is underestimated.
    """
    image, mask = _checked(image, mask)
    tissue = homogeneous_tissue(image, mask)
    if tissue.sum() < _LEAST_PIXELS:
        return float("nan")
    delta = np.zeros((33, 33))
    delta[16, 16] = 1
    gain = float(np.sqrt(np.sum((delta - ndimage.gaussian_filter(delta, _HIGHPASS_PX)) ** 2)))
    rest = (image - ndimage.gaussian_filter(image, _HIGHPASS_PX))[tissue]
    return float(_MAD_TO_SIGMA * np.median(np.abs(rest - np.median(rest))) / gain)


def homogeneous_tissue(image: np.ndarray, mask: np.ndarray, *, share: float = 0.3) -> np.ndarray:
    """Return where tissue is even: the `share` of pixels with the least gradient, deep in the brain, near its level.

    The gradient is that of a Gaussian of 2 pixels, so noise hardly decides. In FLAIR most of it is white matter.
    """
    image, mask = _checked(image, mask)
    level = tissue_level(image, mask)
    near = (ndimage.distance_transform_edt(mask) > _BORDER_PX) & (np.abs(_smoothed(image) - level) <= 0.15 * level)
    if not near.any():
        return near
    slope = ndimage.gaussian_gradient_magnitude(image, _GRADIENT_PX)
    return near & (slope <= np.quantile(slope[near], share))


def _edge_places(image: np.ndarray, mask: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 2) of local maxima of the gradient and its unit vectors (N, 2), far enough from the border."""
    slopes = np.stack([ndimage.gaussian_filter(image, 1.0, order=order) for order in ((1, 0), (0, 1))])
    size = np.hypot(*slopes)
    deep = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] > _REACH_PX + 2
    # A step of this height and the widest blur has this slope; the fit decides afterwards.
    places = np.argwhere(deep & (size > step / (np.sqrt(2 * np.pi) * np.hypot(_WIDEST_SIGMA, 1))))
    normals = slopes[:, places[:, 0], places[:, 1]].T / size[tuple(places.T)][:, None]
    beside = [ndimage.map_coordinates(size, (places + way * normals).T, order=1) for way in (-1, 1)]
    top = (size[tuple(places.T)] >= beside[0]) & (size[tuple(places.T)] >= beside[1])
    return places[top].astype(float), normals[top]


def _fitted_steps(profiles: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Best blurred step of each profile (N, P): sigma, dark side, height and explained share of the variance."""
    sigmas = np.geomspace(0.25, _WIDEST_SIGMA, 57)
    shifts = np.linspace(-1, 1, 17)
    steps = 0.5 * (1 + special.erf((offsets - shifts[:, None, None]) / (np.sqrt(2) * sigmas[None, :, None])))
    steps = steps.reshape(-1, len(offsets))
    means = steps.mean(axis=1)
    free = steps - means[:, None]
    energy = (free**2).sum(axis=1)
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    match = centred @ free.T
    score = np.where(match > 0, match, 0) ** 2 / energy
    best = np.argmax(score, axis=1)
    rows = np.arange(len(profiles))
    height = match[rows, best] / energy[best]
    low = profiles.mean(axis=1) - height * means[best]
    explained = score[rows, best] / np.maximum((centred**2).sum(axis=1), 1e-12)
    return np.tile(sigmas, len(shifts))[best], low, height, explained


def _smoothed(image: np.ndarray) -> np.ndarray:
    return ndimage.gaussian_filter(image, _GRADIENT_PX)


def _checked(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    image, mask = np.asarray(image, float), np.asarray(mask, bool)
    if image.ndim != 2 or image.shape != mask.shape:
        raise DatasetError(
            f"A slice of shape {image.shape!r} came with a mask of shape {mask.shape!r}",
            expected="a 2D slice and a mask of its shape",
        )
    if not np.isfinite(image).all():
        raise DatasetError("The slice has values that are not finite", expected="gray values")
    if mask.sum() < _LEAST_PIXELS:
        raise DatasetError(
            f"The brain of this slice has {int(mask.sum())} pixels",
            expected=f"{_LEAST_PIXELS} or more",
            remedy="Give a slice through the middle of the brain",
        )
    return image, mask
