"""The stand-in of qSlicerLayoutManager: views for the scene's view nodes, arranged as the layout node says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import slicer
import vtk

from . import compose
from .layout_tree import Rect, place, shown_layout, view_nodes
from .plot_view import PlotWidget
from .render_view import Size
from .signals import HasSignals, Signal
from .slice_widget import SliceWidget
from .table_view import TableWidget
from .threed_view import ThreeDWidget
from .view_registry import ViewRegistry

DEFAULT_VIEWPORT = (1180, 880)
_SCENE_EVENTS = ("NodeAddedEvent", "NodeRemovedEvent", "EndBatchProcessEvent", "EndCloseEvent", "EndImportEvent")


class LayoutManager(HasSignals):
    """Views and layout of one scene; ``grab_*`` give pictures as (height, width, 3) RGB, uint8."""

    stands_for = "qSlicerLayoutManager"

    def __init__(self, scene: Any, application_logic: Any) -> None:
        self.layoutChanged = Signal()
        self._scene = scene
        self._views = ViewRegistry(scene, application_logic)
        self._viewport: Size = DEFAULT_VIEWPORT
        self._drawn_layout: tuple[Any, ...] = ()
        self._syncing = False
        self._observations: list[tuple[Any, int]] = []
        self._layout_observation: tuple[Any, int] | None = None
        self.enabled = True
        application_logic.SetSliceLogics(self._views.slice_logics)
        application_logic.SetViewLogics(self._views.view_logics)
        self._layout_logic = slicer.vtkMRMLLayoutLogic()
        self._layout_logic.SetMRMLApplicationLogic(application_logic)
        self._layout_logic.SetMRMLScene(scene)
        for name in _SCENE_EVENTS:
            tag = scene.AddObserver(getattr(slicer.vtkMRMLScene, name), self._on_changed)
            self._observations.append((scene, tag))
        if self._layout_node().GetViewArrangement() <= slicer.vtkMRMLLayoutNode.SlicerLayoutDefaultView:
            self._layout_node().SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self._sync()

    # Layout

    @property
    def layout(self) -> int:
        """The layout node's view arrangement."""
        return self._layout_node().GetViewArrangement()

    @layout.setter
    def layout(self, layout: int) -> None:
        self.setLayout(layout)

    def setLayout(self, layout: int) -> None:
        """Show a layout by its number; one that has no description becomes the conventional view, as in Slicer."""
        if self.layout == layout:
            return
        node = self._layout_node()
        if not node.IsLayoutDescription(layout):
            layout = slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalView
        node.RemoveAllMaximizedViewNodes()
        node.SetViewArrangement(layout)

    def layoutLogic(self) -> Any:
        """The vtkMRMLLayoutLogic."""
        return self._layout_logic

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene

    def setEnabled(self, enable: bool) -> None:
        """Follow the layout node, or not for a while."""
        self.enabled = bool(enable)
        self._sync()

    def addMaximizedViewNode(self, view_node: Any) -> None:
        """Let one view fill the layout."""
        self._layout_node().AddMaximizedViewNode(view_node)

    def removeMaximizedViewNode(self, view_node: Any) -> None:
        """Undo ``addMaximizedViewNode``."""
        self._layout_node().RemoveMaximizedViewNode(view_node)

    def removeAllMaximizedViewNodes(self) -> None:
        """Show the whole layout again."""
        self._layout_node().RemoveAllMaximizedViewNodes()

    # Views

    def sliceViewNames(self) -> tuple[str, ...]:
        """Layout names of all slice views, those outside the current layout included."""
        return tuple(node.GetLayoutName() for node in self._views.nodes_of("vtkMRMLSliceNode"))

    def sliceWidget(self, name: str) -> SliceWidget | None:
        """The slice widget of that layout name, or None."""
        return self._views.named("vtkMRMLSliceNode", name)

    def threeDWidget(self, which: int | str) -> ThreeDWidget | None:
        """The 3D widget of that number or layout name, or None."""
        return self._views.numbered("vtkMRMLViewNode", which)

    def plotWidget(self, which: int) -> PlotWidget | None:
        """The plot widget of that number, or None."""
        return self._views.numbered("vtkMRMLPlotViewNode", which)

    def tableWidget(self, which: int) -> TableWidget | None:
        """The table widget of that number, or None."""
        return self._views.numbered("vtkMRMLTableViewNode", which)

    @property
    def threeDViewCount(self) -> int:
        """Number of 3D views."""
        return len(self._views.nodes_of("vtkMRMLViewNode"))

    @property
    def plotViewCount(self) -> int:
        """Number of plot views."""
        return len(self._views.nodes_of("vtkMRMLPlotViewNode"))

    @property
    def tableViewCount(self) -> int:
        """Number of table views."""
        return len(self._views.nodes_of("vtkMRMLTableViewNode"))

    def viewWidget(self, view_node: Any) -> Any:
        """The widget of a view node, or None."""
        return self._views.widgets.get(view_node)

    def viewWidgets(self) -> list[Any]:
        """The widgets of all views."""
        return list(self._views.widgets.values())

    def mrmlSliceLogics(self) -> Any:
        """A vtkCollection of the slice views' logics."""
        return self._views.slice_logics

    def mrmlViewLogics(self) -> Any:
        """A vtkCollection of the 3D views' logics."""
        return self._views.view_logics

    def activeMRMLThreeDViewNode(self) -> Any:
        """The first 3D view's node, or None."""
        return next(iter(self._views.nodes_of("vtkMRMLViewNode")), None)

    def activeThreeDRenderer(self) -> Any:
        """The first 3D view's renderer, or None."""
        widget = self.threeDWidget(0)
        return widget.threeDView().renderer() if widget else None

    def activeMRMLPlotViewNode(self) -> Any:
        """The first plot view's node, or None."""
        return next(iter(self._views.nodes_of("vtkMRMLPlotViewNode")), None)

    def activeMRMLTableViewNode(self) -> Any:
        """The first table view's node, or None."""
        return next(iter(self._views.nodes_of("vtkMRMLTableViewNode")), None)

    def resetSliceViews(self) -> None:
        """Fit every slice view to its background volume."""
        for name in self.sliceViewNames():
            self.sliceWidget(name).sliceController().fitSliceToBackground()

    def resetThreeDViews(self) -> None:
        """Show everything in every 3D view."""
        for index in range(self.threeDViewCount):
            view = self.threeDWidget(index).threeDView()
            view.resetFocalPoint()
            view.resetCamera()

    def setRenderPaused(self, pause: bool) -> None:
        """Pause or resume all slice and 3D views."""
        for widget in self._views.widgets.values():
            if isinstance(widget, SliceWidget | ThreeDWidget):
                widget.viewWidget().setRenderPaused(pause)

    def pauseRender(self) -> None:
        """Pause all views."""
        self.setRenderPaused(True)

    def resumeRender(self) -> None:
        """Undo one ``pauseRender``."""
        self.setRenderPaused(False)

    # Pictures

    def set_viewport_size(self, size: Size) -> None:
        """Give the layout (width, height) pixels, as resizing Slicer's window does."""
        self._viewport = (int(size[0]), int(size[1]))
        self._arrange()

    def placed_views(self) -> list[tuple[Any, Rect]]:
        """(view node, rectangle with its bar) of each visible view, in pixels of the viewport."""
        tree = shown_layout(self._layout_logic, list(self._views.widgets))
        return place(tree, Rect(0, 0, *self._viewport)) if tree is not None else []

    def grab_slice(self, name: str, size: Size | None = None) -> np.ndarray:
        """A slice view's picture without its bar. Raises KeyError when there is no such view."""
        widget = self.sliceWidget(name)
        if widget is None:
            raise KeyError(f"There is no slice view {name!r}: the views are {', '.join(self.sliceViewNames())}.")
        return self._grab(widget, size)

    def grab_threed(self, size: Size | None = None, index: int = 0) -> np.ndarray:
        """A 3D view's picture without its bar. Raises KeyError when there is no such view."""
        widget = self.threeDWidget(index)
        if widget is None:
            raise KeyError(f"There is no 3D view {index}: there are {self.threeDViewCount}.")
        return self._grab(widget, size)

    def grab_layout(self, size: Size | None = None) -> np.ndarray:
        """The whole layout with a coloured bar over each view; a size given stays the viewport's."""
        self.set_viewport_size(size or self._viewport)
        return compose.draw_layout(self.placed_views(), self._views.widgets, self._viewport)

    def release(self) -> None:
        """Take down all views and stop watching the scene."""
        for subject, tag in [*self._observations, *([self._layout_observation] if self._layout_observation else [])]:
            subject.RemoveObserver(tag)
        self._observations.clear()
        self._layout_observation = None
        self._views.clear()
        self._layout_logic.SetMRMLScene(None)

    # Inside

    def _layout_node(self) -> Any:
        return self._layout_logic.GetLayoutNode()

    def _on_changed(self, caller: Any, event: str) -> None:
        self._sync()

    @contextmanager
    def _once(self) -> Iterator[None]:
        self._syncing = True
        try:
            yield
        finally:
            self._syncing = False

    def _sync(self) -> None:
        """Make the widgets fit the scene's view nodes and the arrangement fit the layout node."""
        if self._syncing or not self.enabled or self._scene.IsBatchProcessing() or self._layout_node() is None:
            return
        with self._once():
            self._observe_layout_node()
            self._views.follow_scene()
        self._arrange_if_changed()

    def _observe_layout_node(self) -> None:
        node = self._layout_node()
        if self._layout_observation and self._layout_observation[0] is node:
            return
        if self._layout_observation:
            self._layout_observation[0].RemoveObserver(self._layout_observation[1])
        self._layout_observation = (node, node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_changed))

    def _arrange_if_changed(self) -> None:
        node = self._layout_node()
        maximized = tuple(node.GetMaximizedViewNode(index) for index in range(node.GetNumberOfMaximizedViewNodes()))
        shown = (node.GetViewArrangement(), node.GetCurrentLayoutDescription(), maximized)
        if shown == self._drawn_layout:
            return
        changed = self._drawn_layout[:1] != shown[:1]
        self._drawn_layout = shown
        self._arrange()
        if changed:
            self.layoutChanged.emit(shown[0])

    def _arrange(self) -> None:
        tree = shown_layout(self._layout_logic, list(self._views.widgets))
        mapped = set(view_nodes(tree)) if tree is not None else set()
        for node in self._views.widgets:
            node.SetMappedInLayout(node in mapped)
        for node, rect in self.placed_views():
            widget = self._views.widgets[node]
            widget.viewWidget()._resize(compose.view_size(widget, rect))

    def _grab(self, widget: Any, size: Size | None) -> np.ndarray:
        view = widget.viewWidget()
        if size is None:
            return view._grab()
        before = tuple(view.renderWindow().GetSize())
        view._resize((int(size[0]), int(size[1])))
        try:
            return view._grab()
        finally:
            view._resize(before)
