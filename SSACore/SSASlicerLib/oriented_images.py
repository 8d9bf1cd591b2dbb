"""VTK's oriented images (the voxels inside a segmentation) to and from `Volume`, and onto a grid."""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import get_vtk_array_type, vtk_to_numpy

from ssaglioma.volume import Volume, resample_to
from SSASlicerLib.volumes import array_to_matrix, ijk_to_ras, matrix_to_array, volume_from_ijk_to_ras

_ALIGNED_MM = 1e-2


def oriented_image(volume: Volume) -> slicer.vtkOrientedImageData:
    """Return a copy of a volume as oriented image data in RAS mm."""
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(volume.shape[::-1])
    image.AllocateScalars(get_vtk_array_type(volume.array.dtype), 1)
    vtk_to_numpy(image.GetPointData().GetScalars())[:] = volume.array.ravel()
    matrix = ijk_to_ras(volume)
    directions = np.eye(4)
    directions[:3, :3] = matrix[:3, :3] / np.array(volume.spacing_zyx_mm[::-1])
    image.SetSpacing(volume.spacing_zyx_mm[::-1])
    image.SetOrigin(matrix[:3, 3].tolist())
    image.SetDirectionMatrix(array_to_matrix(directions))
    return image


def volume_of_image(
    image: slicer.vtkOrientedImageData, to_world: np.ndarray | None = None, *, what: str = "The segmentation"
) -> Volume | None:
    """Return oriented image data as a volume that shares its memory, or None if it holds no voxels.

    Parameters
    ----------
    to_world : ndarray of shape (4, 4), optional
        Transform from the image's coordinates to the world.

    Raises
    ------
    GeometryError
        If the axes are not perpendicular in the world.
    """
    if image.GetNumberOfPoints() == 0 or image.GetPointData().GetScalars() is None:
        return None
    array = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(tuple(reversed(image.GetDimensions())))
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    placed = (np.eye(4) if to_world is None else to_world) @ matrix_to_array(matrix)
    placed[:3, 3] = (placed @ [*image.GetExtent()[::2], 1.0])[:3]
    return volume_from_ijk_to_ras(array, placed, what=what)


def labels_on_grid(layer: Volume, grid: Volume) -> np.ndarray:
    """Return the whole-number values of a layer at the voxels of a grid, 0 outside the layer; shape of `grid`.

    Voxel by voxel where the two grids agree (the layer may be a part of the grid, or reach beyond it),
    else by the nearest neighbor.
    """
    offset = _whole_offset(layer, grid)
    if offset is None:
        return resample_to(layer, grid, order=0).array
    result = np.zeros(grid.shape, layer.array.dtype)
    begin = np.maximum(offset, 0)
    end = np.minimum(offset + layer.shape, grid.shape)
    if (end > begin).all():
        inside = tuple(slice(a, b) for a, b in zip(begin, end))
        source = tuple(slice(a, b) for a, b in zip(begin - offset, end - offset))
        result[inside] = layer.array[source]
    return result


def voxels_outside(layer: Volume, values: np.ndarray | tuple[int, ...], grid: Volume) -> tuple[int, int]:
    """Return how many voxels of a layer hold one of the values, and how many of these lie outside the grid."""
    index_zyx = np.argwhere(np.isin(layer.array, values))
    if len(index_zyx) == 0:
        return 0, 0
    matrix = np.linalg.inv(grid.affine_lps) @ layer.affine_lps
    index_xyz = index_zyx[:, ::-1] @ matrix[:3, :3].T + matrix[:3, 3]
    outside = (index_xyz < -0.5) | (index_xyz >= np.array(grid.shape[::-1]) - 0.5)
    return len(index_zyx), int(outside.any(axis=1).sum())


def _whole_offset(layer: Volume, grid: Volume) -> np.ndarray | None:
    """Return the grid's index (z, y, x) of the layer's first voxel if their voxels coincide, else None."""
    matrix = np.linalg.inv(grid.affine_lps) @ layer.affine_lps
    last = np.array(layer.shape[::-1]) - 1
    corners = np.array([[x, y, z] for x in (0, last[0]) for y in (0, last[1]) for z in (0, last[2])])
    offset = np.round(matrix[:3, 3])
    deviation = (corners @ matrix[:3, :3].T + matrix[:3, 3] - (corners + offset)) * np.array(grid.spacing_zyx_mm[::-1])
    return offset[::-1].astype(int) if np.abs(deviation).max() <= _ALIGNED_MM else None
