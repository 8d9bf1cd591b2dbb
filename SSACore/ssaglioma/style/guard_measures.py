"""What stylisation did to brain, gradients and lesions: pure measures of one slice (Y, X) or a stack (Z, Y, X)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import LabelScheme
from ssaglioma.style.guard_edges import gradient_per_mm, without_border

_SSIM_SIGMA, _SSIM_REACH = 1.5, 3.5
_K1, _K2 = 0.01, 0.03
_GRADIENT_SIGMA = 1.0
_FULL_GRADIENT = 99
_LARGE_PART = 0.1
_OVERLAP = 0.1
_PROBABLE = 0.5


@dataclass(frozen=True)
class BrainPlace:
    """Where the stylised brain lies against the content's.

    Attributes
    ----------
    dice : float
        Overlap of the two brains, 0..1; NaN if both are empty.
    offset_mm : float
        Distance of their centroids; NaN if one is empty.
    new_parts : int
        Large separate parts (10 % of the largest) that the content does not have; negative if some went.
    """

    dice: float
    offset_mm: float
    new_parts: int


@dataclass(frozen=True)
class LesionChanges:
    """Lesions of one region that the segmenter sees only before or only after.

    Attributes
    ----------
    before, after : int
        Lesions above the least volume.
    lost_mm3, new_mm3 : tuple of float
        Their volumes, largest first.
    """

    before: int
    after: int
    lost_mm3: tuple[float, ...]
    new_mm3: tuple[float, ...]


def structural_similarity(one: np.ndarray, other: np.ndarray, data_range: float) -> np.ndarray:
    """Return the map of the structural similarity index of two images (Y, X): 1 where they are alike.

    Gaussian window of 1.5 pixels and K = (0.01, 0.03), as Wang et al. 2004 (doi:10.1109/TIP.2003.819861). Own code,
    because the library that has it is no dependency of the core.
    """

    def local(image: np.ndarray) -> np.ndarray:
        return ndimage.gaussian_filter(image, _SSIM_SIGMA, truncate=_SSIM_REACH)

    one, other = np.asarray(one, float), np.asarray(other, float)
    mean, other_mean = local(one), local(other)
    variance, other_variance = local(one * one) - mean**2, local(other * other) - other_mean**2
    shared = local(one * other) - mean * other_mean
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    light = (2 * mean * other_mean + c1) / (mean**2 + other_mean**2 + c1)
    return light * (2 * shared + c2) / (variance + other_variance + c2)


def gradient_similarity(
    content: np.ndarray, stylised: np.ndarray, mask: np.ndarray, spacing_yx_mm: tuple[float, float]
) -> np.ndarray:
    """Return the structural similarity of the gradient magnitudes at each pixel of the mask, (number of pixels,).

    Each magnitude is divided by its 99th percentile, so that a change of overall contrast, or an inverted one, costs
    nothing. The step to the background is left out.
    """
    sizes = []
    for picture in (content, stylised):
        size = np.hypot(*gradient_per_mm(without_border(picture, mask), spacing_yx_mm, _GRADIENT_SIGMA))
        full = float(np.percentile(size[mask], _FULL_GRADIENT)) if mask.any() else 0.0
        sizes.append(size / full if full > 0 else size)
    return structural_similarity(sizes[0], sizes[1], 1.0)[mask]


def gradient_correlation(
    content: np.ndarray, stylised: np.ndarray, where: np.ndarray, spacing_yx_mm: tuple[float, float]
) -> tuple[float, float, float]:
    """Return three sums over pixels, of |Gc . Gs|, Gc . Gc and Gs . Gs of the gradients: so that slices can be pooled.

    The first over the root of the product of the others is the correlation, 0..1. The sign of the contrast does
    not count.
    """
    one, other = (gradient_per_mm(picture, spacing_yx_mm, _GRADIENT_SIGMA)[:, where] for picture in (content, stylised))
    return float(np.abs((one * other).sum(0)).sum()), float((one**2).sum()), float((other**2).sum())


def contrast_samples(
    labels: np.ndarray, mask: np.ndarray, scheme: LabelScheme, spacing_yx_mm: tuple[float, float], rim_mm: float
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return, for each label in the slice, the bool masks (Y, X) of the lesion and of the rim around it.

    The rim is tissue at most `rim_mm` away from the label and not directly at it (a pixel that holds both).
    """
    found = {}
    for name in scheme.values:
        lesion = scheme.mask(labels, name) & mask
        if lesion.any():
            away = ndimage.distance_transform_edt(~lesion, sampling=spacing_yx_mm)
            found[name] = lesion, mask & (away > max(spacing_yx_mm)) & (away <= rim_mm)
    return found


