"""Grey values of T1, T1Gd, T2 and FLAIR for tissue maps with a tumour painted in.

Grey values are ratios to normal brain, chosen to lie within the spread seen in public
skull-stripped glioma cases. Texture, bias field and Rician noise are added; the physics of
sequences and scanners is not modeled here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from ssaglioma.labels import GLIOMA, Sequence
from ssaglioma.synthesis.painted import TissueMaps

_SCALE_PERCENTILE, _SCALE_VALUE = 99.9, 1000
_CLASSES = ("white", "grey", "csf", "NCR", "ED", "ET")

RATIOS: Mapping[Sequence, Mapping[str, float]] = MappingProxyType(
    {
        Sequence.T1N: {"white": 1.20, "grey": 0.86, "csf": 0.38, "NCR": 0.68, "ED": 0.92, "ET": 0.90},
        Sequence.T1C: {"white": 1.16, "grey": 0.90, "csf": 0.40, "NCR": 0.70, "ED": 0.92, "ET": 1.62},
        Sequence.T2W: {"white": 0.82, "grey": 1.08, "csf": 2.00, "NCR": 1.75, "ED": 1.42, "ET": 1.35},
        Sequence.T2F: {"white": 0.95, "grey": 1.12, "csf": 0.30, "NCR": 1.15, "ED": 1.60, "ET": 1.45},
    }
)
"""Grey value of each tissue relative to normal brain."""


@dataclass(frozen=True)
class ContrastParameters:
    """Appearance of one case.

    Attributes
    ----------
    ratios : mapping of Sequence to mapping of tissue to float
    texture : float
        Standard deviation of the variation inside a tissue, as a share of its value.
    bias : float
        Largest departure of the bias field from 1.
    signal_to_noise : float
        Mean brain signal over the standard deviation of the noise.
    blur_mm : float
        Standard deviation of the Gaussian that makes partial volume.
    seed : int
    """

    ratios: Mapping[Sequence, Mapping[str, float]] = field(default_factory=lambda: RATIOS)
    texture: float = 0.05
    bias: float = 0.12
    signal_to_noise: float = 35.0
    blur_mm: float = 0.6
    seed: int = 1


def render_contrasts(
    maps: TissueMaps, labels: np.ndarray, parameters: ContrastParameters
) -> dict[Sequence, np.ndarray]:
    """Return the four images (uint16, shape (Z, Y, X)); background exactly 0, 99.9th percentile of the brain 1000."""
    fractions = _fractions(maps, labels, parameters.blur_mm)
    brain = maps.brain
    images = {}
    for number, (sequence, ratios) in enumerate(parameters.ratios.items()):
        generator = np.random.default_rng([parameters.seed, number])
        signal = np.zeros(labels.shape, np.float32)
        for name, share in zip(_CLASSES, fractions):
            rough = _texture(generator, labels.shape, tumour=name in GLIOMA.values)
            signal += share * ratios[name] * (1 + parameters.texture * rough)
        signal *= _bias_field(generator, labels.shape, parameters.bias)
        sigma = float(signal[brain].mean()) / parameters.signal_to_noise
        real = signal + sigma * generator.standard_normal(labels.shape, dtype=np.float32)
        imaginary = sigma * generator.standard_normal(labels.shape, dtype=np.float32)
        magnitude = np.hypot(real, imaginary)
        scaled = magnitude * (_SCALE_VALUE / np.percentile(magnitude[brain], _SCALE_PERCENTILE))
        images[sequence] = (np.clip(np.rint(scaled), 1, 65535) * brain).astype(np.uint16)
    return images


def _fractions(maps: TissueMaps, labels: np.ndarray, blur_mm: float) -> list[np.ndarray]:
    tumour = [ndimage.gaussian_filter((labels == GLIOMA.values[n]).astype(np.float32), blur_mm) for n in _CLASSES[3:]]
    healthy = 1 - sum(tumour)
    return [healthy * maps.white, healthy * maps.grey, healthy * maps.csf, *tumour]


def _texture(generator: np.random.Generator, shape: tuple[int, ...], *, tumour: bool) -> np.ndarray:
    noise = ndimage.gaussian_filter(generator.standard_normal(shape).astype(np.float32), 3.0)
    return noise / max(float(noise.std()), 1e-6) * (1.6 if tumour else 1.0)


def _bias_field(generator: np.random.Generator, shape: tuple[int, ...], amplitude: float) -> np.ndarray:
    coarse = generator.uniform(-1, 1, (3, 3, 3))
    field_ = ndimage.zoom(coarse, [size / 3 for size in shape], order=2, mode="nearest", grid_mode=True)
    return (1 + amplitude * field_ / max(float(np.abs(field_).max()), 1e-6)).astype(np.float32)
