"""Reads what a child process writes, in threads, so that the child never waits for us."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from SSASlicerLib.child_events import Log, parse_line

_LONGEST_PIECE_BYTES = 8 << 20
_MOST_EVENTS = 1000


class ChildOutput:
    """What arrived on stdout (events, and anything else as log) and stderr (log).

    Memory is bounded however much the child writes: of progress only the newest is kept, of
    other events the first thousand, and lines without an end are cut.

    Parameters
    ----------
    out, err : binary streams or None
    log : Log
        Gets every line that is no progress.
    clock : callable
        Seconds, ever growing.
    """

    def __init__(self, out: IO[bytes] | None, err: IO[bytes] | None, log: Log, clock: Callable[[], float]) -> None:
        self.last_sign = clock()
        self._log, self._clock = log, clock
        self._lock = threading.Lock()
        self._events: deque[dict[str, Any]] = deque()
        self._progress: dict[str, Any] | None = None
        self._threads = [
            self._start(out, self._take_output),
            self._start(err, self._take_text),
        ]

    @property
    def alive(self) -> bool:
        """Tell whether more may come."""
        return any(thread.is_alive() for thread in self._threads)

    def take(self) -> list[dict[str, Any]]:
        """Return the events since the last call, the newest progress last."""
        with self._lock:
            events = list(self._events)
            self._events.clear()
            if self._progress is not None:
                events.append(self._progress)
                self._progress = None
            return events

    def _start(self, stream: IO[bytes] | None, take: Callable[[str], None]) -> threading.Thread:
        thread = threading.Thread(target=self._read, args=(stream, take), daemon=True, name="output of ssaglioma")
        thread.start()
        return thread

    def _read(self, stream: IO[bytes] | None, take: Callable[[str], None]) -> None:
        if stream is None:
            return
        with suppress(OSError, ValueError), stream:
            while piece := stream.readline(_LONGEST_PIECE_BYTES):
                self.last_sign = self._clock()
                take(piece.decode("utf-8", errors="replace"))

    def _take_text(self, line: str) -> None:
        with self._lock:
            self._log.add(line)

    def _take_output(self, line: str) -> None:
        values = parse_line(line)
        with self._lock:
            if values is not None and values["event"] == "progress":
                self._progress = values
                return
            self._log.add(line)
            if values is not None and len(self._events) < _MOST_EVENTS:
                self._events.append(values)
