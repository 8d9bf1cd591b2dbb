"""The stand-ins of qMRMLThreeDView, its controller and qMRMLThreeDWidget."""

from __future__ import annotations

from typing import Any

import slicer

from .bar import ControllerBar
from .render_view import RenderView, register_displayable_managers
from .view_widget import ViewWidget

MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLThreeDReformatDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLVolumeRenderingDisplayableManager",
)
# ctkAxesWidget's order: None, Right, Left, Superior, Inferior, Anterior, Posterior -> direction to the camera, view up
LOOK_FROM = (
    None,
    ((1, 0, 0), (0, 0, 1)),
    ((-1, 0, 0), (0, 0, 1)),
    ((0, 0, 1), (0, 1, 0)),
    ((0, 0, -1), (0, 1, 0)),
    ((0, 1, 0), (0, 0, 1)),
    ((0, -1, 0), (0, 0, 1)),
)
# rotateToViewAxis counts -X, +X, -Y, +Y, -Z, +Z, that is L, R, P, A, I, S
VIEW_AXES = {"L": 2, "R": 1, "P": 6, "A": 5, "I": 4, "S": 3}


class ThreeDView(RenderView):
    """An off-screen 3D view of one vtkMRMLViewNode."""

    def __init__(self, view_node: Any, application_logic: Any) -> None:
        super().__init__()
        self._node = view_node
        self._renderer.GradientBackgroundOn()
        factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
        register_displayable_managers(factory, MANAGERS, application_logic)
        self._start_managers(factory, view_node)

    def mrmlViewNode(self) -> Any:
        """The vtkMRMLViewNode."""
        return self._node

    def cameraNode(self) -> Any:
        """The view's vtkMRMLCameraNode."""
        return self.displayableManagerByClassName("vtkMRMLCameraDisplayableManager").GetCameraNode()

    def resetCamera(
        self, resetRotation: bool = True, resetTranslation: bool = True, resetDistance: bool = True
    ) -> None:
        """Put the camera where everything visible is seen."""
        self.cameraNode().Reset(resetRotation, resetTranslation, resetDistance, self._renderer)

    def resetFocalPoint(self) -> None:
        """Look at the middle of what is visible, the box and its labels left out."""
        box, labels = self._node.GetBoxVisible(), self._node.GetAxisLabelsVisible()
        self._show_box(False, False)
        bounds = [0.0] * 6
        self._renderer.ComputeVisiblePropBounds(bounds)
        if bounds[0] <= bounds[1]:
            center = [(bounds[2 * axis] + bounds[2 * axis + 1]) / 2.0 for axis in range(3)]
            self.setFocalPoint(*center)
        self._show_box(box, labels)
        self._node.InvokeEvent(slicer.vtkMRMLViewNode.ResetFocalPointRequestedEvent)
        self._renderer.ResetCameraClippingRange()

    def setFocalPoint(self, x: float, y: float, z: float) -> None:
        """Look at a point in RAS mm; the camera moves along."""
        camera = self._renderer.GetActiveCamera()
        moved = [new - old for new, old in zip((x, y, z), camera.GetFocalPoint())]
        camera.SetPosition(*[place + step for place, step in zip(camera.GetPosition(), moved)])
        camera.SetFocalPoint(x, y, z)
        camera.ComputeViewPlaneNormal()
        self._renderer.ResetCameraClippingRange()

    def lookFromAxis(self, axis: Any) -> None:
        """Look from a side of the patient, given as ctkAxesWidget's number (Right 1 ... Posterior 6)."""
        look = LOOK_FROM[int(getattr(axis, "value", axis))]
        if look is None:
            return
        toward, up = look
        camera = self._renderer.GetActiveCamera()
        distance = camera.GetDistance()
        focal = camera.GetFocalPoint()
        camera.SetPosition(*[place + distance * part for place, part in zip(focal, toward)])
        camera.SetViewUp(*up)
        camera.OrthogonalizeViewUp()
        self._renderer.ResetCameraClippingRange()

    def lookFromViewAxis(self, axis: Any) -> None:
        """The old name of ``lookFromAxis``."""
        self.lookFromAxis(axis)

    def rotateToViewAxis(self, axis: int | str) -> None:
        """Look from an axis: 0 to 5 for -X, +X, -Y, +Y, -Z, +Z, or its label. Raises ValueError for no such label."""
        label = list(VIEW_AXES)[axis] if isinstance(axis, int) else axis
        if label not in VIEW_AXES:
            raise ValueError(f"There is no view axis {axis!r}: expected 0 to 5 or one of {', '.join(VIEW_AXES)}.")
        self.lookFromAxis(VIEW_AXES[label])

    def _show_box(self, box: bool, labels: bool) -> None:
        was_modifying = self._node.StartModify()
        self._node.SetBoxVisible(box)
        self._node.SetAxisLabelsVisible(labels)
        self._node.EndModify(was_modifying)

    def _before_render(self) -> None:
        peeling = bool(self._node.GetUseDepthPeeling())
        self._window.SetAlphaBitPlanes(peeling)
        self._renderer.SetUseDepthPeeling(peeling)
        self._renderer.ResetCameraClippingRange()


