"""A bare MRML scene with logics, and phantoms whose left, front and top can be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from slicerhost.views import LayoutManager
from vtk.util.numpy_support import vtk_to_numpy

SAMPLE_CASE = Path(__file__).resolve().parents[3] / "Resources" / "SampleCases" / "ICBM152-grown-001"
CUBE_CENTER_RAS = (-40.0, 30.0, 25.0)
CUBE_HALF_MM = 12.0
BRIGHT, TISSUE = 200.0, 50.0


class BareScene:
    """A scene with colours, volumes, segmentations and markups, and a layout manager on it."""

    def __init__(self) -> None:
        warnings = vtk.vtkObject.GetGlobalWarningDisplay()
        vtk.vtkObject.SetGlobalWarningDisplay(0)  # without a home folder there are no colour files to find
        self._factories = [
            slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(),
            slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(),
        ]
        self._logics_before = [factory.GetMRMLApplicationLogic() for factory in self._factories]
        self.scene = slicer.vtkMRMLScene()
        self.app = slicer.vtkSlicerApplicationLogic()
        self.app.SetMRMLScene(self.scene)
        self.colors = self._logic(slicer.vtkSlicerColorLogic(), "Colors")
        self.app.SetColorLogic(self.colors)
        self.colors.AddDefaultColorNodes()
        self.volumes = self._logic(slicer.vtkSlicerVolumesLogic(), "Volumes")
        self.segmentations = self._logic(slicer.vtkSlicerSegmentationsModuleLogic(), "Segmentations")
        self.markups = self._logic(slicer.vtkSlicerMarkupsLogic(), "Markups")
        self._logic(slicer.vtkSlicerVolumeRenderingLogic(), "VolumeRendering")
        self._logic(slicer.vtkSlicerTablesLogic(), "Tables")
        self._logic(slicer.vtkSlicerPlotsLogic(), "Plots")
        vtk.vtkObject.SetGlobalWarningDisplay(warnings)
        self.layout_manager = LayoutManager(self.scene, self.app)

    def _logic(self, logic: Any, name: str) -> Any:
        self.app.SetModuleLogic(name, logic)
        logic.SetMRMLApplicationLogic(self.app)
        logic.SetMRMLScene(self.scene)
        return logic

    def close(self) -> None:
        """Take down the views, and leave the process-wide factories as they were."""
        self.layout_manager.release()
        self.scene.Clear(1)
        for factory, logic in zip(self._factories, self._logics_before):
            factory.SetMRMLApplicationLogic(logic)

    def slice_node(self, name: str) -> Any:
        """The slice node of a view."""
        return self.layout_manager.sliceWidget(name).mrmlSliceNode()

    def show(self, volume: Any) -> None:
        """Show a volume in all slice views, fitted, through the middle of the bright cube."""
        self.app.GetSelectionNode().SetActiveVolumeID(volume.GetID())
        self.app.PropagateVolumeSelection(1)
        for name, orientation in (("Red", "Axial"), ("Green", "Coronal"), ("Yellow", "Sagittal")):
            self.slice_node(name).SetOrientation(orientation)  # showing an oblique volume turned them to its axes
        self.layout_manager.resetSliceViews()
        for name in self.layout_manager.sliceViewNames():
            self.slice_node(name).JumpSliceByOffsetting(*CUBE_CENTER_RAS)

    def add_volume(self, values: np.ndarray, ijk_to_ras: np.ndarray, name: str, label: bool = False) -> Any:
        """A volume node of an array (K, J, I) with that affine."""
        node = self.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode" if label else "vtkMRMLScalarVolumeNode", name)
        image = vtk.vtkImageData()
        image.SetDimensions(*values.shape[::-1])
        image.AllocateScalars(vtk.VTK_SHORT, 1)
        flat = vtk_to_numpy(image.GetPointData().GetScalars())
        flat[:] = values.ravel()
        node.SetAndObserveImageData(image)
        matrix = vtk.vtkMatrix4x4()
        for row in range(4):
            for column in range(4):
                matrix.SetElement(row, column, float(ijk_to_ras[row, column]))
        node.SetIJKToRASMatrix(matrix)
        node.CreateDefaultDisplayNodes()
        if not label:
            display = node.GetDisplayNode()
            display.AutoWindowLevelOff()
            display.SetWindowLevelMinMax(0.0, BRIGHT)
            display.SetInterpolate(False)
        return node


def phantom(ijk_to_ras: np.ndarray, shape_kji: tuple[int, int, int]) -> np.ndarray:
    """(K, J, I) values: a ball of tissue, and a bright cube on the patient's left, in front and high up."""
    k, j, i = np.indices(shape_kji)
    points = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ np.asarray(ijk_to_ras).T
    ras = points[..., :3]
    values = np.where(np.linalg.norm(ras, axis=-1) < 75.0, TISSUE, 0.0)
    inside = np.abs(ras - np.array(CUBE_CENTER_RAS)).max(axis=-1) <= CUBE_HALF_MM
    values[inside] = BRIGHT
    return values


def affine(columns: np.ndarray, spacing_ijk: tuple[float, float, float], shape_kji: tuple[int, int, int]) -> np.ndarray:
    """IJK to RAS with those unit columns, centred at the origin."""
    matrix = np.eye(4)
    matrix[:3, :3] = columns * np.array(spacing_ijk)
    middle = (np.array(shape_kji[::-1]) - 1) / 2.0
    matrix[:3, 3] = -matrix[:3, :3] @ middle
    return matrix


def rotation(axis: Sequence[float], degrees: float) -> np.ndarray:
    """The 3 x 3 matrix of a rotation."""
    transform = vtk.vtkTransform()
    transform.RotateWXYZ(degrees, *axis)
    return np.array([[transform.GetMatrix().GetElement(row, column) for column in range(3)] for row in range(3)])


def centroid(mask: np.ndarray) -> tuple[float, float]:
    """(x, y) of a mask's middle in pixels, y downwards. Raises AssertionError when the mask is empty."""
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        raise AssertionError("The picture has no such pixel.")
    return float(columns.mean()), float(rows.mean())


def near(picture: np.ndarray, color: Sequence[float], tolerance: int = 40) -> np.ndarray:
    """Where a picture has a colour (components of 0 to 1), give or take a tolerance (of 255)."""
    wanted = np.array(color) * 255.0
    return (np.abs(picture.astype(float) - wanted) <= tolerance).all(axis=-1)
