"""Smooth fields and maps of intensity: the coil's bias, contrast at another field strength, fold-over."""

from __future__ import annotations

import numpy as np

from ssaglioma.labels import Sequence
from ssaglioma.synthesis.scanner.effects import BiasField, FieldContrast

_ORDER = 3
RANGE_STRIDE = 3
"""Pixels between the samples that the range of a coil's field is taken from."""
# T1 = a (gamma B0)**b of white and grey matter, and T1 of fluid at any field (Rooney et al. 2007)
_GAMMA_HZ_PER_MT = 42.577e3
_T1_WHITE, _T1_GREY = (0.00071, 0.382), (0.00116, 0.376)
_T1_FLUID = 4.3
_T1_WEIGHTED = (Sequence.T1N, Sequence.T1C)


def t1_seconds(field_mt: float, constants: tuple[float, float]) -> float:
    """Return T1 = a (gamma B0)**b in seconds, the power law of Rooney et al. (Magn Reson Med 2007;57:308-318)."""
    return constants[0] * (_GAMMA_HZ_PER_MT * field_mt) ** constants[1]


def t1_weight(seconds: float, repetition_time_ms: float) -> float:
    """Return 1 - exp(-TR / T1), the part of the magnetization that is back at the next pulse."""
    return float(-np.expm1(-repetition_time_ms / 1000 / seconds))


def tissue_weights(field_mt: float, repetition_time_ms: float) -> tuple[float, float, float]:
    """Return the T1 weights of cerebrospinal fluid, grey and white matter."""
    times = (_T1_FLUID, t1_seconds(field_mt, _T1_GREY), t1_seconds(field_mt, _T1_WHITE))
    fluid, grey, white = (t1_weight(seconds, repetition_time_ms) for seconds in times)
    return fluid, grey, white


def contrast_exponents(contrast: FieldContrast, sequence: Sequence) -> tuple[float, float]:
    """Return the exponents below and above grey matter that take the tissues' ratios from one field to the other.

    T2-weighted and FLAIR images keep theirs (1, 1): T2 of brain changes little with the field at or below 3 T, and at
    their repetition times nearly all magnetization is back at any of these fields.
    """
    if sequence not in _T1_WEIGHTED:
        return 1.0, 1.0
    before, after = (
        tissue_weights(field_mt, contrast.repetition_time_ms) for field_mt in (contrast.from_mt, contrast.to_mt)
    )
    below, above = (float(np.log(after[k + 1] / after[k]) / np.log(before[k + 1] / before[k])) for k in (0, 1))
    return below, above


def at_field(image: np.ndarray, mask: np.ndarray, contrast: FieldContrast, sequence: Sequence) -> np.ndarray:
    """Return the image (float32) after one monotone map of intensity: two powers that meet at grey matter.

    A real image carries no tissue maps. Grey matter is taken to lie below the brain's median by the square root of
    the ratio of white to grey matter at the first field. The map is right for white and grey matter and fluid, and an
    estimate for everything else; enhancement above white matter is compressed as white matter is.
    """
    below, above = contrast_exponents(contrast, sequence)
    if (below, above) == (1.0, 1.0) or not mask.any():
        return image
    values = image[mask]
    _, grey, white = tissue_weights(contrast.from_mt, contrast.repetition_time_ms)
    knee = np.float32(np.median(values) * np.sqrt(grey / white))
    if knee <= 0:
        return image
    part = np.maximum(values / knee, 0)
    result = image.copy()
    result[mask] = knee * np.power(part, np.where(part < 1, np.float32(below), np.float32(above)))
    return result


def biased(stack: np.ndarray, mask: np.ndarray, bias: BiasField, spacing_mm: tuple[float, ...]) -> np.ndarray:
    """Return slices (Z, Y, X) times a smooth field with the asked range inside the mask.

    The field is scaled to the range 1 - p to 1 + p over the mask, p half the asked percent; outside the mask it is held
    to that range. It is a polynomial of the place in mm, so thick and thin slices see the same shape.
    """
    if bias.peak_to_peak_percent == 0 or not mask.any():
        return stack
    box = [np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    reach = max((line[-1] - line[0] + 1) * step for line, step in zip(box, spacing_mm)) / 2
    axes = [
        ((np.arange(size) - (line[0] + line[-1]) / 2) * step / reach).astype(np.float32)
        for size, line, step in zip(stack.shape, box, spacing_mm)
    ]
    terms = _terms(bias.seed)
    low, high = _range(terms, axes, mask)
    half = np.float32(bias.peak_to_peak_percent / 200)
    result = np.empty(stack.shape, np.float32)
    for index, place in enumerate(axes[0]):
        shape = _plane(terms, float(place), axes[1], axes[2])
        shape -= np.float32((low + high) / 2)
        shape *= half / np.float32(max((high - low) / 2, 1e-6))
        np.clip(shape, -half, half, out=shape)
        shape += 1
        np.multiply(stack[index], shape, out=result[index])
    return result


def folded(stack: np.ndarray, axis: int, size: int) -> np.ndarray:
    """Return slices of which only the `size` middle voxels along an axis lie in the field of view.

    Voxels beyond it appear at the opposite side, added to what is there; the grid stays and is 0 outside.
    """
    whole = stack.shape[axis]
    if size >= whole:
        return stack
    moved = np.moveaxis(stack, axis, 0)
    first = (whole - size) // 2
    result = np.zeros(moved.shape, np.float32)
    for start in range(first % size - size if first % size else 0, whole, size):
        low, high = max(start, 0), min(start + size, whole)
        result[first + low - start : first + high - start] += moved[low:high]
    return np.ascontiguousarray(np.moveaxis(result, 0, axis))


def _terms(seed: int) -> np.ndarray:
    """Coefficients (4, 4, 4) of z**a y**b x**c with 0 < a + b + c <= 3."""
    generator = np.random.default_rng([seed, 7])
    terms = generator.standard_normal((_ORDER + 1,) * 3)
    degree = np.indices(terms.shape).sum(axis=0)
    return np.where((degree > 0) & (degree <= _ORDER), terms / np.maximum(degree, 1), 0)


def _plane(terms: np.ndarray, z: float, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Values (Y, X) of the polynomial in the plane of one z."""
    result = np.zeros((len(y), len(x)), np.float32)
    for b in range(_ORDER + 1):
        row = np.zeros(len(x), np.float32)
        for c in range(_ORDER + 1):
            row += np.float32(sum(terms[a, b, c] * z**a for a in range(_ORDER + 1))) * x**c
        result += (y**b)[:, None] * row[None, :]
    return result


def _range(terms: np.ndarray, axes: list[np.ndarray], mask: np.ndarray) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    stride = RANGE_STRIDE if mask.sum() > 5000 else 1
    for place, plane in zip(axes[0], mask):
        part = plane[::stride, ::stride]
        if part.any():
            values = _plane(terms, float(place), axes[1][::stride], axes[2][::stride])[part]
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return (low, high) if high > low else (0.0, 0.0)
