"""The stand-in of qMRMLSliceView: the logic's picture, what the displayable managers draw on it, the texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import slicer
import vtk

from .orientation import edge_letters, offset_text
from .render_view import RenderView, register_displayable_managers

MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLMarkupsDisplayableManager",
)
LOWER_LEFT = 0
EDGES = {"right": (0.985, 0.5), "left": (0.015, 0.5), "top": (0.5, 0.975), "bottom": (0.5, 0.025)}
ABOVE_RULER = 0.08


class SliceView(RenderView):
    """An off-screen slice view of one vtkMRMLSliceNode."""

    def __init__(self, slice_logic: Any, application_logic: Any) -> None:
        super().__init__()
        self._logic = slice_logic
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        self._renderer.SetBackground(0, 0, 0)
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(255)
        self._mapper.SetColorLevel(127.5)
        self._image = vtk.vtkActor2D()
        self._image.SetMapper(self._mapper)
        self._image.GetProperty().SetDisplayLocationToBackground()
        self._image.VisibilityOff()
        self._renderer.AddViewProp(self._image)
        self._letters = {edge: self._make_letter(edge) for edge in EDGES}
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        register_displayable_managers(factory, MANAGERS, application_logic)
        self._start_managers(factory, slice_logic.GetSliceNode())
        if hasattr(slice_logic, "SetDisplayableManagerGroup"):
            slice_logic.SetDisplayableManagerGroup(self._group)
        self._resize(self._window.GetSize())

    def _make_letter(self, edge: str) -> Any:
        letter = vtk.vtkTextActor()
        letter.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
        letter.SetPosition(*EDGES[edge])
        text = letter.GetTextProperty()
        text.SetFontFamilyToArial()
        text.SetFontSize(16)
        text.BoldOn()
        text.ShadowOn()
        text.SetColor(1.0, 1.0, 0.6)
        {"right": text.SetJustificationToRight, "left": text.SetJustificationToLeft}.get(
            edge, text.SetJustificationToCentered
        )()
        {"top": text.SetVerticalJustificationToTop, "bottom": text.SetVerticalJustificationToBottom}.get(
            edge, text.SetVerticalJustificationToCentered
        )()
        self._overlay.AddViewProp(letter)
        return letter

    def mrmlSliceNode(self) -> Any:
        """The vtkMRMLSliceNode."""
        return self._logic.GetSliceNode()

    def convertRASToXYZ(self, ras: Sequence[float]) -> list[float]:
        """Pixels of a point in RAS mm: x to the right, y upwards from the lower left corner; z is 0."""
        from_ras = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self.mrmlSliceNode().GetXYToRAS(), from_ras)
        x, y, _, _ = from_ras.MultiplyPoint((*ras, 1.0))
        return [x, y, 0.0]

    def convertXYZToRAS(self, xyz: Sequence[float]) -> list[float]:
        """The point in RAS mm of pixels as ``convertRASToXYZ`` gives them."""
        return list(self.mrmlSliceNode().GetXYToRAS().MultiplyPoint((xyz[0], xyz[1], 0.0, 1.0))[:3])

    def convertDeviceToXYZ(self, xy: Sequence[int]) -> list[float]:
        """Pixels of the window as pixels of the view: the same, for a view of one pane."""
        return [float(xy[0]), float(xy[1]), 0.0]

    def _resize(self, size: tuple[int, int]) -> None:
        super()._resize(size)
        dimensions = self.mrmlSliceNode().GetDimensions()
        if tuple(dimensions[:2]) != tuple(size):
            self._logic.ResizeSliceNode(*size)

    def _before_render(self) -> None:
        connection = self._logic.GetImageDataConnection()
        self._mapper.SetInputConnection(connection)
        self._image.SetVisibility(connection is not None)
        self._corner.SetText(LOWER_LEFT, "\n".join(self._corner_lines()))
        letters = edge_letters(self.mrmlSliceNode())
        for edge, letter in self._letters.items():
            letter.SetInput(letters[edge])
            letter.SetVisibility(connection is not None)
        with_ruler = self.mrmlSliceNode().GetRulerType() != slicer.vtkMRMLSliceNode.RulerTypeNone
        self._letters["bottom"].SetPosition(0.5, ABOVE_RULER if with_ruler else EDGES["bottom"][1])

    def _corner_lines(self) -> list[str]:
        composite = self._logic.GetSliceCompositeNode()
        lines = []
        background, foreground, label = (self._logic.GetNthLayerVolumeNode(index) for index in range(3))
        if label:
            lines.append(f"L: {label.GetName()} ({composite.GetLabelOpacity():.0%})")
        if foreground:
            lines.append(f"F: {foreground.GetName()} ({composite.GetForegroundOpacity():.0%})")
        if background:
            lines.append(f"B: {background.GetName()}")
        if lines:
            lines.insert(0, offset_text(self.mrmlSliceNode(), self._logic.GetSliceOffset()))
        return lines
