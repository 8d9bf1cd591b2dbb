"""Stand-ins made from the allow-list for widgets that nobody wrote one for.

They keep the values of their properties and have their signals, and draw their name; calling one of their methods is an
error that says so. They let .ui files load that hold such a widget in a corner.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from .allowlist import ClassFacts, load
from .declare import stand_in
from .mrml_base import SceneMixin


def _kept_property(name: str) -> Any:
    def read(self: Any) -> Any:
        return self.__dict__.get(f"_kept_{name}")

    def write(self: Any, value: Any) -> None:
        self.__dict__[f"_kept_{name}"] = value

    return Property("QVariant", read, write)


def _missing_method(class_name: str, name: str) -> Any:
    def call(self: Any, *_arguments: Any) -> Any:
        raise NotImplementedError(f"{class_name}.{name} exists in Slicer but has no stand-in here; write one.")

    return call


def _members(name: str, facts: ClassFacts) -> dict[str, Any]:
    members: dict[str, Any] = {signal: Signal(object) for signal in facts.signals}
    for method in facts.methods:
        members[method] = _missing_method(name, method)
    for prop in facts.read_write | facts.read_only:
        members[prop] = _kept_property(prop)
        setter = f"set{prop[0].upper()}{prop[1:]}"
        if setter in members:
            members[setter] = lambda self, value, name=prop: setattr(self, name, value)
    if "setMRMLScene" in members:
        members["setMRMLScene"] = SceneMixin.setMRMLScene
        members["_scene_set"], members["_scene"] = SceneMixin._scene_set, None
    if "mrmlScene" in members:
        members["mrmlScene"] = lambda self: self._scene
    return {key: value for key, value in members.items() if key not in vars(QWidget) and not key.endswith("Event")}


def make(name: str, find: Any) -> type | None:
    """Return a stand-in of that name; None where the list knows no such widget. `find` gives classes by name."""
    if name not in load().classes or not name.startswith(("qMRML", "qSlicer", "ctk")):
        return None
    facts = load().classes[name]
    bases = [find(base) for base in facts.bases]
    base = next((found for found in bases if isinstance(found, type) and issubclass(found, QWidget)), None)
    if base is None:
        return None
    members = _members(name, facts)
    if base is QWidget:
        members["paintEvent"] = _draw_name
    return stand_in(type(name, (base,), {**members, "__module__": __name__, "__doc__": "Made from the allow-list."}))


def complete(stand_in_class: type) -> None:
    """Let a stand-in's missing methods say that they are missing, instead of that they do not exist."""
    facts = load().classes.get(stand_in_class.__name__)
    for name in facts.methods if facts is not None else ():
        if not hasattr(stand_in_class, name):
            setattr(stand_in_class, name, _missing_method(stand_in_class.__name__, name))


def _draw_name(self: Any, _event: Any) -> None:
    painter = QPainter(self)
    painter.drawText(self.rect, Qt.AlignmentFlag.AlignCenter, type(self).__name__)
