"""What is kept of one case for a comparison of sets: histograms, spectrum, edges, noise, features; no image but one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import LabelScheme, Sequence
from ssaglioma.shift.features import Featurizer
from ssaglioma.shift.featurizers import plain_features
from ssaglioma.shift.histograms import histogram, region_samples
from ssaglioma.shift.inplane import measure_slice
from ssaglioma.shift.sampling import Picture, SampledSlices, SliceSampling, sample_slices
from ssaglioma.volume import Volume

WHOLE = "all"
"""The region that is the whole foreground."""
ONLY_CONTRAST = "image"
"""Name of the contrast of images that come without one."""
_SMALLEST_POWER = 1e-12

CaseImages = Mapping[Sequence, Volume] | Mapping[str, Picture] | Picture


@dataclass(frozen=True, eq=False)
class ContrastMeasures:
    """One contrast of one case.

    Attributes
    ----------
    histograms : mapping of region to ndarray, shape (256,)
        Shares of the intensities, 0 to 1 over the sampled slices of the case; regions that are absent are left out.
    spectrum : ndarray, shape (rings,)
        Mean log10 power over the slices.
    edge_width_px, noise_percent : float
        Median over the slices; NaN where no slice gave one.
    features : ndarray, shape (slices, F)
    thumbnail : ndarray of uint8, shape (Y, X)
        The middle one of the sampled slices.
    """

    histograms: Mapping[str, np.ndarray]
    spectrum: np.ndarray
    edge_width_px: float
    noise_percent: float
    features: np.ndarray
    thumbnail: np.ndarray


@dataclass(frozen=True, eq=False)
class CaseMeasures:
    """One case.

    Attributes
    ----------
    name : str
    contrasts : mapping of str to ContrastMeasures
        In the order given; a `Sequence` by its value ('t1n').
    """

    name: str
    contrasts: Mapping[str, ContrastMeasures]


def measure_case(
    name: str,
    images: CaseImages,
    *,
    sampling: SliceSampling | None = None,
    labels: Volume | None = None,
    scheme: LabelScheme | None = None,
    featurizer: Featurizer = plain_features,
) -> CaseMeasures:
    """Return the measures of a case.

    Parameters
    ----------
    images : mapping of contrast to image, or one image
        An image is a Volume, a slice (Y, X), or a list of slices.
    labels : Volume, optional
        Labelmap on the grid of every contrast, with its `scheme`; slices without geometry have no regions.

    Raises
    ------
    DatasetError
        If there is no image, or one cannot be measured; the message names case and contrast.
    GeometryError
        If the labelmap lies on another grid.
    """
    named = images if isinstance(images, Mapping) else {ONLY_CONTRAST: images}
    if not named:
        raise DatasetError(f"The case {name!r} has no image", expected="at least one")
    sampling = SliceSampling() if sampling is None else sampling
    found = {}
    for contrast, image in named.items():
        key = contrast.value if isinstance(contrast, Sequence) else str(contrast)
        try:
            slices = sample_slices(image, sampling, labels if isinstance(image, Volume) else None)
            found[key] = _measured(slices, scheme, featurizer)
        except DatasetError as error:
            raise DatasetError(
                f"The {key} image of {name!r} cannot be measured: {error.problem}",
                expected=error.expected,
                remedy=error.remedy,
            ) from error
    return CaseMeasures(name, found)


def _measured(slices: SampledSlices, scheme: LabelScheme | None, featurizer: Featurizer) -> ContrastMeasures:
    single = [measure_slice(image, mask) for image, mask in zip(slices.images, slices.masks)]
    log_power = [np.log10(np.maximum(one.spectrum.power, _SMALLEST_POWER)) for one in single]
    inside = np.concatenate([image[mask] for image, mask in zip(slices.images, slices.masks)])
    peak = float(inside.max())
    unit = [(image / peak).astype(np.float32) if peak > 0 else image.astype(np.float32) for image in slices.images]
    features = np.concatenate([np.asarray(featurizer(image[None]), float) for image in unit])
    return ContrastMeasures(
        _histograms(slices, scheme),
        np.mean(log_power, axis=0),
        _median([one.edge_width_px for one in single]),
        _median([one.noise_percent for one in single]),
        features,
        _thumbnail(slices),
    )


def _histograms(slices: SampledSlices, scheme: LabelScheme | None) -> dict[str, np.ndarray]:
    """Histograms by region; the intensities are scaled over all slices of the case together."""
    values = np.concatenate([image.ravel() for image in slices.images])
    mask = np.concatenate([mask.ravel() for mask in slices.masks])
    if scheme is None or not slices.labels:
        labels, scheme = np.zeros(values.shape, int), _NO_LABELS
    else:
        labels = np.concatenate([plane.ravel() for plane in slices.labels])
    samples = region_samples(values, labels, mask, scheme)
    return {region: histogram([sample]).shares for region, sample in samples.items()}


def _median(values: list[float]) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.median(finite)) if finite else float("nan")


def _thumbnail(slices: SampledSlices) -> np.ndarray:
    middle = len(slices.images) // 2
    image, mask = slices.images[middle], slices.masks[middle]
    low, high = np.percentile(image[mask], (1, 99.5))
    low = min(low / 2, low)  # where white matter is the darkest tissue (T2), it must not vanish in the background
    shown = np.where(mask, (image - low) / max(high - low, 1e-12), 0.0)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = (slice(max(0, rows[0] - 4), rows[-1] + 5), slice(max(0, columns[0] - 4), columns[-1] + 5))
    return np.asarray((shown[box].clip(0, 1) * 255).round(), np.uint8)


_NO_LABELS = LabelScheme("none", {}, {})
