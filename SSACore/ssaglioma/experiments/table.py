"""The table of an experiment: our figures beside the published ones, with intervals and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ssaglioma.evaluation.statistics import PairedComparison, Summary, compare_paired, holm_adjust, summarize
from ssaglioma.experiments.design import AVERAGE, Experiment
from ssaglioma.experiments.ledger import FoldResult

Results = Mapping[str, Sequence[FoldResult]]
Keys = list[tuple[int, str]]


@dataclass(frozen=True)
class Cell:
    """One figure of one row.

    Attributes
    ----------
    row, score, group : str
        The group is a class, or the average of the classes of each case.
    summary : Summary
        Over cases; with several seeds the mean of a case's seeds counts once.
    published : float or None
    class_sd : float or None
        Of the average alone: population SD over the means of the classes.
    """

    row: str
    score: str
    group: str
    summary: Summary
    published: float | None
    class_sd: float | None = None


@dataclass(frozen=True)
class Test:
    """A paired comparison of two rows by the average of a score.

    Attributes
    ----------
    first, second, score : str
    cases : PairedComparison
        First minus second over cases.
    folds : PairedComparison
        Over the means of folds, as several works test.
    holm_p : float or None
        The cases' t-test, adjusted for all comparisons of this score.
    """

    first: str
    second: str
    score: str
    cases: PairedComparison
    folds: PairedComparison
    holm_p: float | None

    __test__ = False


@dataclass(frozen=True)
class ExperimentTable:
    """All figures of an experiment.

    Attributes
    ----------
    cells : tuple of Cell
    tests : tuple of Test
    facts : mapping of row to mapping
        'folds' finished, 'of_folds' that there are (0: unknown), 'seeds', 'cases', 'missed' (classes that one side
        lacks), and means of what the study told.
    """

    cells: tuple[Cell, ...]
    tests: tuple[Test, ...]
    facts: Mapping[str, Mapping[str, Any]]

    def cell(self, row: str, score: str, group: str) -> Cell:
        """Return one figure.

        Raises
        ------
        KeyError
            If there is none.
        """
        found = [cell for cell in self.cells if (cell.row, cell.score, cell.group) == (row, score, group)]
        if not found:
            raise KeyError((row, score, group))
        return found[0]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "cells": [asdict(cell) for cell in self.cells],
            "tests": [asdict(test) for test in self.tests],
            "facts": {row: dict(values) for row, values in self.facts.items()},
        }


def build_table(experiment: Experiment, results: Results, trainings: int = 0) -> ExperimentTable:
    """Summarise what is finished; rows without a finished fold have empty cells.

    `trainings` is how many folds of all seeds a finished row has; rows with fewer are marked. 0 marks none.
    """
    cells: list[Cell] = []
    for row in experiment.rows:
        for score in experiment.scores:
            cells += _row_cells(experiment, row.name, score.name, results.get(row.name, ()), row.published)
    facts = {row.name: {"of_folds": trainings, **_facts(results.get(row.name, ()))} for row in experiment.rows}
    return ExperimentTable(tuple(cells), _tests(experiment, results), facts)


def case_values(
    results: Sequence[FoldResult], score: str, group: str, classes: Sequence[str]
) -> dict[str, float | None]:
    """Return one value a case: the class's, or the mean over the classes; the mean over seeds where there are several.

    A class without a value leaves the average of its case without one.
    """
    values: dict[str, list[float | None]] = {}
    for result in results:
        for case, by_class in result.scores.items():
            values.setdefault(case, []).append(_value(by_class, score, group, classes))
    return {case: _mean(found) for case, found in sorted(values.items())}


def fold_means(
    results: Sequence[FoldResult], score: str, classes: Sequence[str]
) -> dict[tuple[int, int], float | None]:
    """Return the mean of the cases' averages of each seed and fold; cases without a value are left out."""
    means: dict[tuple[int, int], float | None] = {}
    for result in results:
        found = [_value(by_class, score, AVERAGE, classes) for by_class in result.scores.values()]
        known = [value for value in found if value is not None]
        means[(result.seed, result.fold)] = float(np.mean(known)) if known else None
    return means


def _value(
    by_class: Mapping[str, Mapping[str, float | None]], score: str, group: str, classes: Sequence[str]
) -> float | None:
    if group != AVERAGE:
        return by_class[group].get(score)
    return _mean([by_class[name].get(score) for name in classes])


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _row_cells(
    experiment: Experiment,
    row: str,
    score: str,
    results: Sequence[FoldResult],
    published: Mapping[str, Mapping[str, float]],
) -> list[Cell]:
    printed = published.get(score, {})
    cells = []
    for name in experiment.classes:
        summary = summarize(case_values(results, score, name, experiment.classes).values())
        cells.append(Cell(row, score, name, summary, printed.get(name)))
    means = [cell.summary.mean for cell in cells if cell.summary.mean is not None]
    spread = float(np.std(means)) if len(means) == len(experiment.classes) else None
    average = summarize(case_values(results, score, AVERAGE, experiment.classes).values())
    return [*cells, Cell(row, score, AVERAGE, average, printed.get(AVERAGE), spread)]


def _facts(results: Sequence[FoldResult]) -> dict[str, Any]:
    if not results:
        return {"folds": 0}
    missed = [by.get("missed") or 0.0 for one in results for case in one.scores.values() for by in case.values()]
    found: dict[str, Any] = {
        "folds": len(results),
        "seeds": sorted({result.seed for result in results}),
        "cases": len({case for result in results for case in result.scores}),
        "missed": int(sum(missed)),
    }
    numbers = {key for result in results for key, value in result.facts.items() if isinstance(value, int | float)}
    for key in sorted(numbers):
        values = [result.facts[key] for result in results if key in result.facts]
        found[key] = float(np.mean(values))
    return found


def _tests(experiment: Experiment, results: Results) -> tuple[Test, ...]:
    tests: list[Test] = []
    for score in experiment.scores:
        made = [
            _test(first, second, score.name, results.get(first, ()), results.get(second, ()), experiment.classes)
            for first, second in experiment.pairs
        ]
        known = [index for index, test in enumerate(made) if test.cases.t_p is not None]
        adjusted = holm_adjust([float(made[index].cases.t_p or 0.0) for index in known])
        by_index = dict(zip(known, adjusted))
        tests += [
            Test(test.first, test.second, test.score, test.cases, test.folds, by_index.get(index))
            for index, test in enumerate(made)
        ]
    return tuple(tests)


def _test(
    first: str, second: str, score: str, ours: Sequence[FoldResult], other: Sequence[FoldResult], classes: Sequence[str]
) -> Test:
    """Compare two rows on the folds that both have finished."""
    done = {(one.seed, one.fold) for one in ours} & {(one.seed, one.fold) for one in other}
    sides = [[one for one in side if (one.seed, one.fold) in done] for side in (ours, other)]
    by_case = [case_values(side, score, AVERAGE, classes) for side in sides]
    by_fold = [fold_means(side, score, classes) for side in sides]
    cases, folds = sorted(by_case[0]), sorted(by_fold[0])
    return Test(
        first,
        second,
        score,
        compare_paired([by_case[0][name] for name in cases], [by_case[1][name] for name in cases]),
        compare_paired([by_fold[0][key] for key in folds], [by_fold[1][key] for key in folds]),
        None,
    )
