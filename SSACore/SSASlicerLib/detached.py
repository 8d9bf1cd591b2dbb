"""Trainings that outlive Slicer: started apart, known by the lock in their folder, ended with all they started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.training.run_folder import EVENTS_FILE, LOG_FILE
from ssaglioma.training.run_lock import read_lock, remove_lock
from ssaglioma.types import PathLike
from SSASlicerLib import process_tree, processes

GRACE_SECONDS = 3.0
_LOOK_SECONDS = 0.05


def start(
    arguments: Sequence[str], folder: PathLike, *, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `ssaglioma` with arguments as a process that nothing ties to this one.

    What it says goes to `events.jsonl` and `log.txt` in the folder; no pipe can break when Slicer ends.

    Raises
    ------
    DatasetError
        If a training runs there already.
    SSAGliomaError
        If the files cannot be written.
    DeviceError
        If the program cannot be started.
    """
    root = Path(folder)
    lock = read_lock(root)
    if lock is not None and lock.alive:
        raise DatasetError(
            f"A training runs in {str(root)!r} already (process {lock.pid} on {lock.host})",
            remedy="Wait for it, pause or cancel it, or choose another folder",
        )
    command = [processes.python_program(), "-m", "ssaglioma", *arguments, "--progress", "json"]
    given = processes.child_environment() if environment is None else environment
    try:
        root.mkdir(parents=True, exist_ok=True)
        with open(root / EVENTS_FILE, "ab") as events, open(root / LOG_FILE, "ab") as log:
            streams = process_tree.Streams(subprocess.DEVNULL, events, log)
            return process_tree.start(command, given, streams=streams, outlives=True)
    except OSError as error:
        raise SSAGliomaError(
            f"The folder {str(root)!r} cannot be written ({error.strerror or error})",
            remedy="Free some disk space, or choose another folder",
        ) from error


def end(folder: PathLike, grace_seconds: float = GRACE_SECONDS) -> bool:
    """End the training of a folder with every process that it started; tell whether one was ended.

    The lock goes too, so that the training can go on later from its last finished epoch.

    Raises
    ------
    DatasetError
        If it runs on another computer.
    """
    lock = read_lock(folder)
    if lock is None or not lock.alive:
        remove_lock(folder)
        return False
    if not lock.local:
        raise DatasetError(
            f"The training runs on another computer, {lock.host!r} (process {lock.pid})",
            remedy="Press Pause, which works from here, or cancel it there",
        )
    tree = process_tree.ProcessTree(lock.pid)
    tree.ask_to_end()
    limit = time.monotonic() + grace_seconds
    while _lives(tree, lock.pid) and time.monotonic() < limit:
        time.sleep(_LOOK_SECONDS)
    tree.end()
    remove_lock(folder)
    return True


def _lives(tree: process_tree.ProcessTree, pid: int) -> bool:
    if sys.platform == "win32":
        with suppress(OSError):
            os.kill(pid, 0)
            return True
        return False
    return bool(tree.look())
