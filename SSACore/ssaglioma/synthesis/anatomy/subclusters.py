"""Sub-clusters: each tissue split into a few patches that differ a little, as real tissue does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.fields import smooth_noise

LARGEST_COUNT = 5


@dataclass(frozen=True)
class Subclusters:
    """How tissue is split.

    Attributes
    ----------
    count : int
        Patches a tissue, 1..5.
    scale_mm : float
        Correlation length of the patches.
    seed : int
    """

    count: int = 3
    scale_mm: float = 10.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LARGEST_COUNT or self.scale_mm <= 0:
            raise DatasetError(
                f"The sub-clusters are {self.count!r} of {self.scale_mm!r} mm",
                expected=f"1 to {LARGEST_COUNT} of a positive size",
            )


def draw_subclusters(generator: np.random.Generator) -> Subclusters:
    """Draw number, size and seed of the sub-clusters."""
    return Subclusters(
        count=int(generator.integers(2, LARGEST_COUNT + 1)),
        scale_mm=float(generator.uniform(5, 18)),
        seed=int(generator.integers(2**31)),
    )


def cluster_numbers(clusters: Subclusters, shape: tuple[int, int, int]) -> np.ndarray:
    """Return the number 0..count-1 (uint8, shape (Z, Y, X)) of each voxel's patch; patches are about equal in size."""
    noise = smooth_noise(np.random.default_rng(clusters.seed), shape, clusters.scale_mm)
    cuts = np.quantile(noise[::3, ::3, ::3], np.arange(1, clusters.count) / clusters.count)
    return np.digitize(noise, cuts).astype(np.uint8)
