"""The stand-ins of qMRMLSliceWidget and qMRMLSliceControllerWidget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import slicer

from .bar import ControllerBar
from .slice_view import SliceView
from .view_widget import ViewWidget


class SliceController(ControllerBar):
    """The bar over a slice view; its setters act on the nodes, as the buttons of Slicer's do."""

    def __init__(self, logic: Any) -> None:
        super().__init__(logic.GetSliceNode())
        self._logic = logic

    def sliceLogic(self) -> Any:
        """The vtkMRMLSliceLogic."""
        return self._logic

    def mrmlSliceNode(self) -> Any:
        """The vtkMRMLSliceNode."""
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        """The vtkMRMLSliceCompositeNode."""
        return self._logic.GetSliceCompositeNode()

    def imageDataConnection(self) -> Any:
        """The output of the slice logic's blend, or None without a volume."""
        return self._logic.GetImageDataConnection()

    @property
    def sliceViewName(self) -> str:
        """The slice node's layout name."""
        return self.mrmlSliceNode().GetLayoutName()

    @property
    def sliceOrientation(self) -> str:
        """The slice node's orientation preset, or ``Reformat``."""
        return self.mrmlSliceNode().GetOrientation()

    def setSliceOrientation(self, orientation: str) -> None:
        """Turn to an orientation preset; linked views follow."""
        self._logic.StartSliceNodeInteraction(slicer.vtkMRMLSliceNode.OrientationFlag)
        self.mrmlSliceNode().SetOrientation(orientation)
        self._logic.EndSliceNodeInteraction()

    def fitSliceToBackground(self) -> None:
        """Fit the field of view to the background volume; linked views follow."""
        self._logic.StartSliceNodeInteraction(slicer.vtkMRMLSliceNode.ResetFieldOfViewFlag)
        self._logic.FitSliceToBackground()
        self.mrmlSliceNode().UpdateMatrices()
        self._logic.EndSliceNodeInteraction()

    def rotateSliceToLowestVolumeAxes(self) -> None:
        """Turn the slice to the axes of the lowest volume; linked views follow."""
        self._logic.StartSliceNodeInteraction(slicer.vtkMRMLSliceNode.RotateToBackgroundVolumePlaneFlag)
        self._logic.RotateSliceToLowestVolumeAxes()
        self._logic.EndSliceNodeInteraction()

    def setSliceOffsetValue(self, offset: float) -> None:
        """Move the slice to an offset in mm; linked views follow."""
        self._logic.StartSliceOffsetInteraction()
        self._logic.SetSliceOffset(offset)
        self._logic.EndSliceOffsetInteraction()

    def setSliceVisible(self, visible: bool) -> None:
        """Show the slice in the 3D views; linked views follow."""
        self._logic.StartSliceNodeInteraction(slicer.vtkMRMLSliceNode.SliceVisibleFlag)
        self.mrmlSliceNode().SetSliceVisible(visible)
        self._logic.EndSliceNodeInteraction()

    def setSliceLink(self, linked: bool) -> None:
        """Link or unlink all slice views."""
        self._of_all_composites(lambda composite: composite.SetLinkedControl(linked))

    def setHotLinked(self, hot: bool) -> None:
        """Let linked views follow while the slider is dragged."""
        self._of_all_composites(lambda composite: composite.SetHotLinkedControl(hot))

    def setForegroundOpacity(self, opacity: float) -> None:
        """Opacity of the foreground volume, 0 to 1; linked views follow."""
        self._change_composite(
            slicer.vtkMRMLSliceCompositeNode.ForegroundOpacityFlag, lambda node: node.SetForegroundOpacity(opacity)
        )

    def setLabelMapOpacity(self, opacity: float) -> None:
        """Opacity of the label volume, 0 to 1; linked views follow."""
        self._change_composite(
            slicer.vtkMRMLSliceCompositeNode.LabelOpacityFlag, lambda node: node.SetLabelOpacity(opacity)
        )

    def setLabelMapHidden(self, hide: bool) -> None:
        """Hide the label volume."""
        self.setLabelMapOpacity(0.0 if hide else 1.0)

    def _change_composite(self, flag: int, change: Callable[[Any], Any]) -> None:
        self._logic.StartSliceCompositeNodeInteraction(flag)
        change(self.mrmlSliceCompositeNode())
        self._logic.EndSliceCompositeNodeInteraction()

    def _of_all_composites(self, change: Callable[[Any], Any]) -> None:
        scene = self.mrmlSliceNode().GetScene()
        for composite in _nodes(scene, "vtkMRMLSliceCompositeNode"):
            change(composite)


def _nodes(scene: Any, class_name: str) -> Iterator[Any]:
    for index in range(scene.GetNumberOfNodesByClass(class_name)):
        yield scene.GetNthNodeByClass(index, class_name)


class SliceWidget(ViewWidget):
    """A slice view with its controller."""

    stands_for = "qMRMLSliceWidget"

    def __init__(self, slice_node: Any, application_logic: Any) -> None:
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._logic.SetSliceNode(slice_node)
        self._logic.SetMRMLScene(slice_node.GetScene())
        super().__init__(slice_node, SliceView(self._logic, application_logic), SliceController(self._logic))

    def sliceView(self) -> SliceView:
        """The view."""
        return self._view

    def sliceController(self) -> SliceController:
        """The controller."""
        return self._controller

    def sliceLogic(self) -> Any:
        """The vtkMRMLSliceLogic."""
        return self._logic

    def mrmlSliceNode(self) -> Any:
        """The vtkMRMLSliceNode."""
        return self._logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        """The vtkMRMLSliceCompositeNode."""
        return self._logic.GetSliceCompositeNode()

    def imageDataConnection(self) -> Any:
        """The output of the slice logic's blend, or None without a volume."""
        return self._logic.GetImageDataConnection()

    def interactorStyle(self) -> Any:
        """The view's interactor style."""
        return self._view.interactorStyle()

    @property
    def sliceViewName(self) -> str:
        """The slice node's layout name."""
        return self._controller.sliceViewName

    @property
    def sliceOrientation(self) -> str:
        """The slice node's orientation preset."""
        return self._controller.sliceOrientation

    def setSliceOrientation(self, orientation: str) -> None:
        """Turn to an orientation preset."""
        self._controller.setSliceOrientation(orientation)

    def fitSliceToBackground(self) -> None:
        """Fit the field of view to the background volume."""
        self._controller.fitSliceToBackground()

    logic = sliceLogic

    def _release(self) -> None:
        super()._release()
        self._logic.SetMRMLScene(None)
