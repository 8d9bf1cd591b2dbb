"""What all MRML widgets share: a scene, and observations that end with the widget."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import shiboken6
import vtk
from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QWidget

from .declare import stand_in


class Observations:
    """Observers of VTK objects that call methods of a widget, and are silent when it is gone."""

    def __init__(self) -> None:
        self._held: list[tuple[Any, int]] = []

    def add(self, subject: Any, event: Any, method: Callable[[Any, Any], None], with_node: bool = False) -> None:
        """Call `method(caller, None)` at each event; `with_node` passes the node that scene events bring."""
        reference = weakref.WeakMethod(method)

        def call(caller: Any, _event: str, node: Any = None) -> None:
            target = reference()
            if target is not None and shiboken6.isValid(target.__self__):
                target(caller, node)

        if with_node:  # of another kind of data, VTK would make an object that is none
            call.CallDataType = vtk.VTK_OBJECT  # type: ignore[attr-defined]
        self._held.append((subject, subject.AddObserver(event, call)))

    def clear(self) -> None:
        """End all observations."""
        for subject, tag in self._held:
            subject.RemoveObserver(tag)
        self._held.clear()


class SceneMixin:
    """`setMRMLScene` and its signal; `_scene_set` is called after a change."""

    _scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not self._scene:
            self._scene = scene
            self._scene_set()
            if hasattr(self, "mrmlSceneChanged"):
                self.mrmlSceneChanged.emit(scene)

    def _scene_set(self) -> None:
        """Follow the new scene; overridden by those who must."""


@stand_in
class qMRMLWidget(SceneMixin, QWidget):
    """A widget with a scene."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        QWidget.__init__(self, parent)

    def mrmlScene(self) -> Any:
        return self._scene

    @staticmethod
    def pixmapFromIcon(icon: QIcon) -> QPixmap:
        return icon.pixmap(16, 16)


@stand_in
class qSlicerWidget(SceneMixin, QWidget):
    """A widget with a scene, Slicer's older kind."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        QWidget.__init__(self, parent)
