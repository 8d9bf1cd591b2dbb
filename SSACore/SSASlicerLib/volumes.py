"""MRML scalar volume nodes to and from `ssaglioma.volume.Volume`.

MRML places voxels in RAS (right, anterior, superior), the core in LPS. Both store X as
the fastest axis, so arrays are (Z, Y, X) on both sides and no axis is ever reordered:
only the first two patient coordinates change their sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import get_vtk_array_type, vtk_to_numpy

from ssaglioma.errors import DatasetError, GeometryError, SequenceError
from ssaglioma.volume import Volume

if TYPE_CHECKING:
    from slicer import vtkMRMLNode, vtkMRMLScalarVolumeNode, vtkMRMLScene, vtkMRMLTransformableNode

_RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])
_NOT_SCALAR = {
    "vtkMRMLSequenceNode": "a sequence of images over time (4D)",
    "vtkMRMLMultiVolumeNode": "a series of images over time (4D)",
    "vtkMRMLDiffusionImageVolumeNode": "a diffusion image",
    "vtkMRMLDiffusionTensorVolumeNode": "a tensor image",
    "vtkMRMLVectorVolumeNode": "a vector or color image",
    "vtkMRMLTensorVolumeNode": "a tensor image",
}


def volume_from_node(node: vtkMRMLScalarVolumeNode | None, *, copy: bool = True) -> Volume:
    """Return a scalar or labelmap volume node as a `Volume` in patient space, its parent transform applied.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode
        A linear parent transform that keeps the axes perpendicular goes into the geometry; no voxel is resampled.
    copy : bool
        False shares memory with the node: the array then changes when Slicer changes the image.

    Raises
    ------
    SequenceError
        If there is no node.
    DatasetError
        If the node is no scalar 3D image or holds no voxels.
    GeometryError
        If the parent transform is not linear, or the axes are not perpendicular.
    """
    image = _checked_image(node)
    scalars = vtk_to_numpy(image.GetPointData().GetScalars())
    array = scalars.reshape(tuple(reversed(image.GetDimensions())))
    return _placed(node, np.array(array) if copy else array, image.GetExtent()[::2])


def grid_from_node(node: vtkMRMLScalarVolumeNode | None) -> Volume:
    """Return the geometry of a volume node with an array of zeros that takes no memory and cannot be written.

    Raises
    ------
    SequenceError, DatasetError, GeometryError
        As `volume_from_node`.
    """
    image = _checked_image(node)
    zeros = np.broadcast_to(np.uint8(0), tuple(reversed(image.GetDimensions())))
    return _placed(node, zeros, image.GetExtent()[::2])


def node_from_volume(
    volume: Volume,
    name: str,
    *,
    class_name: str = "vtkMRMLScalarVolumeNode",
    scene: vtkMRMLScene | None = None,
) -> vtkMRMLScalarVolumeNode:
    """Add a volume node with the voxels and the exact geometry of a `Volume` to the scene.

    Parameters
    ----------
    class_name : str
        'vtkMRMLScalarVolumeNode' or 'vtkMRMLLabelMapVolumeNode'.
    scene : vtkMRMLScene, optional
        `slicer.mrmlScene` by default.

    Raises
    ------
    DatasetError
        If the values do not fit a voxel type that Slicer shows.
    """
    array = _showable(volume.array, name)
    scene = slicer.mrmlScene if scene is None else scene
    node = scene.AddNewNodeByClass(class_name, name)
    update_node(node, volume.with_array(array))
    node.CreateDefaultDisplayNodes()
    return node


def update_node(node: vtkMRMLScalarVolumeNode, volume: Volume) -> None:
    """Give a volume node the voxels and the exact geometry of a `Volume`; a parent transform is taken off.

    Raises
    ------
    DatasetError
        If the values do not fit a voxel type that Slicer shows.
    """
    array = _showable(volume.array, node.GetName())
    image = vtk.vtkImageData()
    image.SetDimensions(volume.shape[::-1])
    image.AllocateScalars(get_vtk_array_type(array.dtype), 1)
    vtk_to_numpy(image.GetPointData().GetScalars())[:] = array.ravel()
    modified = node.StartModify()
    node.SetAndObserveTransformNodeID(None)
    directions = np.eye(4)
    directions[:3, :3] = np.asarray(volume.direction_lps) * _RAS_TO_LPS[:, None] + 0.0
    node.SetIJKToRASDirectionMatrix(array_to_matrix(directions))
    node.SetSpacing(volume.spacing_zyx_mm[::-1])
    node.SetOrigin((np.array(volume.origin_lps_mm) * _RAS_TO_LPS + 0.0).tolist())
    node.SetAndObserveImageData(image)
    node.EndModify(modified)


def ijk_to_ras(volume: Volume) -> np.ndarray:
    """Return the 4x4 matrix from voxel index (i, j, k, 1) to RAS mm, as MRML has it."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine_lps + 0.0


