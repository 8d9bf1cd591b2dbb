"""Qt's enumerations compare with and convert to integers, as in PythonQt."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtWidgets


def install() -> None:
    """Give each enumeration of PySide6 that is no int the comparisons of one."""
    for enum_class in _enums():
        enum_class.__eq__ = _equal
        enum_class.__ne__ = _unequal
        enum_class.__hash__ = _hash
        enum_class.__int__ = _number
        enum_class.__index__ = _number
        enum_class.__bool__ = _truth


def _enums() -> Iterator[Any]:
    for module in (QtCore, QtGui, QtWidgets, QtNetwork):
        for name in dir(module):
            value = getattr(module, name)
            for inner in vars(value).values() if inspect.isclass(value) else ():
                if inspect.isclass(inner) and issubclass(inner, enum.Enum) and not issubclass(inner, int):
                    yield inner


def _equal(self: Any, other: Any) -> bool:
    if isinstance(other, enum.Enum):
        return self is other or (type(self) is type(other) and self.value == other.value)
    return bool(self.value == other)


def _unequal(self: Any, other: Any) -> bool:
    return not _equal(self, other)


def _hash(self: Any) -> int:
    return hash(self.value)


def _number(self: Any) -> int:
    return int(self.value)


def _truth(self: Any) -> bool:
    return bool(self.value)
