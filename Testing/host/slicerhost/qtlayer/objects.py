"""What PythonQt adds to every QObject: string signals, dynamic properties and children as attributes, no new ones.

PySide6 looks `connect` up in a way that cannot be overridden on a class, so reading an attribute of a QObject passes
through a function of this file.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from PySide6 import QtCore

from . import recorder
from .properties import object_classes

QT5_SIGNALS = {
    ("QComboBox", "currentIndexChanged(QString)"): "currentTextChanged",
    ("QComboBox", "activated(QString)"): "textActivated",
    ("QComboBox", "highlighted(QString)"): "textHighlighted",
    ("QSpinBox", "valueChanged(QString)"): "textChanged",
    ("QDoubleSpinBox", "valueChanged(QString)"): "textChanged",
    ("QButtonGroup", "buttonClicked(int)"): "idClicked",
}
"""Overloads of Qt 5 that have names of their own in Qt 6."""

_get, _set = QtCore.QObject.__getattribute__, QtCore.QObject.__setattr__
_plain_classes: set[type] = set()
_NOT_ALLOWED = "creating new attributes on C++ objects is not allowed."


def install() -> None:
    """Change QObject for the whole process."""
    QtCore.QObject.className = lambda self: type(self).__name__
    QtCore.QObject.delete = QtCore.QObject.deleteLater
    QtCore.QObject.__getattribute__ = _get_attribute
    for qt_class in object_classes():
        _plain_classes.add(qt_class)
        if qt_class is not QtCore.QObject:  # its own, left as it is, does the work for all
            qt_class.__setattr__ = _set_attribute


def is_plain(value_class: type) -> bool:
    """Tell whether objects of a class stand for C++ objects, to which Python cannot add attributes."""
    return value_class in _plain_classes or "stands_for" in vars(value_class)


def connect(sender: Any, signal: str, *target: Any) -> bool:
    """`object.connect('clicked(bool)', f)`, and the forms with receiver and slot by name.

    Raises:
        ValueError: the object has no such signal.
    """
    if not isinstance(signal, str):  # (sender, 'signal()', f), or (sender, 'signal()', 'slot()') of the receiver
        return connect(signal, target[0], *([] if callable(target[1]) else [sender]), target[1])
    find_signal(sender, signal).connect(_slot(*target))
    return True


def disconnect(sender: Any, signal: str = "", *target: Any) -> bool:
    """Undo `connect`; False where there was no such connection."""
    found = find_signal(sender, signal)
    try:
        found.disconnect(*([_slot(*target)] if target else []))
    except (RuntimeError, TypeError):
        return False
    return True


def find_signal(sender: Any, signature: str) -> Any:
    """Return the bound signal of a signature such as `valueChanged(int)`.

    Raises:
        ValueError: the object has no such signal.
    """
    signature = signature.lstrip("2").replace(" ", "")
    for base in type(sender).__mro__:
        own = vars(base).get("SIGNATURES", {}).get(signature) or QT5_SIGNALS.get((base.__name__, signature))
        if own:
            return getattr(sender, own)
    name = signature.partition("(")[0]
    found = getattr(sender, name, None)
    if not hasattr(found, "emit") or not _fits(sender, name, signature):
        raise ValueError(f"{type(sender).__name__} has no signal {signature!r}.")
    return found


def _fits(sender: Any, name: str, signature: str) -> bool:
    meta = sender.metaObject()
    signatures = {bytes(meta.method(index).methodSignature()).decode() for index in range(meta.methodCount())}
    same_name = {known for known in signatures if known.partition("(")[0] == name}
    of_python = any("PyObject" in known for known in same_name)
    return signature in same_name or of_python or not same_name


def _slot(*target: Any) -> Callable[..., Any]:
    return getattr(target[0], target[1].partition("(")[0]) if len(target) == 2 else target[0]


_ADDED = {"connect": connect, "disconnect": disconnect}


def _get_attribute(self: Any, name: str) -> Any:
    added = _ADDED.get(name)
    if added is not None and name not in _own_names(type(self)):
        return added.__get__(self)
    try:
        return _get(self, name)
    except AttributeError:
        found = None if name.startswith("_") else _dynamic(self, name)
        if found is None:
            raise
        return found


def _own_names(value_class: type) -> set[str]:
    """Names that a Python class of a script defines itself: these win."""
    if is_plain(value_class):
        return set()
    return {
        name
        for base in value_class.__mro__
        if not is_plain(base)
        for name in ("connect", "disconnect")
        if name in vars(base)
    }


def _dynamic(self: Any, name: str) -> Any:
    """Return a dynamic property, or a child object of that name."""
    if name in [bytes(known).decode() for known in QtCore.QObject.dynamicPropertyNames(self)]:
        return QtCore.QObject.property(self, name)
    return next((child for child in QtCore.QObject.children(self) if child.objectName == name), None)


def _set_attribute(self: Any, name: str, value: Any) -> None:
    by_host = sys._getframe(1).f_globals.get("__name__", "").startswith("slicerhost")
    if by_host or not is_plain(type(self)) or recorder._active:  # while a recorder is at work, it reports
        _set(self, name, value)
        return
    declared = inspect.getattr_static(type(self), name, None)
    if hasattr(declared, "__set__") or type(declared).__name__ == "Property":
        _set(self, name, value)
    elif declared is not None:
        raise AttributeError(f"Slot or signal {name!r} can not be overwritten on {type(self).__name__} object.")
    elif _dynamic(self, name) is not None:
        QtCore.QObject.setProperty(self, name, value)
    else:
        raise AttributeError(f"{name!r} does not exist on {type(self).__name__} and {_NOT_ALLOWED}")
