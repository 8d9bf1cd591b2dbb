"""Requests of another program, JSON lines from a pipe: the newest one counts."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ssaglioma.cli.parents import end_this_process
from ssaglioma.errors import DatasetError

_CHUNK_BYTES = 1 << 16
_LONGEST_LINE_BYTES = 1 << 20
_NOTICES = 20


@dataclass(frozen=True)
class Request:
    """Something to stylise.

    Attributes
    ----------
    number : int
        1 or more, each larger than the one before.
    words : tuple of str
        Options of `ssaglioma stylize`.
    examine : bool
        Whether the anatomy guard looks at the result; False is for programs that examine a picture themselves.
    """

    number: int
    words: tuple[str, ...]
    examine: bool = True

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Request:
        """Build a request from parsed JSON.

        Raises
        ------
        DatasetError
            If a value is of another type.
        """
        number, words, examine = values.get("request"), values.get("words"), values.get("examine", True)
        fits = isinstance(number, int) and not isinstance(number, bool) and number > 0 and isinstance(examine, bool)
        if not fits or not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise DatasetError(
                f"The request {dict(values)!r} is not understood",
                expected="{'request': NUMBER, 'words': [TEXT, ...], 'examine': true or false}",
            )
        return cls(int(str(number)), tuple(words), examine)


class Requests:
    """What another program asks for. A thread calls `read`; the program's own thread calls everything else."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Request | None = None
        self._newest = 0
        self._busy = True  # with the imports, before the first request
        self._closed = False
        self._notices: list[str] = []

    def read(self, descriptor: int) -> None:
        """Take note of requests from a pipe until it closes; work that still goes on is then cancelled."""
        rest = b""
        try:
            while chunk := os.read(descriptor, _CHUNK_BYTES):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(line)
                rest = rest[-_LONGEST_LINE_BYTES:]
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify()
                busy = self._busy
            if busy:
                end_this_process()

    def next(self, seconds: float) -> Request | None:
        """Wait for a request and return it; None when the pipe is closed, or nothing came for so long."""
        with self._changed:
            self._busy = False
            self._changed.wait_for(lambda: self._waiting is not None or self._closed, timeout=seconds)
            if self._closed or self._waiting is None:
                return None
            request, self._waiting, self._busy = self._waiting, None, True
            return request

    def overtaken(self, number: int) -> bool:
        """Tell whether a request was followed by a newer one, or taken back."""
        with self._changed:
            return number < self._newest

    def notices(self) -> list[str]:
        """Return what was not understood since the last call."""
        with self._changed:
            found, self._notices = self._notices, []
            return found

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", errors="replace").strip()
        if not text:
            return
        with self._changed:
            try:
                values = json.loads(text)
                if not isinstance(values, dict):
                    raise DatasetError(f"The line {text[:80]!r} is no JSON object")
                if isinstance(cancelled := values.get("cancel"), int):
                    self._cancel(cancelled)
                    return
                request = Request.from_json(values)
            except (ValueError, RecursionError, DatasetError) as error:
                self._notices = [*self._notices, f"A line was not understood: {error}"][-_NOTICES:]
                return
            self._waiting, self._newest = request, max(self._newest, request.number)
            self._changed.notify()

    def _cancel(self, number: int) -> None:
        """Take a request back, whether it waits or runs; a later number begins anew."""
        if self._waiting is not None and self._waiting.number <= number:
            self._waiting = None
        self._newest = max(self._newest, number + 1) if number == self._newest else self._newest
