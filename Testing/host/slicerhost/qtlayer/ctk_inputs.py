"""CTK's combo boxes, path edit, search box and spacer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QSettings, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from .declare import kept, own, stand_in

_REMEMBERED = 10


@stand_in
class ctkComboBox(QComboBox):
    """A combo box with a text for "nothing chosen"."""

    AlwaysScroll, NeverScroll, ScrollWithFocus, ScrollWithNoVScrollBar = 0, 1, 2, 3
    returnRelease = Signal()
    defaultText = kept(str, "", "update")
    defaultIcon = kept(object, None, "update")
    forceDefault = kept(bool, False, "update")
    elideMode, scrollWheelEffect = kept(int, 3), kept(int, 0)

    def setCurrentUserDataAsString(self, text: str) -> None:
        self.setCurrentIndex(self.findData(text))

    currentUserDataAsString = own(str, lambda self: str(self.currentData or ""), setCurrentUserDataAsString)


@stand_in
class ctkCheckableComboBox(QComboBox):
    """A combo box whose items can be checked."""

    checkedIndexesChanged, returnRelease = Signal(), Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view().pressed.connect(self._toggle)
        self.model().rowsInserted.connect(self._make_checkable)

    def _make_checkable(self, _parent: QModelIndex, first: int, last: int) -> None:
        for row in range(first, last + 1):
            item = self.model().item(row)
            if item is not None and not item.isCheckable():
                item.setCheckable(True)
                item.setCheckState(Qt.CheckState.Unchecked)

    def _indexes(self) -> Iterator[QModelIndex]:
        for row in range(self.count):
            yield self.model().index(row, 0)

    def checkState(self, index: QModelIndex) -> Any:
        return self.model().itemFromIndex(index).checkState()

    def setCheckState(self, index: QModelIndex, state: Any) -> None:
        if self.checkState(index) != state:
            self.model().itemFromIndex(index).setCheckState(Qt.CheckState(int(state)))
            self.checkedIndexesChanged.emit()
            self.update()

    def _toggle(self, index: QModelIndex) -> None:
        self.setCheckState(index, Qt.CheckState.Unchecked if self.checkState(index) else Qt.CheckState.Checked)

    def checkedIndexes(self) -> list[QModelIndex]:
        return [index for index in self._indexes() if self.checkState(index) == Qt.CheckState.Checked]

    def allChecked(self) -> bool:
        return len(self.checkedIndexes()) == self.count

    def noneChecked(self) -> bool:
        return not self.checkedIndexes()

    def checkableModel(self) -> Any:
        return self.model()


@stand_in
class ctkSearchBox(QLineEdit):
    """A line for search words."""

    showSearchIcon = kept(bool, False)
    searchIcon, clearIcon = kept(object, None), kept(object, None)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Search...")
        self.setClearButtonEnabled(True)


@stand_in
class ctkDynamicSpacer(QWidget):
    """An empty widget that takes the space that is left while it is active."""

    active = kept(bool, False, "_apply")
    activeSizePolicy = kept(object, QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding), "_apply")
    inactiveSizePolicy = kept(object, QSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum), "_apply")

    def _apply(self) -> None:
        self.setSizePolicy(self.activeSizePolicy if self.active else self.inactiveSizePolicy)

    def setActive(self, active: bool) -> None:
        self.active = active

    def setInactive(self, inactive: bool) -> None:
        self.active = not inactive


@stand_in
class ctkPathLineEdit(QWidget):
    """A line for a path, with its history and a button that opens a file dialog."""

    Dirs, Files, Drives, NoSymLinks, AllEntries = 0x1, 0x2, 0x4, 0x8, 0x7
    Readable, Writable, Executable, Modified, Hidden, System = (0x10, 0x20, 0x40, 0x80, 0x100, 0x200)
    AllDirs, NoDot, NoDotDot, NoDotAndDotDot, NoFilter = (0x400, 0x2000, 0x4000, 0x6000, -1)
    ShowDirsOnly, DontResolveSymlinks, DontConfirmOverwrite, DontUseNativeDialog = (0x1, 0x2, 0x4, 0x10)
    AdjustToContents, AdjustToContentsOnFirstShow, AdjustToMinimumContentsLength = (0, 1, 2)
    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)
    label = kept(str, "")
    filters = kept(int, 0x1 | 0x2 | 0x2000 | 0x4000)
    nameFilters = kept(tuple, ())
    options, minimumContentsLength, sizeAdjustPolicy = (kept(int, 0), kept(int, 0), kept(int, 1))
    settingKey = kept(str, "", "retrieveHistory")
    showBrowseButton = kept(bool, True, "_show_buttons")
    showHistoryButton = kept(bool, True, "_show_buttons")

    def __init__(self, label: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(label if isinstance(label, QWidget) else parent)
        self._combo, self._button, self._valid = QComboBox(), QToolButton(), False
        self._combo.setEditable(True)
        self._combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._button.setText("...")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._combo, 1)
        row.addWidget(self._button)
        self._combo.editTextChanged.connect(self._edited)
        self._button.clicked.connect(self.browse)
        if isinstance(label, str):
            self.label = label

    def comboBox(self) -> QComboBox:
        return self._combo

    def _edited(self, path: str) -> None:
        self.currentPathChanged.emit(path)
        valid = self._fits(path)
        if valid != self._valid:
            self._valid = valid
            self.validInputChanged.emit(valid)

    def _fits(self, path: str) -> bool:
        found = Path(path)
        if not path or not found.exists():
            return bool(path) and bool(self.filters & self.Writable) and found.parent.is_dir()
        return bool(self.filters & self.Dirs) if found.is_dir() else bool(self.filters & self.Files)

    def _show_buttons(self) -> None:
        self._button.setVisible(self.showBrowseButton)

    def setCurrentPath(self, path: str) -> None:
        self._combo.setEditText("" if path is None else str(path))

    currentPath = own(str, lambda self: self._combo.currentText, setCurrentPath)

    def retrieveHistory(self) -> None:
        """Show the remembered paths; the last one becomes the path."""
        kept_paths = _remembered(self.settingKey)
        current = self.currentPath
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        self._combo.addItems(kept_paths)
        self._combo.setEditText(current)
        self._combo.blockSignals(blocked)
        if kept_paths and not current:
            self.setCurrentPath(kept_paths[0])

    def addCurrentPathToHistory(self) -> None:
        """Keep the path for later sessions under `settingKey`."""
        path = self.currentPath
        if not path:
            return
        paths = [path, *(known for known in _remembered(self.settingKey) if known != path)][:_REMEMBERED]
        if self.settingKey:
            QSettings().setValue(self.settingKey, paths)
        if self._combo.findText(path) < 0:
            blocked = self._combo.blockSignals(True)
            self._combo.insertItem(0, path)
            self._combo.setEditText(path)
            self._combo.blockSignals(blocked)

    def browse(self) -> None:
        """Ask for a file or folder, as the filters say."""
        label, start, names = (self.label or "Select", self.currentPath, ";;".join(self.nameFilters))
        if self.filters & self.Files and self.filters & self.Writable:
            path = QFileDialog.getSaveFileName(self, label, start, names)
        elif self.filters & self.Files:
            path = QFileDialog.getOpenFileName(self, label, start, names)
        else:
            path = QFileDialog.getExistingDirectory(self, label, start)
        if path:
            self.setCurrentPath(path)


def _remembered(key: str) -> list[str]:
    value = QSettings().value(key) if key else None
    return [value] if isinstance(value, str) else list(value or [])
