"""The grid that a segmentation was drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer
import vtk

from ssaglioma.errors import DatasetError
from ssaglioma.volume import Volume
from SSASlicerLib.segmentation_reading import BINARY, GEOMETRY_PARAMETER
from SSASlicerLib.volumes import matrix_to_array, transform_to_world, volume_from_ijk_to_ras

if TYPE_CHECKING:
    from slicer import vtkMRMLSegmentationNode


def own_grid(node: vtkMRMLSegmentationNode) -> Volume:
    """Return the reference geometry of a segmentation in patient space, with an array of zeros that takes no memory.

    Raises
    ------
    DatasetError
        If the segmentation has no geometry, because it holds no segment.
    GeometryError
        If its axes are not perpendicular, or it lies under a transform that is not rigid.
    """
    segmentation = node.GetSegmentation()
    image = slicer.vtkOrientedImageData()
    text = segmentation.GetConversionParameter(GEOMETRY_PARAMETER)
    if not text or not slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False):
        text = segmentation.DetermineCommonLabelmapGeometry(slicer.vtkSegmentation.EXTENT_UNION_OF_SEGMENTS, None)
        if not text or not slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False):
            raise DatasetError(
                f"The segmentation {node.GetName()!r} has no {BINARY.lower()}",
                expected="a segmentation with at least one drawn segment",
            )
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    world = transform_to_world(node)
    placed = (np.eye(4) if world is None else world) @ matrix_to_array(matrix)
    placed[:3, 3] = (placed @ [*image.GetExtent()[::2], 1.0])[:3]
    zeros = np.broadcast_to(np.uint8(0), tuple(reversed(image.GetDimensions())))
    return volume_from_ijk_to_ras(zeros, placed, what=f"The segmentation {node.GetName()!r}")
