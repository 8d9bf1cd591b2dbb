"""Subject hierarchy items for new nodes: in Slicer the plugins of the Qt application make these."""

from __future__ import annotations

from typing import Any

import slicer
import vtk

# classes for which one of Slicer's subject hierarchy plugins takes ownership
OWNED_CLASSES = (
    "vtkMRMLVolumeNode",
    "vtkMRMLModelNode",
    "vtkMRMLSegmentationNode",
    "vtkMRMLMarkupsNode",
    "vtkMRMLTransformNode",
    "vtkMRMLTableNode",
    "vtkMRMLPlotChartNode",
    "vtkMRMLPlotSeriesNode",
    "vtkMRMLTextNode",
    "vtkMRMLSceneViewNode",
    "vtkMRMLSequenceNode",
    "vtkMRMLSequenceBrowserNode",
)


class SubjectHierarchyKeeper:
    """Makes an item for each node that is added or imported, and removes the item with the node."""

    def __init__(self, scene: Any) -> None:
        self.scene = scene
        events = slicer.vtkMRMLScene
        self._tags = [
            scene.AddObserver(events.NodeAddedEvent, self._added),
            scene.AddObserver(events.NodeAboutToBeRemovedEvent, self._removed),
            scene.AddObserver(events.EndImportEvent, self._imported),
        ]

    def stop(self) -> None:
        for tag in self._tags:
            self.scene.RemoveObserver(tag)
        self._tags = []

    def ensure_item(self, node: Any) -> int:
        """Return a node's item, made under the scene where there was none; 0 for nodes that have none."""
        hierarchy = self.scene.GetSubjectHierarchyNode()
        owned = any(node.IsA(name) for name in OWNED_CLASSES)
        if hierarchy is None or not owned or node.GetHideFromEditors():
            return 0
        item = hierarchy.GetItemByDataNode(node)
        return item or hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _added(self, _caller: Any, _event: str, node: Any) -> None:
        if not self.scene.IsImporting() and not self.scene.IsClosing():
            self.ensure_item(node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _removed(self, _caller: Any, _event: str, node: Any) -> None:
        if self.scene.IsClosing() or node.IsA("vtkMRMLSubjectHierarchyNode"):
            return
        hierarchy = self.scene.GetSubjectHierarchyNode()
        item = hierarchy.GetItemByDataNode(node) if hierarchy is not None else 0
        if item:
            hierarchy.RemoveItem(item, False, False)

    def _imported(self, _caller: Any, _event: str) -> None:
        for index in range(self.scene.GetNumberOfNodes()):
            self.ensure_item(self.scene.GetNthNode(index))
