"""The anatomy guard's raw findings of single slices, and how they are pooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.labels import LabelScheme
from ssaglioma.style.guard_edges import (
    Edges,
    displacements_mm,
    find_edges,
    gray_range,
    longest_mm,
    new_edges,
    noise_sd,
    pixel_mm,
    without_border,
)
from ssaglioma.style.guard_measures import (
    BrainPlace,
    LesionChanges,
    brain_place,
    contrast_samples,
    contrast_to_noise,
    gradient_correlation,
    gradient_similarity,
    tissue,
)
from ssaglioma.style.guard_report import EdgeMeasures, GuardConfig, GuardMeasures

_BORDER_PX, _NEAR_LABEL_MM, _BAND_MM = 3.0, 2.0, 5.0
_FAINT_STEP = 0.08
_LEAST_LESION_PX = 20
_WHOLE = 0.98
_CUT = 0.3
_NORMAL_95 = 1.96
_NOTABLE_NOISE = 0.01
_MARGIN = 0.7
_CROSS = ndimage.generate_binary_structure(2, 1)


@dataclass(frozen=True, eq=False)
class Pair:
    """A slice before and after, (Y, X) each, with the foreground of the content and, if there are any, its labels."""

    content: np.ndarray
    stylised: np.ndarray
    mask: np.ndarray
    spacing_yx_mm: tuple[float, float]
    labels: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """What one slice adds to the pool; arrays are one value an edge or a pixel.

    Attributes
    ----------
    edges, lesion_edges : ndarray, shape (2, N)
        Displacement and its standard deviation, mm; NaN where an edge has no counterpart.
    hidden, lesion_hidden : int
        Edges left out, because noise as strong as the stylised slice's hides them.
    strong_count : int
        Strong edges of the stylised slice.
    new_count, new_mm : int, float
        Those that the content lacks, and the longest line that they form.
    similarity : ndarray
    correlation : tuple of 3 floats
        Sums as `gradient_correlation`.
    samples : mapping of label to 4 ndarrays
        Lesion and rim before, lesion and rim after.
    outside_px, brain_px : int
    outside_mm2 : float
    place : BrainPlace or None
        None where the content has no background, or meets the edge of the picture on much of its length.
    """

    edges: np.ndarray
    lesion_edges: np.ndarray
    hidden: int
    lesion_hidden: int
    strong_count: int
    new_count: int
    new_mm: float
    similarity: np.ndarray
    correlation: tuple[float, float, float]
    samples: Mapping[str, tuple[np.ndarray, ...]]
    outside_px: int
    brain_px: int
    outside_mm2: float
    place: BrainPlace | None


def findings_of(pair: Pair, scheme: LabelScheme, config: GuardConfig, most_edges: int) -> Findings:
    """Measure one slice."""
    spacing, mask = pair.spacing_yx_mm, pair.mask
    content, stylised = (without_border(one, mask) for one in (pair.content, pair.stylised))
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1]
    deep = mask & (depth > _BORDER_PX * pixel_mm(spacing))
    near, band = (_near_labels(pair.labels, deep, spacing, distance) for distance in (_NEAR_LABEL_MM, _BAND_MM))

    edges = find_edges(content, deep, spacing, most=most_edges)
    lesion_edges = _lesion_edges(content, deep, near, spacing, most_edges)
    if (noise := extra_noise(content, stylised, deep)) > 0:
        noisy = content + noise * np.random.default_rng(0).standard_normal(content.shape)
        seen, lesion_seen = (_seen(content, noisy, one, spacing, config) for one in (edges, lesion_edges))
    else:
        seen, lesion_seen = (np.ones(len(one), bool) for one in (edges, lesion_edges))
    strong_count, fresh = new_edges(content, stylised, deep, spacing)
    outside = (pair.stylised != 0) & ~mask
    return Findings(
        edges=np.stack(displacements_mm(content, stylised, edges.chosen(seen), spacing)),
        lesion_edges=np.stack(displacements_mm(content, stylised, lesion_edges.chosen(lesion_seen), spacing)),
        hidden=int((~seen).sum()),
        lesion_hidden=int((~lesion_seen).sum()),
        strong_count=strong_count,
        new_count=len(fresh),
        new_mm=longest_mm(fresh, spacing),
        similarity=gradient_similarity(content, stylised, mask, spacing),
        correlation=gradient_correlation(content, stylised, band, spacing),
        samples=_samples(pair, scheme, config.rim_mm),
        outside_px=int(outside.sum()),
        brain_px=int(mask.sum()),
        outside_mm2=float(outside.sum() * spacing[0] * spacing[1]),
        place=None if _fills(mask) or not config.cut_out else brain_place(mask, tissue(pair.stylised), spacing),
    )


def _fills(mask: np.ndarray) -> bool:
    """Return whether a picture was never cut out of its surroundings: it then has no place that could change."""
    border = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return bool(mask.mean() > _WHOLE or border.mean() > _CUT)


def pooled(findings: list[Findings], config: GuardConfig, lesions: Mapping[str, LesionChanges]) -> GuardMeasures:
    """Return the measures of some slices together."""
    similarity = np.concatenate([one.similarity for one in findings])
    both, own, other = np.sum([one.correlation for one in findings], axis=0)
    before, after = _contrasts(findings)
    places = [(one.place, one.brain_px) for one in findings if one.place is not None]
    return GuardMeasures(
        edges=_edge_measures([(one.edges, one.hidden) for one in findings], config),
        lesion_edges=_edge_measures([(one.lesion_edges, one.lesion_hidden) for one in findings], config),
        new_edges_share=sum(one.new_count for one in findings) / max(sum(one.strong_count for one in findings), 1),
        new_edge_mm=max(one.new_mm for one in findings),
        gradient_similarity=float(similarity.mean()) if len(similarity) else None,
        lesion_gradients=float(both / np.sqrt(own * other)) if own > 0 and other > 0 else None,
        contrast_before=before,
        contrast_after=after,
        outside_share=sum(one.outside_px for one in findings) / max(sum(one.brain_px for one in findings), 1),
        outside_mm2=sum(one.outside_mm2 for one in findings) / len(findings),
        brain_overlap=_weighted([(place.dice, weight) for place, weight in places]),
        brain_offset_mm=_weighted([(place.offset_mm, weight) for place, weight in places]),
        new_parts=max((place.new_parts for place, _ in places), default=0),
        lesions=lesions,
    )


def extra_noise(content: np.ndarray, stylised: np.ndarray, where: np.ndarray) -> float:
    """Return the deviation of the white noise that would make the content as noisy as the stylised slice, or 0.

    Noise is compared to each slice's own gray range; below 1 % of it nothing is hidden.
    """
    if not where.any():
        return 0.0
    full, other_full = gray_range(content, where), gray_range(stylised, where)
    if full <= 0 or other_full <= 0:
        return 0.0
    extra = (noise_sd(stylised, where) / other_full) ** 2 - (noise_sd(content, where) / full) ** 2
    return float(np.sqrt(extra) * full) if extra > _NOTABLE_NOISE**2 else 0.0


def _seen(
    content: np.ndarray, noisy: np.ndarray, edges: Edges, spacing: tuple[float, float], config: GuardConfig
) -> np.ndarray:
    """Return which edges of the content can still be placed in its noisy copy, bool (N,).

    With a margin: those that this noise just leaves would be lost half of the time in other noise.
    """
    return displacements_mm(content, noisy, edges, spacing)[1] <= _MARGIN * config.placed_mm


def _edge_measures(parts: list[tuple[np.ndarray, int]], config: GuardConfig) -> EdgeMeasures:
    shift, deviation = np.concatenate([moved for moved, _ in parts], axis=1)
    hidden = sum(number for _, number in parts)
    found = deviation <= config.placed_mm
    p50, p95 = np.percentile(np.abs(shift[found]), (50, 95)) if found.any() else (None, None)
    noise = _NORMAL_95 * np.sqrt(np.mean(deviation[found] ** 2)) if found.any() else None
    lost = 1 - np.mean(found) if len(found) else None
    p50, p95, noise, lost = (None if value is None else float(value) for value in (p50, p95, noise, lost))
    return EdgeMeasures(len(shift), hidden, p50, p95, noise, lost)


def _contrasts(findings: list[Findings]) -> tuple[dict[str, float], dict[str, float]]:
    before, after = {}, {}
    for name in dict.fromkeys(name for one in findings for name in one.samples):
        pieces = [one.samples[name] for one in findings if name in one.samples]
        values = [np.concatenate(column) for column in zip(*pieces)]
        contrasts = [contrast_to_noise(values[0], values[1]), contrast_to_noise(values[2], values[3])]
        if len(values[0]) >= _LEAST_LESION_PX and np.isfinite(contrasts[0]):
            before[name] = contrasts[0]
            # A lesion that is as flat as its rim has no contrast left.
            after[name] = contrasts[1] if np.isfinite(contrasts[1]) else 0.0
    return before, after


def _samples(pair: Pair, scheme: LabelScheme, rim_mm: float) -> dict[str, tuple[np.ndarray, ...]]:
    if pair.labels is None:
        return {}
    masks = contrast_samples(pair.labels, pair.mask, scheme, pair.spacing_yx_mm, rim_mm)
    return {
        name: (pair.content[lesion], pair.content[rim], pair.stylised[lesion], pair.stylised[rim])
        for name, (lesion, rim) in masks.items()
    }


def _near_labels(
    labels: np.ndarray | None, deep: np.ndarray, spacing: tuple[float, float], distance_mm: float
) -> np.ndarray:
    """Return where a border between labels is near, (Y, X)."""
    if labels is None or not labels.any():
        return np.zeros(deep.shape, bool)
    border = ndimage.maximum_filter(labels, footprint=_CROSS) != ndimage.minimum_filter(labels, footprint=_CROSS)
    return deep & (ndimage.distance_transform_edt(~border, sampling=spacing) <= distance_mm)


def _lesion_edges(
    content: np.ndarray, deep: np.ndarray, near: np.ndarray, spacing: tuple[float, float], most: int
) -> Edges:
    """Edges near label borders; fainter ones than elsewhere, for the border of an oedema is faint."""
    edges = find_edges(content, deep, spacing, least_step=_FAINT_STEP, most=None)
    edges = edges.chosen(near[tuple(edges.places.astype(int).T)])
    return edges.chosen(np.linspace(0, len(edges) - 1, most).astype(int)) if len(edges) > most else edges


def _weighted(pairs: list[tuple[float, int]]) -> float | None:
    pairs = [(value, weight) for value, weight in pairs if np.isfinite(value) and weight]
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if pairs else None
