"""Loading of .ui files with the stand-in widgets in them.

Qt's loader makes the widgets and sets Qt's own properties. What it cannot do for classes written in Python is done here
afterwards: their own properties (with flags and enums by name), and the connections in which they take part.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QIODevice, QObject
from PySide6.QtUiTools import QUiLoader
from PySide6.QtWidgets import QWidget

from .objects import find_signal

_WORDS = re.compile(r"[\w:]+")
_ON_QT_ITSELF = {
    "geometry",
    "sizePolicy",
    "palette",
    "font",
    "minimumSize",
    "maximumSize",
    "cursor",
    "icon",
    "iconSize",
}


class UiLoader(QUiLoader):
    """QUiLoader that knows the stand-ins; `load(device)` is what `slicer.util.loadUI` calls."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._made: dict[str, Any] = {}
        self._unknown: set[str] = set()

    def createWidget(self, class_name: str, parent: QWidget | None = None, name: str = "") -> Any:
        from .modules import find_class

        of_qt = _is_qt(class_name)
        found = None if of_qt else find_class(class_name)
        if found is None:
            if not of_qt:
                self._unknown.add(class_name)
                class_name = "QWidget"
            widget = super().createWidget(class_name, parent, name)
        else:
            widget = found(parent)
            widget.setObjectName(name)
        self._made[name] = widget
        return widget

    def load(self, device: Any, parent: QWidget | None = None) -> Any:
        """Return the top widget; None where the file is no .ui file.

        Raises:
            RuntimeError: the file names a class that neither Qt, CTK nor Slicer has.
        """
        if not device.isOpen():
            device.open(QIODevice.OpenModeFlag.ReadOnly)
        try:
            tree = ElementTree.fromstring(bytes(device.readAll().data()))
        except ElementTree.ParseError:
            return None
        self._made, self._unknown = {}, set()
        late = _take_out(tree)
        top = super().load(_buffer(tree), parent)
        if self._unknown:
            raise RuntimeError(f"The .ui file names classes without a stand-in: {sorted(self._unknown)}.")
        if top is not None:
            made = {child.objectName: child for child in top.findChildren(QObject)} | self._made
            made[top.objectName] = top
            top.__dict__["_ui_parts"] = list(self._made.values())  # C++ keeps no reference to their Python halves
            _finish(made, late)
        return top


def load_ui_file(path: Any) -> Any:
    """Return the top widget of a .ui file.

    Raises:
        RuntimeError: the file does not exist, is no .ui file, or names a class that has no stand-in.
    """
    if not Path(path).is_file():
        raise RuntimeError(f"Could not load UI file: file not found {str(path)!r}")
    buffer = QBuffer()
    buffer.setData(Path(path).read_bytes())
    top = UiLoader().load(buffer)
    if top is None:
        raise RuntimeError(f"Could not load UI file {str(path)!r}: expected the XML that Qt Designer writes.")
    return top


def _is_qt(class_name: str) -> bool:
    return class_name.startswith("Q") or class_name == "Line"  # Qt Designer's word for a QFrame


def _take_out(tree: ElementTree.Element) -> list[ElementTree.Element]:
    """Take out of a tree, and return, what Qt's loader cannot do: connections of, and own properties of, stand-ins."""
    custom = {widget.get("name") for widget in tree.iter("widget") if not _is_qt(widget.get("class", ""))}
    late: list[ElementTree.Element] = []
    for widget in tree.iter("widget"):
        if widget.get("name") in custom:
            for found in widget.findall("property"):
                if found.get("stdset") != "0" and found.get("name") not in _ON_QT_ITSELF:
                    widget.remove(found)
                    found.set("of", widget.get("name", ""))
                    late.append(found)
    for connections in tree.iter("connections"):
        for connection in list(connections):
            if {connection.findtext("sender"), connection.findtext("receiver")} & custom:
                connections.remove(connection)
                late.append(connection)
    return late


def _buffer(tree: ElementTree.Element) -> QBuffer:
    buffer = QBuffer()
    buffer.setData(ElementTree.tostring(tree))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return buffer


def _finish(made: dict[str, Any], late: list[ElementTree.Element]) -> None:
    for element in late:
        if element.tag == "property":
            _set_property(made[element.get("of", "")], element)
    for element in late:
        if element.tag == "connection":
            _connect(made, element)


def _set_property(widget: Any, element: ElementTree.Element) -> None:
    name, value = (element.get("name", ""), _value(widget, element[0]) if len(element) else None)
    if value is None:
        return
    if widget.metaObject().indexOfProperty(name) < 0:
        raise RuntimeError(f"{type(widget).__name__} has no property {name!r}.")
    setattr(widget, name, value)


def _value(widget: Any, element: ElementTree.Element) -> Any:
    text = element.text or ""
    if element.tag == "bool":
        return text.strip() == "true"
    if element.tag in ("number", "uint", "longlong", "ulonglong"):
        return int(text)
    if element.tag in ("double", "float"):
        return float(text)
    if element.tag == "stringlist":
        return [child.text or "" for child in element.findall("string")]
    if element.tag in ("set", "enum"):
        return _number(widget, text)
    return text if element.tag in ("string", "cstring") else None


def _number(widget: Any, text: str) -> int | None:
    """Return the value of `ctkPathLineEdit::Files|ctkPathLineEdit::Writable` or `Qt::Horizontal`."""
    from PySide6 import QtCore, QtWidgets

    total = 0
    for word in _WORDS.findall(text):
        *scope, key = word.split("::")
        home = getattr(QtCore, scope[0], None) or getattr(QtWidgets, scope[0], None) if scope else None
        value = getattr(widget, key, None) if getattr(home, key, None) is None else getattr(home, key)
        if value is None:
            return None
        total |= int(value)
    return total


def _connect(made: dict[str, Any], connection: ElementTree.Element) -> None:
    """Make one connection.

    Raises:
        RuntimeError: an end of it does not exist.
    """
    sender, signal, receiver, slot = (connection.findtext(key, "") for key in ("sender", "signal", "receiver", "slot"))
    if sender not in made or receiver not in made:
        raise RuntimeError(f"A connection of the .ui file has no end: {sender!r} or {receiver!r} is missing.")
    target = getattr(made[receiver], slot.partition("(")[0], None)
    if not callable(target) and not hasattr(target, "emit"):
        raise RuntimeError(f"{type(made[receiver]).__name__} has no slot {slot!r}.")
    find_signal(made[sender], signal).connect(target)
