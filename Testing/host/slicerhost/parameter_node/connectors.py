"""Which widgets can show which parameter types, and how: the table behind `connectGui`."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import slicer

from .annotations import (
    Choice,
    Decimals,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
    findFirstAnnotation,
    getNodeTypes,
    isNodeOrUnionOfNodes,
    splitAnnotations,
)
from .codecs import PATHS


class GuiConnector:
    """Ties one widget to one parameter: `read` and `write` the widget's value, call back when it changes."""

    signal = ""

    def __init__(self, widget: Any) -> None:
        self._widget = widget
        self._callback: Callable[[], None] | None = None

    def widget(self) -> Any:
        return self._widget

    def read(self) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> None:
        raise NotImplementedError

    def changed(self, *_values: Any) -> None:
        if self._callback is not None:
            self._callback()

    def onChanged(self, callback: Callable[[], None] | None) -> None:
        """Start to call back at each change, or stop where the callback is None."""
        if not self.signal:
            return
        if callback is not None and self._callback is None:
            getattr(self._widget, self.signal).connect(self.changed)
        elif callback is None and self._callback is not None:
            getattr(self._widget, self.signal).disconnect(self.changed)
        self._callback = callback


class PropertyConnector(GuiConnector):
    """A widget whose value is one property."""

    def __init__(
        self, widget: Any, name: str, signal: str, convert: Callable[[Any], Any] = lambda value: value
    ) -> None:
        super().__init__(widget)
        self.name, self.signal, self.convert = name, signal, convert

    def read(self) -> Any:
        return self.convert(getattr(self._widget, self.name))

    def write(self, value: Any) -> None:
        if getattr(self._widget, self.name) != value:
            setattr(self._widget, self.name, value)


class TextEditConnector(GuiConnector):
    """QTextEdit, whose text is read with a method."""

    signal = "textChanged"

    def read(self) -> str:
        return str(self._widget.toPlainText())

    def write(self, value: str) -> None:
        if self.read() != value:
            self._widget.setPlainText(value)


class NodeConnector(GuiConnector):
    """qMRMLNodeComboBox; its node types are set from the parameter's type."""

    signal = "currentNodeChanged"

    def __init__(self, widget: Any, datatype: Any) -> None:
        super().__init__(widget)
        widget.nodeTypes = getNodeTypes(datatype)

    def read(self) -> Any:
        return self._widget.currentNode()

    def write(self, value: Any) -> None:
        self._widget.setCurrentNode(value)


class ComboConnector(GuiConnector):
    """QComboBox with one item for each choice; its items are replaced."""

    signal = "currentIndexChanged"

    def __init__(self, widget: Any, labels: list[str], values: list[Any]) -> None:
        super().__init__(widget)
        self.values = values
        widget.clear()
        for label in labels:
            widget.addItem(label)

    def read(self) -> Any:
        return self.values[self._widget.currentIndex]

    def write(self, value: Any) -> None:
        if value not in self.values:
            raise ValueError(f"Found {value!r}, expected one of {self.values!r}.")
        self._widget.currentIndex = self.values.index(value)


def _exact(widget: Any, *names: str) -> bool:
    import ctk
    import qt

    for name in names:
        home = qt if name.startswith("Q") else ctk if name.startswith("ctk") else slicer
        if type(widget) is getattr(home, name, None):
            return True
    return False


def _limits(annotations: tuple[Any, ...]) -> tuple[float | None, float | None]:
    within = findFirstAnnotation(annotations, WithinRange)
    if within is not None:
        return within.minimum, within.maximum
    low, high = findFirstAnnotation(annotations, Minimum), findFirstAnnotation(annotations, Maximum)
    return (None if low is None else low.minimum), (None if high is None else high.maximum)


