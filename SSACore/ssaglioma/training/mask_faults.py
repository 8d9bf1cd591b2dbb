"""Brain masks as they go wrong: a rim of the brain cut away, or remnants of skull and scalp left beside it.

A network that has only seen perfect masks takes bright remnants for enhancing tumour. Intensities of the remnants are
relative to the brain's mean of each contrast, from near 0 (cortical bone) to above 2 (fat on T1); they are not fitted
to any scanner. The synthetic heads have true skulls; these faults serve real cases, which come without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.synthesis.fields import smooth_noise

KINDS = ("cut", "remnant")
_PATCH_MM, _TEXTURE_MM, _TEXTURE = 12.0, 1.5, 0.15


@dataclass(frozen=True)
class MaskFault:
    """One fault.

    Attributes
    ----------
    kind : str
        'cut' or 'remnant'.
    depth_mm : float
        How far it reaches from the brain's surface, inwards or outwards.
    share : float
        Share of that rim which it concerns, 0..1.
    levels : tuple of float
        Of a remnant: intensity of each of the four sequences, as a multiple of the brain's mean.
    seed : int
        Of the places and the texture.
    """

    kind: str
    depth_mm: float
    share: float
    levels: tuple[float, ...]
    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(self.levels))
        if self.kind not in KINDS or self.depth_mm <= 0 or not 0 < self.share <= 1 or len(self.levels) != 4:
            raise DatasetError(
                f"The mask fault is {self!r}",
                expected=f"one of {KINDS}, a depth above 0, a share in 0..1 and four levels",
            )


def draw_fault(generator: np.random.Generator) -> MaskFault:
    """Draw one fault."""
    kind = KINDS[int(generator.integers(len(KINDS)))]
    depth = float(generator.uniform(2, 8))
    share = float(generator.uniform(0.03, 0.2))
    levels = tuple(float(value) for value in generator.uniform(0.05, 2.5, 4))
    return MaskFault(
        kind, round(depth, 3), round(share, 4), tuple(round(value, 3) for value in levels), _seed(generator)
    )


def with_fault(
    images: Mapping[Sequence, np.ndarray], brain: np.ndarray, fault: MaskFault, spacing_zyx_mm: tuple[float, ...]
) -> dict[Sequence, np.ndarray]:
    """Return images (Z, Y, X) whose background is 0 as that fault leaves them; the input is left alone."""
    generator = np.random.default_rng(fault.seed)
    sigma = _PATCH_MM / float(np.mean(spacing_zyx_mm))
    places = smooth_noise(generator, brain.shape, sigma)
    from_outside = fault.kind == "remnant"
    distance = ndimage.distance_transform_edt(~brain if from_outside else brain, sampling=spacing_zyx_mm)
    rim = (distance > 0) & (distance <= fault.depth_mm)
    if not rim.any():
        return {name: image.copy() for name, image in images.items()}
    chosen = rim & (places > np.quantile(places[rim], 1 - fault.share))
    if not from_outside:
        return {name: np.where(chosen, 0, image) for name, image in images.items()}
    texture = 1 + _TEXTURE * smooth_noise(generator, brain.shape, _TEXTURE_MM)
    order = list(Sequence)
    result = {}
    for name, image in images.items():
        level = fault.levels[order.index(name)] * float(image[brain].mean())
        result[name] = np.where(chosen, np.maximum(level * texture, 1e-3), image)
    return result


def _seed(generator: np.random.Generator) -> int:
    return int(generator.integers(2**31))
