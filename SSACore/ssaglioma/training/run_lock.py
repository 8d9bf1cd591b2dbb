"""The lock of a run: which process trains in a folder, and a heartbeat that tells whether it still does.

<folder>/lock.json   {"pid": 123, "birth": "...", "host": "...", "heartbeat": 1700000000.0}
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path

LOCK_FILE = "lock.json"
HEARTBEAT_SECONDS = 2.0
STALE_SECONDS = 60.0
_PS_SECONDS = 5


@dataclass(frozen=True)
class LockState:
    """What a lock file says.

    Attributes
    ----------
    pid : int
    birth : str
        When the process began, as the system tells it; empty where it does not.
    host : str
        Name of the computer.
    heartbeat : float
        Time of the last sign of life, in seconds since 1970.
    """

    pid: int
    birth: str
    host: str
    heartbeat: float

    @property
    def age_seconds(self) -> float:
        """Seconds since the last sign of life."""
        return max(0.0, time.time() - self.heartbeat)

    @property
    def local(self) -> bool:
        """Whether the process is one of this computer."""
        return self.host == platform.node()

    @property
    def alive(self) -> bool:
        """Whether the process still trains: known by id and birth here, by its heartbeat elsewhere."""
        if not self.local or not self.birth:
            return self.age_seconds < STALE_SECONDS
        return process_birth(self.pid) == self.birth


def read_lock(folder: PathLike) -> LockState | None:
    """Return what the lock of a folder says, None where there is none that can be read."""
    try:
        values = json.loads((Path(folder) / LOCK_FILE).read_text(encoding="utf-8"))
        return LockState(int(values["pid"]), str(values["birth"]), str(values["host"]), float(values["heartbeat"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_lock(folder: PathLike) -> None:
    """Remove the lock of a process that is gone."""
    with suppress(FileNotFoundError):
        (Path(folder) / LOCK_FILE).unlink()


class RunLock:
    """Holds the lock of a folder while a `with` block runs; a thread renews the heartbeat.

    Raises
    ------
    DatasetError
        If another process trains there.
    """

    def __init__(self, folder: PathLike) -> None:
        self._folder = Path(folder)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="heartbeat")

    def __enter__(self) -> RunLock:
        found = read_lock(self._folder)
        if found is not None and found.alive and found.pid != os.getpid():
            raise DatasetError(
                f"A training runs in {str(self._folder)!r} already (process {found.pid} on {found.host})",
                remedy="Wait for it, pause or cancel it, or choose another folder",
            )
        self._write()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        remove_lock(self._folder)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            with suppress(SSAGliomaError, OSError):  # a full disk for a moment must not end the training
                self._write()

    def _write(self) -> None:
        values = {
            "pid": os.getpid(),
            "birth": process_birth(os.getpid()),
            "host": platform.node(),
            "heartbeat": time.time(),
        }
        with atomic_path(self._folder / LOCK_FILE) as temporary:
            Path(temporary).write_text(json.dumps(values), encoding="utf-8")


def process_birth(pid: int) -> str:
    """Return when a living process began, in the system's own words; empty if it is gone, or on Windows."""
    if sys.platform == "win32":
        return ""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            return "" if fields[0] in ("Z", "X") else f"{_boot()} {fields[19]}"
        except (OSError, IndexError):
            return ""
    try:
        words = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=_PS_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    state, _, began = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


def _boot() -> str:
    """Return the id of this start of the system: ids and clock ticks of processes begin anew with each."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
