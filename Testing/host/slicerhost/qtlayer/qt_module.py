"""The module `qt`: all names of QtCore, QtGui and QtWidgets in one place, with PythonQt's ways."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtUiTools import QUiLoader

CONNECTABLE = (
    *("QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QComboBox", "QLineEdit", "QTextEdit", "QLabel"),
    *("QPlainTextEdit", "QSpinBox", "QDoubleSpinBox", "QSlider", "QProgressBar", "QListWidget", "QTableWidget"),
    *("QTreeWidget", "QTabWidget", "QGroupBox", "QTextBrowser"),
)
"""Widgets with `connect('clicked(bool)', f)`: PySide6 lets only a subclass define this method."""


def connect(self: Any, signal: str, slot: Callable) -> bool:
    """Connect by Qt signature, as PythonQt allows: `button.connect('clicked(bool)', f)`."""
    getattr(self, signal.split("(")[0]).connect(slot)
    return True


def disconnect(self: Any, signal: str = "", slot: Callable | None = None) -> bool:
    """Disconnect by Qt signature."""
    getattr(self, signal.split("(")[0]).disconnect(*([] if slot is None else [slot]))
    return True


def make_qt() -> ModuleType:
    """Return the module."""
    module = ModuleType("qt")
    for source in (QtCore, QtGui, QtWidgets):
        for name in dir(source):  # PySide6 makes its classes when they are first asked for
            if not name.startswith("_"):
                setattr(module, name, getattr(source, name))
    module.QUiLoader = QUiLoader  # type: ignore[attr-defined]
    module.QFileDialog = _FileDialog  # type: ignore[attr-defined]
    for name in CONNECTABLE:
        base = getattr(QtWidgets, name)
        setattr(module, name, type(name, (base,), {"connect": connect, "disconnect": disconnect, "__module__": "qt"}))
    module.QTimer = type("QTimer", (QtCore.QTimer,), {"connect": connect, "disconnect": disconnect, "__module__": "qt"})  # type: ignore[attr-defined]
    return module


class _FileDialog(QtWidgets.QFileDialog):
    """File dialogs that answer with a path, as in PythonQt; PySide6 adds the chosen filter."""

    @staticmethod
    def getOpenFileName(*args: Any) -> str:
        return str(QtWidgets.QFileDialog.getOpenFileName(*args)[0])

    @staticmethod
    def getSaveFileName(*args: Any) -> str:
        return str(QtWidgets.QFileDialog.getSaveFileName(*args)[0])

    @staticmethod
    def getOpenFileNames(*args: Any) -> list[str]:
        return list(QtWidgets.QFileDialog.getOpenFileNames(*args)[0])


_FileDialog.__name__ = "QFileDialog"
