"""Loading of .ui files with the stand-in widgets in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtUiTools import QUiLoader
from PySide6.QtWidgets import QWidget

_FLAGS = re.compile(r"[\w:]+")
_alive: list[Any] = []
"""Loaders and widgets made from Python: C++ keeps no reference to their Python halves."""


class _Loader(QUiLoader):
    """A loader that makes our widgets, and refuses classes that nobody knows."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, Any] = {}
        self.unknown: list[str] = []

    def createWidget(self, class_name: str, parent: QWidget | None = None, name: str = "") -> Any:
        widget_class = _widget_class(class_name)
        if widget_class is not None:
            widget = widget_class(parent)
            widget.setObjectName(name)
        else:
            widget = super().createWidget(class_name, parent, name)
            if class_name.startswith(("q", "ctk")):
                self.unknown.append(class_name)
        self.made[name] = widget
        return widget


def load(path: Any) -> Any:
    """Return the top widget of a .ui file.

    Raises
    ------
    RuntimeError
        If the file does not exist, is no .ui file, or names a q* or ctk* class that has no stand-in.
    """
    if not Path(path).is_file():
        raise RuntimeError(f"Could not load UI file: file not found {str(path)!r}")
    tree = ElementTree.parse(path).getroot()
    loader = _Loader()
    top = loader.load(_buffer(tree))
    if top is None:
        raise RuntimeError(f"Could not load UI file {str(path)!r}: {loader.errorString()}")
    if loader.unknown:
        raise RuntimeError(f"The UI file {str(path)!r} names classes without a stand-in: {sorted(set(loader.unknown))}")
    _alive.extend([loader, *loader.made.values()])
    for element in tree.iter("widget"):
        _set_own_properties(loader.made.get(element.get("name", "")), element)
    for connection in tree.iter("connection"):
        _make_connection(loader.made, connection)
    return top


def _buffer(tree: ElementTree.Element) -> QBuffer:
    """Return the .ui text without what Qt's loader would complain about: connections of MRML signals, CTK's flags."""
    copy = ElementTree.fromstring(ElementTree.tostring(tree))
    for parent in copy.iter("connections"):
        for connection in list(parent):
            if "vtkMRML" in connection.findtext("signal", ""):
                parent.remove(connection)
    for widget in copy.iter("widget"):
        if widget.get("class", "").startswith(("q", "ctk")):
            for found in widget.findall("property"):
                if len(found) and found[0].tag in ("set", "enum"):  # flags of CTK, which Qt's loader cannot read
                    widget.remove(found)
    buffer = QBuffer()
    buffer.setData(ElementTree.tostring(copy))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return buffer


def _widget_class(name: str) -> type | None:
    import ctk
    import qt

    from .mrml_widgets import CLASSES
    from .qt_module import CONNECTABLE

    if name in CLASSES:
        return CLASSES[name]
    if name.startswith("ctk"):
        return getattr(ctk, name, None)
    return getattr(qt, name) if name in CONNECTABLE else None


def _set_own_properties(widget: Any, element: ElementTree.Element) -> None:
    """Set the properties that only the Python half of a stand-in knows; the loader has set Qt's own."""
    if widget is None or not element.get("class", "").startswith(("q", "ctk")):
        return
    meta = widget.metaObject()
    for found in element.findall("property"):
        name = found.get("name", "")
        if meta.indexOfProperty(name) >= 0 or found.get("stdset") == "0" or len(found) == 0:
            continue
        if not hasattr(widget, name):
            raise RuntimeError(f"{type(widget).__name__} has no property {name!r}.")
        setattr(widget, name, _value(found[0], widget))


def _value(element: ElementTree.Element, widget: Any) -> Any:
    text = element.text or ""
    if element.tag == "bool":
        return text == "true"
    if element.tag == "number":
        return int(text)
    if element.tag == "double":
        return float(text)
    if element.tag == "stringlist":
        return [child.text or "" for child in element]
    if element.tag in ("set", "enum"):
        members = [word.split("::")[-1] for word in _FLAGS.findall(text)]
        values = [getattr(widget, member) for member in members if hasattr(widget, member)]
        return sum(values) if values else text
    return text


def _make_connection(made: dict[str, Any], connection: ElementTree.Element) -> None:
    sender, receiver = (made.get(connection.findtext(key, "")) for key in ("sender", "receiver"))
    if sender is None or receiver is None:
        return
    signal, slot = (connection.findtext(key, "").split("(")[0] for key in ("signal", "slot"))
    if signal == "mrmlSceneChanged":  # QUiLoader knows no MRML signature; Qt's own it has connected already
        getattr(sender, signal).connect(getattr(receiver, slot))
