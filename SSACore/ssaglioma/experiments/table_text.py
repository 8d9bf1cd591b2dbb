"""The table of an experiment as text for people and as CSV for programs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ssaglioma.experiments.design import AVERAGE, Experiment, Row, Score
from ssaglioma.experiments.table import Cell, ExperimentTable, Test
from ssaglioma.volume.atomic import atomic_path

MISSING = "-"
CSV_COLUMNS = (
    *("row", "score", "class", "ours", "ci_low", "ci_high", "sd", "class_sd", "cases", "without_value", "published"),
    *("folds", "seeds", "steps", "training_cases", "target_cases", "missed"),
)
TRAINING_HEADINGS = (
    *("", "folds", "tested cases", "training cases", "of them target", "steps", "minutes a fold"),
    *("processor minutes", "missed classes"),
)


NOTHING_COMPARED = "No two rows of a comparison have finished the same fold yet."


def table_text(
    experiment: Experiment, table: ExperimentTable, heading: str, protocol: Mapping[str, object] = MappingProxyType({})
) -> str:
    """Return the whole table: one block a score, the trainings, the comparisons, and the notes."""
    parts = [f"{experiment.title}\n{experiment.citation}\n{heading}"]
    parts += [_block(experiment, table, score) for score in experiment.scores]
    parts += [_training_block(experiment, table), protocol_words(protocol), _tests_block(experiment, table)]
    parts.append("\n".join(f"- {note}" for note in all_notes(experiment)))
    return "\n\n".join(part for part in parts if part) + "\n"


def all_notes(experiment: Experiment) -> list[str]:
    """Return the notes of the experiment, then those of its rows."""
    return [*experiment.notes, *(f"{row.title}: {row.note}." for row in experiment.rows if row.note)]


def protocol_words(protocol: Mapping[str, object]) -> str:
    """Return the hyper-parameters in one sentence; an empty text without any."""
    shown = [
        f"{name} {', '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}"
        for name, value in protocol.items()
    ]
    return f"Protocol: {'; '.join(shown)}." if shown else ""


def compared(table: ExperimentTable, score: Score) -> list[Test]:
    """Return the comparisons of a score that have a fold in common."""
    return [test for test in table.tests if test.score == score.name and test.cases.ci_low is not None]


def cell_text(cell: Cell, score: Score) -> str:
    """Return '0.711 [0.650, 0.771]', or '-' without a value."""
    summary = cell.summary
    if summary.mean is None:
        return MISSING
    shown = f"{summary.mean:.{score.digits}f}"
    if summary.ci_low is None or summary.ci_high is None:
        return shown
    return f"{shown} [{summary.ci_low:.{score.digits}f}, {summary.ci_high:.{score.digits}f}]"


def published_text(cell: Cell, score: Score) -> str:
    """Return the published figure, or '-'."""
    return MISSING if cell.published is None else f"{cell.published:.{score.digits}f}"


def average_text(experiment: Experiment, cell: Cell, score: Score) -> str:
    """Return the average as `cell_text`, with +- the SD over the classes where the work prints that."""
    text = cell_text(cell, score)
    if experiment.spread == "classes" and cell.class_sd is not None:
        text += f" ±{cell.class_sd:.{score.digits}f}"
    return text


def comparison_words(test: Test, experiment: Experiment) -> str:
    """Return one line about a comparison."""
    cases, folds = test.cases, test.folds
    title = f"{experiment.row(test.first).title} minus {experiment.row(test.second).title}"
    if cases.mean_difference is None or cases.ci_low is None:
        return f"{title}: not both finished"
    score = next(one for one in experiment.scores if one.name == test.score)
    words = (
        f"{title}: {cases.mean_difference:+.{score.digits}f} [{cases.ci_low:+.{score.digits}f}, "
        f"{cases.ci_high:+.{score.digits}f}] over {cases.count} cases; t-test {_p(cases.t_p)}, Holm {_p(test.holm_p)}, "
        f"Wilcoxon {_p(cases.wilcoxon_p)}"
    )
    return words + (f"; over {folds.count} folds {_p(folds.t_p)}" if folds.t_p is not None else "")


def write_table_csv(experiment: Experiment, table: ExperimentTable, path: Path) -> Path:
    """Write one line a figure, atomically, and return the path."""
    with atomic_path(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, CSV_COLUMNS)
        writer.writeheader()
        for cell in table.cells:
            facts = table.facts[cell.row]
            summary = cell.summary
            writer.writerow(
                {
                    "row": cell.row,
                    "score": cell.score,
                    "class": cell.group,
                    "ours": summary.mean,
                    "ci_low": summary.ci_low,
                    "ci_high": summary.ci_high,
                    "sd": summary.sd,
                    "class_sd": cell.class_sd,
                    "cases": summary.count,
                    "without_value": summary.missing,
                    "published": cell.published,
                    **{name: facts.get(name) for name in CSV_COLUMNS[11:]},
                }
            )
    return path


def grid_text(rows: Sequence[Sequence[str]]) -> str:
    """Return cells in columns of equal width; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def score_rows(experiment: Experiment, table: ExperimentTable, score: Score) -> list[list[str]]:
    """Return the cells of one score, head first: of each row our figures, then the published ones."""
    groups = (*experiment.classes, AVERAGE)
    rows = [["", *groups]]
    for row in experiment.rows:
        cells = [table.cell(row.name, score.name, group) for group in groups]
        ours = [cell_text(cell, score) for cell in cells[:-1]]
        rows.append([_titled(row, table), *ours, average_text(experiment, cells[-1], score)])
        if any(cell.published is not None for cell in cells):
            rows.append(["    as published", *[published_text(cell, score) for cell in cells]])
    return rows


