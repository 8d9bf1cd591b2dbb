"""What an experiment has to know to carry out its rows; the loops are in `training`, the order in `runner`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ssaglioma.experiments.design import Row, StudyContext
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.ledger import CaseScores, Ledger
from ssaglioma.experiments.sealed_labels import SealedLabels
from ssaglioma.types import ProgressCallback, no_progress


class Study(ABC):
    """Carries out single rows of one experiment on one pair of folders.

    Attributes
    ----------
    context : StudyContext
    labels : SealedLabels
        Of the target; the only way to them.
    """

    context: StudyContext
    labels: SealedLabels

    @abstractmethod
    def bind(self, ledger: Ledger) -> None:
        """Take the ledger that the target's labels are sealed by."""

    def check(self, rows: Sequence[Row]) -> None:
        """Raise a DatasetError if a row cannot be carried out with what the study was given."""
        return

    @property
    @abstractmethod
    def cases(self) -> tuple[str, ...]:
        """Target cases that the folds are dealt from."""

    @property
    @abstractmethod
    def data_facts(self) -> Mapping[str, Any]:
        """What else the protocol fixes: cases of the source, packages, stand-ins; JSON values."""

    @abstractmethod
    def train(self, row: Row, task: FoldTask, progress: ProgressCallback = no_progress) -> Mapping[str, Any]:
        """Train a row's networks for a fold, resuming what a kill has left, and return facts for the table."""

    @abstractmethod
    def predict(self, row: Row, task: FoldTask, progress: ProgressCallback = no_progress) -> dict[str, Path]:
        """Segment the tested cases without their labels and return the files."""

    @abstractmethod
    def score(self, predictions: Mapping[str, Path], references: Mapping[str, Path]) -> CaseScores:
        """Score predictions, both given as files by case."""

    @abstractmethod
    def seconds(self, rows: Sequence[Row], tasks: Sequence[FoldTask]) -> Mapping[str, float]:
        """Time a few steps and return the processor seconds that each row will take here, all folds together."""

    def analyse(self, rows: Sequence[Row], tasks: Sequence[FoldTask], output: Path) -> Mapping[str, Any]:
        """Make further figures once all rows are done; return JSON values for the report."""
        return {}
