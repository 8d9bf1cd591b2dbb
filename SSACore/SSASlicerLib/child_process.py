"""A child process with its tree, its log and what it says: what runs and serving children share."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from SSASlicerLib import child_failures, process_tree
from SSASlicerLib.child_events import Failure, Log
from SSASlicerLib.child_output import ChildOutput

_LOOK_SECONDS = 1.0
_DRAIN_SECONDS = 1.0


class ChildProcess:
    """One child, started apart; whoever owns it polls it from a timer.

    The parameters are those of `BackgroundRun`.

    Raises
    ------
    DeviceError
        If the program cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: str | None,
        expected_version: str | None,
        clock: Callable[[], float],
    ) -> None:
        self.log = Log()
        self.log.add("$ " + subprocess.list2cmdline(command))
        self.program = process_tree.start(command, environment, folder)
        self.tree = process_tree.ProcessTree(self.program.pid)
        self._output = ChildOutput(self.program.stdout, self.program.stderr, self.log, clock)
        self._expected_version, self._clock = expected_version, clock
        self._told_version = False
        self._looked_at = clock()
        self._exited_at: float | None = None

    @property
    def alive(self) -> bool:
        """Whether the program itself runs; what it started may outlive it."""
        return self.program.poll() is None

    @property
    def last_sign(self) -> float:
        """When the child last said anything, by the clock."""
        return self._output.last_sign

    def take(self) -> list[dict[str, Any]]:
        """Return the events since the last call, the newest progress last."""
        return self._output.take()

    def stranger(self, values: Mapping[str, Any]) -> Failure | None:
        """Return a failure if the first event shows that this is not the core that we were shipped with."""
        first, self._told_version = not self._told_version, True
        found = values.get("version") if values["event"] == "version" else None
        if not first or self._expected_version in (None, found):
            return None
        return child_failures.from_version(found, str(self._expected_version))

    def look(self) -> None:
        """Take note of what the child has started, once a second; for the time while it runs."""
        now = self._clock()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            self.tree.look()

    def drained(self) -> bool:
        """End what the child started, which must not outlive it; tell whether all that it said has arrived."""
        now = self._clock()
        if self._exited_at is None:
            self._exited_at = now
            self.tree.end()
        return not self._output.alive or now - self._exited_at >= _DRAIN_SECONDS

    def send(self, values: Mapping[str, Any]) -> None:
        """Write a line of JSON to the child; nothing happens where it died or was closed."""
        if self.program.stdin is not None:
            with suppress(OSError, ValueError):
                self.program.stdin.write((json.dumps(values) + "\n").encode("utf-8"))
                self.program.stdin.flush()

    def close_input(self) -> None:
        """Let the child see that nobody listens."""
        if self.program.stdin is not None:
            with suppress(OSError):
                self.program.stdin.close()
