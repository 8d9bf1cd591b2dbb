"""What a command says: text for people, or one JSON object a line for a parent program."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from ssaglioma import __version__
from ssaglioma.cli.pace import Pace, Stage
from ssaglioma.errors import SSAGliomaError
from ssaglioma.types import CountedMessage

PROGRESS_MODES = ("bar", "json", "none")
_BAR_WIDTH = 24
_SECONDS_BETWEEN_UPDATES = 0.2


@dataclass
class Console:
    """Output of one command.

    With mode 'json' only JSON lines go to stdout; the first one carries the version. In
    the other modes results go to stdout, progress and warnings to stderr.

    Attributes
    ----------
    mode : str
        'bar', 'json' or 'none'.
    out, err : text streams
    """

    mode: str = "bar"
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    _began: float = field(default_factory=time.monotonic)
    _began_at: float = 0.0
    _shown: float = -1.0
    _open_bar: bool = False
    _pace: Pace | None = None
    _share: float = 0.0

    def __post_init__(self) -> None:
        if self.mode == "json":
            self._event("version", version=__version__)

    def print(self, text: str = "") -> None:
        """Show text to a person; silent in JSON mode."""
        if self.mode != "json":
            self._close_bar()
            print(text, file=self.out, flush=True)

    def warn(self, text: str) -> None:
        """Show a warning."""
        if self.mode == "json":
            self._event("warning", message=text)
        else:
            self._close_bar()
            print(f"Warning: {text}", file=self.err, flush=True)

    def progress(self, fraction: float, message: str) -> None:
        """Show progress (0..1) with the time left; a `ProgressCallback`."""
        now = time.monotonic()
        if self.mode == "none" or (fraction < 1 and now - self._shown < _SECONDS_BETWEEN_UPDATES):
            return
        self._shown = now
        left, fraction = self._left(fraction, now)
        if self.mode == "json":
            rounded = None if left is None else round(left, 1)
            counts = {}
            if isinstance(message, CountedMessage):
                counts = {"done": message.done, "planned": message.planned}
            self._event("progress", fraction=round(fraction, 4), message=message, seconds_left=rounded, **counts)
            return
        filled = round(_BAR_WIDTH * fraction)
        bar = "#" * filled + "-" * (_BAR_WIDTH - filled)
        tail = f", {duration_text(left)} left" if left else ""
        if self.err.isatty():
            print(f"\r\033[K[{bar}] {message}{tail}", end="", file=self.err, flush=True)
            self._open_bar = True

    def expect(self, stages: Sequence[Stage]) -> None:
        """Reckon the time left from what the stages of this run usually take; progress is told in parts of the time."""
        self._pace = Pace(stages, self._began)

    def _left(self, fraction: float, now: float) -> tuple[float | None, float]:
        """Return the time left, and the fraction to show."""
        if self._pace is None:
            left = seconds_left((fraction - self._began_at) / max(1 - self._began_at, 1e-9), now - self._began)
            return left, fraction
        left = self._pace.left(fraction, now)
        gone = now - self._began
        self._share = max(self._share, 1.0 if fraction >= 1 else gone / max(gone + left, 1e-9))
        return left, self._share

    def restart_clock(self, fraction: float) -> None:
        """Reckon the time left from now and this fraction on: work that goes on did not begin at 0."""
        self._began, self._began_at = time.monotonic(), fraction

    def preview(self, labelmap: str) -> None:
        """Tell that a first, coarser labelmap was written."""
        if self.mode == "json":
            self._event("preview", labelmap=labelmap)
        else:
            self.print(f"Preview: {labelmap}")

    def ready(self) -> None:
        """Tell a parent program that requests can come; silent in the other modes."""
        if self.mode == "json":
            self._event("ready")

    def result(self, values: dict[str, Any]) -> None:
        """Give the result to a parent program; silent in the other modes."""
        if self.mode == "json":
            self._event("result", **values)

    def case(self, values: dict[str, Any]) -> None:
        """Tell a parent program how one case of many fares; silent in the other modes."""
        if self.mode == "json":
            self._event("case", **values)

    def epoch(self, values: dict[str, Any]) -> None:
        """Tell a parent program the numbers of a finished epoch; silent in the other modes."""
        if self.mode == "json":
            self._event("epoch", **values)

    def error(self, error: BaseException, code: int) -> None:
        """Show an error: one line on stderr, and an event in JSON mode."""
        self._close_bar()
        line = " ".join(str(error).split()) or type(error).__name__
        print(f"Error: {line}", file=self.err, flush=True)
        if self.mode == "json":
            remedy = error.remedy if isinstance(error, SSAGliomaError) else ""
            self._event("error", code=code, message=line, remedy=remedy)

    def _event(self, event: str, **values: Any) -> None:
        print(json.dumps({"event": event, **values}, allow_nan=False), file=self.out, flush=True)

    def _close_bar(self) -> None:
        if self._open_bar:
            print(file=self.err, flush=True)
            self._open_bar = False


def seconds_left(fraction: float, elapsed: float) -> float | None:
    """Return the time left by proportion, or None before anything can be said."""
    if fraction <= 0.02 or fraction > 1:
        return None
    return elapsed * (1 - fraction) / fraction


def duration_text(seconds: float) -> str:
    """Return '8 s', '3 min' or '1 h 20 min'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
