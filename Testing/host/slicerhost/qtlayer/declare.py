"""Short ways to write stand-ins of C++ widgets: their Qt properties, and the mark that they stand for C++ classes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from PySide6.QtCore import Property

_numbers = count()
_TYPES = {bool: bool, int: int, float: float, str: str, tuple: "QStringList"}


def stand_in(stand_in_class: type) -> type:
    """Mark a class as the stand-in of the C++ class of its name: scripts cannot add attributes to its objects."""
    stand_in_class.stands_for = stand_in_class.__name__  # type: ignore[attr-defined]
    return stand_in_class


def convert(kind: Any, value: Any) -> Any:
    """Return a value as Qt would convert it; lists of strings are tuples, as in PythonQt."""
    if kind is tuple:
        return (value,) if isinstance(value, str) else tuple(str(item) for item in value or ())
    if kind is str:
        return "" if value is None else str(value)
    return value if kind is object else kind(value)


def kept(kind: Any, default: Any, changed: str = "") -> Any:
    """Return a Qt property that the object keeps; `changed` names the method to call after a change."""
    slot = f"_kept_{next(_numbers)}"

    def read(self: Any) -> Any:
        return self.__dict__.get(slot, default)

    def write(self: Any, value: Any) -> None:
        value = convert(kind, value)
        if value != read(self):
            self.__dict__[slot] = value
            if changed:
                getattr(self, changed)()

    return Property(_TYPES.get(kind, "QVariant"), read, write)


def passed_on(kind: Any, part: str, name: str) -> Any:
    """Return a Qt property that is the property `name` of the inner widget `self.<part>`."""

    def read(self: Any) -> Any:
        return getattr(getattr(self, part), name)

    def write(self: Any, value: Any) -> None:
        setattr(getattr(self, part), name, convert(kind, value))

    return Property(_TYPES.get(kind, "QVariant"), read, write)


def own(kind: Any, read: Callable[[Any], Any], write: Callable[[Any, Any], None] | None = None) -> Any:
    """Return a Qt property with these functions."""
    if write is None:
        return Property(_TYPES.get(kind, "QVariant"), read)
    return Property(_TYPES.get(kind, "QVariant"), read, lambda self, value: write(self, convert(kind, value)))
