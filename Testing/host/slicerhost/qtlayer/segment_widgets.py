"""Widgets around segmentations: the Segment Editor, the table of segments, the segment selector."""

from __future__ import annotations

from typing import Any

import vtk
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QVBoxLayout,
)

from .ctk_buttons import ctkMenuButton
from .node_combo_box import qMRMLNodeComboBox, qMRMLWidget
from .qt_module import connect, disconnect

EFFECTS = (
    *("None", "Threshold", "Paint", "Draw", "Erase", "Level tracing", "Grow from seeds", "Fill between slices"),
    *("Margin", "Hollow", "Smoothing", "Scissors", "Islands", "Logical operators", "Mask volume"),
)
_PER_ROW = 3


class Effect:
    """An effect of the Segment Editor by name; the wheel has none that draws."""

    def __init__(self, name: str) -> None:
        self.name = name

    def setParameter(self, name: str, value: Any) -> None:
        self.__dict__.setdefault("parameters", {})[name] = str(value)

    def parameter(self, name: str) -> str:
        return str(self.__dict__.get("parameters", {}).get(name, ""))


class _SegmentList(QListWidget):
    """Names of the segments, each with a square of its color."""

    def show_segments(self, node: Any) -> None:
        self.clear()
        segmentation = node.GetSegmentation() if node is not None else None
        for segment_id in segmentation.GetSegmentIDs() if segmentation is not None else ():
            segment = segmentation.GetSegment(segment_id)
            item = QListWidgetItem(segment.GetName())
            item.setData(0x0100, segment_id)
            item.setBackground(QColor.fromRgbF(*segment.GetColor()).lighter(150))
            self.addItem(item)


class qMRMLSegmentsTableView(qMRMLWidget):
    """The segments of a segmentation node."""

    selectionChanged = Signal(object, object)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._list, self._node, self._tag = _SegmentList(), None, 0
        QVBoxLayout(self).addWidget(self._list)
        self.headerVisible = self.visibilityColumnVisible = self.colorColumnVisible = True
        self.opacityColumnVisible = self.readOnly = False

    def segmentationNode(self) -> Any:
        return self._node

    def setSegmentationNode(self, node: Any) -> None:
        if self._node is not None:
            self._node.RemoveObserver(self._tag)
        self._node = node
        if node is not None:
            self._tag = node.AddObserver(vtk.vtkCommand.AnyEvent, self._node_changed)
        self._list.show_segments(node)

    def _node_changed(self, *_event: Any) -> None:
        self._list.show_segments(self._node)

    def selectedSegmentIDs(self) -> list[str]:
        return [item.data(0x0100) for item in self._list.selectedItems()]


class qMRMLSegmentSelectorWidget(qMRMLWidget):
    """A segmentation and one of its segments."""

    currentNodeChanged = Signal(object)
    currentSegmentChanged = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._nodes, self._segments = qMRMLNodeComboBox(), QComboBox()
        self._nodes.nodeTypes = ["vtkMRMLSegmentationNode"]
        column = QVBoxLayout(self)
        column.addWidget(self._nodes)
        column.addWidget(self._segments)
        self._nodes.currentNodeChanged.connect(self._node_changed)

    def setMRMLScene(self, scene: Any) -> None:
        super().setMRMLScene(scene)
        self._nodes.setMRMLScene(scene)

    def currentNode(self) -> Any:
        return self._nodes.currentNode()

    def setCurrentNode(self, node: Any) -> None:
        self._nodes.setCurrentNode(node)

    def currentSegmentID(self) -> str:
        return str(self._segments.currentData or "")

    def _node_changed(self, node: Any) -> None:
        self._segments.clear()
        for segment_id in node.GetSegmentation().GetSegmentIDs() if node is not None else ():
            self._segments.addItem(node.GetSegmentation().GetSegment(segment_id).GetName(), segment_id)
        self.currentNodeChanged.emit(node)


