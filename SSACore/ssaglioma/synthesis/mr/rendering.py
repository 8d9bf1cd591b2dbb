"""Images of four contrasts from fractions of tissue: partial volume, texture, uptake, blur, bias, noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.anatomy.subclusters import Subclusters, cluster_numbers
from ssaglioma.synthesis.fields import smooth_noise
from ssaglioma.synthesis.mr.protocol import Protocol
from ssaglioma.synthesis.mr.relaxation import TissueDraw, TissueMr, tissues_at
from ssaglioma.synthesis.mr.sequences import PulseSequence

_UPTAKE_STEPS = 9
_CLUSTER_SPREAD = 0.5


@dataclass(frozen=True)
class Appearance:
    """How a case looks, apart from its shapes.

    Attributes
    ----------
    protocol : Protocol
    tissues : TissueDraw
    subclusters : Subclusters
    texture_mm : float
        Correlation length of the texture inside tissues.
    seed : int
    """

    protocol: Protocol
    tissues: TissueDraw = field(default_factory=TissueDraw)
    subclusters: Subclusters = field(default_factory=Subclusters)
    texture_mm: float = 1.5
    seed: int = 0


def render(
    fractions: Mapping[str, np.ndarray], brain: np.ndarray, appearance: Appearance
) -> dict[Sequence, np.ndarray]:
    """Return the four magnitude images (float32, shape (Z, Y, X)), brain median about 1, nothing masked.

    Parameters
    ----------
    fractions : mapping of tissue to ndarray of float32, shape (Z, Y, X)
        Shares 0..1 of healthy and tumour tissues; what is missing to 1 is air.
    brain : ndarray of bool
    """
    protocol = appearance.protocol
    tissues = tissues_at(protocol.field_t, appearance.tissues)
    water = _water_texture(appearance, brain.shape)
    tumour_water, uptake = _tumour_fields(appearance, brain.shape, fractions)
    images = {}
    for number, name in enumerate(SEQUENCE_ORDER):
        sequence = protocol.sequence(name)
        signal = np.zeros(brain.shape, np.float32)
        for tissue, share in fractions.items():
            mr = tissues[tissue]
            box = _box(share)
            if box is None:
                continue
            local = tumour_water if tissue in ("NCR", "ED", "ET") else water
            if name is Sequence.T1C and mr.uptake_mm > 0:
                signal[box] += share[box] * _enhanced(sequence, mr, protocol, uptake[box], local[box])
            else:
                signal[box] += share[box] * _textured(sequence, mr, local[box])
        generator = np.random.default_rng([appearance.seed, 100 + number])
        images[name] = _imperfect(np.abs(signal), brain, protocol, number, generator)
    return images


def _textured(sequence: PulseSequence, tissue: TissueMr, water: np.ndarray) -> np.ndarray:
    """Signal to first order in the tissue's water content, which moves T1 and T2 together."""
    low, high = (sequence.signal(_wetter(tissue, side * tissue.water_spread)) for side in (-1, 1))
    return np.float32((high + low) / 2) + np.float32((high - low) / 2) * water


def _enhanced(
    sequence: PulseSequence, tissue: TissueMr, protocol: Protocol, uptake: np.ndarray, water: np.ndarray
) -> np.ndarray:
    """Signal for an uptake that varies from voxel to voxel, from a table over concentration."""
    steps = np.linspace(0, 3, _UPTAKE_STEPS)
    table = [sequence.signal(tissue.with_agent(step * tissue.uptake_mm, protocol.agent)) for step in steps]
    plain = _textured(sequence, tissue, water) - np.float32(sequence.signal(tissue))
    return np.interp(uptake, steps, table).astype(np.float32) + plain


def _wetter(tissue: TissueMr, amount: float) -> TissueMr:
    return replace(tissue, t1_ms=tissue.t1_ms * np.exp(0.7 * amount), t2_ms=tissue.t2_ms * np.exp(amount))


def _water_texture(appearance: Appearance, shape: tuple[int, ...]) -> np.ndarray:
    generator = np.random.default_rng([appearance.seed, 1])
    clusters = cluster_numbers(appearance.subclusters, shape)  # type: ignore[arg-type]
    levels = generator.normal(0, _CLUSTER_SPREAD, appearance.subclusters.count).astype(np.float32)
    texture = smooth_noise(generator, shape, appearance.texture_mm)
    return 0.7 * texture + 0.5 * smooth_noise(generator, shape, 12) + levels[clusters]


def _tumour_fields(
    appearance: Appearance, shape: tuple[int, ...], fractions: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Water texture, coarser than in healthy tissue, and relative uptake (0 or more, about 1)."""
    generator = np.random.default_rng([appearance.seed, 2])
    water = 0.75 * smooth_noise(generator, shape, 6) + 0.55 * smooth_noise(generator, shape, 2.2)
    if "ED" in fractions and "white" in fractions:
        water = water + 0.6 * (fractions["ED"] - 0.5)
    uptake = 1 + 0.35 * smooth_noise(generator, shape, 5) + 0.35 * smooth_noise(generator, shape, 1.8)
    return water, np.clip(uptake, 0.1, 3)


def _imperfect(
    signal: np.ndarray, brain: np.ndarray, protocol: Protocol, number: int, generator: np.random.Generator
) -> np.ndarray:
    if protocol.blur_mm[number] > 0:
        signal = ndimage.gaussian_filter(signal, protocol.blur_mm[number], truncate=3)
    signal = signal * np.exp(protocol.bias[number] * smooth_noise(generator, signal.shape, 45))
    signal /= max(float(np.median(signal[brain])), 1e-6)
    sigma = np.float32(1 / protocol.snr[number])
    real = signal + sigma * generator.standard_normal(signal.shape, dtype=np.float32)
    return np.hypot(real, sigma * generator.standard_normal(signal.shape, dtype=np.float32))


def _box(share: np.ndarray) -> tuple[slice, ...] | None:
    spans = [np.flatnonzero(share.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    if not all(len(span) for span in spans):
        return None
    return tuple(slice(int(span[0]), int(span[-1]) + 1) for span in spans)
