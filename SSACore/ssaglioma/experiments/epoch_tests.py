"""Paired t-tests over numbers of epochs: few pairs, and not independent ones, but what arXiv:2501.04734 reports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ssaglioma.evaluation.statistics import compare_paired
from ssaglioma.experiments.design import AVERAGE
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.glioma_design import DICE, GliomaOpener
from ssaglioma.experiments.ledger import Ledger
from ssaglioma.experiments.table import case_values


def epoch_tests(design: GliomaOpener, ledger: Ledger, tasks: Sequence[FoldTask]) -> list[list[str]]:
    """Return rows of text, head first; a pair of rows counts once both have finished all folds."""
    rows = [["", "pairs", "mean difference", "t", "p", "published t", "published p"]]
    for test in design.epoch_tests:
        pairs = [
            (_mean(design, ledger, first, tasks), _mean(design, ledger, second, tasks))
            for first, second in zip(test.first, test.second)
            if all(ledger.has(name, task) for name in (first, second) for task in tasks)
        ]
        found = compare_paired([first for first, _ in pairs], [second for _, second in pairs])
        if found.mean_difference is None:
            continue
        numbers = (found.mean_difference, found.t_statistic, found.t_p)
        words = ["-" if value is None else f"{value:.3f}" for value in numbers]
        rows.append([test.title, str(found.count), *words, f"{test.published_t:.2f}", f"{test.published_p:.2f}"])
    return rows


def _mean(design: GliomaOpener, ledger: Ledger, row: str, tasks: Sequence[FoldTask]) -> float | None:
    values = case_values(ledger.finished(row, tasks), DICE, AVERAGE, design.classes).values()
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
