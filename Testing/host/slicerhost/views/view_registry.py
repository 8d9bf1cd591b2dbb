"""The widgets of a scene's view nodes, and the logics that the application logic knows them by."""

from __future__ import annotations

from typing import Any

import vtk

from .plot_view import PlotWidget
from .slice_widget import SliceWidget
from .table_view import TableWidget
from .threed_view import ThreeDWidget
from .view_widget import ViewWidget

WIDGETS: dict[str, type] = {
    "vtkMRMLSliceNode": SliceWidget,
    "vtkMRMLViewNode": ThreeDWidget,
    "vtkMRMLPlotViewNode": PlotWidget,
    "vtkMRMLTableViewNode": TableWidget,
}


class ViewRegistry:
    """One widget for each view node, in the order in which the nodes came."""

    def __init__(self, scene: Any, application_logic: Any) -> None:
        self._scene = scene
        self._application_logic = application_logic
        self.widgets: dict[Any, ViewWidget] = {}
        self.slice_logics = vtk.vtkCollection()
        self.view_logics = vtk.vtkCollection()

    def nodes_of(self, class_name: str) -> list[Any]:
        """The view nodes of a class."""
        return [node for node in self.widgets if node.IsA(class_name)]

    def named(self, class_name: str, name: str) -> Any:
        """The widget of a class and layout name, or None."""
        for node in self.nodes_of(class_name):
            if node.GetLayoutName() == name:
                return self.widgets[node]
        return None

    def numbered(self, class_name: str, which: int | str) -> Any:
        """The widget of a class by its number, or by its layout name, or None."""
        if isinstance(which, str):
            return self.named(class_name, which)
        nodes = self.nodes_of(class_name)
        return self.widgets[nodes[which]] if 0 <= which < len(nodes) else None

    def follow_scene(self) -> None:
        """Take down the widgets whose node is gone, make those that are missing."""
        for node in [known for known in self.widgets if not self._scene.IsNodePresent(known)]:
            self._remove(node)
        # making a widget may itself add nodes
        while missing := [node for node in self._scene_view_nodes() if node not in self.widgets]:
            for node in missing:
                self._add(node)

    def clear(self) -> None:
        """Take down all widgets."""
        for node in list(self.widgets):
            self._remove(node)

    def _scene_view_nodes(self) -> list[Any]:
        counts = {name: self._scene.GetNumberOfNodesByClass(name) for name in WIDGETS}
        return [self._scene.GetNthNodeByClass(index, name) for name, count in counts.items() for index in range(count)]

    def _add(self, node: Any) -> None:
        kind = next(name for name in WIDGETS if node.IsA(name))
        widget = WIDGETS[kind](node, self._application_logic)
        self.widgets[node] = widget
        if isinstance(widget, SliceWidget):
            self.slice_logics.AddItem(widget.sliceLogic())
        elif isinstance(widget, ThreeDWidget):
            self.view_logics.AddItem(widget.viewLogic())

    def _remove(self, node: Any) -> None:
        widget = self.widgets.pop(node)
        if isinstance(widget, SliceWidget):
            self.slice_logics.RemoveItem(widget.sliceLogic())
        elif isinstance(widget, ThreeDWidget):
            self.view_logics.RemoveItem(widget.viewLogic())
        widget._release()
