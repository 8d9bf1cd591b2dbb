"""The other MRML widgets, and the table of all of them."""

from __future__ import annotations

from typing import Any

import vtk
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem

from .ctk_buttons import ctkCollapsibleButton
from .ctk_inputs import ctkSliderWidget
from .node_combo_box import qMRMLNodeComboBox, qMRMLWidget
from .qt_module import connect, disconnect
from .segment_widgets import (
    qMRMLSegmentationShow3DButton,
    qMRMLSegmentEditorWidget,
    qMRMLSegmentSelectorWidget,
    qMRMLSegmentsTableView,
)


class qSlicerWidget(qMRMLWidget):
    """A widget with a scene, Slicer's older kind."""


class qMRMLCollapsibleButton(ctkCollapsibleButton):
    """A collapsible button with a scene."""

    connect, disconnect = connect, disconnect

    mrmlSceneChanged = Signal(object)
    _scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


class qMRMLSliderWidget(ctkSliderWidget):
    """A slider that knows the scene's units."""

    connect, disconnect = connect, disconnect

    quantity = ""

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene


class qMRMLCheckableNodeComboBox(qMRMLNodeComboBox):
    """Chooses several nodes."""

    checkedNodesChanged = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._checked: set[str] = set()

    def checkedNodes(self) -> list[Any]:
        return [node for node in self.nodes() if node.GetID() in self._checked]

    def setCheckState(self, node: Any, state: Any) -> None:
        if int(getattr(state, "value", state)):
            self._checked.add(node.GetID())
        else:
            self._checked.discard(node.GetID())
        self.checkedNodesChanged.emit()


class qMRMLTableView(QTableWidget):
    """Shows a table node."""

    connect, disconnect = connect, disconnect

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self._tag = 0

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene

    def mrmlTableNode(self) -> Any:
        return self._node

    def setMRMLTableNode(self, node: Any) -> None:
        if self._node is not None:
            self._node.RemoveObserver(self._tag)
        self._node = node
        if node is not None:
            self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._fill)
        self._fill()

    def _fill(self, *_event: Any) -> None:
        table = self._node
        rows, columns = (table.GetNumberOfRows(), table.GetNumberOfColumns()) if table is not None else (0, 0)
        self.setRowCount(rows)
        self.setColumnCount(columns)
        self.setHorizontalHeaderLabels([table.GetColumnName(column) for column in range(columns)])
        for row in range(rows):
            for column in range(columns):
                self.setItem(row, column, QTableWidgetItem(table.GetCellText(row, column)))


CLASSES: dict[str, type] = {
    widget.__name__: widget
    for widget in (
        qMRMLWidget,
        qSlicerWidget,
        qMRMLNodeComboBox,
        qMRMLCheckableNodeComboBox,
        qMRMLCollapsibleButton,
        qMRMLSliderWidget,
        qMRMLTableView,
        qMRMLSegmentsTableView,
        qMRMLSegmentSelectorWidget,
        qMRMLSegmentEditorWidget,
        qMRMLSegmentationShow3DButton,
    )
}
