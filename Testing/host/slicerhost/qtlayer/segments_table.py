"""qMRMLSegmentsTableView: a row for each segment with visibility, color, opacity and name."""

from __future__ import annotations

from typing import Any

import vtk
from PySide6.QtCore import QItemSelection, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from .declare import kept, own, stand_in
from .mrml_base import Observations, qMRMLWidget

VISIBLE, COLOR, OPACITY, NAME, STATUS, LAYER = range(6)
_HEADINGS = ("", "", "Opacity", "Name", "Status", "Layer")
_ID = 0x0100
_STATUS_TAG = "Segmentation.Status"
_STATUSES = ("notstarted", "inprogress", "completed", "flagged")


@stand_in
class qMRMLSegmentsTableView(qMRMLWidget):
    """The segments of a segmentation node; edits of names and visibility go to the nodes."""

    selectionChanged = Signal(QItemSelection, QItemSelection)
    segmentAboutToBeModified = Signal(str)
    headerVisible, readOnly = kept(bool, True, "_arrange"), kept(bool, False, "_fill")
    visibilityColumnVisible, colorColumnVisible = (kept(bool, True, "_arrange"), kept(bool, True, "_arrange"))
    opacityColumnVisible, statusColumnVisible = (kept(bool, True, "_arrange"), kept(bool, False, "_arrange"))
    layerColumnVisible, filterBarVisible = (kept(bool, False, "_arrange"), kept(bool, False))
    textFilter = kept(str, "", "_fill")
    jumpToSelectedSegmentEnabled = kept(bool, False)
    useTerminologySelector, terminologySelectorOptionVisible = (kept(bool, True), kept(bool, False))
    terminologySelectorAutoDisable = kept(bool, True)
    useTerminologySelectorSettingsKey = kept(str, "Segmentations/UseTerminologySelector")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table, self._node, self._observed = (QTableWidget(0, len(_HEADINGS)), None, Observations())
        self._hidden: tuple[str, ...] = ()
        self._filling = False
        self._table.setHorizontalHeaderLabels(list(_HEADINGS))
        self._table.verticalHeader().setVisible(False)
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table)
        self._table.selectionModel().selectionChanged.connect(self.selectionChanged)
        self._table.itemChanged.connect(self._edited)
        self._arrange()

    def segmentationNode(self) -> Any:
        return self._node

    def setSegmentationNode(self, node: Any) -> None:
        self._observed.clear()
        self._node = node
        if node is not None:
            segmentation = node.GetSegmentation()
            for event in ("SegmentAdded", "SegmentRemoved", "SegmentModified", "SegmentsOrderModified"):
                self._observed.add(segmentation, int(getattr(type(segmentation), event)), self._changed)
            self._observed.add(node, vtk.vtkCommand.ModifiedEvent, self._changed)
            if node.GetDisplayNode() is not None:
                self._observed.add(node.GetDisplayNode(), vtk.vtkCommand.ModifiedEvent, self._changed)
        self._fill()

    def tableWidget(self) -> QTableWidget:
        return self._table

    # rows

    def displayedSegmentIDs(self) -> tuple[str, ...]:
        return tuple(self.segmentIDForRow(row) for row in range(self._table.rowCount))

    segmentCount = own(int, lambda self: self._table.rowCount)

    def segmentIDForRow(self, row: int) -> str:
        item = self._table.item(row, NAME)
        return item.data(_ID) if item is not None else ""

    def rowForSegmentID(self, segment_id: str) -> int:
        ids = self.displayedSegmentIDs()
        return ids.index(segment_id) if segment_id in ids else -1

    def setHideSegments(self, segment_ids: Any) -> None:
        self._hidden = tuple(segment_ids)
        self._fill()

    def hideSegments(self) -> tuple[str, ...]:
        return self._hidden

    def selectedSegmentIDs(self) -> tuple[str, ...]:
        rows = sorted({index.row() for index in self._table.selectionModel().selectedIndexes})
        return tuple(self.segmentIDForRow(row) for row in rows)

    def setSelectedSegmentIDs(self, segment_ids: Any) -> None:
        self._table.clearSelection()
        mode = self._table.selectionMode
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        for segment_id in segment_ids:
            if self.rowForSegmentID(segment_id) >= 0:
                self._table.selectRow(self.rowForSegmentID(segment_id))
        self._table.setSelectionMode(mode)

    def clearSelection(self) -> None:
        self._table.clearSelection()

    # what scripts set

    def setSelectionMode(self, mode: Any) -> None:
        self._table.setSelectionMode(QAbstractItemView.SelectionMode(int(mode)))

    selectionMode = own(int, lambda self: int(self._table.selectionMode), setSelectionMode)

    def showOnlySelectedSegments(self) -> None:
        display, chosen = self._node.GetDisplayNode(), self.selectedSegmentIDs()
        for segment_id in self.displayedSegmentIDs() if chosen else ():
            display.SetSegmentVisibility(segment_id, segment_id in chosen)

    def toggleSelectedSegmentsVisibility(self) -> None:
        display = self._node.GetDisplayNode()
        for segment_id in self.selectedSegmentIDs():
            display.SetSegmentVisibility(segment_id, not display.GetSegmentVisibility(segment_id))

    # following the node

    def _changed(self, _caller: Any, _data: Any) -> None:
        if not self._filling:
            self._fill()

    def _arrange(self) -> None:
        shown = {
            VISIBLE: self.visibilityColumnVisible,
            COLOR: self.colorColumnVisible,
            OPACITY: self.opacityColumnVisible,
            STATUS: self.statusColumnVisible,
            LAYER: self.layerColumnVisible,
        }
        for column, visible in shown.items():
            self._table.setColumnHidden(column, not visible)
        self._table.horizontalHeader().setVisible(self.headerVisible)
        for column in (VISIBLE, COLOR):
            self._table.setColumnWidth(column, 28)

    def _fill(self) -> None:
        chosen = self.selectedSegmentIDs()
        segmentation = self._node.GetSegmentation() if self._node is not None else None
        ids = [i for i in segmentation.GetSegmentIDs() if i not in self._hidden] if segmentation is not None else []
        words = self.textFilter.lower()
        ids = [i for i in ids if words in segmentation.GetSegment(i).GetName().lower()]
        self._filling = True
        blocked = self._table.selectionModel().blockSignals(True)
        self._table.setRowCount(len(ids))
        for row, segment_id in enumerate(ids):
            self._fill_row(row, segment_id, segmentation.GetSegment(segment_id))
        self.setSelectedSegmentIDs(chosen)
        self._table.selectionModel().blockSignals(blocked)
        self._filling = False

    def _fill_row(self, row: int, segment_id: str, segment: Any) -> None:
        display = self._node.GetDisplayNode()
        shown = display is None or display.GetSegmentVisibility(segment_id)
        opacity = 1.0 if display is None else display.GetSegmentOpacity2DFill(segment_id)
        mark, color = QTableWidgetItem(), QTableWidgetItem()
        mark.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        mark.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
        color.setBackground(QColor.fromRgbF(*segment.GetColor()))
        name = QTableWidgetItem(segment.GetName())
        name.setData(_ID, segment_id)
        texts = [
            f"{opacity:.2f}",
            name,
            _status(segment),
            str(segment.GetLayer() if hasattr(segment, "GetLayer") else ""),
        ]
        items = [mark, color, *(QTableWidgetItem(text) if isinstance(text, str) else text for text in texts)]
        for column, item in enumerate(items):
            if column not in (NAME, VISIBLE) or self.readOnly:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            self._table.setItem(row, column, item)

    def _edited(self, item: QTableWidgetItem) -> None:
        if self._filling or self._node is None:
            return
        segment_id = self.segmentIDForRow(item.row())
        if item.column() == NAME:
            self.segmentAboutToBeModified.emit(segment_id)
            self._node.GetSegmentation().GetSegment(segment_id).SetName(item.text())
        elif item.column() == VISIBLE and self._node.GetDisplayNode() is not None:
            shown = item.checkState() == Qt.CheckState.Checked
            self._node.GetDisplayNode().SetSegmentVisibility(segment_id, shown)


def _status(segment: Any) -> str:
    value = vtk.reference("")
    return str(value) if segment.GetTag(_STATUS_TAG, value) else _STATUSES[0]


def _setter(name: str) -> Any:
    def set_value(self: Any, value: Any) -> None:
        setattr(self, name, value)

    return set_value


for _name in (
    *("headerVisible", "visibilityColumnVisible", "colorColumnVisible", "opacityColumnVisible", "statusColumnVisible"),
    *("layerColumnVisible", "readOnly", "filterBarVisible", "textFilter", "jumpToSelectedSegmentEnabled"),
    *("useTerminologySelector", "terminologySelectorOptionVisible", "terminologySelectorAutoDisable"),
    "useTerminologySelectorSettingsKey",
):
    setattr(qMRMLSegmentsTableView, f"set{_name[0].upper()}{_name[1:]}", _setter(_name))
