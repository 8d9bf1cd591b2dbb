"""A painted glioma: irregular necrosis, a ring of enhancement, edema that follows white matter.

The shape is a distance from a centre, bent by smooth noise; there is no growth model here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA

_LEAST_TISSUE = 0.35


@dataclass(frozen=True, eq=False)
class TissueMaps:
    """Fractions of each tissue, 0..1, on one canonical 1 mm grid.

    Attributes
    ----------
    grey, white, csf : ndarray of float32, shape (Z, Y, X)
    """

    grey: np.ndarray
    white: np.ndarray
    csf: np.ndarray

    @property
    def brain(self) -> np.ndarray:
        """Bool mask of the brain with its CSF."""
        return (self.grey + self.white + self.csf) > 0.5


@dataclass(frozen=True)
class TumourParameters:
    """Shape of one painted tumour, in mm.

    Attributes
    ----------
    centre_zyx : tuple of int
        Voxel of the centre.
    core_radius_mm : float
        Mean outer radius of the enhancing ring.
    ring_mm : float
        Mean thickness of the ring; where noise makes it negative the ring has a gap.
    edema_mm : float
        Mean reach of the edema beyond the ring.
    roughness_mm : float
        Standard deviation of the outline.
    white_matter_pull_mm : float
        How much further edema reaches in white matter than in grey matter.
    seed : int
        Seed of the noise that bends the shape.
    """

    centre_zyx: tuple[int, int, int]
    core_radius_mm: float
    ring_mm: float
    edema_mm: float
    roughness_mm: float
    white_matter_pull_mm: float
    seed: int

    def __post_init__(self) -> None:
        for name in ("core_radius_mm", "ring_mm", "edema_mm"):
            if getattr(self, name) <= 0:
                raise DatasetError(f"The tumour's {name} is {getattr(self, name)!r}", expected="more than 0 mm")


def draw_tumour(maps: TissueMaps, generator: np.random.Generator) -> TumourParameters:
    """Draw the parameters of a tumour centred in white matter, away from the brain's edge."""
    depth = ndimage.distance_transform_edt(maps.brain)
    places = np.argwhere((maps.white > 0.8) & (depth > 12))
    if not len(places):
        raise DatasetError("The tissue maps hold no white matter deep enough for a tumour")
    centre = places[int(generator.integers(len(places)))]
    return TumourParameters(
        centre_zyx=(int(centre[0]), int(centre[1]), int(centre[2])),
        core_radius_mm=float(generator.uniform(11, 20)),
        ring_mm=float(generator.uniform(3, 6)),
        edema_mm=float(generator.uniform(8, 18)),
        roughness_mm=float(generator.uniform(1.5, 3.0)),
        white_matter_pull_mm=float(generator.uniform(6, 12)),
        seed=int(generator.integers(2**31)),
    )


def paint_tumour(maps: TissueMaps, tumour: TumourParameters) -> np.ndarray:
    """Return the labelmap (uint8, shape (Z, Y, X)) of a painted tumour; the same parameters give the same map."""
    generator = np.random.default_rng(tumour.seed)
    shape = maps.white.shape
    grid = np.meshgrid(*(np.arange(size, dtype=np.float32) for size in shape), indexing="ij", sparse=True)
    offset = sum((axis - centre) ** 2 for axis, centre in zip(grid, tumour.centre_zyx))
    distance = np.sqrt(offset) + tumour.roughness_mm * _smooth_noise(generator, shape, 6)
    tissue = (maps.grey + maps.white) > _LEAST_TISSUE
    ring = tumour.ring_mm * (1 + 0.6 * _smooth_noise(generator, shape, 4))
    fingers = tumour.white_matter_pull_mm * (ndimage.gaussian_filter(maps.white, 1.5) - 0.5)
    reach = tumour.core_radius_mm + tumour.edema_mm + fingers + 3 * _smooth_noise(generator, shape, 5)
    values = GLIOMA.values
    labels = np.zeros(shape, np.uint8)
    labels[_largest(tissue & (distance < reach))] = values["ED"]
    core = maps.brain & (distance < tumour.core_radius_mm)
    labels[core] = values["ET"]
    labels[core & (distance < tumour.core_radius_mm - np.maximum(ring, 0))] = values["NCR"]
    return labels


def _smooth_noise(generator: np.random.Generator, shape: tuple[int, ...], sigma_mm: float) -> np.ndarray:
    """Return Gaussian noise of unit variance, smooth at the given scale."""
    noise = ndimage.gaussian_filter(generator.standard_normal(shape).astype(np.float32), sigma_mm)
    return noise / max(float(noise.std()), 1e-6)


def _largest(mask: np.ndarray) -> np.ndarray:
    numbered, count = ndimage.label(mask)
    if count == 0:
        return mask
    return numbered == 1 + int(np.argmax(np.bincount(numbered.ravel())[1:]))
