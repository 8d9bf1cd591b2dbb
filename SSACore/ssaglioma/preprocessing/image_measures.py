"""Figures of one image as it came: slices, noise, ghosts, what of the brain it covers.

Noise after Immerkaer (Computer Vision and Image Understanding 64, 1996), with a median so that edges do not count;
ghosts as the difference of the air beside the head along the two axes of a slice (the ACR's phantom test, on heads).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from ssaglioma.errors import GeometryError
from ssaglioma.volume import Volume, to_canonical

_LAPLACE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], float)
_SD_OF_MEDIAN = 1.4826
_MOST_SLICES = 24
_AIR_MM, _LEAST_AIR, _MOST_ZERO_AIR = 12.0, 400, 0.5
_HEAD_SHARE = 0.3


@dataclass(frozen=True)
class ImageMeasures:
    """What can be told of an image and the brain in it.

    Attributes
    ----------
    slices : int
        Along the axis of the largest voxels.
    slice_mm, pixel_mm : float
        Distance of the slices; the larger side of a pixel.
    edge_cm2 : float
        Area over which the brain reaches the image's edge.
    snr : float
        Median signal of the brain over the standard deviation of the fine noise in it.
    ghost_percent : float or None
        Of the brain's signal; None where the background was set to 0.
    """

    slices: int
    slice_mm: float
    pixel_mm: float
    edge_cm2: float
    snr: float
    ghost_percent: float | None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, rounded."""
        return {name: round(v, 3) if isinstance(v, float) else v for name, v in asdict(self).items()}


def measure_image(volume: Volume, brain: np.ndarray) -> ImageMeasures:
    """Measure an image on its own grid.

    Parameters
    ----------
    volume : Volume
        Native values.
    brain : ndarray of bool, shape (Z, Y, X)
        On the same grid.

    Raises
    ------
    GeometryError
        If the shapes differ or the mask is empty.
    """
    if brain.shape != volume.shape or not brain.any():
        raise GeometryError(
            f"The brain mask has shape {brain.shape!r} and {int(brain.sum())} voxels",
            expected=f"shape {volume.shape!r} and a brain",
        )
    image = to_canonical(volume)
    mask = to_canonical(volume.with_array(brain)).array
    axis = int(np.argmax(image.spacing_zyx_mm))
    slices, inside = np.moveaxis(image.array, axis, 0), np.moveaxis(mask, axis, 0)
    pixel = tuple(step for k, step in enumerate(image.spacing_zyx_mm) if k != axis)
    chosen = _chosen(inside)
    stack, brains = slices[chosen].astype(np.float32), inside[chosen]
    signal = float(np.median(stack[brains]))
    return ImageMeasures(
        slices=slices.shape[0],
        slice_mm=float(image.spacing_zyx_mm[axis]),
        pixel_mm=float(max(pixel)),
        edge_cm2=edge_area_cm2(mask, image.spacing_zyx_mm),
        snr=signal / max(noise_sd(stack, brains), 1e-6 * abs(signal), 1e-12),
        ghost_percent=ghost_percent(stack, signal, pixel),
    )


def noise_sd(stack: np.ndarray, inside: np.ndarray) -> float:
    """Return the standard deviation of white noise in slices (N, Y, X), judged inside a mask (N, Y, X)."""
    rest = [
        np.abs(ndimage.convolve(image, _LAPLACE)[ndimage.binary_erosion(mask, iterations=2)])
        for image, mask in zip(stack, inside)
    ]
    values = np.concatenate(rest)
    return float(_SD_OF_MEDIAN * np.median(values) / 6.0) if values.size else 0.0


def ghost_percent(stack: np.ndarray, signal: float, pixel_mm: tuple[float, ...]) -> float | None:
    """Return how much brighter the air beside the head is along one axis of slices (N, Y, X) than along the other.

    In percent of the brain's signal, the larger one counts. None where there is too little air, or it was set to 0.
    """
    beside: list[list[np.ndarray]] = [[], []]
    for image in stack:
        head = _head(image, signal, pixel_mm)
        if head is None:
            continue
        rows, columns = head.any(axis=1), head.any(axis=0)
        beside[0].append(image[np.ix_(~rows, columns)].ravel())  # above and below the head: ghosts along axis 0
        beside[1].append(image[np.ix_(rows, ~columns)].ravel())
    air = [np.concatenate(parts) if parts else np.zeros(0) for parts in beside]
    if min(len(part) for part in air) < _LEAST_AIR or any((part == 0).mean() > _MOST_ZERO_AIR for part in air):
        return None
    return float(100 * abs(air[0].mean() - air[1].mean()) / max(signal, 1e-12))


def edge_area_cm2(mask: np.ndarray, spacing_zyx_mm: tuple[float, ...]) -> float:
    """Return the area of a mask (Z, Y, X) on the six faces of its grid."""
    total = 0.0
    for axis in range(3):
        face = float(np.prod([step for k, step in enumerate(spacing_zyx_mm) if k != axis])) / 100
        total += face * float(np.take(mask, (0, -1), axis=axis).sum())
    return total


def _head(image: np.ndarray, signal: float, pixel_mm: tuple[float, ...]) -> np.ndarray | None:
    """The head in one slice with a rim of air around it, or None where there is none."""
    smooth = ndimage.uniform_filter(image, 3)
    pieces, count = ndimage.label(smooth > _HEAD_SHARE * signal)
    if not count:
        return None
    largest = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    rows = max(1, round(_AIR_MM / pixel_mm[0])), max(1, round(_AIR_MM / pixel_mm[1]))
    return ndimage.maximum_filter(largest, (2 * rows[0] + 1, 2 * rows[1] + 1))


def _chosen(inside: np.ndarray) -> np.ndarray:
    """Slices (their indices) spread over those that hold a fair part of the brain."""
    area = inside.sum(axis=(1, 2))
    fair = np.flatnonzero(area > 0.3 * area.max())
    return fair[np.unique(np.linspace(0, len(fair) - 1, min(len(fair), _MOST_SLICES)).round().astype(int))]
