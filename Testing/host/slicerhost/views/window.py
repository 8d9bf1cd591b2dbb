"""A picture of a Slicer-like window: title and module bar, the module's panel on the left, the layout on the right."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import slicer
from PySide6 import QtCore, QtGui

from .painting import ensure_application, grab_widget, to_array, to_image

PANEL_WIDTH = 420
TITLE_HEIGHT = 26
TOOLS_HEIGHT = 34
TOP = TITLE_HEIGHT + TOOLS_HEIGHT
MARGIN = 4
_MIDDLE = QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft


def grab(
    panel_widget: Any,
    path: str | Path,
    size: tuple[int, int] = (1600, 950),
    title: str = "",
    layout_manager: Any = None,
) -> np.ndarray:
    """Write the window's picture as PNG and give it as (height, width, 3) RGB, uint8.

    A panel that is taller than the window makes the picture taller, so that all of it is seen; one that
    cannot be as narrow as 420 px is drawn as wide as it must be, with a warning.
    ``title`` is the module's name in the bar; the layout is that of ``slicer.app`` unless one is given.
    Raises OSError when the file cannot be written.
    """
    ensure_application()
    manager = layout_manager or slicer.app.layoutManager()
    width, height = size
    panel = grab_panel(panel_widget, height - TOP)
    if panel.shape[1] > PANEL_WIDTH:
        warnings.warn(
            f"The panel is {panel.shape[1]} px wide: expected at most {PANEL_WIDTH}. Let its widgets shrink or wrap.",
            stacklevel=2,
        )
    height = max(height, TOP + panel.shape[0])
    left = panel.shape[1] + MARGIN
    views = manager.grab_layout((width - left, height - TOP))
    canvas = QtGui.QImage(width, height, QtGui.QImage.Format.Format_RGB888)
    canvas.fill(QtGui.QColor(239, 239, 239))
    painter = QtGui.QPainter(canvas)
    _draw_bars(painter, width, title)
    painter.drawImage(QtCore.QPoint(0, TOP), to_image(panel))
    painter.drawImage(QtCore.QPoint(left, TOP), to_image(views))
    painter.end()
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not canvas.save(str(path), "PNG"):
        raise OSError(f"The picture {str(path)!r} could not be written: expected a writable place, ending in .png.")
    return to_array(canvas)


def grab_panel(panel_widget: Any, least_height: int) -> np.ndarray:
    """The whole panel at 420 px of width, at least that high: (height, width, 3) RGB, uint8."""
    application = ensure_application()
    application.processEvents()
    panel_widget.resize(PANEL_WIDTH, max(_needed_height(panel_widget), least_height))
    application.processEvents()
    # a layout that was dirty may ask for more once it has its width
    panel_widget.resize(PANEL_WIDTH, max(_needed_height(panel_widget), least_height))
    return grab_widget(panel_widget)


def _needed_height(panel_widget: Any) -> int:
    # properties are asked by name: under a PythonQt flavoured Qt their getters are no methods
    needed = panel_widget.property("minimumSizeHint").height() if panel_widget.property("minimumSizeHint") else 0
    hint = panel_widget.property("sizeHint")
    needed = max(needed, hint.height() if hint else 0)
    layout = panel_widget.layout()
    if layout is not None and layout.hasHeightForWidth():
        needed = layout.totalHeightForWidth(PANEL_WIDTH)
    return needed


def _draw_bars(painter: QtGui.QPainter, width: int, title: str) -> None:
    font = QtGui.QFont("DejaVu Sans")
    font.setPixelSize(12)
    painter.setFont(font)
    painter.fillRect(QtCore.QRect(0, 0, width, TITLE_HEIGHT), QtGui.QColor(58, 63, 75))
    painter.setPen(QtGui.QColor("white"))
    painter.drawText(QtCore.QRect(10, 0, width, TITLE_HEIGHT), _MIDDLE, "3D Slicer (stand-in host, off screen)")
    tools = QtCore.QRect(0, TITLE_HEIGHT, width, TOOLS_HEIGHT)
    painter.fillRect(tools, QtGui.QColor(225, 227, 230))
    painter.setPen(QtGui.QColor("black"))
    painter.drawText(QtCore.QRect(10, TITLE_HEIGHT, 70, TOOLS_HEIGHT), _MIDDLE, "Modules:")
    box = QtCore.QRect(76, TITLE_HEIGHT + 5, 240, TOOLS_HEIGHT - 10)
    painter.fillRect(box, QtGui.QColor("white"))
    painter.setPen(QtGui.QColor(150, 150, 150))
    painter.drawRect(box)
    painter.setPen(QtGui.QColor("black"))
    painter.drawText(box.adjusted(8, 0, 0, 0), _MIDDLE, title)
