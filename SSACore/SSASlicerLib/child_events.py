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
    """

    fraction: float
    message: str


@dataclass(frozen=True)
class Notice:
    """A warning that does not end the run."""

    message: str


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


Event = Progress | Notice | Result | Failure | Cancelled


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
    fraction = values.get("fraction")
    if isinstance(fraction, bool) or not isinstance(fraction, (int, float)) or not math.isfinite(fraction):
        return None
    return Progress(min(max(float(fraction), 0.0), 1.0), str(values.get("message", "")))


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
    """Estimates the time left from the pace of the last steps, and counts down between them.

    Parameters
    ----------
    window : int
        Steps that the pace is taken from: few follow a change of pace, many smooth it.
    """

    def __init__(self, window: int = 20) -> None:
        self._steps: deque[tuple[float, float]] = deque(maxlen=window)

    def add(self, now: float, fraction: float) -> None:
        """Take note of progress at a time in seconds; steps that are no progress do not count."""
        if not self._steps or fraction > self._steps[-1][1]:
            self._steps.append((now, fraction))

    def seconds(self, now: float) -> float | None:
        """Return the seconds left at a time, None before the pace is known, 0 when all is done or overdue."""
        if self._steps and self._steps[-1][1] >= 1.0:
            return 0.0
        if len(self._steps) < 2:
            return None
        (began, first), (last, fraction) = self._steps[0], self._steps[-1]
        if last <= began:
            return None
        left = (1.0 - fraction) * (last - began) / (fraction - first)
        return max(left - (now - last), 0.0)
