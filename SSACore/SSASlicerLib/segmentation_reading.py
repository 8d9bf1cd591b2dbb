"""MRML segmentation nodes as labelmaps, whatever their segments are called and however they overlap.

Slicer's own export renumbers labels (1, 2, 4 come back as 1, 2, 3), so that labelmaps are
read from the segments' voxels here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.volume import Volume
from SSASlicerLib.oriented_images import labels_on_grid, volume_of_image, voxels_outside
from SSASlicerLib.segment_names import checked_mapping, painting_plan
from SSASlicerLib.volumes import array_to_matrix, ijk_to_ras, transform_to_world

if TYPE_CHECKING:
    from slicer import vtkMRMLSegmentationNode, vtkSegmentation

BINARY = "Binary labelmap"
GEOMETRY_PARAMETER = "Reference image geometry"


@dataclass(frozen=True, eq=False)
class SegmentationReading:
    """A segmentation node as a labelmap, and what was lost on the way.

    Attributes
    ----------
    labelmap : Volume
        Values of the scheme on the grid asked for, uint8 (uint16 where the scheme needs it).
    mapping : mapping of str to str
        Label or region name of each segment that was used, by segment id.
    unused : tuple of str
        Names of segments that were not used.
    overlap_voxels : int
        Voxels that segments of different labels claimed; the later of ED, NCR, ET got them.
    lost_voxels : int
        Voxels of used segments that lie outside the grid, in the segmentation's own voxels.
    """

    labelmap: Volume
    mapping: Mapping[str, str]
    unused: tuple[str, ...]
    overlap_voxels: int
    lost_voxels: int


def labelmap_from_segmentation(
    node: vtkMRMLSegmentationNode,
    grid: Volume,
    *,
    mapping: Mapping[str, str] | None = None,
    scheme: LabelScheme = GLIOMA,
) -> Volume:
    """Return a segmentation as a labelmap on a grid; see `read_segmentation`, which also says what was lost."""
    return read_segmentation(node, grid, mapping=mapping, scheme=scheme).labelmap


def read_segmentation(
    node: vtkMRMLSegmentationNode,
    grid: Volume,
    *,
    mapping: Mapping[str, str] | None = None,
    scheme: LabelScheme = GLIOMA,
) -> SegmentationReading:
    """Return a segmentation as a labelmap on a grid, voxel by voxel where the grids agree, else nearest neighbor.

    Parameters
    ----------
    grid : Volume
        Only its geometry is used.
    mapping : mapping of str to str, optional
        Label or region (WT, TC, ET) by segment id or name; '' leaves a segment out. Guessed by default. See
        `segment_names.painting_plan` for what a region paints.

    Raises
    ------
    DatasetError
        If no segment can be told, or a name is not known.
    GeometryError
        If the segmentation lies outside the grid, or under a transform that is not rigid.
    """
    names = checked_mapping(node, mapping, scheme)
    labels = np.zeros(grid.shape, label_type(scheme))
    claimed = np.zeros_like(labels)
    layers, total, lost, overlap = _Layers(node, grid), 0, 0, 0
    for segment_id, label in painting_plan(names, scheme).items():
        mask = layers.mask(segment_id)
        found, outside = layers.count(segment_id)
        total, lost = total + found, lost + outside
        value = scheme.values[label]
        if names[segment_id] in scheme.values:
            overlap += int((mask & (claimed != 0) & (claimed != value)).sum())
            claimed[mask] = value
        labels[mask] = value
    if total and lost == total:
        raise GeometryError(
            f"The segmentation {node.GetName()!r} lies outside the image ({grid.geometry_text()})",
            expected="a segmentation of this image",
            remedy="Choose the segmentation of the same patient and examination",
        )
    segmentation = node.GetSegmentation()
    unused = [segmentation.GetSegment(key).GetName() for key in segmentation.GetSegmentIDs() if key not in names]
    return SegmentationReading(
        Volume(labels, grid.spacing_zyx_mm, grid.origin_lps_mm, grid.direction_lps), names, tuple(unused), overlap, lost
    )


def mask_from_segment(node: vtkMRMLSegmentationNode, segment_id: str, grid: Volume) -> np.ndarray:
    """Return the bool mask (Z, Y, X) of one segment on a grid.

    Raises
    ------
    DatasetError
        If there is no such segment.
    GeometryError
        If the segmentation lies under a transform that is not rigid.
    """
    return _Layers(node, grid).mask(segment_id)


class _Layers:
    """The voxels of a node's segments on one grid; each shared layer is brought there once."""

    def __init__(self, node: vtkMRMLSegmentationNode, grid: Volume) -> None:
        self._node, self._grid = node, grid
        self._to_world = transform_to_world(node)
        self._segmentation = _with_voxels(node, grid)
        self._moved: dict[str, tuple[Volume | None, np.ndarray | None]] = {}

    def mask(self, segment_id: str) -> np.ndarray:
        segment = self._segment(segment_id)
        _, labels = self._layer(segment)
        if labels is None:
            return np.zeros(self._grid.shape, bool)
        return labels == segment.GetLabelValue()

    def count(self, segment_id: str) -> tuple[int, int]:
        segment = self._segment(segment_id)
        layer, _ = self._layer(segment)
        return (0, 0) if layer is None else voxels_outside(layer, (segment.GetLabelValue(),), self._grid)

    def _segment(self, segment_id: str) -> slicer.vtkSegment:
        segment = self._segmentation.GetSegment(segment_id)
        if segment is None:
            raise DatasetError(
                f"The segmentation {self._node.GetName()!r} has no segment {segment_id!r}",
                expected=f"one of {list(self._segmentation.GetSegmentIDs())}",
            )
        return segment

    def _layer(self, segment: slicer.vtkSegment) -> tuple[Volume | None, np.ndarray | None]:
        image = segment.GetRepresentation(BINARY)
        if image is None:
            return None, None
        key = image.GetAddressAsString("vtkObject")
        if key not in self._moved:
            what = f"The segmentation {self._node.GetName()!r}"
            layer = volume_of_image(image, self._to_world, what=what)
            self._moved[key] = (layer, None if layer is None else labels_on_grid(layer, self._grid))
        return self._moved[key]


def _with_voxels(node: vtkMRMLSegmentationNode, grid: Volume) -> vtkSegmentation:
    """Return the node's segments with voxels; surfaces are turned into voxels of the grid in a copy."""
    segmentation = node.GetSegmentation()
    if segmentation.ContainsRepresentation(BINARY):
        return segmentation
    copy = slicer.vtkSegmentation()
    copy.DeepCopy(segmentation)
    to_world = transform_to_world(node)
    matrix = ijk_to_ras(grid) if to_world is None else np.linalg.inv(to_world) @ ijk_to_ras(grid)
    extent = [number for size in grid.shape[::-1] for number in (0, size - 1)]
    geometry = slicer.vtkSegmentationConverter.SerializeImageGeometry(array_to_matrix(matrix), extent)
    copy.SetConversionParameter(GEOMETRY_PARAMETER, geometry)
    if not copy.CreateRepresentation(BINARY):
        raise DatasetError(
            f"The segmentation {node.GetName()!r} cannot be turned into voxels",
            expected="a segmentation with voxels or closed surfaces",
        )
    return copy


def label_type(scheme: LabelScheme) -> type[np.unsignedinteger]:
    return np.uint8 if max(scheme.values.values()) < 256 else np.uint16
