"""CTK's collapsible button and group box, and its message box."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPolygon
from PySide6.QtWidgets import QCheckBox, QGroupBox, QMessageBox, QPushButton, QSizePolicy, QTextBrowser, QWidget

from .qt_module import connect, disconnect

_HEADER = 24
_LARGEST = 16777215


class ctkCollapsibleButton(QWidget):
    """A heading that folds what is below it."""

    contentsCollapsed = Signal(bool)
    clicked = Signal(bool)
    toggled = Signal(bool)
    connect, disconnect = connect, disconnect

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        super().__init__(text if isinstance(text, QWidget) else parent)
        self._text = "" if isinstance(text, QWidget) else str(text)
        self._collapsed = False
        self.setContentsMargins(4, _HEADER + 2, 4, 2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    @property
    def text(self) -> str:
        return self._text

    @text.setter
    def text(self, value: str) -> None:
        self._text = value
        self.update()

    def setText(self, value: str) -> None:
        self.text = value

    @property
    def collapsed(self) -> bool:
        return self._collapsed

    @collapsed.setter
    def collapsed(self, value: bool) -> None:
        value = bool(value)
        if value == self._collapsed:
            return
        self._collapsed = value
        self.setMinimumHeight(_HEADER if value else 0)
        self.setMaximumHeight(_HEADER if value else _LARGEST)
        self.updateGeometry()
        self.update()
        self.contentsCollapsed.emit(value)

    def setCollapsed(self, value: bool) -> None:
        self.collapsed = value

    @property
    def checked(self) -> bool:
        return not self._collapsed

    @checked.setter
    def checked(self, value: bool) -> None:
        self.collapsed = not value

    def setChecked(self, value: bool) -> None:
        self.checked = value

    def mousePressEvent(self, event: Any) -> None:
        if event.position().y() < _HEADER:
            self.click()

    def click(self) -> None:
        self.collapsed = not self._collapsed
        self.clicked.emit(not self._collapsed)
        self.toggled.emit(not self._collapsed)

    def paintEvent(self, _event: Any) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        header = QRect(0, 0, self.rect.width(), _HEADER - 2)
        painter.fillRect(header, QColor("#dcdcdc"))
        painter.setBrush(QColor("#404040"))
        painter.setPen(QColor("#404040"))
        y = _HEADER // 2 - 1
        points = [(8, y - 4), (8, y + 4), (13, y)] if self._collapsed else [(6, y - 2), (14, y - 2), (10, y + 3)]
        painter.drawPolygon(QPolygon([QPoint(*point) for point in points]))
        painter.drawText(header.adjusted(20, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text)


class ctkCollapsibleGroupBox(QGroupBox):
    """A group box that folds."""

    connect, disconnect = connect, disconnect

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        super().__init__(text if isinstance(text, QWidget) else parent)
        self.setTitle("" if isinstance(text, QWidget) else str(text))
        self._collapsed = False

    @property
    def collapsed(self) -> bool:
        return self._collapsed

    @collapsed.setter
    def collapsed(self, value: bool) -> None:
        self._collapsed = bool(value)
        self.setMaximumHeight(_HEADER if value else _LARGEST)


class ctkCheckBox(QCheckBox):
    """A check box."""

    connect, disconnect = connect, disconnect


class ctkMessageBox(QMessageBox):
    """A message box that can remember its answer; it never blocks here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dontShowAgain = False
        self.dontShowAgainVisible = False
        self.dontShowAgainSettingsKey = ""

    def setDontShowAgainVisible(self, visible: bool) -> None:
        self.dontShowAgainVisible = visible

    def setDontShowAgainSettingsKey(self, key: str) -> None:
        self.dontShowAgainSettingsKey = key

    def addDontShowAgainSettingsKeyword(self, _keyword: Any) -> None:
        """Nothing is remembered between runs of the stand-in."""

    def exec_(self) -> int:
        return int(QMessageBox.StandardButton.Ok)


class ctkFittedTextBrowser(QTextBrowser):
    """A text browser as high as its text."""

    connect, disconnect = connect, disconnect
    collapsed = False
    showDetailsText, hideDetailsText = "Show details...", "Hide details."


class ctkMenuButton(QPushButton):
    """A button with a menu of its own."""

    connect, disconnect = connect, disconnect
