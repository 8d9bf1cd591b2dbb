"""From the anatomy guard's figures to reasons in words; what is not measured is not judged."""

from __future__ import annotations

from collections.abc import Mapping

from ssaglioma.style.guard_measures import LesionChanges
from ssaglioma.style.guard_report import EdgeMeasures, GuardConfig, GuardMeasures


def judged(measures: GuardMeasures, config: GuardConfig) -> tuple[str, ...]:
    """Return the reasons against a stylisation, the gravest first; none if it may pass."""
    reasons = [*lesion_reasons(measures.lesions), *_brain_reasons(measures, config)]
    reasons += _edge_reasons(measures.edges, "Edges", config.edge_mm, config.lost_edges, config.least_edges)
    reasons += _edge_reasons(
        measures.lesion_edges, "Lesion borders", config.lesion_edge_mm, config.lost_lesion_edges, config.least_edges
    )
    hidden = measures.edges.hidden / max(measures.edges.hidden + measures.edges.count, 1)
    reasons += _above(hidden, config.hidden_edges, "of the edges are hidden by noise")
    reasons += _above(measures.new_edges_share, config.new_edges, "of the stylised edges are not in the original")
    if measures.new_edge_mm > config.new_edge_mm:
        reasons.append(
            f"A border of {measures.new_edge_mm:.0f} mm appeared where the original is even "
            f"(limit {config.new_edge_mm:.0f} mm)"
        )
    for name, kept in measures.contrast_kept.items():
        if abs(measures.contrast_before[name]) >= config.least_contrast and kept < config.contrast_kept:
            reasons.append(
                f"{name} keeps {kept:.0%} of its contrast to the tissue around (limit {config.contrast_kept:.0%})"
            )
    for value, limit, words in (
        (measures.gradient_similarity, config.gradient_similarity, "Fine structure agrees"),
        (measures.lesion_gradients, config.lesion_gradients, "Structure at the lesion's border agrees"),
    ):
        if value is not None and value < limit:
            reasons.append(f"{words} by only {value:.2f} (1 is identical; limit {limit:.2f})")
    return tuple(reasons)


def lesion_reasons(lesions: Mapping[str, LesionChanges]) -> list[str]:
    """Return one reason for each region with lost lesions, and one for each with new ones."""
    reasons = []
    for region, change in lesions.items():
        for volumes, words in ((change.lost_mm3, "lost"), (change.new_mm3, "added")):
            if volumes:
                count = f"{len(volumes)} {region} lesion{' was' if len(volumes) == 1 else 's were'}"
                reasons.append(f"{count} {words} ({sum(volumes) / 1000:.2f} ml)")
    return reasons


def _brain_reasons(measures: GuardMeasures, config: GuardConfig) -> list[str]:
    reasons = []
    if measures.outside_share > config.outside_share:
        reasons.append(
            f"There is something outside the brain ({measures.outside_mm2:.0f} mm2 a slice, "
            f"{measures.outside_share:.1%} of the brain; limit {config.outside_share:.1%})"
        )
    if measures.brain_overlap is not None and measures.brain_overlap < config.brain_overlap:
        reasons.append(
            f"The brain covers the original by only {measures.brain_overlap:.0%} (limit {config.brain_overlap:.0%})"
        )
    if measures.brain_offset_mm is not None and measures.brain_offset_mm > config.brain_offset_mm:
        reasons.append(f"The brain moved by {measures.brain_offset_mm:.1f} mm (limit {config.brain_offset_mm:.1f} mm)")
    if measures.new_parts > 0:
        reasons.append(f"The picture holds {measures.new_parts} more separate pieces of brain than the original")
    return reasons


def _edge_reasons(edges: EdgeMeasures, name: str, limit_mm: float, lost: float, least: int) -> list[str]:
    reasons: list[str] = []
    if edges.count < least:
        return reasons
    # Of a few survivors among lost edges a percentile says nothing; the share of lost ones speaks then.
    found = edges.count * (1 - (edges.lost_share or 0.0))
    if edges.p95_mm is not None and edges.p95_mm > limit_mm and found >= least:
        reasons.append(f"{name} moved by {edges.p95_mm:.1f} mm (95th percentile; limit {limit_mm:.1f} mm)")
    return reasons + _above(edges.lost_share, lost, f"of the {name.lower()} are gone or blurred beyond recognition")


def _above(share: float | None, limit: float, words: str) -> list[str]:
    return [f"{share:.0%} {words} (limit {limit:.0%})"] if share is not None and share > limit else []
