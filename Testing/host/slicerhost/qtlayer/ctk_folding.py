"""CTK's widgets that fold: collapsible button, group box, expand button, text browser."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPalette, QPolygon
from PySide6.QtWidgets import QAbstractButton, QFrame, QGroupBox, QSizePolicy, QTextBrowser, QToolButton, QWidget

from .declare import kept, own, stand_in

_LARGEST = 16777215
_HEADER = 24


class Folder(QObject):
    """Hides the children of a widget and shows again those that were not hidden by somebody else."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._shown: dict[QWidget, bool] = {}
        self._forcing = False
        self.folded = False

    def fold(self, folded: bool) -> None:
        """Hide or show the children."""
        self.folded = folded
        children = [child for child in self._owner.children() if isinstance(child, QWidget) and not child.isWindow()]
        for child in children:
            if folded and child not in self._shown:
                self._shown[child] = not child.isHidden()
                child.installEventFilter(self)
            self._set_visible(child, False if folded else self._shown.get(child, not child.isHidden()))
        if not folded:
            for child in self._shown:
                child.removeEventFilter(self)
            self._shown.clear()

    def _set_visible(self, child: QWidget, visible: bool) -> None:
        self._forcing = True
        child.setVisible(visible)
        self._forcing = False

    def eventFilter(self, child: QObject, event: QEvent) -> bool:
        """Remember what a script wants of a child while it is folded away."""
        if self._forcing or child not in self._shown:
            return False
        if event.type() == QEvent.Type.ShowToParent:
            self._shown[child] = True
            self._set_visible(child, False)
        elif event.type() == QEvent.Type.HideToParent:
            self._shown[child] = False
        return False


def draw_arrow(painter: QPainter, x: int, y: int, folded: bool) -> None:
    """Draw a triangle that points right (folded) or down."""
    points = (
        [(x - 2, y - 5), (x - 2, y + 5), (x + 4, y)] if folded else [(x - 4, y - 3), (x + 6, y - 3), (x + 1, y + 3)]
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(QPolygon([QPoint(*point) for point in points]))


@stand_in
class ctkCollapsibleButton(QAbstractButton):
    """A heading; a click folds what is below it."""

    contentsCollapsed = Signal(bool)
    flat = kept(bool, False, "update")
    collapsedHeight = kept(int, 0, "_limit_height")
    contentsFrameShape = kept(int, QFrame.Shape.NoFrame.value, "update")
    contentsFrameShadow = kept(int, QFrame.Shadow.Plain.value, "update")
    contentsLineWidth = kept(int, 1)
    contentsMidLineWidth = kept(int, 0)
    buttonTextAlignment = kept(int, 0x81, "update")
    indicatorAlignment = kept(int, 0x81, "update")

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        super().__init__(text if isinstance(text, QWidget) or text is None else parent)
        self._folder = Folder(self)
        self.setText(text if isinstance(text, str) else "")
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setContentsMargins(0, _HEADER, 0, 0)
        self.setMinimumHeight(_HEADER)
        self.toggled.connect(self._fold)

    def _fold(self, checked: bool) -> None:
        self._folder.fold(not checked)
        self._limit_height()
        self.updateGeometry()
        self.contentsCollapsed.emit(not checked)

    def _limit_height(self) -> None:
        self.setMaximumHeight(_HEADER + self.collapsedHeight if self.collapsed else _LARGEST)

    collapsed = own(bool, lambda self: not self.checked, lambda self, value: self.setChecked(not value))

    def hitButton(self, position: QPoint) -> bool:
        """Only the heading is clicked."""
        return position.y() < _HEADER

    def showEvent(self, event: Any) -> None:
        """Fold also what was put in since."""
        if self.collapsed:
            self._folder.fold(True)
        super().showEvent(event)

    def paintEvent(self, _event: Any) -> None:
        painter = QPainter(self)
        heading = QRect(0, 0, self.width, _HEADER - 2)
        painter.setPen(self.palette.color(QPalette.ColorRole.Mid))
        if not self.flat:
            painter.setBrush(self.palette.color(QPalette.ColorRole.Button))
            painter.drawRoundedRect(heading.adjusted(0, 0, -1, -1), 2, 2)
        painter.setBrush(self.palette.color(QPalette.ColorRole.ButtonText))
        draw_arrow(painter, 11, _HEADER // 2 - 1, self.collapsed)
        painter.setPen(self.palette.color(QPalette.ColorRole.ButtonText))
        painter.drawText(heading.adjusted(24, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, self.text)


@stand_in
class ctkCollapsibleGroupBox(QGroupBox):
    """A group box; a click on its title folds it."""

    collapsedHeight = kept(int, 14)

    def __init__(self, title: Any = "", parent: QWidget | None = None) -> None:
        super().__init__(title if isinstance(title, QWidget) else parent)
        self._folder = Folder(self)
        self.setTitle(title if isinstance(title, str) else "")
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._fold)

    def _fold(self, checked: bool) -> None:
        self._folder.fold(not checked)
        self.setMaximumHeight(_LARGEST if checked else self.fontMetrics().height() + self.collapsedHeight)
        self.setFlat(not checked)

    collapsed = own(bool, lambda self: not self.checked, lambda self, value: self.setChecked(not value))

    def showEvent(self, event: Any) -> None:
        """Fold also what was put in since."""
        if self.collapsed:
            self._folder.fold(True)
        super().showEvent(event)


@stand_in
class ctkExpandButton(QToolButton):
    """A small button with an arrow."""

    mirrorOnExpand = kept(bool, False)
    orientation = kept(int, Qt.Orientation.Horizontal.value)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setArrowType(Qt.ArrowType.RightArrow)
        self.toggled.connect(self._turn)

    def _turn(self, checked: bool) -> None:
        turned = checked and self.mirrorOnExpand
        self.setArrowType(Qt.ArrowType.LeftArrow if turned else Qt.ArrowType.RightArrow)


@stand_in
class ctkFittedTextBrowser(QTextBrowser):
    """A text browser as high as its text; the part after the teaser can be folded away."""

    collapsed = kept(bool, True, "_show_text")
    disableMouseScroll = kept(bool, True)
    showDetailsText = kept(str, "Show details...", "_show_text")
    hideDetailsText = kept(str, "Hide details.", "_show_text")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._fit)

    def setCollapsibleText(self, text: str) -> None:
        """Set a text whose first line (plain) or part before </p> is always seen."""
        self._whole = text
        self._show_text()

    def setCollapsibleHtml(self, text: str) -> None:
        self.setCollapsibleText(text)

    def setCollapsiblePlainText(self, text: str) -> None:
        self.setCollapsibleText(text.replace("\n", "<br>"))

    def collapsibleText(self) -> str:
        return self._whole

    def _show_text(self) -> None:
        if not self._whole:
            return
        teaser, found, details = self._whole.partition("<br>")
        if not found:
            super().setHtml(self._whole)
        elif self.collapsed:
            super().setHtml(f'{teaser} <a href="#">{self.showDetailsText}</a>')
        else:
            super().setHtml(f'{teaser}<br>{details} <a href="#">{self.hideDetailsText}</a>')

    def _fit(self) -> None:
        lines = self.document.clone()
        lines.setTextWidth(max(100, self.viewport().width))
        self.setFixedHeight(int(lines.size.height()) + 2 * self.frameWidth)

    def showEvent(self, event: Any) -> None:
        """Fit the height to the width that the layout gave."""
        super().showEvent(event)
        self._fit()
