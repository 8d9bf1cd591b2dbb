"""Tumours of the growth model: parameters drawn, density grown, labels painted from its thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy.tissues import BRAIN_TISSUES, CORTEX, DEEP_GREY, WHITE
from ssaglioma.synthesis.tumours.growth import LEAST_TISSUE, GrowthParameters, grow
from ssaglioma.synthesis.tumours.mass_effect import mass_effect

VARIANTS = ("classic", "multifocal", "cystic", "non_enhancing", "low_grade", "post_operative")

STEP = 2
"""Growth is computed at every second voxel of the 1 mm grid."""

_SEED_RADIUS_MM = 4.0
_SMALLEST_DENSITY = 1e-12
_LARGEST_SHARE_OF_BRAIN = 0.5


@dataclass(frozen=True)
class GrownTumour:
    """One tumour of the growth model.

    Attributes
    ----------
    variant : str
        One of `VARIANTS`.
    seeds : tuple of voxel positions
        Where growth starts, (Z, Y, X) on the grid of the case; one for each focus.
    growth : GrowthParameters
    volume_ml : float
        Volume of the whole tumour; growth stops there.
    core_share, necrosis_share : float
        Core (NCR and ET) over whole tumour; NCR over core. They set the thresholds of density.
    push_mm : float
        Mass effect.
    white_matter_pull_mm : float
        How much further edema reaches along white matter than density alone says.
    roughness_mm, ring_roughness : float
        Bends of the core's outline in mm; variation of the ring's thickness as a share of the core's depth.
    noise_seed : int
    """

    variant: str
    seeds: tuple[tuple[float, float, float], ...]
    growth: GrowthParameters
    volume_ml: float
    core_share: float
    necrosis_share: float
    push_mm: float
    white_matter_pull_mm: float
    roughness_mm: float
    ring_roughness: float
    noise_seed: int

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise DatasetError(f"The tumour variant is {self.variant!r}", expected=f"one of {list(VARIANTS)}")
        if self.volume_ml <= 0 or not 0 < self.core_share < 1 or not 0 <= self.necrosis_share <= 1 or not self.seeds:
            raise DatasetError(
                f"The tumour has {self.volume_ml!r} ml, core {self.core_share!r}, necrosis {self.necrosis_share!r}, "
                f"{len(self.seeds)} seeds",
                expected="a positive volume, shares between 0 and 1, at least one seed",
            )


@dataclass(frozen=True, eq=False)
class GrowthField:
    """What growth leaves behind on the coarse grid (every `STEP` voxels).

    Attributes
    ----------
    score_mm : ndarray of float32, shape (Z, Y, X)
        log(u / (1 - u)) sqrt(D / rho): rises with density u, and is about a depth in mm.
    displacement_mm : ndarray of float32, shape (3, Z, Y, X)
        From a place in the pushed head to where it came from.
    days : float
    """

    score_mm: np.ndarray
    displacement_mm: np.ndarray
    days: float


def grow_tumour(
    tumour: GrownTumour, fractions: Mapping[str, np.ndarray], brain: np.ndarray, origin: tuple[int, int, int]
) -> GrowthField:
    """Grow a tumour in tissue fractions of the coarse grid, whose first voxel lies at `origin` of the fine one.

    Raises
    ------
    DatasetError
        If the tumour is larger than half the brain, or no seed lies in tissue.
    """
    white, grey = _white_and_grey(fractions)
    tissue_ml = float((white + grey).sum()) * STEP**3 / 1000
    if tumour.volume_ml > _LARGEST_SHARE_OF_BRAIN * tissue_ml:
        raise DatasetError(
            f"The tumour has {tumour.volume_ml:.0f} ml, the brain {tissue_ml:.0f} ml of tissue",
            expected=f"at most {_LARGEST_SHARE_OF_BRAIN:.0%} of it",
            remedy="Ask for a smaller volume_ml",
        )
    start = _seeded(white.shape, tumour.seeds, origin)
    if not (start * (white + grey >= LEAST_TISSUE) > 0.5).any():
        raise DatasetError(f"No seed of {tumour.seeds!r} lies in brain tissue", expected="a place in white matter")
    target = tumour.volume_ml * 1000 / STEP**3
    radius = (tumour.volume_ml * 1000 * 0.24) ** (1 / 3)
    limit = 8 * radius / tumour.growth.front_speed_mm_per_day + 10 / tumour.growth.proliferation_per_day
    u, days = grow(
        start,
        white,
        grey,
        tumour.growth,
        spacing_mm=STEP,
        days=limit,
        until=lambda density: bool(np.count_nonzero(density > 0.1) >= target),
    )
    inside = white + grey >= LEAST_TISSUE
    bounded = np.clip(u, _SMALLEST_DENSITY, 1 - _SMALLEST_DENSITY)
    score = (np.log(bounded / (1 - bounded)) * tumour.growth.front_width_mm).astype(np.float32)
    nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    score = score[tuple(nearest)]
    cut = np.quantile(score[inside & (u > 0.1)], 1 - tumour.core_share) if (u > 0.1).any() else 0.0
    core = inside & (score >= cut)
    shift = mass_effect(core.astype(np.float32), brain > 0.5, tumour.push_mm, spacing_mm=STEP)
    return GrowthField(score, shift, float(days))


def _white_and_grey(fractions: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    white: np.ndarray = fractions[WHITE].astype(np.float32)
    grey: np.ndarray = sum((fractions[t] for t in (CORTEX, DEEP_GREY) if t in fractions), np.zeros_like(white))
    if "brainstem" in fractions:
        white, grey = white + 0.6 * fractions["brainstem"], grey + 0.4 * fractions["brainstem"]
    return white, grey


def brain_tissue(fractions: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the fraction (float32) of tissue that a tumour can fill."""
    return sum((fractions[t] for t in BRAIN_TISSUES if t in fractions), np.zeros_like(fractions[WHITE]))


def _seeded(shape: tuple[int, ...], seeds: tuple[tuple[float, float, float], ...], origin: tuple) -> np.ndarray:
    axes = [first + STEP * np.arange(size, dtype=np.float32) for first, size in zip(origin, shape)]
    grid = np.meshgrid(*axes, indexing="ij", sparse=True)
    start = np.zeros(shape)
    for seed in seeds:
        distance = sum((axis - place) ** 2 for axis, place in zip(grid, seed))
        start = np.maximum(start, np.exp(-distance / (2 * _SEED_RADIUS_MM**2)))
    return start
