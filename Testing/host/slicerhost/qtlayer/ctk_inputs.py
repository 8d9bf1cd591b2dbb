"""CTK's sliders, path edit and search box."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QDir, QSettings, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QToolButton,
    QWidget,
)

from .qt_module import connect, disconnect

_STEPS = 1000
_REMEMBERED = 10


class ctkDoubleSpinBox(QDoubleSpinBox):
    """A spin box for numbers with decimals."""

    connect, disconnect = connect, disconnect


class ctkComboBox(QComboBox):
    """A combo box."""

    connect, disconnect = connect, disconnect


class ctkSearchBox(QLineEdit):
    """A line for search words."""

    connect, disconnect = connect, disconnect


class ctkSliderWidget(QWidget):
    """A slider with a spin box for the same value."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)
    connect, disconnect = connect, disconnect

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider, self._spin = QSlider(Qt.Orientation.Horizontal), QDoubleSpinBox()
        self._slider.setRange(0, _STEPS)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._spin)
        self._spin.setRange(0.0, 99.0)
        self._spin.valueChanged.connect(self._spin_changed)
        self._slider.valueChanged.connect(self._slider_changed)
        self.tracking = True
        self.pageStep = 10.0

    def _spin_changed(self, value: float) -> None:
        span = self._spin.maximum - self._spin.minimum
        blocked = self._slider.blockSignals(True)
        self._slider.setValue(round(_STEPS * (value - self._spin.minimum) / span) if span else 0)
        self._slider.blockSignals(blocked)
        self.valueChanged.emit(value)

    def _slider_changed(self, step: int) -> None:
        span = self._spin.maximum - self._spin.minimum
        self._spin.setValue(self._spin.minimum + span * step / _STEPS)

    def setValue(self, value: float) -> None:
        self._spin.setValue(float(value))

    def setRange(self, low: float, high: float) -> None:
        self._spin.setRange(float(low), float(high))
        self._spin_changed(self._spin.value)


def _of_spin(name: str) -> property:
    def read(self: Any) -> Any:
        return getattr(self._spin, name)

    def write(self: Any, value: Any) -> None:
        setattr(self._spin, name, value)

    return property(read, write)


for _name in ("value", "minimum", "maximum", "singleStep", "decimals", "suffix", "prefix"):
    setattr(ctkSliderWidget, _name, _of_spin(_name))
for _name in ("Minimum", "Maximum", "SingleStep", "Decimals", "Suffix", "Prefix"):
    setattr(
        ctkSliderWidget,
        f"set{_name}",
        lambda self, value, name=_name: setattr(self, name[0].lower() + name[1:], value),
    )


class ctkPathLineEdit(QWidget):
    """A line for a path with a button that opens a file dialog."""

    Files, Dirs, Writable, Readable = (
        QDir.Filter.Files.value,
        QDir.Filter.Dirs.value,
        QDir.Filter.Writable.value,
        QDir.Filter.Readable.value,
    )
    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)
    connect, disconnect = connect, disconnect

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line, self._button = QComboBox(), QToolButton()
        self._line.setEditable(True)
        self._button.setText("...")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._line, 1)
        row.addWidget(self._button)
        self._line.editTextChanged.connect(self.currentPathChanged)
        self._button.clicked.connect(self.browse)
        self.filters: Any = self.Files
        self.nameFilters: list[str] = []
        self.label = ""
        self.settingKey = ""
        self.showHistoryButton = True

    @property
    def currentPath(self) -> str:
        return str(self._line.currentText)

    @currentPath.setter
    def currentPath(self, value: str) -> None:
        self._line.setEditText(str(value))

    def setCurrentPath(self, value: str) -> None:
        self.currentPath = value

    def addCurrentPathToHistory(self) -> None:
        """Keep the path for later sessions under `settingKey`."""
        if self.settingKey and self.currentPath:
            kept = QSettings().value(self.settingKey) or []
            kept = [kept] if isinstance(kept, str) else list(kept)
            QSettings().setValue(self.settingKey, [self.currentPath, *kept][:_REMEMBERED])

    def browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.label, self.currentPath)
        if path:
            self.currentPath = path