def volume_from_ijk_to_ras(array: np.ndarray, matrix: np.ndarray, *, what: str = "The image") -> Volume:
    """Return an array (Z, Y, X) with the place that a 4x4 IJK to RAS matrix gives it.

    Raises
    ------
    GeometryError
        If the axes are not perpendicular; `what` begins the message.
    """
    columns = np.asarray(matrix, dtype=float)[:3, :3]
    spacing = np.linalg.norm(columns, axis=0)
    origin = np.asarray(matrix, dtype=float)[:3, 3] * _RAS_TO_LPS + 0.0
    directions = columns / np.where(spacing > 0, spacing, 1.0) * _RAS_TO_LPS[:, None] + 0.0
    return _volume(array, spacing, origin, directions, what)


def transform_to_world(node: vtkMRMLTransformableNode) -> np.ndarray | None:
    """Return the 4x4 matrix from a node's coordinates to the world (RAS mm), None without a parent transform.

    Raises
    ------
    GeometryError
        If the transform is not linear.
    """
    parent = node.GetParentTransformNode()
    if parent is None:
        return None
    if not parent.IsTransformToWorldLinear():
        raise GeometryError(
            f"{node.GetName()!r} lies under the transform {parent.GetName()!r}, which is not linear",
            expected="no transform, or a rigid one",
            remedy="Harden the transform in the Transforms module, or take it off",
        )
    matrix = vtk.vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(matrix)
    return matrix_to_array(matrix)


def matrix_to_array(matrix: vtk.vtkMatrix4x4) -> np.ndarray:
    """Return a VTK matrix as an array of shape (4, 4)."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def array_to_matrix(array: np.ndarray) -> vtk.vtkMatrix4x4:
    """Return an array of shape (4, 4) as a VTK matrix."""
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.asarray(array, dtype=float).ravel().tolist())
    return matrix


def _checked_image(node: vtkMRMLNode | None) -> vtk.vtkImageData:
    if node is None:
        raise SequenceError("No volume was chosen", remedy="Choose a volume, or load one first")
    found = next((text for kind, text in _NOT_SCALAR.items() if node.IsA(kind)), None)
    if found is None and not node.IsA("vtkMRMLScalarVolumeNode"):
        found = f"of the kind {node.GetNodeTagName()!r}"
    if found is not None:
        raise _no_scalar_image(node, found)
    image = node.GetImageData()
    if image is None or image.GetNumberOfPoints() == 0 or image.GetPointData().GetScalars() is None:
        raise DatasetError(
            f"The volume {node.GetName()!r} holds no voxels",
            expected="a 3D image",
            remedy="Load the image again, or choose another volume",
        )
    if image.GetNumberOfScalarComponents() != 1:
        raise _no_scalar_image(node, f"an image with {image.GetNumberOfScalarComponents()} values in each voxel")
    return image


def _no_scalar_image(node: vtkMRMLNode, found: str) -> DatasetError:
    return DatasetError(
        f"{node.GetName()!r} is {found}",
        expected="a 3D image with one gray value in each voxel",
        remedy="Choose a scalar volume; a frame of a 4D image can be copied out in the Sequences module",
    )


def _placed(node: vtkMRMLScalarVolumeNode, array: np.ndarray, first_voxel: tuple[int, int, int]) -> Volume:
    """Return an array with the place of a node; without a transform the node's numbers go over untouched."""
    what = f"The volume {node.GetName()!r}"
    world = transform_to_world(node)
    if world is None and not any(first_voxel):
        directions = vtk.vtkMatrix4x4()
        node.GetIJKToRASDirectionMatrix(directions)
        lps = matrix_to_array(directions)[:3, :3] * _RAS_TO_LPS[:, None] + 0.0
        return _volume(array, node.GetSpacing(), np.array(node.GetOrigin()) * _RAS_TO_LPS + 0.0, lps, what)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    placed = (np.eye(4) if world is None else world) @ matrix_to_array(matrix)
    placed[:3, 3] = (placed @ [*first_voxel, 1.0])[:3]
    if world is not None:
        what += f" under the transform {node.GetParentTransformNode().GetName()!r}"
    return volume_from_ijk_to_ras(array, placed, what=what)


def _volume(array: np.ndarray, spacing_xyz: Any, origin_lps: Any, directions_lps: np.ndarray, what: str) -> Volume:
    try:
        return Volume(array, tuple(spacing_xyz)[::-1], tuple(origin_lps), directions_lps)  # type: ignore[arg-type]
    except GeometryError as error:
        raise GeometryError(
            f"{what} cannot be used: {error.problem[:1].lower()}{error.problem[1:]}",
            expected=error.expected,
            remedy=error.remedy or "Resample the image to a regular grid, or load it again",
        ) from error


def _showable(array: np.ndarray, name: str) -> np.ndarray:
    """Return voxels in a type that MRML and its views know."""
    kind = array.dtype
    if kind.kind == "b":
        return array.astype(np.uint8)
    if kind == np.float16:
        return array.astype(np.float32)
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise DatasetError(f"The image {name!r} is of type {kind}", expected="real numbers")
    if kind.kind in "iu" and kind.itemsize == 8:
        limits = np.iinfo(np.int32)
        if array.min() < limits.min or array.max() > limits.max:
            raise DatasetError(
                f"The image {name!r} holds whole numbers from {array.min()} to {array.max()}",
                expected="numbers that fit 32 bits",
                remedy="Convert the image to floating point first",
            )
        return array.astype(np.int32)
    return np.ascontiguousarray(array, dtype=kind.newbyteorder("="))
