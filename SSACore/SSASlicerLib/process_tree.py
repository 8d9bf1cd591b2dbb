"""A child process with all its descendants: started apart, found, and ended together.

What Slicer starts as `PythonSlicer` is a launcher whose child is the Python that computes, so
that ending the child alone would leave the computation running.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ssaglioma.errors import DeviceError

_TASKKILL_SECONDS = 10
_PS_SECONDS = 5


class Streams(NamedTuple):
    """Where a child reads and writes: pipes, or whatever `subprocess.Popen` takes."""

    stdin: Any = subprocess.PIPE
    stdout: Any = subprocess.PIPE
    stderr: Any = subprocess.PIPE


_PIPES = Streams()


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: str | None = None,
    *,
    streams: Streams = _PIPES,
    outlives: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a command in a session (POSIX) or process group (Windows) of its own, without a console window.

    One that `outlives` us leaves our job on Windows, too.

    Raises
    ------
    DeviceError
        If the program cannot be started.
    """
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        leave = subprocess.CREATE_BREAKAWAY_FROM_JOB if outlives else 0
        apart = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP | leave}
    try:
        return subprocess.Popen(list(command), env=dict(environment), cwd=folder, **streams._asdict(), **apart)
    except OSError as error:
        raise DeviceError(
            f"The program {command[0]!r} cannot be started ({error.strerror or error})",
            remedy="Install Slicer or the extension again",
        ) from error


class ProcessTree:
    """The living processes of a tree; each is known by its id and its birth, so that no stranger is ended.

    Parameters
    ----------
    leader : int
        Id of the process that `start` started. It leads a session and a group of the same number.
    """

    def __init__(self, leader: int) -> None:
        self.leader = leader
        self._births: dict[int, str] = {}
        table = _table()
        self._leader_birth = table[leader].birth if leader in table else None
        self.look(table)

    def look(self, table: Mapping[int, _Process] | None = None) -> set[int]:
        """Return the ids of the members that live: descendants, session, group, and those seen before.

        On Windows the system's `taskkill` knows the members, and the set is empty.
        """
        table = _table() if table is None else table
        found = {
            process for process, birth in self._births.items() if process in table and table[process].birth == birth
        }
        stranger = self.leader in table and table[self.leader].birth != self._leader_birth
        if not stranger:
            found |= {self.leader} & set(table)
            found |= {number for number, one in table.items() if self.leader in (one.group, one.session)}
        children: dict[int, list[int]] = {}
        for number, one in table.items():
            children.setdefault(one.parent, []).append(number)
        waiting = list(found)
        while waiting:
            new = [child for child in children.get(waiting.pop(), []) if child not in found]
            found.update(new)
            waiting += new
        self._births = {process: table[process].birth for process in found}
        return found

    def ask_to_end(self) -> None:
        """Ask all members to end, so that they can clean up (POSIX; nothing on Windows)."""
        if sys.platform != "win32":
            _signal(self.look(), signal.SIGTERM)

    def end(self) -> None:
        """End all members at once."""
        if sys.platform == "win32":
            _taskkill(self.leader)
            return
        for _ in range(3):  # a member may start another one while we look
            found = self.look()
            if not found:
                return
            _signal(found, signal.SIGKILL)


class _Process(NamedTuple):
    parent: int
    group: int
    session: int
    birth: str


def _taskkill(leader: int) -> None:
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(leader)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TASKKILL_SECONDS,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )


def _signal(processes: Iterable[int], number: int) -> None:
    for process in processes:
        if process not in (0, 1, os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)


def _table() -> dict[int, _Process]:
    """Return all living processes by id; those that ended already do not count. Empty on Windows."""
    if sys.platform == "win32":
        return {}
    return _linux_table() if Path("/proc/self/stat").exists() else _ps_table()


def _linux_table() -> dict[int, _Process]:
    table = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError, ValueError, IndexError):
                text = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace")
                fields = text.rpartition(")")[2].split()  # from the third of proc(5) on; the name may hold anything
                if fields[0] not in ("Z", "X"):
                    table[int(entry)] = _Process(int(fields[1]), int(fields[2]), int(fields[3]), fields[19])
    return table


def _ps_table() -> dict[int, _Process]:
    """Return the same where there is no /proc (macOS), whose `ps` tells no session number."""
    words = ["ps", "-axo", "pid=,ppid=,pgid=,stat=,lstart="]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_PS_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = [line.split(None, 4) for line in done.stdout.splitlines()]
    return {
        int(row[0]): _Process(int(row[1]), int(row[2]), 0, row[4])
        for row in rows
        if len(row) == 5 and not row[3].startswith("Z")
    }
