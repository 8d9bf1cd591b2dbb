"""Scores of segmentations: overlap, surface distances, lesion-wise scores, statistics, tables.

Pure functions on bool masks first (`overlap`, `surface`, `lesionwise`), then one case
(`evaluate_case`), then many (`statistics`, `tables`, `pairing`).

The files are imported when a name is first asked for: `ssaglioma segment` starts without scipy's distances.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssaglioma.evaluation.case import (
        DEFAULT_HD_PENALTY,
        UNITS,
        EvaluationOptions,
        default_regions,
        evaluate_case,
        score_keys,
    )
    from ssaglioma.evaluation.lesionwise import (
        LESION_RULES,
        LesionRules,
        LesionScores,
        lesion_rules,
        lesion_scores,
    )
    from ssaglioma.evaluation.overlap import OverlapCounts, overlap_counts
    from ssaglioma.evaluation.pairing import Pairing, case_name, find_labelmaps, pair_labelmaps
    from ssaglioma.evaluation.statistics import (
        PairedComparison,
        Summary,
        bootstrap_interval,
        compare_paired,
        holm_adjust,
        summarize,
    )
    from ssaglioma.evaluation.surface import CONVENTIONS, SurfaceDistances, surface_distances
    from ssaglioma.evaluation.tables import (
        build_document,
        format_table,
        summarize_cases,
        write_csv,
        write_json,
    )

__all__ = [
    "CONVENTIONS",
    "DEFAULT_HD_PENALTY",
    "LESION_RULES",
    "UNITS",
    "EvaluationOptions",
    "LesionRules",
    "LesionScores",
    "OverlapCounts",
    "PairedComparison",
    "Pairing",
    "Summary",
    "SurfaceDistances",
    "bootstrap_interval",
    "build_document",
    "case_name",
    "compare_paired",
    "default_regions",
    "evaluate_case",
    "find_labelmaps",
    "format_table",
    "holm_adjust",
    "lesion_rules",
    "lesion_scores",
    "overlap_counts",
    "pair_labelmaps",
    "score_keys",
    "summarize",
    "summarize_cases",
    "surface_distances",
    "write_csv",
    "write_json",
]

_HOMES = {
    "case": ("DEFAULT_HD_PENALTY", "UNITS", "EvaluationOptions", "default_regions", "evaluate_case", "score_keys"),
    "lesionwise": ("LESION_RULES", "LesionRules", "LesionScores", "lesion_rules", "lesion_scores"),
    "overlap": ("OverlapCounts", "overlap_counts"),
    "pairing": ("Pairing", "case_name", "find_labelmaps", "pair_labelmaps"),
    "statistics": ("PairedComparison", "Summary", "bootstrap_interval", "compare_paired", "holm_adjust", "summarize"),
    "surface": ("CONVENTIONS", "SurfaceDistances", "surface_distances"),
    "tables": ("build_document", "format_table", "summarize_cases", "write_csv", "write_json"),
}
"""Which file each name lies in."""
_FILE_OF = {name: file for file, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)
