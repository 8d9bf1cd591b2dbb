"""Qt properties read and written without brackets, as PythonQt gives them; setters and slots stay callable."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

_VIRTUAL = {"sizeHint", "minimumSizeHint", "heightForWidth", "hasHeightForWidth"}
"""Properties whose getter is a virtual method: C++ asks Python for these, so they stay methods."""
_SPARE_REFERENCES = 1 << 40
_KEPT = {("QProgressBar", "text"), ("QAction", "menu")}


class QtProperty:
    """Descriptor of one Qt property."""

    def __init__(
        self, name: str, read: Callable | None, write: Callable | None, on_class: Any = None, is_bool: bool = False
    ) -> None:
        self.name, self.read, self.write, self.on_class, self.is_bool = name, read, write, on_class, is_bool

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self if self.on_class is None else self.on_class
        return self.read(instance) if self.read is not None else QtCore.QObject.property(instance, self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.is_bool:
            value = bool(value)
        if self.write is not None:
            self.write(instance, value)
        elif not QtCore.QObject.setProperty(instance, self.name, value):
            raise AttributeError(f"The property {self.name!r} of {type(instance).__name__} cannot be written.")


def install_properties() -> None:
    """Put a descriptor for each Qt property onto the PySide6 class that declares it."""
    for qt_class in _object_classes():
        meta = qt_class.staticMetaObject
        for index in range(meta.propertyOffset(), meta.propertyCount()):
            _install(qt_class, meta.property(index))
    _install_name()
    _keep_singletons()
    QtCore.QObject.className = lambda self: self.metaObject().className()


def _install(qt_class: type, declared: QtCore.QMetaProperty) -> None:
    name = declared.name()
    if name in _VIRTUAL or (qt_class.__name__, name) in _KEPT or name == "objectName":
        return
    own = vars(qt_class).get(name)
    if isinstance(own, (QtCore.Signal, QtProperty)):
        return
    plain = getattr(qt_class, name, None)
    plain = None if isinstance(plain, QtProperty) else plain
    read = getattr(qt_class, f"is{name[0].upper()}{name[1:]}", plain)  # QTimer.singleShot is a static method too
    write = getattr(qt_class, f"set{name[0].upper()}{name[1:]}", None) if declared.isWritable() else None
    setattr(
        qt_class, name, QtProperty(name, read if callable(read) else None, write, plain, declared.typeName() == "bool")
    )


def _keep_singletons() -> None:
    """Make None, True and False immortal, as they are from Python 3.12 on.

    PySide6 6.12 counts on it: on older Python each call that returns None takes one reference too many,
    and the process dies after some ten thousand calls.
    """
    if sys.version_info >= (3, 12):
        return
    for value in (None, True, False):
        ctypes.c_ssize_t.from_address(id(value)).value += _SPARE_REFERENCES


def _install_name() -> None:
    read, write = QtCore.QObject.objectName, QtCore.QObject.setObjectName
    QtCore.QObject.name = QtProperty("objectName", read, write)
    QtCore.QObject.objectName = QtProperty("objectName", read, write)


def _object_classes() -> Iterator[type]:
    """Yield all QObject classes of the three modules, base classes first."""
    found = {value for module in (QtCore, QtGui, QtWidgets) for value in _classes(module)}
    yield from sorted(found, key=lambda qt_class: (len(qt_class.__mro__), qt_class.__name__))


def _classes(module: ModuleType) -> Iterator[type]:
    for name in dir(module):
        value = getattr(module, name)
        if isinstance(value, type) and issubclass(value, QtCore.QObject):
            yield value
