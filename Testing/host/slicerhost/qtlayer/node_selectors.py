"""Selectors built on qMRMLNodeComboBox: several nodes, color tables, a segment of a segmentation."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from .declare import kept, own, passed_on, stand_in
from .mrml_base import Observations, qMRMLWidget
from .node_combo_box import _ID, qMRMLNodeComboBox


@stand_in
class qMRMLCheckableNodeComboBox(qMRMLNodeComboBox):
    """Chooses several nodes: each has a check box; new nodes are checked, as in Slicer."""

    checkedNodesChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._unchecked: set[str] = set()
        super().__init__(parent)
        self.addEnabled = self.removeEnabled = False
        self._combo.view().pressed.connect(self._pressed)

    def _fill(self) -> None:
        super()._fill()
        self._show_checks()

    def _show_checks(self) -> None:
        model = self._combo.model()
        for row in range(self._combo.count):
            node_id = self._combo.itemData(row, _ID)
            if node_id:
                model.item(row).setCheckable(True)
                checked = node_id not in self._unchecked
                model.item(row).setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)

    def _pressed(self, index: Any) -> None:
        node = self._scene.GetNodeByID(index.data(_ID) or "") if self._scene is not None else None
        if node is not None:
            self.setCheckState(node, Qt.CheckState.Unchecked if self.checkState(node) else Qt.CheckState.Checked)

    def checkState(self, node: Any) -> Any:
        return Qt.CheckState.Unchecked if node.GetID() in self._unchecked else Qt.CheckState.Checked

    def setCheckState(self, node: Any, state: Any) -> None:
        if (self.checkState(node) == Qt.CheckState.Checked) == (int(state) == 2):
            return
        (self._unchecked.discard if int(state) == 2 else self._unchecked.add)(node.GetID())
        self._show_checks()
        self.checkedNodesChanged.emit()

    def check(self, node: Any) -> None:
        self.setCheckState(node, Qt.CheckState.Checked)

    def uncheck(self, node: Any) -> None:
        self.setCheckState(node, Qt.CheckState.Unchecked)

    def checkedNodes(self) -> tuple[Any, ...]:
        return tuple(node for node in self._nodes() if node.GetID() not in self._unchecked)

    def uncheckedNodes(self) -> tuple[Any, ...]:
        return tuple(node for node in self._nodes() if node.GetID() in self._unchecked)

    def allChecked(self) -> bool:
        return not self.uncheckedNodes()

    def noneChecked(self) -> bool:
        return not self.checkedNodes()


@stand_in
class qMRMLColorTableComboBox(qMRMLNodeComboBox):
    """Chooses a color table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nodeTypes = ["vtkMRMLColorNode"]
        self.hideChildNodeTypes = ["vtkMRMLdGEMRICProceduralColorNode", "vtkMRMLPETProceduralColorNode"]
        self.showHidden, self.addEnabled, self.removeEnabled = True, False, False


@stand_in
class qMRMLSegmentSelectorWidget(qMRMLWidget):
    """Chooses a segmentation and one of its segments."""

    currentNodeChanged, nodeAboutToBeEdited = Signal(object), Signal(object)
    currentSegmentChanged = Signal(str)
    segmentSelectionChanged = Signal("QStringList")
    noneEnabled = passed_on(bool, "_nodes", "noneEnabled")
    editEnabled = passed_on(bool, "_nodes", "editEnabled")
    selectNodeUponCreation = passed_on(bool, "_nodes", "selectNodeUponCreation")
    multiSelection, horizontalLayout = kept(bool, False), kept(bool, False, "_arrange")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nodes, self._segments, self._observed = (qMRMLNodeComboBox(), QComboBox(), Observations())
        self._nodes.nodeTypes = ["vtkMRMLSegmentationNode"]
        self._nodes.addEnabled = self._nodes.removeEnabled = False
        self._selected: tuple[str, ...] = ()
        self._arrange()
        self._nodes.currentNodeChanged.connect(self._node_changed)
        self._segments.currentIndexChanged.connect(lambda _: self.currentSegmentChanged.emit(self.currentSegmentID()))

    def _arrange(self) -> None:
        old = self.layout()
        if old is not None:
            QWidget().setLayout(old)
        row = QHBoxLayout(self) if self.horizontalLayout else QVBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._nodes)
        row.addWidget(self._segments)

    def _scene_set(self) -> None:
        self._nodes.setMRMLScene(self._scene)

    def _node_changed(self, node: Any) -> None:
        self._observed.clear()
        if node is not None:
            for event in ("SegmentAdded", "SegmentRemoved", "SegmentModified"):
                self._observed.add(node.GetSegmentation(), _event(node, event), self._segments_changed)
        self._segments_changed(None, None)
        self.currentNodeChanged.emit(node)

    def _segments_changed(self, _caller: Any, _data: Any) -> None:
        node, chosen = self._nodes.currentNode(), self.currentSegmentID()
        blocked = self._segments.blockSignals(True)
        self._segments.clear()
        for segment_id in node.GetSegmentation().GetSegmentIDs() if node is not None else ():
            self._segments.addItem(node.GetSegmentation().GetSegment(segment_id).GetName(), segment_id)
        self._segments.setCurrentIndex(max(0, self._segments.findData(chosen)) if self._segments.count else -1)
        self._segments.blockSignals(blocked)
        if self.currentSegmentID() != chosen:
            self.currentSegmentChanged.emit(self.currentSegmentID())

    def currentNode(self) -> Any:
        return self._nodes.currentNode()

    def currentNodeID(self) -> str:
        return self._nodes.currentNodeID

    def setCurrentNode(self, node: Any) -> None:
        self._nodes.setCurrentNode(node)

    def setCurrentNodeID(self, node_id: str) -> None:
        self._nodes.setCurrentNodeID(node_id)

    def segmentIDs(self) -> tuple[str, ...]:
        node = self.currentNode()
        return tuple(node.GetSegmentation().GetSegmentIDs()) if node is not None else ()

    def currentSegmentID(self) -> str:
        return str(self._segments.currentData or "")

    def setCurrentSegmentID(self, segment_id: str) -> None:
        self._segments.setCurrentIndex(self._segments.findData(segment_id))

    def selectedSegmentIDs(self) -> tuple[str, ...]:
        return self._selected

    def setSelectedSegmentIDs(self, segment_ids: Any) -> None:
        self._selected = tuple(segment_ids)
        self.segmentSelectionChanged.emit(list(self._selected))

    segmentationNodeSelectorVisible = own(
        bool, lambda self: not self._nodes.isHidden(), lambda self, shown: self._nodes.setVisible(shown)
    )


def _event(node: Any, name: str) -> int:
    return int(getattr(type(node.GetSegmentation()), name))
