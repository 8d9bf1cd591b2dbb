"""The table as a picture: our figures with intervals, the published ones as open marks, one panel a score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssaglioma.errors import DeviceError
from ssaglioma.experiments.design import AVERAGE, Experiment, Score
from ssaglioma.experiments.table import ExperimentTable
from ssaglioma.volume.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
"""From Okabe and Ito (2008), safe for color-blind eyes; marks differ in shape too."""
_MARKS = ("o", "^", "s", "D", "v")
_ROW_INCHES, _HEAD_INCHES, _WIDTH_INCHES = 0.5, 1.5, 13.0


def write_figure(experiment: Experiment, table: ExperimentTable, path: Path, heading: str) -> Path:
    """Write the picture of the rows that have a finished fold (of all, where none has) as PNG, and return its path.

    Raises
    ------
    DeviceError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DeviceError(
            "The figure needs matplotlib, which is not installed", remedy="Install it: pip install 'ssaglioma[figures]'"
        ) from error
    done = tuple(row for row in experiment.rows if table.facts[row.name]["folds"])
    experiment = replace(experiment, rows=done or experiment.rows, pairs=(), default_rows={})
    height = _HEAD_INCHES + _ROW_INCHES * len(experiment.rows)
    page = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    FigureCanvasAgg(page)
    axes: Any = page.subplots(1, len(experiment.scores), sharey=True, squeeze=False)
    for place, score in enumerate(experiment.scores):
        _panel(axes[0, place], experiment, table, score)
    handles, names = axes[0, 0].get_legend_handles_labels()
    page.legend(handles, names, ncols=len(names), fontsize=9, loc="outside lower center", frameon=False)
    page.suptitle(f"{experiment.title}\n{heading}", fontsize=11)
    with atomic_path(path) as temporary:
        page.savefig(temporary, format="png", dpi=120, facecolor="white", metadata={"Software": None})
    return path


def _panel(axes: Axes, experiment: Experiment, table: ExperimentTable, score: Score) -> None:
    groups = (*experiment.classes, AVERAGE)
    offsets = np.linspace(-0.3, 0.3, len(groups))
    for index, group in enumerate(groups):
        color, mark = _COLORS[index % len(_COLORS)], _MARKS[index % len(_MARKS)]
        for place, row in enumerate(experiment.rows):
            cell, height = table.cell(row.name, score.name, group), place + offsets[index]
            summary = cell.summary
            if summary.mean is not None:
                if summary.ci_low is not None and summary.ci_high is not None:
                    axes.plot([summary.ci_low, summary.ci_high], [height, height], color=color, linewidth=1.4)
                axes.plot(summary.mean, height, mark, color=color, markersize=5.5)
            if cell.published is not None:
                axes.plot(cell.published, height, mark, color=color, markerfacecolor="none", markersize=6.5)
        axes.plot([], [], mark, color=color, label=group)
    axes.set_yticks(range(len(experiment.rows)), [row.title for row in experiment.rows])
    axes.set_ylim(len(experiment.rows) - 0.5, -0.5)
    axes.set_xlabel(f"{score.title}\n{'higher' if score.higher_is_better else 'lower'} is better", fontsize=9)
    if score.higher_is_better:
        axes.set_xlim(0, 1)
    else:
        axes.set_xlim(left=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for edge in np.arange(0.5, len(experiment.rows) - 1, 1.0):
        axes.axhline(edge, color="#eeeeee", linewidth=0.8)
    axes.plot([], [], "o", color="#555555", markerfacecolor="none", label="as published")
