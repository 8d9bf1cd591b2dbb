"""Contrasts that follow no physics: each tissue's grey value is drawn, as in SynthSeg.

Reference: Billot et al. 2023, doi:10.1016/j.media.2023.102789.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.anatomy.subclusters import Subclusters, cluster_numbers, draw_subclusters
from ssaglioma.synthesis.fields import smooth_noise
from ssaglioma.synthesis.mr.relaxation import TISSUE_MR

_MEANS, _SPREADS = (0.1, 1.0), (0.01, 0.08)
_BIAS, _GAMMA, _BLUR_MM = 0.3, 0.35, (0.3, 1.1)


@dataclass(frozen=True)
class RandomAppearance:
    """Grey values of one case, drawn for each contrast by itself.

    Attributes
    ----------
    means : tuple over contrasts of tuples over tissues (order of `TISSUE_MR`)
    spreads : as `means`
        Standard deviation inside a tissue.
    subclusters : Subclusters
    cluster_spread : float
        How far the sub-clusters of a tissue lie apart.
    bias, gamma, blur_mm : tuples over contrasts
    seed : int
    """

    means: tuple[tuple[float, ...], ...]
    spreads: tuple[tuple[float, ...], ...]
    subclusters: Subclusters
    cluster_spread: float
    bias: tuple[float, ...]
    gamma: tuple[float, ...]
    blur_mm: tuple[float, ...]
    seed: int

    def __post_init__(self) -> None:
        wanted = (len(SEQUENCE_ORDER), len(TISSUE_MR))
        if len(self.means) != wanted[0] or any(len(row) != wanted[1] for row in (*self.means, *self.spreads)):
            raise DatasetError(
                f"The random appearance has {len(self.means)} contrasts", expected=f"{wanted[0]} of {wanted[1]} tissues"
            )


def draw_random_appearance(generator: np.random.Generator) -> RandomAppearance:
    """Draw grey values, sub-clusters, bias, gamma and blur of the four contrasts."""
    shape = (len(SEQUENCE_ORDER), len(TISSUE_MR))
    return RandomAppearance(
        means=tuple(tuple(float(v) for v in row) for row in generator.uniform(*_MEANS, shape)),
        spreads=tuple(tuple(float(v) for v in row) for row in generator.uniform(*_SPREADS, shape)),
        subclusters=draw_subclusters(generator),
        cluster_spread=float(generator.uniform(0, 0.08)),
        bias=tuple(float(v) for v in generator.uniform(0, _BIAS, 4)),
        gamma=tuple(float(v) for v in generator.normal(0, _GAMMA, 4)),
        blur_mm=tuple(float(v) for v in generator.uniform(*_BLUR_MM, 4)),
        seed=int(generator.integers(2**31)),
    )


def render_random(
    fractions: Mapping[str, np.ndarray], brain: np.ndarray, appearance: RandomAppearance
) -> dict[Sequence, np.ndarray]:
    """Return four images (float32, shape (Z, Y, X)) of grey values 0 and more; see `render` for the arguments."""
    clusters = cluster_numbers(appearance.subclusters, brain.shape)
    names = list(TISSUE_MR)
    images = {}
    for number, sequence in enumerate(SEQUENCE_ORDER):
        generator = np.random.default_rng([appearance.seed, number])
        image, spread = np.zeros(brain.shape, np.float32), np.zeros(brain.shape, np.float32)
        for tissue, share in fractions.items():
            column = names.index(tissue)
            levels = generator.normal(0, appearance.cluster_spread, appearance.subclusters.count)
            image += share * (appearance.means[number][column] + levels.astype(np.float32)[clusters])
            spread += share * np.float32(appearance.spreads[number][column])
        image += spread * generator.standard_normal(brain.shape, dtype=np.float32)
        image = ndimage.gaussian_filter(image, appearance.blur_mm[number], truncate=3)
        image *= np.exp(appearance.bias[number] * smooth_noise(generator, brain.shape, 40))
        top = max(float(np.percentile(image[brain], 99.9)), 1e-6)
        images[sequence] = np.clip(image / top, 0, None) ** np.float32(np.exp(appearance.gamma[number]))
    return images
