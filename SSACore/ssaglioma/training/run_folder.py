"""The folder of a run as another program sees it: where the run stands, its curves, and how it is asked to pause.

job.json  lock.json  events.jsonl (what the child said)  log.txt (its errors)  pause (asks it to pause)
run/ (checkpoint, history)  examples/  package/  check/ (held-out cases, segmented before and after)
report.json  report.txt  report.html (the same for people, with pictures)
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ssaglioma.training.run_lock import LockState, read_lock
from ssaglioma.training.run_request import JOB_FILE
from ssaglioma.types import PathLike

EVENTS_FILE, LOG_FILE, PAUSE_FILE = "events.jsonl", "log.txt", "pause"
RUN_FOLDER, PACKAGE_FOLDER, EXAMPLES_FOLDER, REPORT_FILE = "run", "package", "examples", "report.json"
CHECK_FOLDER, PAGE_FILE, TEXT_FILE = "check", "report.html", "report.txt"
_HISTORY = "history.json"
_TAIL_BYTES = 1 << 16
_CANCELLED = 130


@dataclass(frozen=True)
class RunState:
    """Where a run stands.

    Attributes
    ----------
    state : str
        'none' (no training there), 'running', 'pausing', 'paused', 'stopped' (killed, or the power failed),
        'cancelled', 'failed' or 'done'.
    fraction : float
    message : str
        What is being done, or what went wrong.
    seconds_left : float or None
    epochs : tuple of dict
        One row for each finished epoch: 'epoch', 'loss', 'dice_WT' ...
    lock : LockState or None
        Of the process that trains.
    result : dict
        What the child gave at its end.
    """

    state: str
    fraction: float = 0.0
    message: str = ""
    seconds_left: float | None = None
    epochs: tuple[dict[str, Any], ...] = ()
    lock: LockState | None = None
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether a process trains."""
        return self.state in ("running", "pausing")

    @property
    def can_resume(self) -> bool:
        """Whether the training can go on."""
        return self.state in ("paused", "stopped", "cancelled", "failed")


def read_run(folder: PathLike) -> RunState:
    """Return where the run of a folder stands; reads a few small files."""
    root = Path(folder)
    if not (root / JOB_FILE).is_file():
        return RunState("none")
    epochs = tuple(_history(root))
    events = _last_start(_events(root / EVENTS_FILE))
    told = {event["event"]: event for event in events}
    progress = told.get("progress", {})
    fraction, message = float(progress.get("fraction", 0.0)), str(progress.get("message", ""))
    lock = read_lock(root)
    if lock is not None and lock.alive:
        state = "pausing" if (root / PAUSE_FILE).exists() else "running"
        return RunState(state, fraction, message, progress.get("seconds_left"), epochs, lock)
    result = {key: value for key, value in told.get("result", {}).items() if key != "event"}
    if result.get("finished") or (root / REPORT_FILE).is_file():  # written last; a job from elsewhere has no events
        return RunState("done", 1.0, "", None, epochs, None, result)
    if result:
        return RunState("paused", fraction, message, None, epochs, None, result)
    if "error" in told:
        error = told["error"]
        state = "cancelled" if error.get("code") == _CANCELLED else "failed"
        return RunState(state, fraction, str(error.get("message", "")), None, epochs)
    return RunState("stopped", fraction, message, None, epochs)


def ask_to_pause(folder: PathLike) -> None:
    """Ask the run of a folder to end after the present epoch, whose checkpoint it then keeps."""
    (Path(folder) / PAUSE_FILE).touch()


def clear_pause(folder: PathLike) -> None:
    """Take the wish to pause back."""
    with suppress(FileNotFoundError):
        (Path(folder) / PAUSE_FILE).unlink()


def pause_wanted(folder: PathLike) -> bool:
    """Tell whether the run of a folder is asked to pause."""
    return (Path(folder) / PAUSE_FILE).exists()


def last_log(folder: PathLike, lines: int = 5) -> str:
    """Return the last lines that the run wrote to its log."""
    try:
        text = (Path(folder) / LOG_FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


def newest_example(folder: PathLike) -> Path | None:
    """Return the picture of the last epoch that has one."""
    pictures = sorted((Path(folder) / EXAMPLES_FOLDER).glob("epoch-*.png"))
    return pictures[-1] if pictures else None


def _history(root: Path) -> list[dict[str, Any]]:
    """Return the rows of the stage that trains now: of several stages the one that wrote last."""
    files = sorted((root / RUN_FOLDER).rglob(_HISTORY), key=lambda path: path.stat().st_mtime_ns)
    try:
        rows = json.loads(files[-1].read_text(encoding="utf-8")) if files else []
    except (OSError, ValueError):
        return []
    return [row for row in rows if isinstance(row, dict) and "epoch" in row]


def _events(path: Path) -> list[dict[str, Any]]:
    try:
        with open(path, "rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            lines = stream.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict) and isinstance(value.get("event"), str):
                found.append(value)
    return found


def _last_start(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the events since the child was last started, which it tells by its version."""
    starts = [index for index, event in enumerate(events) if event["event"] == "version"]
    return events[starts[-1] :] if starts else events
