"""CTK's widgets for two or more numbers: range slider, range with spin boxes, coordinates."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSizePolicy, QWidget

from .ctk_numbers import ctkDoubleSpinBox
from .declare import kept, own, stand_in

_HANDLE = 12


@stand_in
class ctkDoubleRangeSlider(QWidget):
    """A slider with two handles, drawn here."""

    minimumValueChanged, maximumValueChanged = Signal(float), Signal(float)
    minimumPositionChanged, maximumPositionChanged = Signal(float), Signal(float)
    positionsChanged, valuesChanged, rangeChanged = (Signal(float, float), Signal(float, float), Signal(float, float))
    sliderPressed, sliderReleased = Signal(), Signal()
    singleStep, tickInterval, tickPosition = (kept(float, 1.0), kept(float, 0.0), kept(int, 0))
    tracking, symmetricMoves = kept(bool, True), kept(bool, False)
    orientation = kept(object, Qt.Orientation.Horizontal)

    def __init__(self, orientation: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(orientation if isinstance(orientation, QWidget) else parent)
        self._limits, self._values, self._dragged = (0.0, 99.0), (0.0, 99.0), 0
        self.setMinimumSize(60, _HANDLE + 6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def setValues(self, low: float, high: float) -> None:
        bottom, top = self._limits
        low, high = (min(max(float(value), bottom), top) for value in sorted((low, high)))
        before, self._values = self._values, (low, high)
        self.update()
        if before == self._values:
            return
        if before[0] != low:
            self.minimumValueChanged.emit(low)
        if before[1] != high:
            self.maximumValueChanged.emit(high)
        self.valuesChanged.emit(low, high)
        self.positionsChanged.emit(low, high)

    def setRange(self, low: float, high: float) -> None:
        if (low, high) != self._limits:
            self._limits = (float(low), float(high))
            self.setValues(*self._values)
            self.rangeChanged.emit(*self._limits)

    def setMinimumValue(self, value: float) -> None:
        self.setValues(value, max(value, self._values[1]))

    def setMaximumValue(self, value: float) -> None:
        self.setValues(min(value, self._values[0]), value)

    minimumValue = own(float, lambda self: self._values[0], setMinimumValue)
    maximumValue = own(float, lambda self: self._values[1], setMaximumValue)
    minimumPosition, maximumPosition = minimumValue, maximumValue
    minimum = own(float, lambda self: self._limits[0], lambda self, low: self.setRange(low, max(low, self._limits[1])))
    maximum = own(
        float, lambda self: self._limits[1], lambda self, high: self.setRange(min(high, self._limits[0]), high)
    )

    def _place(self, value: float) -> int:
        low, high = self._limits
        part = (value - low) / (high - low) if high > low else 0.0
        return round(_HANDLE / 2 + part * (self.width - _HANDLE))

    def paintEvent(self, _event: Any) -> None:
        painter, middle = QPainter(self), self.height // 2
        left, right = (self._place(value) for value in self._values)
        painter.setPen(self.palette.color(QPalette.ColorRole.Dark))
        painter.setBrush(self.palette.color(QPalette.ColorRole.Mid))
        painter.drawRect(QRect(0, middle - 2, self.width - 1, 4))
        painter.setBrush(self.palette.color(QPalette.ColorRole.Highlight))
        painter.drawRect(QRect(left, middle - 2, right - left, 4))
        painter.setBrush(self.palette.color(QPalette.ColorRole.Button))
        for place in (left, right):
            painter.drawEllipse(QPoint(place, middle), _HANDLE // 2, _HANDLE // 2)

    def mousePressEvent(self, event: Any) -> None:
        x = event.position().x()
        left, right = (self._place(value) for value in self._values)
        self._dragged = 0 if abs(x - left) <= abs(x - right) else 1
        self.sliderPressed.emit()

    def mouseMoveEvent(self, event: Any) -> None:
        low, high = self._limits
        value = low + (high - low) * (event.position().x() - _HANDLE / 2) / max(1, self.width - _HANDLE)
        (self.setMaximumValue if self._dragged else self.setMinimumValue)(value)

    def mouseReleaseEvent(self, _event: Any) -> None:
        self.sliderReleased.emit()


@stand_in
class ctkRangeWidget(QWidget):
    """Two spin boxes and a range slider between them."""

    minimumValueChanged, maximumValueChanged = Signal(float), Signal(float)
    minimumValueIsChanging, maximumValueIsChanging = Signal(float), Signal(float)
    valuesChanged, rangeChanged = Signal(float, float), Signal(float, float)
    singleStep, tickInterval = kept(float, 1.0, "_update_boxes"), kept(float, 0.1)
    prefix, suffix = kept(str, "", "_update_boxes"), kept(str, "", "_update_boxes")
    autoSpinBoxWidth, tracking, symmetricMoves = (kept(bool, True), kept(bool, True), kept(bool, False))
    spinBoxAlignment, spinBoxTextAlignment = kept(int, 0x84), kept(int, 0x1)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low, self._high, self._slider = (QDoubleSpinBox(), QDoubleSpinBox(), ctkDoubleRangeSlider())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._low)
        row.addWidget(self._slider, 1)
        row.addWidget(self._high)
        self.setRange(0.0, 99.0)
        self._show()
        self._low.valueChanged.connect(self.setMinimumValue)
        self._high.valueChanged.connect(self.setMaximumValue)
        self._slider.valuesChanged.connect(self._show)
        self._slider.minimumValueChanged.connect(self.minimumValueChanged)
        self._slider.maximumValueChanged.connect(self.maximumValueChanged)
        self._slider.valuesChanged.connect(self.valuesChanged)
        self._slider.rangeChanged.connect(self.rangeChanged)

    def _show(self, *_values: float) -> None:
        for box, value in ((self._low, self._slider.minimumValue), (self._high, self._slider.maximumValue)):
            blocked = box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(blocked)

    def _update_boxes(self) -> None:
        for box in (self._low, self._high):
            box.setPrefix(self.prefix)
            box.setSuffix(self.suffix)
            box.setSingleStep(self.singleStep)

    def setDecimals(self, decimals: int) -> None:
        self._low.setDecimals(int(decimals))
        self._high.setDecimals(int(decimals))

    def setRange(self, low: float, high: float) -> None:
        for box in (self._low, self._high):
            blocked = box.blockSignals(True)
            box.setRange(low, high)
            box.blockSignals(blocked)
        self._slider.setRange(low, high)
        self._show()

    def setValues(self, low: float, high: float) -> None:
        self._slider.setValues(low, high)
        self._show()

    def setMinimumValue(self, value: float) -> None:
        self._slider.setMinimumValue(value)

    def setMaximumValue(self, value: float) -> None:
        self._slider.setMaximumValue(value)

    def reset(self) -> None:
        """Choose the whole range."""
        self.setValues(self.minimum, self.maximum)

    decimals = own(int, lambda self: self._low.decimals, setDecimals)
    minimum = own(
        float, lambda self: self._slider.minimum, lambda self, low: self.setRange(low, max(low, self.maximum))
    )
    maximum = own(
        float, lambda self: self._slider.maximum, lambda self, high: self.setRange(min(high, self.minimum), high)
    )
    minimumValue = own(float, lambda self: self._slider.minimumValue, setMinimumValue)
    maximumValue = own(float, lambda self: self._slider.maximumValue, setMaximumValue)
    customSpinBoxesLimitsMin = own(float, lambda self: self._low.minimum)
    customSpinBoxesLimitsMax = own(float, lambda self: self._high.maximum)


@stand_in
class ctkCoordinatesWidget(QWidget):
    """Some spin boxes in a row."""

    coordinatesChanged = Signal("QVariant")
    dimension = kept(int, 3, "_make_boxes")
    singleStep, decimals = kept(float, 1.0, "_set_up"), kept(int, 3, "_set_up")
    minimum, maximum = (kept(float, -100000.0, "_set_up"), kept(float, 100000.0, "_set_up"))
    normalized, readOnly, frame = (kept(bool, False), kept(bool, False, "_set_up"), kept(bool, True, "_set_up"))
    decimalsOption, sizeHintPolicy = kept(int, 0), kept(int, 0)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: list[ctkDoubleSpinBox] = []
        QHBoxLayout(self).setContentsMargins(0, 0, 0, 0)
        self._make_boxes()

    def _make_boxes(self) -> None:
        while len(self._boxes) > self.dimension:
            self._boxes.pop().deleteLater()
        while len(self._boxes) < self.dimension:
            box = ctkDoubleSpinBox()
            box.valueChanged.connect(lambda _value: self.coordinatesChanged.emit(self._values()))
            self._boxes.append(box)
            self.layout().addWidget(box)
        self._set_up()

    def _set_up(self) -> None:
        for box in self._boxes:
            box.setDecimals(self.decimals)
            box.setRange(self.minimum, self.maximum)
            box.setSingleStep(self.singleStep)
            box.setReadOnly(self.readOnly)
            box.setFrame(self.frame)

    def _values(self) -> tuple[float, ...]:
        return tuple(box.value for box in self._boxes)

    def _set_text(self, text: str) -> None:
        self.setCoordinates(*(float(part) for part in text.split(",")))

    def setCoordinates(self, *values: float) -> None:
        for box, value in zip(self._boxes, values):
            box.setValue(value)

    def getCoordinate(self, index: int) -> float:
        return self._boxes[index].value

    def setDecimals(self, decimals: int) -> None:
        self.decimals = decimals

    def setReadOnly(self, read_only: bool) -> None:
        self.readOnly = read_only

    def normalize(self) -> None:
        """Give the vector the length 1."""
        length = sum(value**2 for value in self._values()) ** 0.5
        self.setCoordinates(*(value / length for value in self._values() if length))

    coordinates = own(str, lambda self: ",".join(f"{value:g}" for value in self._values()), _set_text)
