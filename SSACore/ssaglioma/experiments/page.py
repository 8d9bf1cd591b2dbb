"""All that an experiment found, in one HTML page that needs no other file, with text, CSV and JSON beside it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ssaglioma import __version__
from ssaglioma.experiments.design import Experiment
from ssaglioma.experiments.figure import write_figure
from ssaglioma.experiments.table import ExperimentTable
from ssaglioma.experiments.table_text import (
    NOTHING_COMPARED,
    all_notes,
    compared,
    comparison_words,
    protocol_words,
    score_rows,
    table_text,
    training_rows,
    write_table_csv,
)
from ssaglioma.volume.atomic import atomic_path, write_json_atomic

TEXT_FILE, CSV_FILE, FIGURE_FILE, PAGE_FILE, TABLE_FILE = (
    "table.txt",
    "table.csv",
    "figure.png",
    "report.html",
    "table.json",
)
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:1250px;margin:1.5em auto;padding:0 1em;color:#1b1b1b}"
    "h1{font-size:1.5em;margin-bottom:.1em}h2{font-size:1.15em;margin:1.4em 0 .4em}"
    "table{border-collapse:collapse;font-size:.9em}"
    "td,th{padding:.2em .8em;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}tr.published td{color:#777}img{max-width:100%}"
    ".note{font-size:.87em;color:#555}.use{background:#fff3cd;padding:.5em .8em}"
)


def write_reports(
    experiment: Experiment,
    table: ExperimentTable,
    output: Path,
    *,
    heading: str,
    analysis: Mapping[str, Any],
    pictures: Sequence[Path] = (),
    protocol: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, Path]:
    """Write text, CSV, JSON, picture and page to the output folder, each whole, and return their paths by kind.

    Parameters
    ----------
    analysis : mapping of str to JSON values
        Further figures; those under 'tables' (title to rows of text, head first) are shown on the page.
    pictures : sequence of Path
        PNG files that are shown below the figure.
    protocol : mapping
        Hyper-parameters by name.
    """
    text = table_text(experiment, table, heading, protocol)
    tables: Mapping[str, Sequence[Sequence[str]]] = analysis.get("tables", {})
    with atomic_path(output / TEXT_FILE) as temporary:
        temporary.write_text(text, encoding="utf-8")
    write_table_csv(experiment, table, output / CSV_FILE)
    values = {"experiment": experiment.name, "heading": heading, **table.to_json(), "analysis": dict(analysis)}
    write_json_atomic(json.loads(json.dumps(values)), output / TABLE_FILE)
    figure = write_figure(experiment, table, output / FIGURE_FILE, heading)
    with atomic_path(output / PAGE_FILE) as temporary:
        page = _page(experiment, table, (heading, protocol_words(protocol)), tables, [figure, *pictures])
        temporary.write_text(page, encoding="utf-8")
    names = {"text": TEXT_FILE, "csv": CSV_FILE, "json": TABLE_FILE, "figure": FIGURE_FILE, "page": PAGE_FILE}
    return {kind: output / name for kind, name in names.items()}


def _page(
    experiment: Experiment,
    table: ExperimentTable,
    headings: tuple[str, str],
    tables: Mapping[str, Sequence[Sequence[str]]],
    pictures: Sequence[Path],
) -> str:
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        f"<title>{html.escape(experiment.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(experiment.title)}</h1><p>{html.escape(experiment.citation)}</p>",
        f"<p class='use'>{html.escape(headings[0])}</p>",
    ]
    for score in experiment.scores:
        arrow = "higher" if score.higher_is_better else "lower"
        parts.append(f"<h2>{html.escape(score.title)} ({arrow} is better)</h2>")
        parts.append(_html_table(score_rows(experiment, table, score)))
    parts.append("<p class='note'>Mean over cases with a 95 % bootstrap interval; below it the published figure.</p>")
    parts += [_image(picture) for picture in pictures]
    for title, rows in tables.items():
        parts += [f"<h2>{html.escape(title)}</h2>", _html_table(rows)]
    parts += ["<h2>Trainings</h2>", _html_table(training_rows(experiment, table))]
    parts += [f"<p class='note'>{html.escape(headings[1])}</p>", *_comparisons(experiment, table)]
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in all_notes(experiment))
    parts.append(f"<h2>What to know</h2><ul>{notes}</ul>")
    parts.append(f"<p class='note'>ssaglioma {__version__}. Research use only; not a medical device.</p></body></html>")
    return "\n".join(parts)


def _comparisons(experiment: Experiment, table: ExperimentTable) -> list[str]:
    parts = []
    for score in experiment.scores:
        words = [comparison_words(test, experiment) for test in compared(table, score)]
        items = "".join(f"<li>{html.escape(text)}</li>" for text in words)
        parts += [f"<p>{html.escape(score.title)}</p><ul>{items}</ul>"] if items else []
    return ["<h2>Paired comparisons of the averages</h2>", *(parts or [f"<p>{NOTHING_COMPARED}</p>"])]


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in rows[0])
    body = []
    for row in rows[1:]:
        kind = " class='published'" if row[0].strip() == "as published" else ""
        body.append(f"<tr{kind}>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>")
    return f"<table><tr>{head}</tr>{''.join(body)}</table>"


def _image(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"<p><img alt='{html.escape(path.stem)}' src='data:image/png;base64,{data}'></p>"
