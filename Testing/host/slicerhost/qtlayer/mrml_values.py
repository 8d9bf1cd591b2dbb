"""MRML versions of CTK widgets, the table view and the Show 3D button."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6.QtCore import QItemSelection, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QTableView, QWidget

from .ctk_buttons import ctkMenuButton
from .ctk_folding import ctkCollapsibleButton
from .ctk_numbers import ctkDoubleSpinBox, ctkSliderWidget
from .ctk_ranges import ctkCoordinatesWidget, ctkRangeWidget
from .declare import kept, stand_in
from .mrml_base import Observations, SceneMixin


@stand_in
class qMRMLCollapsibleButton(SceneMixin, ctkCollapsibleButton):
    """A collapsible button with a scene."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        ctkCollapsibleButton.__init__(self, text, parent)


class _Quantity(SceneMixin):
    """Shows numbers in the scene's unit of a quantity such as "length"."""

    _base: Any = None

    def __init__(self, parent: QWidget | None = None) -> None:
        self._base.__init__(self, parent)

    def _scene_set(self) -> None:
        self._use_unit()

    def mrmlScene(self) -> Any:
        return self._scene

    def setQuantity(self, quantity: str) -> None:
        self.quantity = quantity

    def _use_unit(self) -> None:
        selection = self._scene.GetNodeByID("vtkMRMLSelectionNodeSingleton") if self._scene is not None else None
        unit = selection.GetUnitNode(self.quantity) if selection is not None and self.quantity else None
        if unit is not None and hasattr(self, "suffix"):
            self.prefix, self.suffix = (unit.GetPrefix() or "", f" {(unit.GetSuffix() or '').strip()}".rstrip())


@stand_in
class qMRMLSliderWidget(_Quantity, ctkSliderWidget):
    """A slider with the unit of its quantity."""

    _base = ctkSliderWidget
    quantity, unitAwareProperties = kept(str, "", "_use_unit"), kept(int, 0x2F)
    orientation = kept(int, 1)


@stand_in
class qMRMLSpinBox(_Quantity, ctkDoubleSpinBox):
    """A spin box with the unit of its quantity."""

    _base = ctkDoubleSpinBox
    quantity, unitAwareProperties = kept(str, "", "_use_unit"), kept(int, 0x2F)


@stand_in
class qMRMLRangeWidget(_Quantity, ctkRangeWidget):
    """A range with the unit of its quantity."""

    _base = ctkRangeWidget
    quantity = kept(str, "", "_use_unit")


@stand_in
class qMRMLCoordinatesWidget(_Quantity, ctkCoordinatesWidget):
    """Coordinates with the unit of their quantity."""

    _base = ctkCoordinatesWidget
    mrmlSceneChanged, quantityChanged = Signal(object), Signal(str)
    quantity, unitAwareProperties = kept(str, "", "_use_unit"), kept(int, 0x2F)


@stand_in
class qMRMLSegmentationShow3DButton(ctkMenuButton):
    """Shows or hides the closed surfaces of a segmentation."""

    locked = kept(bool, False, "_refresh")

    def __init__(self, text: Any = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._node: Any = None
        self.setText("Show 3D")
        self.setCheckable(True)
        self.clicked.connect(self._show)
        self._refresh()

    def segmentationNode(self) -> Any:
        return self._node

    def setSegmentationNode(self, node: Any) -> None:
        self._node = node
        self._refresh()

    def setLocked(self, locked: bool) -> None:
        self.locked = locked

    def _refresh(self) -> None:
        name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
        self.setEnabled(self._node is not None and not self.locked)
        self.setChecked(self._node is not None and self._node.GetSegmentation().ContainsRepresentation(name))

    def _show(self, shown: bool) -> None:
        if shown:
            self._node.CreateClosedSurfaceRepresentation()
        else:
            self._node.RemoveClosedSurfaceRepresentation()


@stand_in
class qMRMLTableView(SceneMixin, QTableView):
    """The cells of a table node."""

    mrmlSceneChanged = Signal(object)
    selectionChanged = Signal()
    transposed = kept(bool, False, "_fill")
    firstRowLocked, firstColumnLocked = (kept(bool, False, "_fill"), kept(bool, False, "_fill"))

    def __init__(self, parent: QWidget | None = None) -> None:
        QTableView.__init__(self, parent)
        self._node: Any = None
        self._view_node: Any = None
        self._observed = Observations()
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.selectionModel().selectionChanged.connect(self._selected)

    def _selected(self, _selected: QItemSelection, _deselected: QItemSelection) -> None:
        self.selectionChanged.emit()

    def mrmlScene(self) -> Any:
        return self._scene

    def tableModel(self) -> QStandardItemModel:
        return self._model

    def mrmlTableNode(self) -> Any:
        return self._node

    def mrmlTableViewNode(self) -> Any:
        return self._view_node

    def setMRMLTableViewNode(self, node: Any) -> None:
        self._view_node = node
        self.setMRMLTableNode(node.GetTableNode() if node is not None else None)

    def setMRMLTableNode(self, node: Any) -> None:
        self._observed.clear()
        self._node = node
        if node is not None:
            self._observed.add(node, vtk.vtkCommand.ModifiedEvent, self._changed)
        self._fill()

    def setTransposed(self, transposed: bool) -> None:
        self.transposed = transposed

    def setFirstRowLocked(self, locked: bool) -> None:
        self.firstRowLocked = locked

    def setFirstColumnLocked(self, locked: bool) -> None:
        self.firstColumnLocked = locked

    def _changed(self, _caller: Any, _data: Any) -> None:
        self._fill()

    def _fill(self) -> None:
        self._model.clear()
        table = self._node
        if table is None:
            return
        rows, columns = table.GetNumberOfRows(), table.GetNumberOfColumns()
        headings = [table.GetColumnName(column) for column in range(columns)]
        cells = [[table.GetCellText(row, column) for column in range(columns)] for row in range(rows)]
        if self.transposed:
            cells = [[headings[column], *(row[column] for row in cells)] for column in range(columns)]
            headings = []
        for row in cells:
            items = [QStandardItem(text) for text in row]
            for item in items:
                item.setEditable(not table.GetLocked())
            self._model.appendRow(items)
        if headings:
            self._model.setHorizontalHeaderLabels(headings)
