"""Target labels under seal: nobody reads them before the protocol is fixed on disk, or for a case that is tested.

A figure is worth nothing if somebody chose the learning rate by it. So the labels of the target's cases are handed
out by this one class, which asks for the written protocol first, for a prediction that is already on disk before a
case is scored, and for a task that does not test the patient before a label is trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from ssaglioma.errors import DatasetError
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.ledger import Ledger
from ssaglioma.training.style_provenance import patient_of

T = TypeVar("T")


class SealedLabels:
    """Hands out label files of target cases.

    Parameters
    ----------
    files : mapping of case name to Path
    ledger : Ledger
        Knows whether the protocol is fixed, and which rows are done.
    """

    def __init__(self, files: Mapping[str, Path], ledger: Ledger) -> None:
        self._files, self._ledger = dict(files), ledger

    @property
    def cases(self) -> tuple[str, ...]:
        """Names of the cases that have labels, sorted."""
        return tuple(sorted(self._files))

    def for_training(self, cases: Iterable[str], task: FoldTask) -> dict[str, Path]:
        """Return label files that a row may train on.

        Raises
        ------
        DatasetError
            If the protocol is not fixed, or a case is of a patient whom the task tests.
        """
        names = tuple(cases)
        self._check_fixed("trained on")
        tested = sorted(name for name in names if patient_of(name) in task.tested_patients)
        if tested:
            raise DatasetError(
                f"Labels of {tested} were asked for to train on, but {task.name} tests these patients",
                expected="cases of other patients",
            )
        return self._found(names)

    def for_scoring(self, predictions: Mapping[str, Path], task: FoldTask) -> dict[str, Path]:
        """Return the label files of tested cases whose predictions are on disk already.

        Raises
        ------
        DatasetError
            If the protocol is not fixed, a case is not one that the task tests, or a prediction is not there.
        """
        self._check_fixed("scored by")
        strange = sorted(set(predictions) ^ set(task.test))
        missing = sorted(name for name, path in predictions.items() if not Path(path).is_file())
        if strange or missing:
            raise DatasetError(
                f"Labels were asked for to score {task.name}; not its cases: {strange}, not predicted: {missing}",
                expected="a prediction on disk for each tested case, and for no other",
            )
        return self._found(task.test)

    def for_analysis(self, cases: Iterable[str], rows: Iterable[str], tasks: Iterable[FoldTask]) -> dict[str, Path]:
        """Return label files for figures that nothing is trained by, once every row is finished.

        Raises
        ------
        DatasetError
            If a row is not finished.
        """
        self._check_fixed("analysed")
        named = list(tasks)
        unfinished = sorted({row for row in rows for task in named if not self._ledger.has(row, task)})
        if unfinished:
            raise DatasetError(
                f"The rows {unfinished} are not finished", expected="all rows before labels are analysed"
            )
        return self._found(tuple(cases))

    def _check_fixed(self, what: str) -> None:
        if not self._ledger.is_fixed:
            raise DatasetError(
                f"Labels of the target were asked for to be {what} before the hyper-parameters were fixed",
                expected="the protocol written to the output folder first",
            )

    def _found(self, names: Iterable[str]) -> dict[str, Path]:
        missing = sorted(set(names) - set(self._files))
        if missing:
            raise DatasetError(f"The target cases {missing[:5]} have no labels", expected="a labelmap for each")
        return {name: self._files[name] for name in names}


def reading(files: Mapping[str, Path], read: Callable[[Path], T]) -> dict[str, T]:
    """Return what a reader makes of each file, by case."""
    return {name: read(path) for name, path in files.items()}
