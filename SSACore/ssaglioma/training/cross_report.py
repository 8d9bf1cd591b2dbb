"""Tables of cross-validated studies: means with intervals, and what changing one thing is worth (paired by case)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import asdict
from typing import Any

from ssaglioma.evaluation import PairedComparison, Summary, compare_paired, holm_adjust, summarize
from ssaglioma.labels import GLIOMA

Rows = Seq[Mapping[str, Any]]
"""Of one study under one condition, as `cross_validation.read_scores` returns them."""
SCORES = ("dice", "hd95_mm", "lesion_dice")
_HEADINGS = {"dice": "Dice", "hd95_mm": "HD95, mm", "lesion_dice": "lesion-wise Dice"}


def region_values(rows: Rows, region: str, score: str) -> dict[str, float | None]:
    """Return case -> score of a region, over the cases whose reference holds the region."""
    return {
        str(row["case"]): row["regions"][region][score]
        for row in rows
        if row["regions"][region]["empty"] in ("none", "prediction")
    }


def false_ml(rows: Rows, region: str) -> dict[str, float]:
    """Return case -> volume found in ml, over the cases whose reference lacks the region."""
    return {
        str(row["case"]): float(row["regions"][region]["volume_prediction_ml"])
        for row in rows
        if row["regions"][region]["empty"] in ("reference", "both")
    }


def study_document(rows_by_condition: Mapping[str, Rows]) -> dict[str, Any]:
    """Return condition -> region -> score -> summary, with the falsely found volumes, as JSON values."""
    document: dict[str, Any] = {}
    for condition, rows in rows_by_condition.items():
        document[condition] = {
            region: {
                **{score: asdict(summarize(region_values(rows, region, score).values())) for score in SCORES},
                "false_ml": false_ml(rows, region),
            }
            for region in GLIOMA.regions
        }
    return document


def study_table(rows_by_condition: Mapping[str, Rows]) -> str:
    """Return a Markdown table: a line for each condition and score, mean (95 % interval) of each region."""
    lines = [
        "| held-out cases | score | " + " | ".join(GLIOMA.regions) + " |",
        "|---" * (2 + len(GLIOMA.regions)) + "|",
    ]
    for condition, rows in rows_by_condition.items():
        for score in SCORES:
            cells = [_cell(summarize(region_values(rows, region, score).values()), score) for region in GLIOMA.regions]
            lines.append(f"| {condition} (n={len(rows)}) | {_HEADINGS[score]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def comparison(first: Rows, second: Rows, score: str = "dice") -> dict[str, PairedComparison]:
    """Return region -> first minus second over the cases that both studies scored."""
    found = {}
    for region in GLIOMA.regions:
        left, right = region_values(first, region, score), region_values(second, region, score)
        shared = sorted(set(left) & set(right))
        found[region] = compare_paired([left[name] for name in shared], [right[name] for name in shared])
    return found


def ablation_table(studies: Mapping[str, Rows], baseline: str, score: str = "dice") -> str:
    """Return a Markdown table: each study's means, and its gain over the baseline with interval and p.

    p is Wilcoxon's signed-rank test over cases, adjusted for the number of comparisons in the table (Holm).

    Raises
    ------
    KeyError
        If the baseline is none of the studies.
    """
    reference = studies[baseline]
    others = {name: comparison(rows, reference, score) for name, rows in studies.items() if name != baseline}
    tests = [(name, region) for name in others for region in GLIOMA.regions]
    tests = [(name, region) for name, region in tests if others[name][region].wilcoxon_p is not None]
    p_values = holm_adjust([float(others[name][region].wilcoxon_p or 0.0) for name, region in tests])
    adjusted = dict(zip(tests, p_values))
    heading = " | ".join(f"{region} {_HEADINGS[score]} | against {baseline}" for region in GLIOMA.regions)
    lines = [f"| study | {heading} |", "|---" * (1 + 2 * len(GLIOMA.regions)) + "|"]
    for name, rows in studies.items():
        cells = []
        for region in GLIOMA.regions:
            cells.append(_cell(summarize(region_values(rows, region, score).values()), score))
            cells.append("" if name == baseline else _gain(others[name][region], adjusted.get((name, region)), score))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: Summary, score: str) -> str:
    if found.mean is None:
        return "-"
    digits = 1 if score.endswith("_mm") else 3
    interval = "" if found.ci_low is None else f" ({found.ci_low:.{digits}f} to {found.ci_high:.{digits}f})"
    return f"{found.mean:.{digits}f}{interval}"


def _gain(found: PairedComparison, p: float | None, score: str) -> str:
    if found.mean_difference is None:
        return "-"
    digits = 1 if score.endswith("_mm") else 3
    interval = "" if found.ci_low is None else f" ({found.ci_low:+.{digits}f} to {found.ci_high:+.{digits}f})"
    return f"{found.mean_difference:+.{digits}f}{interval}, n={found.count}" + ("" if p is None else f", p={p:.2g}")
