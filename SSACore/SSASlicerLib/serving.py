"""A child process that answers one request after the other, so that what is slow to load is loaded once.

The child is `python -m ssaglioma serve`. Like a `BackgroundRun` it is watched by a timer that calls `poll()`, and it
ends with its whole tree; unlike one it has no end of its own while somebody asks. Only the newest request counts.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import ssaglioma
from SSASlicerLib import child_failures, processes
from SSASlicerLib.child_events import Failure, Progress, Result, progress_of
from SSASlicerLib.child_process import ChildProcess

_CLOSE_SECONDS = 5.0


def command_line(idle_minutes: float) -> list[str]:
    """Return the whole command of a child that ends by itself when nobody asks for so many minutes."""
    return processes.command_line(["serve", "--idle-minutes", f"{idle_minutes:g}"])


class ServingChild:
    """One child process that serves.

    Parameters
    ----------
    command : sequence of str
        Program and arguments, usually from `command_line`.
    environment : mapping of str to str, optional
        `processes.child_environment()` by default.
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
        expected_version: str | None = ssaglioma.__version__,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.progress = Progress(0.0, "Starting")
        self.ready = False
        self._closed = False
        self._asked, self._answered = 0, 0
        self._held: dict[str, Any] | None = None
        self._failure: Failure | None = None
        given = processes.child_environment() if environment is None else environment
        self._child = ChildProcess(command, given, None, expected_version, clock)
        self.log = self._child.log

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._child.program.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked, now or when it is ready."""
        return not self._closed and self._failure is None and self._child.alive

    @property
    def waiting(self) -> bool:
        """Whether a request has no answer yet."""
        return self._asked > self._answered

    def ask(self, words: Sequence[str], *, examine: bool = True) -> None:
        """Send a request, the words of `ssaglioma stylize`; an earlier one without an answer is forgotten.

        A child that is still loading gets it when it is ready; of one that died `poll` tells the failure.
        """
        self._asked += 1
        self.progress = Progress(0.0, "Starting")
        self._held = {"request": self._asked, "words": list(words), "examine": examine}
        self._send_held()

    def forget(self) -> None:
        """Take the newest request back; its answer will not come."""
        if self.waiting and self._held is None:
            self._child.send({"cancel": self._asked})
        self._held, self._answered = None, self._asked

    def poll(self) -> Result | Failure | None:
        """Return the answer to the newest request once it is there, or why there will be none; never blocks.

        An error of the request itself is a Failure, too; `alive` tells whether the child goes on. A child that ends
        while nobody waits says nothing: the next request needs a new one.
        """
        if self._closed:
            return None
        answer = self._read()
        if self.alive:
            self._child.look()
            return answer
        if not self._child.drained() or answer is not None:
            return answer
        answer = self._read()
        waited = self.waiting
        self.close()
        if answer is not None or not waited:
            return answer
        return self._failure or child_failures.from_exit(self._child.program.returncode, self.log.lines())

    def close(self) -> None:
        """End the child tree now and wait for it."""
        if self._closed:
            return
        self._closed, self._answered = True, self._asked
        self._child.tree.end()
        self._child.close_input()
        with suppress(subprocess.TimeoutExpired):
            self._child.program.wait(_CLOSE_SECONDS)

    def _send_held(self) -> None:
        """Send the request that waits for the child to be ready: nothing may fill the pipe before."""
        if self.ready and self._held is not None:
            values, self._held = self._held, None
            self._child.send(values)

    def _read(self) -> Result | Failure | None:
        """Take in what arrived, and return the answer to the newest request if it is among it."""
        answer = None
        for values in self._child.take():
            self._failure = self._child.stranger(values) or self._failure
            if self._failure is not None:
                break
            if values["event"] == "ready":
                self.ready = True
                self._send_held()
            answer = self._understand(values) or answer
        return answer

    def _understand(self, values: Mapping[str, Any]) -> Result | Failure | None:
        kind, number = values["event"], values.get("request")
        if kind == "error" and number is None:  # of the child as a whole: it is about to end
            self._failure = child_failures.from_error_event(values)
            return None
        if number != self._asked:
            return None
        if kind == "progress":  # it comes after the result where both came at once
            self.progress = progress_of(values) or self.progress
        if kind not in ("result", "error") or not self.waiting:
            return None
        self._answered = self._asked
        if kind == "error":
            return child_failures.from_error_event(values)
        return Result({key: value for key, value in values.items() if key not in ("event", "request")})