class ThreeDController(ControllerBar):
    """The bar over a 3D view."""

    def __init__(self, view: ThreeDView) -> None:
        super().__init__(view.mrmlViewNode())
        self._view = view

    def resetFocalPoint(self) -> None:
        """Look at the middle of what is visible."""
        self._view.resetFocalPoint()

    def lookFromAxis(self, axis: Any) -> None:
        """Look from a side of the patient."""
        self._view.lookFromAxis(axis)

    def setOrthographicModeEnabled(self, enabled: bool) -> None:
        """Parallel instead of perspective projection."""
        modes = slicer.vtkMRMLViewNode
        self.mrmlViewNode().SetRenderMode(modes.Orthographic if enabled else modes.Perspective)

    def set3DAxisVisible(self, visible: bool) -> None:
        """Show the box."""
        self.mrmlViewNode().SetBoxVisible(visible)

    def set3DAxisLabelVisible(self, visible: bool) -> None:
        """Show the letters of the axes."""
        self.mrmlViewNode().SetAxisLabelsVisible(visible)

    def setOrientationMarkerType(self, kind: int) -> None:
        """The small marker in the corner, by vtkMRMLAbstractViewNode's number."""
        self.mrmlViewNode().SetOrientationMarkerType(kind)

    def setBlackBackground(self) -> None:
        """Black behind the scene."""
        self._set_background((0.0, 0.0, 0.0))

    def setWhiteBackground(self) -> None:
        """White behind the scene."""
        self._set_background((1.0, 1.0, 1.0))

    def _set_background(self, color: tuple[float, float, float]) -> None:
        self.mrmlViewNode().SetBackgroundColor(*color)
        self.mrmlViewNode().SetBackgroundColor2(*color)


class ThreeDWidget(ViewWidget):
    """A 3D view with its controller."""

    stands_for = "qMRMLThreeDWidget"

    def __init__(self, view_node: Any, application_logic: Any) -> None:
        self._logic = slicer.vtkMRMLViewLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._logic.SetName(view_node.GetLayoutName())
        self._logic.SetMRMLScene(view_node.GetScene())
        view = ThreeDView(view_node, application_logic)
        self._logic.SetDisplayableManagerGroup(view._group)
        super().__init__(view_node, view, ThreeDController(view))

    def threeDView(self) -> ThreeDView:
        """The view."""
        return self._view

    def threeDController(self) -> ThreeDController:
        """The controller."""
        return self._controller

    def mrmlViewNode(self) -> Any:
        """The vtkMRMLViewNode."""
        return self._node

    def viewLogic(self) -> Any:
        """The vtkMRMLViewLogic."""
        return self._logic

    logic = viewLogic

    def _release(self) -> None:
        super()._release()
        self._logic.SetMRMLScene(None)
