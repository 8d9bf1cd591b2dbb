"""Qt properties read and written without brackets, as PythonQt gives them; setters and slots stay callable."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtWidgets

MODULES = (QtCore, QtGui, QtWidgets, QtNetwork)
LATER_THAN_QT5 = {
    "QWindow": ("transientParent",),
    "QHeaderView": ("sectionsClickable", "sectionsMovable"),
    "QLayout": ("contentsMargins",),
}
"""Properties that Slicer's Qt 5.15 does not have: what has their names there is a method."""


class QtProperty:
    """Descriptor of one Qt property; on the class itself, the method of the same name stays to be had."""

    def __init__(self, declared: QtCore.QMetaProperty, read: Callable | None, on_class: Any = None) -> None:
        self.name, self.read, self.on_class = declared.name(), read, on_class
        self.writer = f"set{self.name[0].upper()}{self.name[1:]}" if declared.isWritable() else ""
        self.is_bool = declared.typeName() == "bool"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self if self.on_class is None else self.on_class
        return self.read(instance) if self.read is not None else QtCore.QObject.property(instance, self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        if not self.writer:
            raise AttributeError(f"The property {self.name!r} of {type(instance).__name__} cannot be written.")
        value = bool(value) if self.is_bool else value
        setter = getattr(instance, self.writer, None)
        if setter is not None:
            try:
                setter(value)
                return
            except TypeError:  # numbers for enums, or other types that Qt converts
                pass
        if not QtCore.QObject.setProperty(instance, self.name, value):
            raise AttributeError(f"Property {self.name!r} of {type(instance).__name__} does not accept {value!r}.")


def install() -> None:
    """Put a descriptor for each Qt property onto the PySide6 class that declares it."""
    for qt_class in object_classes():
        meta = qt_class.staticMetaObject
        for index in range(meta.propertyCount()):
            if index >= meta.propertyOffset() or meta.property(index).name() in vars(qt_class):
                _install(qt_class, meta.property(index))  # a getter that a derived class has again hides the descriptor
    QtCore.QObject.name = QtCore.QObject.__dict__["objectName"]


def object_classes() -> Iterator[type]:
    """Yield all QObject classes of PySide6's modules, base classes first."""
    found = {value for module in MODULES for value in _classes(module)}
    yield from sorted(found, key=lambda qt_class: (len(qt_class.__mro__), qt_class.__name__))


def _classes(module: ModuleType) -> Iterator[type]:
    for name in dir(module):
        value = getattr(module, name)
        if isinstance(value, type) and issubclass(value, QtCore.QObject):
            yield value


def _install(qt_class: type, declared: QtCore.QMetaProperty) -> None:
    name = declared.name()
    if name in LATER_THAN_QT5.get(qt_class.__name__, ()):
        return
    if type(vars(qt_class).get(name)).__name__ in ("Signal", "QtProperty"):  # isinstance(x, Signal) miscounts False
        return
    plain = getattr(qt_class, name, None)
    plain = None if isinstance(plain, QtProperty) else plain
    capital = name[0].upper() + name[1:]
    read = getattr(qt_class, f"is{capital}", plain)  # QTimer.singleShot is a static method too
    if not callable(read) or inspect.isbuiltin(read):  # a static method reads nothing of an instance
        read = None
    setattr(qt_class, name, QtProperty(declared, read, plain))
