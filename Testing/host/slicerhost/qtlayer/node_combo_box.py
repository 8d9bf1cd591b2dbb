"""qMRMLNodeComboBox: the nodes of a scene in a combo box."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from .qt_module import connect, disconnect


class qMRMLWidget(QWidget):
    """A widget with a scene."""

    mrmlSceneChanged = Signal(object)
    connect, disconnect = connect, disconnect

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.connect, cls.disconnect = connect, disconnect  # PySide6 looks into the class itself only

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


class qMRMLNodeComboBox(qMRMLWidget):
    """Chooses a node of some types; follows the scene."""

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)
    nodeActivated = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._combo = QComboBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._combo)
        self._combo.setMinimumContentsLength(8)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._combo.activated.connect(self._activated)
        self._types: list[str] = []
        self._node_id = ""
        self._tags: list[tuple[Any, int]] = []
        self._node_tags: dict[str, tuple[Any, int]] = {}
        self._attributes: list[tuple[str, str, Any]] = []
        self.noneEnabled = self.showHidden = self.selectNodeUponCreation = False
        self.addEnabled = self.removeEnabled = True
        self.renameEnabled = self.editEnabled = False
        self.showChildNodeTypes = True
        self.hideChildNodeTypes: list[str] = []
        self.noneDisplay = "None"
        self.baseName = ""
        self.interactionNodeSingletonTag = ""

    @property
    def nodeTypes(self) -> list[str]:
        return list(self._types)

    @nodeTypes.setter
    def nodeTypes(self, types: Any) -> None:
        self._types = [types] if isinstance(types, str) else list(types)
        self._fill()

    def setNodeTypes(self, types: Any) -> None:
        self.nodeTypes = types

    def setMRMLScene(self, scene: Any) -> None:
        for caller, tag in [*self._tags, *self._node_tags.values()]:
            caller.RemoveObserver(tag)
        self._tags, self._node_tags = [], {}
        super().setMRMLScene(scene)
        if scene is not None:
            events = (scene.NodeAddedEvent, scene.NodeRemovedEvent)
            self._tags = [(scene, scene.AddObserver(event, self._scene_changed)) for event in events]
            self._tags.append((scene, scene.AddObserver(scene.EndBatchProcessEvent, self._scene_changed)))
        self._fill()

    def currentNode(self) -> Any:
        return self._scene.GetNodeByID(self._node_id) if self._scene is not None and self._node_id else None

    @property
    def currentNodeID(self) -> str:
        return self._node_id

    @currentNodeID.setter
    def currentNodeID(self, node_id: str) -> None:
        self.setCurrentNodeID(node_id)

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID(node if isinstance(node, str) else node.GetID() if node is not None else "")

    def setCurrentNodeID(self, node_id: str | None) -> None:
        wanted = node_id or ""
        if wanted and wanted not in [node.GetID() for node in self.nodes()]:
            return
        if not wanted and not self.noneEnabled and self.nodes():
            wanted = self.nodes()[0].GetID()
        self._choose(wanted)

    def nodes(self) -> list[Any]:
        """Return the nodes that can be chosen."""
        if self._scene is None:
            return []
        found = [self._scene.GetNthNode(index) for index in range(self._scene.GetNumberOfNodes())]
        return [node for node in found if self._fits(node)]

    def nodeCount(self) -> int:
        return len(self.nodes())

    def addNode(self, node_type: str = "") -> Any:
        kind = node_type or self._types[0]
        name = self._scene.GenerateUniqueName(self.baseName or kind.removeprefix("vtkMRML").removesuffix("Node"))
        node = self._scene.AddNewNodeByClass(kind, name)
        self.nodeAddedByUser.emit(node)
        self.setCurrentNode(node)
        return node

    def addAttribute(self, node_type: str, name: str, value: Any = None) -> None:
        self._attributes.append((node_type, name, value))
        self._fill()

    def _fits(self, node: Any) -> bool:
        if node.GetHideFromEditors() and not self.showHidden:
            return False
        name = node.GetClassName()
        fits = any(node.IsA(kind) if self.showChildNodeTypes else name == kind for kind in self._types)
        if not fits or any(node.IsA(kind) for kind in self.hideChildNodeTypes):
            return False
        wanted = [(key, value) for kind, key, value in self._attributes if node.IsA(kind)]
        return all(
            node.GetAttribute(key) is not None and value in (None, node.GetAttribute(key)) for key, value in wanted
        )

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _scene_changed(self, _caller: Any, event: str, node: Any = None) -> None:
        if self._scene is None or self._scene.IsBatchProcessing():
            return
        added = event == "NodeAddedEvent" or event == str(slicer.vtkMRMLScene.NodeAddedEvent)
        self._fill()
        if added and node is not None and self._fits(node):
            self.nodeAdded.emit(node)
            if self.selectNodeUponCreation:
                self.setCurrentNode(node)

    def _fill(self) -> None:
        nodes = self.nodes()
        self._follow_names(nodes)
        self._combo.blockSignals(True)
        self._combo.clear()
        if self.noneEnabled:
            self._combo.addItem(self.noneDisplay, "")
        for node in nodes:
            self._combo.addItem(node.GetName() or "", node.GetID())
        self._combo.blockSignals(False)
        known = [node.GetID() for node in nodes]
        if self._node_id in known:
            self._show()
        else:
            self._choose(known[0] if known and not self.noneEnabled else "")

    def _follow_names(self, nodes: list[Any]) -> None:
        known = {node.GetID() for node in nodes}
        for node_id in [node_id for node_id in self._node_tags if node_id not in known]:
            caller, tag = self._node_tags.pop(node_id)
            caller.RemoveObserver(tag)
        for node in nodes:
            if node.GetID() not in self._node_tags:
                tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._node_changed)
                self._node_tags[node.GetID()] = (node, tag)

    def _node_changed(self, node: Any, _event: str) -> None:
        index = self._combo.findData(node.GetID())
        if index >= 0 and self._combo.itemText(index) != node.GetName():
            self._combo.setItemText(index, node.GetName())

    def _choose(self, node_id: str) -> None:
        changed = node_id != self._node_id
        self._node_id = node_id
        self._show()
        if changed:
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(node_id)

    def _show(self) -> None:
        self._combo.blockSignals(True)
        self._combo.setCurrentIndex(self._combo.findData(self._node_id))
        self._combo.blockSignals(False)

    def _activated(self, index: int) -> None:
        self._choose(self._combo.itemData(index) or "")
        self.nodeActivated.emit(self.currentNode())
