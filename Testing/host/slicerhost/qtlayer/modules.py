"""The modules `qt` and `ctk`, and the table of the MRML widgets."""

from __future__ import annotations

import inspect
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtWidgets
from PySide6.QtWidgets import QWidget

from .placeholders import complete, make

SOURCES = ("ctk_buttons", "ctk_folding", "ctk_inputs", "ctk_numbers", "ctk_ranges", "mrml_base", "mrml_values")
SOURCES += ("node_combo_box", "node_selectors", "segment_editor", "segments_table")
_made: dict[str, type | None] = {}


class _Missing(ModuleType):
    """A module that says what to do about a name that it does not have, and makes placeholders when asked for."""

    def __getattr__(self, name: str) -> Any:
        found = find_class(name) if name.startswith("ctk") and self.__name__ == "ctk" else None
        if found is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}; the stand-in may lack it.")
        setattr(self, name, found)
        return found


def make_qt() -> ModuleType:
    """Return the module `qt`: the classes of Qt's modules that PythonQt wraps."""
    from .ui_loader import UiLoader

    module = _Missing("qt")
    for source in (QtCore, QtGui, QtWidgets, QtNetwork):
        for name in dir(source):  # PySide6 makes its classes when they are first asked for
            if name.startswith("Q") and inspect.isclass(getattr(source, name)):
                setattr(module, name, getattr(source, name))
    module.QUiLoader = UiLoader  # type: ignore[attr-defined]
    return module


def make_ctk() -> ModuleType:
    """Return the module `ctk`."""
    module = _Missing("ctk")
    for name, found in written_classes().items():
        if name.startswith("ctk"):
            setattr(module, name, found)
    return module


def slicer_widgets() -> dict[str, type]:
    """Return the MRML widgets by name."""
    return {name: found for name, found in written_classes().items() if not name.startswith("ctk")}


def find_class(name: str) -> type | None:
    """Return a widget class by the name that .ui files give it; one without a stand-in is made from the allow-list."""
    if name in written_classes():
        return written_classes()[name]
    if name.startswith("Q"):
        return getattr(QtWidgets, name, None)
    if name not in _made:
        _made[name] = make(name, find_class)
    return _made[name]


@lru_cache(maxsize=1)
def written_classes() -> dict[str, type]:
    """Return the stand-ins that are written out, by name."""
    sources = (import_module(f"{__package__}.{name}") for name in SOURCES)
    found = {
        name: value
        for source in sources
        for name, value in vars(source).items()
        if inspect.isclass(value) and issubclass(value, QWidget) and "stands_for" in vars(value)
    }
    for value in found.values():
        complete(value)
    return found
