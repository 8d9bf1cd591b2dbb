"""Drawing with Qt without a screen: the application object and pictures as arrays.

Only methods are used that stay methods under a PythonQt flavoured Qt: no getter of a widget's property.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from PySide6 import QtGui, QtWidgets


def ensure_application() -> Any:
    """The QApplication of the process; a new one is off screen when there is no display."""
    application = QtWidgets.QApplication.instance()
    if application is None:
        if not os.environ.get("DISPLAY"):
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        application = QtWidgets.QApplication(["slicerhost"])
    return application


def to_image(rgb: np.ndarray) -> QtGui.QImage:
    """A QImage of its own memory from (height, width, 3) uint8."""
    data = np.ascontiguousarray(rgb)
    height, width, _ = data.shape
    return QtGui.QImage(data.data, width, height, 3 * width, QtGui.QImage.Format.Format_RGB888).copy()


def to_array(image: QtGui.QImage) -> np.ndarray:
    """(height, width, 3) uint8 from a QImage."""
    plain = image.convertToFormat(QtGui.QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), dtype=np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def grab_widget(widget: Any) -> np.ndarray:
    """A widget's picture, (height, width, 3) uint8."""
    return to_array(widget.grab().toImage())


def color_of(rgb: tuple[float, float, float]) -> QtGui.QColor:
    """A QColor from components of 0 to 1."""
    return QtGui.QColor.fromRgbF(*rgb)
