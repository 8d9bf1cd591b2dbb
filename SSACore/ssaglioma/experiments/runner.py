"""Carries an experiment out row by row and fold by fold; what is done is never done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ssaglioma import __version__
from ssaglioma.experiments.design import Experiment, Row, StudyContext
from ssaglioma.experiments.fold_tasks import FoldTask, fold_tasks
from ssaglioma.experiments.ledger import FoldResult, Ledger
from ssaglioma.experiments.study import Study
from ssaglioma.types import ProgressCallback, no_progress

_TRAINING, _PREDICTING = 0.94, 0.99


@dataclass
class ExperimentRun:
    """One experiment in one folder; call `run` again to go on.

    Attributes
    ----------
    experiment : Experiment
    context : StudyContext
    budget : str
        Name of the budget that the protocol was taken from.
    row_names : tuple of str
        Rows to carry out; none for all. The protocol does not depend on it.
    told : callable
        Called with the values of each finished fold.
    """

    experiment: Experiment
    context: StudyContext
    budget: str = "small"
    row_names: tuple[str, ...] = ()
    told: Callable[[dict[str, Any]], None] = lambda values: None
    ledger: Ledger = field(init=False)
    study: Study = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.context.output)
        self.study = self.experiment.open_study(self.context)
        self.study.bind(self.ledger)
        self.study.check(self.rows)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows that were asked for."""
        return self.experiment.chosen_rows(self.row_names)

    @property
    def tasks(self) -> tuple[FoldTask, ...]:
        """Folds of all seeds; the same for every row."""
        protocol = self.context.protocol
        return fold_tasks(self.study.cases, protocol.folds, protocol.seeds)

    def fix(self) -> str:
        """Fix the protocol on disk, or agree with the one there, and return its digest.

        Raises
        ------
        DatasetError
            If the folder was begun with another one.
        """
        return self.ledger.fix(
            {
                "experiment": self.experiment.name,
                "version": __version__,
                "budget": self.budget,
                "hyper_parameters": self.context.protocol.to_json(),
                "excluded": sorted(self.context.excluded),
                "data": dict(self.study.data_facts),
                "folds": [[task.name, list(task.test)] for task in self.tasks],
            }
        )

    def estimate(self) -> Mapping[str, float]:
        """Return the processor seconds of each row that are left, measured here on a few steps."""
        left = {row.name: [task for task in self.tasks if not self.ledger.has(row.name, task)] for row in self.rows}
        whole = self.study.seconds([row for row in self.rows if left[row.name]], self.tasks)
        return {name: whole.get(name, 0.0) * len(tasks) / len(self.tasks) for name, tasks in left.items()}

    def run(self, progress: ProgressCallback = no_progress) -> dict[str, list[FoldResult]]:
        """Carry out what is left, and return the finished folds of every row of the table.

        Raises
        ------
        DatasetError
            If the protocol differs from the one that the folder was begun with, or a row cannot be trained.
        """
        self.fix()
        jobs = [(row, task) for task in self.tasks for row in self.rows]
        for number, (row, task) in enumerate(jobs):
            if not self.ledger.has(row.name, task):
                self._carry_out(row, task, _part(progress, number, len(jobs), f"{row.title}, {task.name}"))
        progress(1.0, "All folds are done")
        return self.results()

    def results(self) -> dict[str, list[FoldResult]]:
        """Return the finished folds of every row of the table."""
        self.fix()
        return {row.name: self.ledger.finished(row.name, self.tasks) for row in self.experiment.rows}

    def analysis(self, rows: Sequence[Row] | None = None) -> Mapping[str, Any]:
        """Return the further figures of the experiment; all rows that were asked for must be done."""
        return self.study.analyse(self.rows if rows is None else rows, self.tasks, self.context.output)

    def _carry_out(self, row: Row, task: FoldTask, progress: ProgressCallback) -> None:
        began = time.monotonic(), time.process_time()
        facts = dict(self.study.train(row, task, _scaled(progress, 0.0, _TRAINING)))
        predictions = self.study.predict(row, task, _scaled(progress, _TRAINING, _PREDICTING))
        scores = self.study.score(predictions, self.study.labels.for_scoring(predictions, task))
        facts |= {"seconds": time.monotonic() - began[0], "processor_seconds": time.process_time() - began[1]}
        self.ledger.write(row.name, task, scores, facts)
        self.told({"row": row.name, "seed": task.seed, "fold": task.fold, "facts": facts})


def _part(progress: ProgressCallback, number: int, count: int, title: str) -> ProgressCallback:
    return lambda fraction, message: progress((number + fraction) / count, f"{title}: {message}")


def _scaled(progress: ProgressCallback, low: float, high: float) -> ProgressCallback:
    return lambda fraction, message: progress(low + (high - low) * fraction, message)
