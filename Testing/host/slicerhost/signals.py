"""Named signals of objects that are no Qt widgets here: `app.connect("startupCompleted()", slot)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StringSignals:
    """Signals by their Qt signature; a name that is not listed is refused, as Qt would complain about it."""

    SIGNALS: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._slots: dict[str, list[Callable[..., Any]]] = {}

    def _check(self, signal: str) -> None:
        if signal not in self.SIGNALS:
            raise ValueError(f"{type(self).__name__} has no signal {signal!r}; expected one of {self.SIGNALS}.")

    def connect(self, signal: str, slot: Callable[..., Any]) -> bool:
        self._check(signal)
        self._slots.setdefault(signal, []).append(slot)
        return True

    def disconnect(self, signal: str, slot: Callable[..., Any]) -> bool:
        self._check(signal)
        slots = self._slots.get(signal, [])
        if slot not in slots:
            return False
        slots.remove(slot)
        return True

    def emit_signal(self, signal: str, *values: Any) -> None:
        """Call the slots in the order in which they were connected."""
        self._check(signal)
        for slot in list(self._slots.get(signal, [])):
            slot(*values)

    def take_slots(self, signal: str) -> list[Callable[..., Any]]:
        """Return the slots of a signal and forget them: for signals that come once."""
        self._check(signal)
        return self._slots.pop(signal, [])
