"""qMRMLNodeComboBox: the nodes of a scene in a combo box, with the actions to make, rename, edit and delete one."""

from __future__ import annotations

from typing import Any, ClassVar

import slicer
import vtk
from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QInputDialog, QWidget

from .declare import kept, own, passed_on, stand_in
from .mrml_base import Observations, SceneMixin
from .node_filter import NodeFilter

_ID, _ACTION = 0x0100, 0x0101


@stand_in
class qMRMLNodeComboBox(SceneMixin, QWidget):
    """Chooses a node of some types; follows the scene. Disabled until it has one."""

    currentNodeChanged = Signal(object)
    _node_validity_changed = Signal(bool)
    currentNodeIDChanged = Signal(str)
    currentNodeRenamed = Signal(str)
    nodeActivated, nodeAdded, nodeAddedByUser = (Signal(object), Signal(object), Signal(object))
    nodeAddedByUserAction, nodeAboutToBeRemoved = Signal(object), Signal(object)
    nodeAboutToBeEdited = Signal(object)
    SIGNATURES: ClassVar[dict[str, str]] = {"currentNodeChanged(bool)": "_node_validity_changed"}

    nodeTypes = kept(tuple, (), "_fill")
    showHidden, showChildNodeTypes = (kept(bool, False, "_fill"), kept(bool, True, "_fill"))
    hideChildNodeTypes = kept(tuple, (), "_fill")
    noneEnabled, noneDisplay = kept(bool, False, "_fill"), kept(str, "None", "_fill")
    addEnabled, removeEnabled = kept(bool, True, "_fill"), kept(bool, True, "_fill")
    editEnabled, renameEnabled = kept(bool, False, "_fill"), kept(bool, False, "_fill")
    selectNodeUponCreation, baseName = kept(bool, True), kept(str, "")
    interactionNodeSingletonTag = kept(str, "Singleton")
    sizeAdjustPolicy = passed_on(object, "_combo", "sizeAdjustPolicy")

    def __init__(self, parent: QWidget | None = None) -> None:
        QWidget.__init__(self, parent)
        self._combo = QComboBox()
        self._combo.setMinimumContentsLength(6)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._combo.setEnabled(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._combo)
        self._combo.activated.connect(self._activated)
        self._node: Any = None
        self._requested = ""
        self._observed_scene, self._observed_nodes = Observations(), Observations()
        self._attributes: list[tuple[str, str, str | None]] = []
        self._labels: dict[str, str] = {}
        self._actions: list[QAction] = []

    def mrmlScene(self) -> Any:
        return self._scene

    # choosing

    def currentNode(self) -> Any:
        return self._node

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID(node if isinstance(node, str) else node.GetID() if node is not None else "")

    def setCurrentNodeID(self, node_id: str | None) -> None:
        """Choose by ID; a node that is not offered yet is chosen as soon as it is."""
        found = next((node for node in self._nodes() if node.GetID() == node_id), None)
        self._requested = node_id if node_id and found is None else ""
        self._choose(found)

    def setCurrentNodeIndex(self, index: int) -> None:
        self._choose(self.nodeFromIndex(index))

    currentNodeID = own(str, lambda self: self._node.GetID() if self._node is not None else "", setCurrentNodeID)
    currentNodeId = currentNodeID

    def nodeCount(self) -> int:
        return len(self._nodes())

    def nodeFromIndex(self, index: int) -> Any:
        nodes = self._nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def addAttribute(self, node_type: str, name: str, value: Any = None) -> None:
        self._attributes.append((node_type, name, None if value is None else str(value)))
        self._fill()

    def removeAttribute(self, node_type: str, name: str) -> None:
        self._attributes = [rule for rule in self._attributes if rule[:2] != (node_type, name)]
        self._fill()

    def setNodeTypeLabel(self, label: str, node_type: str) -> None:
        self._labels[node_type] = label
        self._fill()

    def nodeTypeLabel(self, node_type: str) -> str:
        if not self._labels.get(node_type) and self._scene is not None:
            return str(self._scene.GetTagByClassName(node_type) or node_type)
        return self._labels.get(node_type, node_type)

    # making, renaming, deleting

    def addNode(self, node_type: str = "") -> Any:
        """Make a node of the first type, or of one of the types; None where it is not among them."""
        kind = node_type or (self.nodeTypes[0] if self.nodeTypes else "")
        if kind not in self.nodeTypes or self._scene is None:
            return None
        node = self._scene.CreateNodeByClass(kind)
        node.UnRegister(None)
        node.SetName(self._scene.GenerateUniqueName(self.baseName or self.nodeTypeLabel(kind)))
        for wanted, name, value in self._attributes:
            if node.IsA(wanted):
                node.SetAttribute(name, value or "")
        node = self._scene.AddNode(node)
        if self.selectNodeUponCreation:
            self.setCurrentNode(node)
        self.nodeAddedByUserAction.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        if self._node is not None:
            self._scene.RemoveNode(self._node)

    def editCurrentNode(self) -> None:
        self.nodeAboutToBeEdited.emit(self._node)

    def renameCurrentNode(self) -> None:
        if self._node is not None:
            name = QInputDialog.getText(self, "Rename", "New name:", text=self._node.GetName())
            if name:
                self._node.SetName(str(name))

    def addMenuAction(self, action: QAction) -> None:
        if action.text not in [known.text for known in self._actions]:
            self._actions.append(action)
            self._fill()

    # following the scene

    def _rules(self) -> NodeFilter:
        return NodeFilter(
            self.nodeTypes, self.showChildNodeTypes, self.hideChildNodeTypes, self.showHidden, self._attributes
        )

    def _nodes(self) -> list[Any]:
        return self._rules().nodes(self._scene)

    def _scene_set(self) -> None:
        self._observed_scene.clear()
        self._combo.setEnabled(self._scene is not None)
        if self._scene is not None:
            events = slicer.vtkMRMLScene
            self._observed_scene.add(self._scene, events.NodeAddedEvent, self._node_added, with_node=True)
            goes = events.NodeAboutToBeRemovedEvent
            self._observed_scene.add(self._scene, goes, self._node_goes, with_node=True)
            self._observed_scene.add(self._scene, events.NodeRemovedEvent, self._node_gone, with_node=True)
            self._observed_scene.add(self._scene, events.EndBatchProcessEvent, self._changed)
        self._fill()

    def _node_added(self, _scene: Any, node: Any) -> None:
        if node is not None and not self._rules().accepts(node):
            return
        self._changed(_scene, node)
        if node is not None:
            self.nodeAdded.emit(node)
            self.nodeAddedByUser.emit(node)

    def _node_goes(self, _scene: Any, node: Any) -> None:
        if node is not None and self._rules().accepts(node):
            self.nodeAboutToBeRemoved.emit(node)

    def _node_gone(self, _scene: Any, node: Any) -> None:
        if node is None or self._rules().accepts(node) or self._combo.findData(node.GetID() or "", _ID) >= 0:
            self._changed(_scene, node)

    def _changed(self, _scene: Any, _node: Any) -> None:
        if not self._scene.IsBatchProcessing():
            self._fill()

    def _node_modified(self, node: Any, _data: Any) -> None:
        index = self._combo.findData(node.GetID(), _ID)
        offered = self._rules().accepts(node)
        if (index >= 0) != offered:
            self._fill()
        elif index >= 0 and self._combo.itemText(index) != (node.GetName() or ""):
            self._combo.setItemText(index, node.GetName() or "")
            if node is self._node:
                self.currentNodeRenamed.emit(node.GetName() or "")

    def _fill(self) -> None:
        nodes = self._nodes()
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        if self.noneEnabled:
            self._combo.addItem(self.noneDisplay, "")
        for node in nodes:
            self._combo.addItem(node.GetName() or "", node.GetID())
        self._add_actions()
        self._combo.blockSignals(blocked)
        self._observed_nodes.clear()
        for node in nodes:
            self._observed_nodes.add(node, vtk.vtkCommand.ModifiedEvent, self._node_modified)
        self._choose(self._still_chosen(nodes))

    def _still_chosen(self, nodes: list[Any]) -> Any:
        requested = next((node for node in nodes if node.GetID() == self._requested), None)
        if requested is not None:
            self._requested = ""
            return requested
        if any(node is self._node for node in nodes):
            return self._node
        return None if self.noneEnabled or not nodes else nodes[0]

    def _add_actions(self) -> None:
        kinds = self.nodeTypes if self._scene is not None else ()
        items: list[tuple[str, Any]] = []
        if self.addEnabled:
            items += [
                (f"Create new {self.nodeTypeLabel(kind)}", lambda kind=kind: self.addNode(kind)) for kind in kinds
            ]
        label = self.nodeTypeLabel(kinds[0]) if kinds else ""
        for enabled, text, action in (
            (self.renameEnabled, f"Rename current {label}", self.renameCurrentNode),
            (self.editEnabled, f"Edit current {label}", self.editCurrentNode),
            (self.removeEnabled, f"Delete current {label}", self.removeCurrentNode),
        ):
            items += [(text, action)] if enabled and kinds else []
        items += [(action.text, action.trigger) for action in self._actions]
        if items:
            self._combo.insertSeparator(self._combo.count)
        for text, action in items:
            self._combo.addItem(text)
            self._combo.setItemData(self._combo.count - 1, action, _ACTION)

    def _choose(self, node: Any) -> None:
        changed = node is not self._node
        self._node = node
        index = self._combo.findData(node.GetID() if node is not None else "", _ID)
        blocked = self._combo.blockSignals(True)
        self._combo.setCurrentIndex(index)
        self._combo.blockSignals(blocked)
        if changed:
            self.currentNodeChanged.emit(node)
            self._node_validity_changed.emit(node is not None)
            self.currentNodeIDChanged.emit(self.currentNodeID)

    def _activated(self, index: int) -> None:
        action = self._combo.itemData(index, _ACTION)
        if action is not None:
            self._choose(self._node)
            action()
            return
        self.setCurrentNodeID(self._combo.itemData(index, _ID))
        self.nodeActivated.emit(self._node)

    def changeEvent(self, event: Any) -> None:
        if event.type() == QEvent.Type.ToolTipChange:
            self._combo.setToolTip(self.toolTip)
        super().changeEvent(event)
