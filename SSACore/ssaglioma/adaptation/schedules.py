"""How the weight of the gradient reversal moves during a run (lambda in Ganin et al. 2016, arXiv:1505.07818)."""

from __future__ import annotations

import math

SCHEDULES = ("constant", "ganin")
_STEEPNESS = 10.0
_RATE_GROWTH, _RATE_POWER = 10.0, 0.75


def grl_weight(schedule: str, progress: float, peak: float = 1.0) -> float:
    """Return the weight at a share of the run, 0 at its first step and 1 at its end.

    'constant' is `peak` throughout; 'ganin' rises from 0 as peak x (2 / (1 + exp(-10 progress)) - 1).

    Raises
    ------
    ValueError
        If the schedule is unknown or progress is outside 0..1.
    """
    _check(progress)
    if schedule == "constant":
        return peak
    if schedule == "ganin":
        return peak * (2 / (1 + math.exp(-_STEEPNESS * progress)) - 1)
    raise ValueError(f"The schedule must be one of {SCHEDULES}, found {schedule!r}")


def ganin_learning_rate(start: float, progress: float) -> float:
    """Return start / (1 + 10 progress) ** 0.75, the learning rate that goes with the 'ganin' schedule.

    Raises
    ------
    ValueError
        If progress is outside 0..1.
    """
    _check(progress)
    return start / (1 + _RATE_GROWTH * progress) ** _RATE_POWER


def _check(progress: float) -> None:
    if not 0 <= progress <= 1:
        raise ValueError(f"progress must be between 0 and 1, found {progress!r}")
