"""What a background run of `ssaglioma` says: events from its JSON lines, its log, its time left."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LONGEST_LINE = 4000
_HEAD_LINES, _TAIL_LINES = 200, 4000


@dataclass(frozen=True)
class Progress:
    """How far the run is.

    Attributes
    ----------
    fraction : float
        0..1, never less than before.
    message : str
        What is being done, for the user.
    seconds_left : float or None
        As the run itself tells.
    """

    fraction: float
    message: str
    seconds_left: float | None = None


@dataclass(frozen=True)
class Notice:
    """A warning that does not end the run."""

    message: str


@dataclass(frozen=True)
class Preview:
    """A first, coarser result was written while the run goes on.

    Attributes
    ----------
    labelmap : str
        Its file.
    """

    labelmap: str


@dataclass(frozen=True)
class Result:
    """The run is done; `values` is what the command gives to programs."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """The run ended without a result.

    Attributes
    ----------
    code : int
        Exit code: 2 wrong input, 3 this computer, negative for a signal.
    message : str
        What happened, in words.
    remedy : str
        What to do about it.
    """

    code: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.remedy) if part)


@dataclass(frozen=True)
class Cancelled:
    """The run was stopped because `cancel` was called."""


Event = Progress | Notice | Preview | Result | Failure | Cancelled


def parse_line(line: str) -> dict[str, Any] | None:
    """Return the JSON object of a line that is an event, or None for anything else."""
    text = line.strip()
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("event"), str) else None


def progress_of(values: Mapping[str, Any]) -> Progress | None:
    """Return the progress that an event tells, the fraction held within 0..1; None if it tells none."""
    fraction, left = _number(values.get("fraction")), _number(values.get("seconds_left"))
    if fraction is None:
        return None
    held = None if left is None else max(left, 0.0)
    return Progress(min(max(fraction, 0.0), 1.0), str(values.get("message", "")), held)


def _number(value: object) -> float | None:
    """Return a finite number as float, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


@dataclass
class Log:
    """The lines that a run wrote, the first 200 and the last 4000 of them, none longer than 4000 characters."""

    _head: list[str] = field(default_factory=list)
    _tail: deque[str] = field(default_factory=lambda: deque(maxlen=_TAIL_LINES))
    _count: int = 0

    def add(self, line: str) -> None:
        """Keep a line; a much too long one is cut."""
        text = line.rstrip("\r\n")
        if len(text) > _LONGEST_LINE:
            text = f"{text[:_LONGEST_LINE]} ... ({len(text) - _LONGEST_LINE} characters left out)"
        self._count += 1
        if len(self._head) < _HEAD_LINES:
            self._head.append(text)
        else:
            self._tail.append(text)

    def lines(self) -> list[str]:
        """Return the kept lines in order, with a note where lines were left out."""
        left_out = self._count - len(self._head) - len(self._tail)
        note = [f"... ({left_out} lines left out)"] if left_out else []
        return [*self._head, *note, *list(self._tail)]

    def text(self) -> str:
        """Return the kept lines as one text."""
        return "\n".join(self.lines())


class TimeLeft:
    """Counts down the time left that a run tells; where it tells none, estimates it from the pace of the last steps.

    Parameters
    ----------
    window : int
        Steps that the pace is taken from: few follow a change of pace, many smooth it.
    """

    def __init__(self, window: int = 20) -> None:
        self._steps: deque[tuple[float, float]] = deque(maxlen=window)
        self._told: tuple[float, float] | None = None

    def add(self, now: float, fraction: float, told: float | None = None) -> None:
        """Take note of progress at a time in seconds, and of the seconds left told; steps back do not count."""
        self._told = None if told is None else (now, told)
        if not self._steps or fraction > self._steps[-1][1]:
            self._steps.append((now, fraction))

    def seconds(self, now: float) -> float | None:
        """Return the seconds left at a time, None before the pace is known, 0 when all is done or overdue."""
        if self._steps and self._steps[-1][1] >= 1.0:
            return 0.0
        if self._told is not None:
            return max(self._told[1] - (now - self._told[0]), 0.0)
        if len(self._steps) < 2:
            return None
        (began, first), (last, fraction) = self._steps[0], self._steps[-1]
        if last <= began:
            return None
        left = (1.0 - fraction) * (last - began) / (fraction - first)
        return max(left - (now - last), 0.0)
