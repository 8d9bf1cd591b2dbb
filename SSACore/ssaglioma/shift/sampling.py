"""A few comparable slices of an image: chosen along a stated axis, on square pixels of a stated size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.shift.inplane import brain_of_slice
from ssaglioma.volume import Volume, check_same_grid, to_canonical

Picture = Volume | np.ndarray | Sequence[np.ndarray]
"""An image of a case: a volume, one slice (Y, X), or several slices."""

AXES = ("axial", "through_plane")
_LEAST_PIXELS = 200
_SAME_PIXELS = 0.02
_PICTURE_THRESHOLD = 10


@dataclass(frozen=True)
class SliceSampling:
    """Which slices of a volume are looked at.

    Attributes
    ----------
    slices : int
        Slices of a case, evenly spread over those with enough foreground.
    axis : str
        'axial', or 'through_plane' (along the largest spacing).
    pixel_mm : float
        Edge of the square pixels that the slices of volumes are brought to; an edge width, a spectrum or an
        encoder's feature means nothing across pixel sizes. Slices without a geometry stay as they are.
    least_share : float
        A slice counts if its foreground is at least this share of the largest one's.

    Raises
    ------
    DatasetError
        If a value makes no sense.
    """

    slices: int = 5
    axis: str = "axial"
    pixel_mm: float = 1.0
    least_share: float = 0.5

    def __post_init__(self) -> None:
        if self.slices < 1:
            raise DatasetError(f"The number of slices a case is {self.slices!r}", expected="1 or more")
        if self.axis not in AXES:
            raise DatasetError(f"The axis is {self.axis!r}", expected=f"one of {AXES}")
        if not 0 < self.pixel_mm < float("inf"):
            raise DatasetError(f"The pixel size is {self.pixel_mm!r} mm", expected="a positive number")
        if not 0 < self.least_share <= 1:
            raise DatasetError(f"The least share of foreground is {self.least_share!r}", expected="above 0, up to 1")


@dataclass(frozen=True, eq=False)
class SampledSlices:
    """Slices of one image; the three lists run together.

    Attributes
    ----------
    images : list of ndarray of float64, shape (Y, X)
        As read; exactly 0 outside the mask. Axial slices show anterior up and the patient's left on the right.
    masks : list of ndarray of bool, shape (Y, X)
        Foreground: the largest part that is not 0 (above 10 in pictures of 8 bits), holes filled.
    labels : list of ndarray of int, shape (Y, X)
        Empty if there is no labelmap.
    """

    images: list[np.ndarray]
    masks: list[np.ndarray]
    labels: list[np.ndarray]


def sample_slices(image: Picture, sampling: SliceSampling, labels: Volume | None = None) -> SampledSlices:
    """Return the slices of an image that are looked at, the least and the greatest thousandth clipped.

    Raises
    ------
    DatasetError
        If a value is not finite, or no slice has a foreground of 200 pixels.
    GeometryError
        If the labelmap lies on another grid, or a slice is not 2D.
    """
    if isinstance(image, Volume):
        planes, label_planes, spacing = _planes(image, sampling, labels)
        found = [_on_square_pixels(plane, spacing, sampling.pixel_mm) for plane in planes]
        named = [_nearest(plane, spacing, sampling.pixel_mm) for plane in label_planes]
    else:
        planes = [image] if isinstance(image, np.ndarray) and image.ndim == 2 else list(image)
        found, named = [_picture(np.asarray(plane)) for plane in _spread(planes, sampling.slices)], []
    large = [index for index, (_, mask) in enumerate(found) if mask.sum() >= _LEAST_PIXELS]
    if not large:
        raise DatasetError(
            f"None of {len(found)} slices has a foreground of {_LEAST_PIXELS} pixels",
            expected="brain-extracted images on a background of 0",
            remedy="Leave this case out",
        )
    images, masks = [found[index][0] for index in large], [found[index][1] for index in large]
    return SampledSlices(_clipped(images, masks), masks, [named[index] for index in large] if named else [])


def _planes(
    image: Volume, sampling: SliceSampling, labels: Volume | None
) -> tuple[list[np.ndarray], list[np.ndarray], tuple[float, float]]:
    """Slices, those of the labelmap, and the pixel size (Y, X) in mm."""
    if labels is not None:
        check_same_grid({"the image": image, "the labelmap": labels})
    canonical = to_canonical(image)
    spacing = canonical.spacing_zyx_mm
    axis = int(np.argmax(spacing)) if sampling.axis == "through_plane" else 0
    array = _turned(canonical.array, axis)
    _refuse_non_finite(array)
    areas = (array != 0).sum(axis=(1, 2))
    enough = list(np.flatnonzero(areas >= max(1.0, sampling.least_share * float(areas.max()))))
    chosen = _spread(enough, sampling.slices)
    named = [] if labels is None else [_turned(to_canonical(labels).array, axis)[index] for index in chosen]
    in_plane = tuple(size for number, size in enumerate(spacing) if number != axis)
    return [array[index].astype(float) for index in chosen], named, in_plane  # type: ignore[return-value]


def _turned(array: np.ndarray, axis: int) -> np.ndarray:
    """Slices first, each upright: rows of axial slices run to posterior already, others run up."""
    return array if axis == 0 else np.moveaxis(array, axis, 0)[:, ::-1]


def _spread(items: Sequence, count: int) -> list:
    """At most `count` of the items, from the middles of as many equal parts."""
    if len(items) <= count:
        return list(items)
    return [items[int((part + 0.5) * len(items) / count)] for part in range(count)]


def _on_square_pixels(
    plane: np.ndarray, spacing: tuple[float, float], pixel_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    mask = brain_of_slice(plane != 0, 0.5)
    factors = _factors(spacing, pixel_mm)
    if factors is None or not mask.any():
        return np.where(mask, plane, 0.0), mask
    low, high = float(plane[mask].min()), float(plane[mask].max())
    blur = [max(0.0, (1 / factor - 1) / 2) for factor in factors]  # against aliasing where pixels grow
    smooth = ndimage.gaussian_filter(plane, blur) if any(blur) else plane
    drawn = ndimage.zoom(smooth, factors, order=3, mode="nearest", grid_mode=True)
    inside = ndimage.zoom(mask.astype(float), factors, order=1, mode="nearest", grid_mode=True) > 0.5
    return np.where(inside, drawn.clip(low, high), 0.0), inside


def _nearest(plane: np.ndarray, spacing: tuple[float, float], pixel_mm: float) -> np.ndarray:
    factors = _factors(spacing, pixel_mm)
    if factors is None:
        return plane
    return np.asarray(ndimage.zoom(plane, factors, order=0, mode="nearest", grid_mode=True))


def _factors(spacing: tuple[float, float], pixel_mm: float) -> tuple[float, float] | None:
    factors = (spacing[0] / pixel_mm, spacing[1] / pixel_mm)
    return None if all(abs(factor - 1) <= _SAME_PIXELS for factor in factors) else factors


def _picture(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if plane.ndim != 2 or plane.size == 0:
        raise GeometryError(f"A slice has shape {plane.shape!r}", expected="a 2D slice (Y, X)")
    _refuse_non_finite(plane)
    if plane.dtype == np.uint8:
        mask = brain_of_slice(plane, _PICTURE_THRESHOLD)
    else:
        mask = brain_of_slice(plane != 0, 0.5)
    return np.where(mask, plane.astype(float), 0.0), mask


def _refuse_non_finite(array: np.ndarray) -> None:
    bad = int(array.size - np.isfinite(array).sum())
    if bad:
        raise DatasetError(
            f"The image holds {bad} values that are not finite numbers (NaN or infinite)",
            expected="finite intensities",
            remedy="Replace them, for example by 0",
        )


def _clipped(images: list[np.ndarray], masks: list[np.ndarray]) -> list[np.ndarray]:
    """A single bright vessel must not set the scale of all other intensities."""
    inside = np.concatenate([image[mask] for image, mask in zip(images, masks)])
    low, high = np.percentile(inside, (0.1, 99.9))
    return [np.where(mask, image.clip(low, high), 0.0) for image, mask in zip(images, masks)]