def contrast_to_noise(lesion: np.ndarray, rim: np.ndarray) -> float:
    """Return (mean of the lesion - mean of the rim) / pooled deviation; NaN if a side is empty or both are flat."""
    if not len(lesion) or not len(rim):
        return float("nan")
    spread = float(np.sqrt((np.var(lesion) + np.var(rim)) / 2))
    return float(np.mean(lesion) - np.mean(rim)) / spread if spread > 0 else float("nan")


def tissue(picture: np.ndarray, shade: float = 0.02) -> np.ndarray:
    """Return the bool mask of a slice (Y, X): above a share of its 99th percentile, holes filled.

    Below lies what ringing and rounding leave of a background that was 0.
    """
    size = np.abs(picture)
    if not size.any():
        return np.zeros(picture.shape, bool)
    return ndimage.binary_fill_holes(size > shade * np.percentile(size[size > 0], 99))


def brain_place(content: np.ndarray, stylised: np.ndarray, spacing_yx_mm: tuple[float, float]) -> BrainPlace:
    """Compare two masks of tissue (Y, X): overlap, distance of the centroids, number of large parts."""
    both = int(content.sum()) + int(stylised.sum())
    dice = 2 * int((content & stylised).sum()) / both if both else float("nan")
    if not content.any() or not stylised.any():
        return BrainPlace(dice, float("nan"), large_parts(stylised) - large_parts(content))
    centres = [np.mean(np.argwhere(mask), axis=0) * spacing_yx_mm for mask in (content, stylised)]
    offset = float(np.linalg.norm(centres[1] - centres[0]))
    return BrainPlace(dice, offset, large_parts(stylised) - large_parts(content))


def large_parts(mask: np.ndarray) -> int:
    """Return the number of connected parts of at least 10 % of the largest."""
    parts, count = ndimage.label(mask)
    if count == 0:
        return 0
    sizes = np.bincount(parts.ravel())[1:]
    return int((sizes >= _LARGE_PART * sizes.max()).sum())


def lesion_changes(
    before: np.ndarray, after: np.ndarray, spacing_zyx_mm: tuple[float, float, float], least_mm3: float
) -> LesionChanges:
    """Match the lesions of two masks (Z, Y, X) by overlap.

    A lesion (26-connected, of `least_mm3` or more) is lost, or new, if less than 10 % of it lies in the other mask:
    the whole mask, so that a lesion that fell in two, or two that joined, count as kept.
    """
    voxel = float(np.prod(spacing_zyx_mm))
    counts, alone = [], []
    for mask, other in ((before, after), (after, before)):
        parts, count = ndimage.label(mask, np.ones((3, 3, 3)))
        sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
        shared = np.bincount(parts[other], minlength=count + 1)[1:]
        large = sizes * voxel >= least_mm3
        counts.append(int(large.sum()))
        alone.append(tuple(sorted((sizes[large & (shared < _OVERLAP * sizes)] * voxel).tolist(), reverse=True)))
    return LesionChanges(counts[0], counts[1], alone[0], alone[1])


def region_masks(labelmap: np.ndarray, scheme: LabelScheme) -> dict[str, np.ndarray]:
    """Return the bool mask of every region of a labelmap (any shape)."""
    return {region: scheme.mask(labelmap, region) for region in scheme.regions}


def predicted_masks(probabilities: np.ndarray, scheme: LabelScheme) -> Mapping[str, np.ndarray]:
    """Return the bool mask of every region of a model's probabilities (R, Z, Y, X), R in the scheme's order.

    Raises
    ------
    DatasetError
        If there are more or fewer regions.
    """
    if len(probabilities) != len(scheme.regions):
        raise DatasetError(
            f"The segmenter gives {len(probabilities)} regions",
            expected=f"{len(scheme.regions)}, one for each of {list(scheme.regions)}",
            remedy="Give a segmenter of this label scheme, or two labelmaps",
        )
    return {region: one > _PROBABLE for region, one in zip(scheme.regions, probabilities)}