def _set_up_number(widget: Any, annotations: tuple[Any, ...], whole: bool) -> None:
    low, high = _limits(annotations)
    slider = _exact(widget, "QSlider", "ctkSliderWidget", "qMRMLSliderWidget")
    if slider and (low is None or high is None):
        raise RuntimeError(f"A slider needs both limits of its parameter, found {low!r} and {high!r}; add WithinRange.")
    if not _exact(widget, "QSlider", "QSpinBox", "ctkDoubleSlider"):
        decimals = findFirstAnnotation(annotations, Decimals)
        if whole:
            widget.decimals = 0
        elif decimals is not None:
            widget.decimals = decimals.value
    step = findFirstAnnotation(annotations, SingleStep)
    if step is not None:
        widget.singleStep = step.value
    unlimited = 2**31 - 1 if _exact(widget, "QSlider", "QSpinBox") else float("inf")
    widget.minimum = -unlimited if low is None else low
    widget.maximum = unlimited if high is None else high


def _number_connector(widget: Any, bare: Any, annotations: tuple[Any, ...]) -> GuiConnector | None:
    real = _exact(
        widget, "QDoubleSpinBox", "ctkSliderWidget", "qMRMLSliderWidget", "ctkDoubleSlider", "ctkDoubleSpinBox"
    ) or _exact(widget, "qMRMLSpinBox")
    if not (real or (bare is int and _exact(widget, "QSlider", "QSpinBox"))):
        return None
    _set_up_number(widget, annotations, bare is int)
    return PropertyConnector(widget, "value", "valueChanged", bare)


def _bool_connector(widget: Any) -> GuiConnector | None:
    if _exact(widget, "QCheckBox", "ctkCheckBox"):
        return PropertyConnector(widget, "checked", "stateChanged", bool)
    if _exact(widget, "QPushButton", "ctkCheckablePushButton"):
        widget.checkable = True
        return PropertyConnector(widget, "checked", "toggled", bool)
    return None


def _text_connector(widget: Any) -> GuiConnector | None:
    if _exact(widget, "QLineEdit"):
        return PropertyConnector(widget, "text", "textChanged")
    if _exact(widget, "QLabel"):
        return PropertyConnector(widget, "text", "")
    return TextEditConnector(widget) if _exact(widget, "QTextEdit") else None


def _combo_connector(widget: Any, bare: Any, annotations: tuple[Any, ...]) -> GuiConnector:
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        label = getattr(bare, "label", lambda member: member.name)
        return ComboConnector(widget, [label(member) for member in bare], list(bare))
    choice = findFirstAnnotation(annotations, Choice)
    if choice is None:
        raise RuntimeError(f"A combo box of {bare!r} needs the annotation Choice, found {annotations!r}.")
    return ComboConnector(widget, [str(item) for item in choice.choices], list(choice.choices))


def _path_connector(widget: Any, bare: type) -> GuiConnector | None:
    if _exact(widget, "ctkPathLineEdit"):
        return _PathConnector(widget, "currentPath", "currentPathChanged", bare)
    if _exact(widget, "ctkDirectoryButton"):
        return _PathConnector(widget, "directory", "directoryChanged", bare)
    return None


class _PathConnector(PropertyConnector):
    def write(self, value: Any) -> None:
        super().write(str(value))


def createGuiConnector(widget: Any, datatype: Any) -> GuiConnector:
    """Return the connector of a widget and a parameter's type.

    Raises:
        RuntimeError: this widget cannot show this type; the exact class of the widget counts.
    """
    bare, annotations = splitAnnotations(datatype)
    connector: GuiConnector | None = None
    combo = _exact(widget, "QComboBox", "ctkComboBox")
    if combo and (bare in (int, float, str, bool) or (isinstance(bare, type) and issubclass(bare, enum.Enum))):
        connector = _combo_connector(widget, bare, annotations)
    elif bare is bool:
        connector = _bool_connector(widget)
    elif bare in (int, float):
        connector = _number_connector(widget, bare, annotations)
    elif bare is str:
        connector = _text_connector(widget)
    elif bare in PATHS:
        connector = _path_connector(widget, bare)
    elif isNodeOrUnionOfNodes(datatype) and _exact(widget, "qMRMLNodeComboBox"):
        connector = NodeConnector(widget, datatype)
    if connector is None:
        raise RuntimeError(f"A {type(widget).__name__} cannot show a parameter of type {datatype!r}.")
    return connector
