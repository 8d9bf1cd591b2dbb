"""CTK's widgets for one number: spin box, slider, slider with spin box."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from .declare import kept, own, passed_on, stand_in

_STEPS = 10_000
_LARGEST = 1e300


def _row(owner: QWidget, *parts: QWidget) -> None:
    row = QHBoxLayout(owner)
    row.setContentsMargins(0, 0, 0, 0)
    for part in parts:
        row.addWidget(part, 0 if isinstance(part, QDoubleSpinBox) else 1)


@stand_in
class ctkDoubleSpinBox(QDoubleSpinBox):
    """A spin box for numbers with decimals."""

    FixedDecimals, DecimalsByKey, DecimalsByShortcuts, DecimalsByValue = 0, 1, 2, 8
    SetIfDifferent, SetAlways = 0, 1
    decimalsChanged = Signal(int)
    SIGNATURES: ClassVar[dict[str, str]] = {"valueChanged(QString)": "textChanged"}
    decimalsOption = kept(int, 0)
    setMode = kept(int, 0)
    sizeHintPolicy = kept(int, 0)
    invertedControls = kept(bool, False)

    def setDecimals(self, decimals: int) -> None:
        before = self.decimals
        super().setDecimals(int(decimals))
        if before != self.decimals:
            self.decimalsChanged.emit(self.decimals)

    def setValueIfDifferent(self, value: float) -> None:
        self.setValue(value)

    def setValueAlways(self, value: float) -> None:
        self.setValue(value)


@stand_in
class ctkDoubleSlider(QWidget):
    """A slider for numbers with decimals."""

    valueChanged, sliderMoved = Signal(float), Signal(float)
    sliderPressed, sliderReleased = Signal(), Signal()
    rangeChanged = Signal(float, float)
    singleStep, pageStep = kept(float, 1.0), kept(float, 10.0)
    tickInterval, tickPosition = kept(float, 0.0), kept(int, 0)
    tracking = kept(bool, True)
    invertedAppearance = passed_on(bool, "_slider", "invertedAppearance")
    invertedControls = passed_on(bool, "_slider", "invertedControls")
    handleToolTip = kept(str, "")

    def __init__(self, orientation: Any = Qt.Orientation.Vertical, parent: QWidget | None = None) -> None:
        owner = orientation if isinstance(orientation, QWidget) else parent
        super().__init__(owner)
        self._value, self._low, self._high = 0.0, 0.0, 99.0
        self._slider = QSlider(orientation if isinstance(orientation, Qt.Orientation) else Qt.Orientation.Vertical)
        self._slider.setRange(0, _STEPS)
        _row(self, self._slider)
        self._slider.valueChanged.connect(self._moved)

    def _moved(self, step: int) -> None:
        self.setValue(self._low + (self._high - self._low) * step / _STEPS)
        self.sliderMoved.emit(self._value)

    def setValue(self, value: float) -> None:
        value = min(max(float(value), self._low), self._high)
        changed, self._value = value != self._value, value
        self._place()
        if changed:
            self.valueChanged.emit(value)

    def _place(self) -> None:
        span = self._high - self._low
        blocked = self._slider.blockSignals(True)
        self._slider.setValue(round(_STEPS * (self._value - self._low) / span) if 0 < span < math.inf else 0)
        self._slider.blockSignals(blocked)

    def _set_limits(self, low: float, high: float) -> None:
        if (low, high) != (self._low, self._high):
            self._low, self._high = low, high
            self.setValue(self._value)
            self.rangeChanged.emit(low, high)

    def setOrientation(self, orientation: Any) -> None:
        self._slider.setOrientation(Qt.Orientation(int(orientation)))

    value = own(float, lambda self: self._value, setValue)
    sliderPosition = own(float, lambda self: self._value, setValue)
    minimum = own(float, lambda self: self._low, lambda self, low: self._set_limits(low, max(low, self._high)))
    maximum = own(float, lambda self: self._high, lambda self, high: self._set_limits(min(self._low, high), high))
    orientation = own(object, lambda self: self._slider.orientation, setOrientation)


@stand_in
class ctkSliderWidget(QWidget):
    """A slider and a spin box for the same number."""

    NoSynchronize, SynchronizeWidth, SynchronizeDecimals, SynchronizeSiblings = (0, 1, 2, 3)
    valueChanged, valueIsChanging = Signal(float), Signal(float)
    decimalsChanged = Signal(int)
    singleStep = passed_on(float, "_spin", "singleStep")
    prefix, suffix = (passed_on(str, "_spin", "prefix"), passed_on(str, "_spin", "suffix"))
    spinBoxAlignment = kept(int, 0x20)
    pageStep, tickInterval, tickPosition = (kept(float, 10.0), kept(float, 0.1), kept(int, 0))
    synchronizeSiblings, tracking, popupSlider = (kept(int, 3), kept(bool, True), kept(bool, False))
    invertedAppearance = passed_on(bool, "_slider", "invertedAppearance")
    invertedControls = passed_on(bool, "_slider", "invertedControls")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider, self._spin = (ctkDoubleSlider(Qt.Orientation.Horizontal), ctkDoubleSpinBox())
        self._spin.setKeyboardTracking(False)
        self._spin.setMinimumWidth(72)
        _row(self, self._slider, self._spin)
        self._spin.valueChanged.connect(self._changed)
        self._slider.valueChanged.connect(self._spin.setValue)
        self._slider.sliderMoved.connect(self.valueIsChanging)
        self._spin.decimalsChanged.connect(self.decimalsChanged)
        self._limit(0.0, 99.0)

    def _changed(self, value: float) -> None:
        blocked = self._slider.blockSignals(True)
        self._slider.setValue(value)
        self._slider.blockSignals(blocked)
        self.valueChanged.emit(value)

    def _limit(self, low: float, high: float) -> None:
        low, high = max(low, -_LARGEST), min(high, _LARGEST)
        blocked = self._slider.blockSignals(True)
        self._slider._set_limits(low, high)
        self._slider.blockSignals(blocked)
        self._spin.setRange(low, high)

    def setValue(self, value: float) -> None:
        self._spin.setValue(float(value))

    def setDecimals(self, decimals: int) -> None:
        self._spin.setDecimals(decimals)

    def setSpinBoxVisible(self, visible: bool) -> None:
        self._spin.setVisible(visible)

    def reset(self) -> None:
        """Go to the lowest value."""
        self.setValue(self.minimum)

    value = own(float, lambda self: self._spin.value, setValue)
    decimals = own(int, lambda self: self._spin.decimals, setDecimals)
    minimum = own(
        float, lambda self: self._spin.minimum, lambda self, low: self._limit(low, max(low, self._spin.maximum))
    )
    maximum = own(
        float, lambda self: self._spin.maximum, lambda self, high: self._limit(min(high, self._spin.minimum), high)
    )
    spinBoxVisible = own(bool, lambda self: not self._spin.isHidden(), setSpinBoxVisible)
