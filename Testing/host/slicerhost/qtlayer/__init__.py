"""The Qt side of the stand-in: `qt` and `ctk` in the manner of PythonQt on PySide6, and the MRML widgets.

Public: `install()`, `slicer_classes()`, `load_ui(path)`; `dialogs` answers file dialogs and message boxes in tests.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_installed = False


def install() -> None:
    """Make the off-screen application and put the modules `qt` and `ctk` into `sys.modules`, once in a process.

    Qt's own classes are changed for the whole process: their properties are read without brackets.
    """
    global _installed
    if _installed:
        return
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        QApplication(["slicerhost"])
    from . import dialogs, enums, immortals, objects, properties
    from .modules import make_ctk, make_qt

    immortals.install()
    properties.install()
    objects.install()
    enums.install()
    dialogs.install()
    sys.modules["qt"] = make_qt()
    sys.modules["ctk"] = make_ctk()
    _installed = True


def slicer_classes() -> dict[str, type]:
    """Return the qMRML* and qSlicer* widgets by name; `install` must have run."""
    from .modules import slicer_widgets

    return slicer_widgets()


def load_ui(path: Any) -> Any:
    """Load a .ui file and return its top widget, as `slicer.util.loadUI` does.

    Raises:
        RuntimeError: the file does not exist, is no .ui file, or names a class that has no stand-in.
    """
    from .ui_loader import load_ui_file

    return load_ui_file(path)
