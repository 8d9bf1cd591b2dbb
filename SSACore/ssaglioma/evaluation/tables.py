"""Scores of many cases as a document (JSON), a table (terminal) and a sheet (CSV)."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ssaglioma.evaluation.case import EvaluationOptions, RegionScores, score_keys
from ssaglioma.evaluation.statistics import Summary, summarize
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path

CaseScores = Mapping[str, Mapping[str, RegionScores]]

_TABLE_COLUMNS = (
    *("dice", "sensitivity", "precision", "volume_reference_ml", "volume_prediction_ml"),
    *("hd95", "nsd_1mm", "lesion_dice", "empty"),
)
_HEADINGS = {
    "sensitivity": "sens",
    "precision": "prec",
    "volume_reference_ml": "ref ml",
    "volume_prediction_ml": "pred ml",
    "lesion_dice": "lesion dice",
    "nsd_1mm": "nsd 1mm",
}


def summarize_cases(cases: CaseScores, keys: Sequence[str] | None = None) -> dict[str, dict[str, Summary]]:
    """Return region -> score -> summary over the cases; the seed of each bootstrap is fixed.

    Parameters
    ----------
    cases : mapping
        Case name -> region -> scores, as `evaluate_case` returns them.
    keys : sequence of str or None
        Scores to summarise; None takes all that are numbers.
    """
    regions = dict.fromkeys(region for scores in cases.values() for region in scores)
    summaries: dict[str, dict[str, Summary]] = {}
    for region in regions:
        rows = [scores[region] for scores in cases.values() if region in scores]
        names = [name for name in rows[0] if name != "empty"] if keys is None else keys
        summaries[region] = {name: summarize([_number(row[name]) for row in rows]) for name in names}
    return summaries


def build_document(
    cases: CaseScores,
    options: EvaluationOptions,
    *,
    scheme_name: str,
    unpaired: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return the document that `evaluate --json` writes; it holds no NaN and no infinity.

    `summary` gives, per region and score, the fields of `Summary`; `empty` counts the cases
    in which the reference, the prediction or both hold no voxel of the region.
    """
    summary: dict[str, dict[str, Any]] = {}
    for region, by_score in summarize_cases(cases).items():
        found = [scores[region]["empty"] for scores in cases.values() if region in scores]
        summary[region] = {name: asdict(value) for name, value in by_score.items()}
        summary[region]["empty"] = {kind: found.count(kind) for kind in ("none", "reference", "prediction", "both")}
    return {
        **asdict(options),
        "labels": scheme_name,
        "cases": [
            {"case": name, "regions": {region: dict(values) for region, values in scores.items()}}
            for name, scores in cases.items()
        ],
        "summary": summary,
        "unpaired": {side: list(names) for side, names in (unpaired or {}).items()},
    }


def write_json(document: Mapping[str, Any], path: PathLike) -> None:
    """Write a document as JSON, atomically.

    Raises
    ------
    ValueError
        If it holds NaN or infinity.
    """
    _write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", path)


def write_csv(cases: CaseScores, path: PathLike, unit: str = "mm") -> None:
    """Write one line per case and region, atomically; missing values are empty cells."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    keys = score_keys(unit)
    writer.writerow(["case", "region", *keys])
    for name, scores in cases.items():
        for region, values in scores.items():
            writer.writerow([name, region, *("" if values[key] is None else values[key] for key in keys)])
    _write_text(buffer.getvalue(), path)


def format_table(cases: CaseScores, unit: str = "mm") -> str:
    """Return the scores as text for the terminal: a line per case and region, then the means.

    A mean stands with its 95 % interval and the number of values when some are missing.
    """
    keys = [f"hd95_{unit}" if key == "hd95" else key for key in _TABLE_COLUMNS]
    headings = [_HEADINGS.get(key, key.replace("_", " ")) for key in keys]
    rows = [["case", "region", *headings]]
    for name, scores in cases.items():
        rows.extend([name, region, *(_cell(values[key]) for key in keys)] for region, values in scores.items())
    if len(cases) > 1:
        rows.append([])
        numbers = [key for key in keys if key != "empty"]
        for region, by_score in summarize_cases(cases, numbers).items():
            rows.append(["mean", region, *(_mean_cell(by_score[key]) for key in numbers), ""])
            rows.append(["95% CI", region, *(_interval_cell(by_score[key]) for key in numbers), ""])
    return _align(rows)


def _align(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines with two columns at the left and the others at the right edge."""
    widths = [max(len(row[index]) for row in rows if row) for index in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _number(value: float | str | None) -> float | None:
    if isinstance(value, str):
        raise TypeError(f"A score must be a number, found {value!r}")
    return value


def _cell(value: float | str | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return "" if value == "none" else value
    return _rounded(value)


def _rounded(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 or not math.isfinite(value) else f"{value:.1f}"


def _mean_cell(summary: Summary) -> str:
    if summary.mean is None:
        return "-"
    return _rounded(summary.mean) + (f" (n={summary.count})" if summary.missing else "")


def _interval_cell(summary: Summary) -> str:
    if summary.ci_low is None or summary.ci_high is None:
        return "-"
    return f"{_rounded(summary.ci_low)}..{_rounded(summary.ci_high)}"


def _write_text(text: str, path: PathLike) -> None:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