class qMRMLSegmentationShow3DButton(ctkMenuButton):
    """Makes the surfaces of a segmentation and shows them in 3D."""

    connect, disconnect = connect, disconnect

    def __init__(self, parent: Any = None) -> None:
        super().__init__("Show 3D", parent)
        self._node: Any = None
        self.setCheckable(True)
        self.setEnabled(False)
        self.toggled.connect(self._show)

    def segmentationNode(self) -> Any:
        return self._node

    def setSegmentationNode(self, node: Any) -> None:
        self._node = node
        self.setEnabled(node is not None)

    def _show(self, shown: bool) -> None:
        if self._node is None:
            return
        if shown:
            self._node.CreateClosedSurfaceRepresentation()
        self._node.GetDisplayNode().SetVisibility3D(shown)


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """The Segment Editor's panel, bound to its node; effects can be chosen but draw nothing."""

    segmentationNodeChanged = Signal(object)
    sourceVolumeNodeChanged = Signal(object)
    currentSegmentIDChanged = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._editor: Any = None
        self._effect = "None"
        self._buttons: dict[str, QPushButton] = {}
        self._list, self._source = _SegmentList(), QLabel()
        self._list.setMaximumHeight(92)
        column = QVBoxLayout(self)
        column.addWidget(self._source)
        column.addLayout(self._tool_row())
        column.addWidget(self._list)
        column.addLayout(self._effect_grid())
        self._list.currentItemChanged.connect(self._row_changed)
        self.maximumNumberOfUndoStates = 10
        self.segmentationNodeSelectorVisible = self.sourceVolumeNodeSelectorVisible = True
        self.switchToSegmentationsButtonVisible = True
        self.readOnly = False

    def _tool_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for text in ("Add", "Remove", "Show 3D", "Undo", "Redo"):
            button = QToolButton()
            button.setText(text)
            row.addWidget(button)
        row.addStretch()
        return row

    def _effect_grid(self) -> QGridLayout:
        grid = QGridLayout()
        for index, name in enumerate(EFFECTS):
            button = QPushButton(name)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, effect=name: self.setActiveEffectByName(effect))
            self._buttons[name] = button
            grid.addWidget(button, index // _PER_ROW, index % _PER_ROW)
        return grid

    def mrmlSegmentEditorNode(self) -> Any:
        return self._editor

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._editor = node
        self._refresh()

    def segmentationNode(self) -> Any:
        return self._editor.GetSegmentationNode() if self._editor is not None else None

    def setSegmentationNode(self, node: Any) -> None:
        if self._editor is None:
            raise RuntimeError("Set the segment editor node first: the widget stores its choices there.")
        self._editor.SetAndObserveSegmentationNode(node)
        segmentation = node.GetSegmentation() if node is not None else None
        if segmentation is not None and segmentation.GetNumberOfSegments():
            self._editor.SetSelectedSegmentID(segmentation.GetNthSegmentID(0))
        self._refresh()
        self.segmentationNodeChanged.emit(node)

    def sourceVolumeNode(self) -> Any:
        return self._editor.GetSourceVolumeNode() if self._editor is not None else None

    def setSourceVolumeNode(self, node: Any) -> None:
        self._editor.SetAndObserveSourceVolumeNode(node)
        self._refresh()
        self.sourceVolumeNodeChanged.emit(node)

    def currentSegmentID(self) -> str:
        return str(self._editor.GetSelectedSegmentID() or "") if self._editor is not None else ""

    def setCurrentSegmentID(self, segment_id: str) -> None:
        self._editor.SetSelectedSegmentID(segment_id)
        self.currentSegmentIDChanged.emit(segment_id)

    def activeEffect(self) -> Effect | None:
        return None if self._effect == "None" else self.effectByName(self._effect)

    def setActiveEffectByName(self, name: str) -> None:
        if name and name not in EFFECTS:
            return
        self._effect = name or "None"
        for effect, button in self._buttons.items():
            button.setChecked(effect == self._effect)
        if self._editor is not None:
            self._editor.SetActiveEffectName(self._effect)

    def effectByName(self, name: str) -> Effect | None:
        return Effect(name) if name in EFFECTS else None

    def availableEffectNames(self) -> list[str]:
        return [name for name in EFFECTS if name != "None"]

    def setEffectNameOrder(self, names: list[str]) -> None:
        self._order = list(names)

    def setMaximumNumberOfUndoStates(self, count: int) -> None:
        self.maximumNumberOfUndoStates = count

    def setSegmentationNodeSelectorVisible(self, visible: bool) -> None:
        self.segmentationNodeSelectorVisible = visible

    def setSourceVolumeNodeSelectorVisible(self, visible: bool) -> None:
        self.sourceVolumeNodeSelectorVisible = visible

    def setSwitchToSegmentationsButtonVisible(self, visible: bool) -> None:
        self.switchToSegmentationsButtonVisible = visible

    def installKeyboardShortcuts(self) -> None:
        """No key reaches an off-screen window."""

    def uninstallKeyboardShortcuts(self) -> None:
        """See `installKeyboardShortcuts`."""

    def setupViewObservations(self) -> None:
        """Effects draw nothing here."""

    def removeViewObservations(self) -> None:
        """See `setupViewObservations`."""

    def _refresh(self) -> None:
        self._list.show_segments(self.segmentationNode())
        source, segmentation = self.sourceVolumeNode(), self.segmentationNode()
        names = [node.GetName() if node is not None else "None" for node in (segmentation, source)]
        self._source.setText("Segmentation: {}\nSource volume: {}".format(*names))

    def _row_changed(self, item: Any, _previous: Any) -> None:
        if item is not None and self._editor is not None:
            self.setCurrentSegmentID(item.data(0x0100))
