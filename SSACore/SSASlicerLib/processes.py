"""Runs `python -m ssaglioma <command> --progress json` in a child process that a timer can watch.

There is no Qt here: the caller calls `poll()` a few times a second (from a timer, or in a loop)
and gets what happened since as events. The child never blocks on us: threads read its output.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

import ssaglioma
from ssaglioma.errors import DeviceError
from SSASlicerLib import child_failures
from SSASlicerLib.child_events import (
    Cancelled,
    Event,
    Failure,
    Notice,
    Preview,
    Progress,
    Result,
    TimeLeft,
    progress_of,
)
from SSASlicerLib.child_process import ChildProcess

GRACE_SECONDS = 3.0


class State(Enum):
    """Where a run stands."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


def python_program() -> str:
    """Return the Python that runs the child: Slicer's `PythonSlicer`, elsewhere the one that runs now.

    Raises
    ------
    DeviceError
        If there is none.
    """
    found = shutil.which("PythonSlicer")
    if found is None and Path(sys.executable or "").stem.lower().startswith("python"):
        found = sys.executable
    if not found:
        raise DeviceError(
            "The Python of Slicer was not found", expected="the program 'PythonSlicer'", remedy="Install Slicer again"
        )
    return found


def core_folder() -> str:
    """Return the folder of the `ssaglioma` that is imported here."""
    return str(Path(ssaglioma.__file__).resolve().parents[1])


def child_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: it imports our core, no user packages, and speaks UTF-8."""
    environment = dict(os.environ if base is None else base)
    environment.pop("PYTHONSTARTUP", None)
    return environment | {
        "PYTHONPATH": core_folder(),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "PYTHONSAFEPATH": "1",
    }


def command_line(arguments: Sequence[str]) -> list[str]:
    """Return the whole command for `ssaglioma` arguments, e.g. ['segment', folder, '--output', file]."""
    return [python_program(), "-m", "ssaglioma", *arguments, "--progress", "json", "--exit-with-parent"]


class BackgroundRun:
    """One run of a command in a child process.

    Parameters
    ----------
    command : sequence of str
        Program and arguments, usually from `command_line`.
    environment : mapping of str to str, optional
        `child_environment()` by default.
    folder : str, optional
        Working folder of the child.
    expected_version : str or None
        Version that the child must tell first; None takes any.
    clock : callable
        Seconds, ever growing.

    Raises
    ------
    DeviceError
        If the program cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        expected_version: str | None = ssaglioma.__version__,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = State.RUNNING
        self.progress = Progress(0.0, "Starting")
        self.end: Result | Failure | Cancelled | None = None
        self._clock, self._time_left = clock, TimeLeft()
        self._began = clock()
        self._answer: Result | Failure | None = None
        self._kill_at: float | None = None
        given = child_environment() if environment is None else environment
        self._child = ChildProcess(command, given, folder, expected_version, clock)
        self.log = self._child.log

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._child.program.pid

    @property
    def finished(self) -> bool:
        """Tell whether the run has ended and said so in an event."""
        return self.end is not None

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._began

    @property
    def silent_seconds(self) -> float:
        """Seconds since the child last said anything."""
        return self._clock() - self._child.last_sign

    def seconds_left(self) -> float | None:
        """Return the estimated seconds left, None before it can be told or when the run is over."""
        return self._time_left.seconds(self._clock()) if self.state is State.RUNNING else None

    def poll(self) -> list[Event]:
        """Return what happened since the last call; the last event of a run is its Result, Failure or Cancelled.

        Never blocks; only the newest progress is told.
        """
        if self.finished:
            return []
        events = self._events()
        now = self._clock()
        if self._kill_at is not None and now >= self._kill_at:
            self._child.tree.end()
        if self._child.alive:
            self._child.look()
            return events
        if self._kill_at is not None and now < self._kill_at and self._child.tree.look():
            return events  # the launcher is gone, the rest may still clean up
        if self._child.drained():
            events += self._events()
            events.append(self._finish())
        return events

    def cancel(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Ask the child tree to end; `poll` ends it by force after the grace time. No harm when it is over."""
        if self.state is State.RUNNING:
            self.state = State.CANCELLING
            self._stop(grace_seconds)

    def close(self, timeout_seconds: float = 5.0) -> None:
        """End the child tree now and wait for it, as when Slicer exits or the scene closes."""
        if self.finished:
            return
        if self.state is State.RUNNING:
            self.state = State.CANCELLING
        self._stop(0.0)
        limit = time.monotonic() + timeout_seconds
        while not self.finished and time.monotonic() < limit:
            self.poll()
            time.sleep(0.02)

    def wait(self, timeout_seconds: float) -> list[Event]:
        """Poll until the run ends or the time is up; return all events (for scripts and tests, it blocks)."""
        events: list[Event] = []
        limit = time.monotonic() + timeout_seconds
        while not self.finished and time.monotonic() < limit:
            events += self.poll()
            time.sleep(0.02)
        return events

    def _stop(self, grace_seconds: float) -> None:
        self._kill_at = self._clock() + grace_seconds
        if grace_seconds > 0:
            self._child.tree.ask_to_end()
        else:
            self._child.tree.end()
        self._child.close_input()

    def _events(self) -> list[Event]:
        """Turn what arrived into events."""
        found = [self._understand(values) for values in self._child.take()]
        return [event for event in found if event is not None]

    def _understand(self, values: Mapping[str, object]) -> Progress | Notice | Preview | None:
        kind = values["event"]
        if stranger := self._child.stranger(values):
            self._answer = stranger
            self._stop(0.0)
        if kind == "progress":
            told = progress_of(values)
            if told is None:
                return None
            self.progress = Progress(max(told.fraction, self.progress.fraction), told.message, told.seconds_left)
            self._time_left.add(self._clock(), self.progress.fraction, told.seconds_left)
            return self.progress
        if kind == "warning":
            return Notice(str(values.get("message", "")))
        if kind == "preview":
            return Preview(str(values.get("labelmap", "")))
        if self._answer is None and kind == "result":
            self._answer = Result({key: value for key, value in values.items() if key != "event"})
        elif kind == "error" and not isinstance(self._answer, Failure):
            self._answer = child_failures.from_error_event(values)
        return None

    def _finish(self) -> Result | Failure | Cancelled:
        code = self._child.program.returncode
        self._child.close_input()
        if self.state is State.CANCELLING:
            self.state, self.end = State.CANCELLED, Cancelled()
        elif isinstance(self._answer, Result) and code == 0:
            self.state, self.end = State.DONE, self._answer
        else:
            self.state = State.FAILED
            failure = self._answer if isinstance(self._answer, Failure) else None
            self.end = failure or child_failures.from_exit(code, self.log.lines())
        self.log.add(f"Ended with code {code} after {self.elapsed_seconds:.1f} s: {self.state.value}")
        return self.end
