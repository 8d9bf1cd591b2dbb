"""The Qt side of the stand-in: `qt` and `ctk` in the manner of PythonQt on PySide6, and the MRML widgets."""

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
    from .properties import install_properties
    from .qt_module import make_qt

    install_properties()
    sys.modules["qt"] = make_qt()
    from .ctk_module import make_ctk

    sys.modules["ctk"] = make_ctk()
    _installed = True


def slicer_classes() -> dict[str, type]:
    """Return the qMRML* and qSlicer* widgets by name; `install` must have run."""
    from .mrml_widgets import CLASSES

    return dict(CLASSES)


def load_ui(path: Any) -> Any:
    """Load a .ui file and return its top widget, as `slicer.util.loadUI` does.

    Raises
    ------
    RuntimeError
        If the file does not exist or is no .ui file.
    """
    from .ui_loader import load

    return load(path)