def _titled(row: Row, table: ExperimentTable) -> str:
    """Return a row's title, with the folds that are done where some are not."""
    facts = table.facts[row.name]
    partly = 0 < facts["folds"] < facts["of_folds"]
    return f"{row.title} ({facts['folds']} of {facts['of_folds']} folds)" if partly else row.title


def training_rows(experiment: Experiment, table: ExperimentTable) -> list[list[str]]:
    """Return what each row was trained with, head first."""
    rows = [list(TRAINING_HEADINGS)]
    for row in experiment.rows:
        facts = table.facts[row.name]
        rows.append(
            [
                row.title,
                str(facts["folds"]),
                _whole(facts, "cases"),
                _whole(facts, "training_cases"),
                _whole(facts, "target_cases"),
                _whole(facts, "steps"),
                _minutes(facts, "training_seconds"),
                _minutes(facts, "processor_seconds"),
                _whole(facts, "missed"),
            ]
        )
    return rows


def _block(experiment: Experiment, table: ExperimentTable, score: Score) -> str:
    arrow = "higher is better" if score.higher_is_better else "lower is better"
    return f"{score.title} ({arrow}); 95 % bootstrap interval over cases\n" + grid_text(
        score_rows(experiment, table, score)
    )


def _training_block(experiment: Experiment, table: ExperimentTable) -> str:
    return "Trainings\n" + grid_text(training_rows(experiment, table))


def _tests_block(experiment: Experiment, table: ExperimentTable) -> str:
    if not table.tests:
        return ""
    lines = ["Paired comparisons of the averages"]
    for score in experiment.scores:
        found = compared(table, score)
        lines += [score.title, *(f"  {comparison_words(test, experiment)}" for test in found)] if found else []
    return "\n".join(lines if len(lines) > 1 else [*lines, NOTHING_COMPARED])


def _whole(facts: Mapping[str, object], name: str) -> str:
    value = facts.get(name)
    return MISSING if not isinstance(value, int | float) else f"{value:.0f}"


def _minutes(facts: Mapping[str, object], name: str) -> str:
    value = facts.get(name)
    return MISSING if not isinstance(value, int | float) else f"{value / 60:.1f}"


def _p(value: float | None) -> str:
    if value is None:
        return "p -"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
