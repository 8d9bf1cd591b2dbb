"""CTK's other buttons: menu, check, color, directory; and its message box."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QDir, QRect, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QColorDialog, QFileDialog, QHBoxLayout, QMessageBox, QPushButton, QWidget

from .declare import kept, own, passed_on, stand_in


def _text_and_parent(text: Any, parent: Any) -> tuple[str, Any]:
    return ("", text) if isinstance(text, QWidget) or text is None else (str(text), parent)


class _Button(QPushButton):
    """A push button made with (text, parent) or (parent)."""

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        words, owner = _text_and_parent(text, parent)
        super().__init__(words, owner)


@stand_in
class ctkPushButton(_Button):
    """A push button whose text can be aligned."""

    buttonTextAlignment = kept(int, 0x84, "update")
    iconAlignment = kept(int, 0x81, "update")
    elideMode = kept(int, 3)


@stand_in
class ctkMenuButton(_Button):
    """A push button with a menu at its right side."""


@stand_in
class ctkCheckBox(QCheckBox):
    """A check box whose mark can be an icon."""

    indicatorIcon = kept(object, None, "update")
    indicatorIconSize = kept(object, QSize(), "update")


@stand_in
class ctkCheckablePushButton(ctkPushButton):
    """A push button with a check box in it."""

    checkBoxToggled = Signal(bool)
    checkStateChanged = Signal(int)
    checkBoxControlsButton = kept(bool, True, "_follow")
    checkBoxControlsButtonToggleState = kept(bool, True, "_follow")
    checkBoxUserCheckable = kept(bool, True)
    indicatorAlignment = kept(int, 0x81, "update")
    checkState = kept(int, 0, "_changed")

    def _changed(self) -> None:
        self._follow()
        self.checkStateChanged.emit(int(self.checkState))
        self.checkBoxToggled.emit(bool(self.checkState))
        self.update()

    def _follow(self) -> None:
        if self.checkBoxControlsButton:
            self.setCheckable(bool(self.checkState))
            if self.checkBoxControlsButtonToggleState:
                self.setChecked(bool(self.checkState))

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        box = QRect(6, (self.height - 12) // 2, 12, 12)
        painter.drawRect(box)
        if self.checkState:
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.topRight(), box.bottomLeft())


@stand_in
class ctkColorPickerButton(_Button):
    """A button that shows a color and asks for another."""

    ShowAlphaChannel, NoButtons, DontUseNativeDialog, UseCTKColorDialog = (1, 2, 4, 0x80000000)
    colorChanged = Signal(QColor)
    colorNameChanged = Signal(str)
    displayColorName = kept(bool, True, "_show_color")
    dialogOptions = kept(int, 0)
    colorName = kept(str, "", "_show_color")

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._color = QColor(Qt.GlobalColor.black)
        self.setCheckable(True)
        self.clicked.connect(self.changeColor)
        self._show_color()

    def setColor(self, color: Any) -> None:
        color = QColor(color)
        if color != self._color:
            self._color = color
            self._show_color()
            self.colorChanged.emit(color)

    color = own(object, lambda self: QColor(self._color), setColor)

    def setDisplayColorName(self, shown: bool) -> None:
        self.displayColorName = shown

    def changeColor(self) -> None:
        """Ask for a color."""
        chosen = QColorDialog(self._color, self)
        if chosen.exec():
            self.setColor(chosen.currentColor)
        self.setChecked(False)

    def _show_color(self) -> None:
        picture = QPixmap(16, 16)
        picture.fill(self._color)
        self.setIcon(QIcon(picture))
        if self.displayColorName:
            self.setText(self.colorName or self._color.name())


@stand_in
class ctkDirectoryButton(QWidget):
    """A button that shows a folder and asks for another."""

    ShowDirsOnly, DontResolveSymlinks, DontConfirmOverwrite, DontUseNativeDialog = (1, 2, 4, 16)
    directoryChanged = Signal(str)
    directorySelected = Signal(str)
    caption = kept(str, "")
    acceptMode = kept(int, 0)
    options = kept(int, 1)
    elideMode = kept(int, 3)
    icon = passed_on(object, "_button", "icon")
    text = kept(str, "", "_show")

    def __init__(self, directory: Any = "", parent: QWidget | None = None) -> None:
        words, owner = _text_and_parent(directory, parent)
        super().__init__(owner)
        self._button = QPushButton(self.style().standardIcon(self.style().StandardPixmap.SP_DirIcon), "")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._button)
        self._button.clicked.connect(self.browse)
        self._directory = QDir(words or ".").absolutePath()
        self._show()

    def _set_directory(self, path: str) -> None:
        path = QDir(path).absolutePath()
        changed = path != self._directory
        self._directory = path
        self._show()
        if changed:
            self.directoryChanged.emit(path)

    directory = own(str, lambda self: self._directory, _set_directory)

    def _show(self) -> None:
        self._button.setText(self.text or self._directory)

    def browse(self) -> None:
        """Ask for a folder."""
        path = QFileDialog.getExistingDirectory(self, self.caption, self._directory)
        if path:
            self._set_directory(path)
            self.directorySelected.emit(path)


@stand_in
class ctkMessageBox(QMessageBox):
    """A message box that can remember its answer."""

    dontShowAgain = kept(bool, False)
    dontShowAgainVisible = kept(bool, False, "_show_box")
    dontShowAgainSettingsKey = kept(str, "")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roles: list[Any] = [QMessageBox.ButtonRole.AcceptRole]
        self._box: QCheckBox | None = None

    def _show_box(self) -> None:
        self._box = QCheckBox("Don't show this message again")
        self.setCheckBox(self._box)
        self._box.toggled.connect(lambda checked: setattr(self, "dontShowAgain", checked))

    def addDontShowAgainButtonRole(self, role: Any) -> None:
        self._roles.append(role)

    def setDontShowAgain(self, dont: bool) -> None:
        self.dontShowAgain = dont

    def exec_(self) -> int:
        """Answer at once with what was remembered, else as any message box."""
        key = self.dontShowAgainSettingsKey
        remembered = QSettings().value(key) if key else None
        if remembered not in (None, "", "-1", -1):
            return int(remembered)
        answer = QMessageBox.exec_(self)
        if key and self.dontShowAgain:
            QSettings().setValue(key, answer)
        return answer

    exec = exec_
