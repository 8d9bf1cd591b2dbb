"""The picture of a layout: each view under its coloured bar, on black."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6 import QtCore, QtGui

from .layout_tree import Rect
from .orientation import offset_text
from .painting import color_of, ensure_application, to_array, to_image
from .slice_widget import SliceWidget

BAR_HEIGHT = 22
FONT_PIXELS = 13


def view_size(widget: Any, rect: Rect) -> tuple[int, int]:
    """(width, height) in pixels that is left for a view under its bar."""
    bar = BAR_HEIGHT if widget.controllerWidget().visible else 0
    return max(rect.width, 1), max(rect.height - bar, 1)


def draw_layout(placed: list[tuple[Any, Rect]], widgets: dict[Any, Any], size: tuple[int, int]) -> np.ndarray:
    """The placed views with their bars: (height, width, 3) RGB, uint8."""
    ensure_application()
    canvas = QtGui.QImage(*size, QtGui.QImage.Format.Format_RGB888)
    canvas.fill(QtGui.QColor("black"))
    painter = QtGui.QPainter(canvas)
    for node, rect in placed:
        widget = widgets[node]
        width, height = view_size(widget, rect)
        top = rect.y + rect.height - height
        painter.drawImage(QtCore.QPoint(rect.x, top), to_image(widget.viewWidget()._grab()))
        if top > rect.y:
            _draw_bar(painter, Rect(rect.x, rect.y, width, BAR_HEIGHT), widget)
    painter.end()
    return to_array(canvas)


def _draw_bar(painter: QtGui.QPainter, rect: Rect, widget: Any) -> None:
    node = widget.mrmlAbstractViewNode()
    color = color_of(node.GetLayoutColor())
    painter.fillRect(QtCore.QRect(*rect), color)
    font = QtGui.QFont("DejaVu Sans")
    font.setPixelSize(FONT_PIXELS)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QtGui.QColor("black" if color.lightnessF() > 0.35 else "white"))
    label = node.GetLayoutLabel() or node.GetLayoutName() or ""
    needed = QtGui.QFontMetrics(font).horizontalAdvance(label)
    painter.drawText(QtCore.QRect(rect.x + 8, rect.y, needed + 4, rect.height), _MIDDLE, label)
    if isinstance(widget, SliceWidget):
        _draw_slider(painter, Rect(rect.x + 20 + needed, rect.y, rect.width - 26 - needed, rect.height), widget)


_MIDDLE = QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft


def _draw_slider(painter: QtGui.QPainter, rect: Rect, widget: SliceWidget) -> None:
    logic = widget.sliceLogic()
    if rect.width < 140 or not widget.imageDataConnection():
        return
    font = QtGui.QFont("DejaVu Sans")
    font.setPixelSize(FONT_PIXELS - 1)
    painter.setFont(font)
    box = QtCore.QRect(rect.x + rect.width - 88, rect.y + 3, 86, rect.height - 6)
    painter.fillRect(box, QtGui.QColor("white"))
    painter.setPen(QtGui.QColor("black"))
    painter.drawText(box.adjusted(4, 0, 0, 0), _MIDDLE, offset_text(logic.GetSliceNode(), logic.GetSliceOffset()))
    groove = QtCore.QRect(rect.x, rect.y + rect.height // 2 - 2, rect.width - 100, 4)
    painter.fillRect(groove, QtGui.QColor(60, 60, 60))
    place = _slider_fraction(logic)
    handle = QtCore.QRect(groove.x() + round(place * (groove.width() - 10)), rect.y + 4, 10, rect.height - 8)
    painter.fillRect(handle, QtGui.QColor(235, 235, 235))


def _slider_fraction(logic: Any) -> float:
    bounds = [0.0] * 6
    logic.GetLowestVolumeSliceBounds(bounds)
    low, high = bounds[4], bounds[5]
    if high <= low:
        return 0.0
    return min(max((logic.GetSliceOffset() - low) / (high - low), 0.0), 1.0)
