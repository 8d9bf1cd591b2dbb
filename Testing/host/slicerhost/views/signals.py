"""Signals of the stand-in widgets, connected as PythonQt's are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Signal:
    """A list of callables; ``emit`` calls each with the signal's arguments."""

    def __init__(self) -> None:
        self._slots: list[Callable[..., Any]] = []

    def connect(self, slot: Callable[..., Any]) -> None:
        """Call the slot at each emit."""
        self._slots.append(slot)

    def disconnect(self, slot: Callable[..., Any]) -> None:
        """Forget a slot; one that is not connected is ignored, as in PythonQt."""
        if slot in self._slots:
            self._slots.remove(slot)

    def emit(self, *arguments: Any) -> None:
        """Call the connected slots, in the order in which they were connected."""
        for slot in list(self._slots):
            slot(*arguments)


class HasSignals:
    """``connect('layoutChanged(int)', slot)`` beside ``layoutChanged.connect(slot)``."""

    def connect(self, signature: str, slot: Callable[..., Any]) -> bool:
        """Connect by the signal's C++ signature. Raises ValueError when there is no such signal."""
        self._signal(signature).connect(slot)
        return True

    def disconnect(self, signature: str, slot: Callable[..., Any]) -> bool:
        """Undo ``connect``. Raises ValueError when there is no such signal."""
        self._signal(signature).disconnect(slot)
        return True

    def _signal(self, signature: str) -> Signal:
        found = getattr(self, signature.split("(")[0], None)
        if not isinstance(found, Signal):
            raise ValueError(f"{type(self).__name__} has no signal {signature!r}.")
        return found
