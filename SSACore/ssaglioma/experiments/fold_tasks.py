"""Folds that every row of a table shares: patient-disjoint, drawn from a seed and the names alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.training.folds import Folds
from ssaglioma.training.style_provenance import patient_of


@dataclass(frozen=True)
class FoldTask:
    """One training and its judgement.

    Attributes
    ----------
    seed, fold : int
        The fold counts from 0.
    training, test : tuple of str
        Target cases; no patient is on both sides.

    Raises
    ------
    DatasetError
        If a patient is on both sides, or there is nobody to test.
    """

    seed: int
    fold: int
    training: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        both = sorted({patient_of(name) for name in self.training} & self.tested_patients)
        if both or not self.test:
            raise DatasetError(
                f"Fold {self.fold} of seed {self.seed} trains and tests on {both or 'nobody'}",
                expected="other patients on each side, at least one to test",
            )

    @property
    def tested_patients(self) -> frozenset[str]:
        """Patients who are held out."""
        return frozenset(patient_of(name) for name in self.test)

    @property
    def name(self) -> str:
        """For files: 'seed1-fold0'."""
        return f"seed{self.seed}-fold{self.fold}"

    @property
    def folds(self) -> Folds:
        """Both sides as folds; fold 0 holds the test cases out. For the guards of the training room."""
        return Folds((self.test, self.training))


def patient_folds(cases: Iterable[str], count: int, seed: int) -> Folds:
    """Deal patients into folds of like size, all visits of a patient together; order of the cases plays no part.

    Raises
    ------
    DatasetError
        If there are fewer patients than folds, or a case is named twice.
    """
    names = sorted(cases)
    by_patient: dict[str, list[str]] = {}
    for name in names:
        by_patient.setdefault(patient_of(name), []).append(name)
    if len(by_patient) < count or len(set(names)) != len(names):
        raise DatasetError(
            f"{len(by_patient)} patients in {len(names)} cases cannot be dealt into {count} folds",
            expected="at least one patient a fold, each case once",
            remedy="Give more cases, or ask for fewer folds (--folds)",
        )
    patients = sorted(by_patient)
    order = np.random.default_rng(seed).permutation(len(patients))
    groups: list[list[str]] = [[] for _ in range(count)]
    for place, index in enumerate(order):
        groups[place % count].extend(by_patient[patients[int(index)]])
    return Folds(tuple(tuple(sorted(group)) for group in groups))


def fold_tasks(cases: Iterable[str], count: int, seeds: Iterable[int]) -> tuple[FoldTask, ...]:
    """Return the tasks of all seeds and folds; every row of a table carries out these very ones."""
    names = tuple(cases)
    tasks = []
    for seed in seeds:
        folds = patient_folds(names, count, seed)
        tasks += [FoldTask(seed, fold, folds.training(fold), folds.held_out(fold)) for fold in range(count)]
    return tuple(tasks)
