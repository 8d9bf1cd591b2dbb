"""Where two labelmaps differ, as a segmentation that can be laid over the image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import slicer

from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.volume import Volume, check_same_grid
from SSASlicerLib.segmentations import fill_segments

if TYPE_CHECKING:
    from slicer import vtkMRMLScalarVolumeNode, vtkMRMLScene, vtkMRMLSegmentationNode

MISSED, EXTRA, AGREED = "missed", "extra", "agreed"
COLORS: Mapping[str, tuple[float, float, float]] = {
    MISSED: (0.0, 114 / 255, 178 / 255),
    EXTRA: (230 / 255, 159 / 255, 0.0),
    AGREED: (0.0, 158 / 255, 115 / 255),
}
"""Blue, orange and green of Okabe and Ito (2008), safe for color-blind eyes; the report has the same."""
_VALUES = {MISSED: 1, EXTRA: 2, AGREED: 3}
_AGREED_OPACITY_3D = 0.25


def difference_labelmap(reference: Volume, prediction: Volume, region: str, scheme: LabelScheme = GLIOMA) -> Volume:
    """Return 1 where only the reference has the region (missed), 2 where only the prediction (extra), 3 where both.

    Raises
    ------
    GeometryError
        If the labelmaps lie on different grids.
    DatasetError
        If the region is not known.
    """
    check_same_grid({"reference": reference, "prediction": prediction})
    wanted, found = (scheme.mask(volume.array, region) for volume in (reference, prediction))
    labels = np.zeros(reference.shape, np.uint8)
    labels[wanted & ~found] = _VALUES[MISSED]
    labels[found & ~wanted] = _VALUES[EXTRA]
    labels[wanted & found] = _VALUES[AGREED]
    return reference.with_array(labels)


def difference_segmentation(
    difference: Volume,
    name: str,
    *,
    reference_node: vtkMRMLScalarVolumeNode | None = None,
    node: vtkMRMLSegmentationNode | None = None,
    scene: vtkMRMLScene | None = None,
) -> vtkMRMLSegmentationNode:
    """Show a difference labelmap: missed blue, extra orange, agreed as a green outline without fill.

    Parameters
    ----------
    difference : Volume
        What `difference_labelmap` gave.
    node : vtkMRMLSegmentationNode, optional
        An earlier difference segmentation to refill; a new one by default.
    """
    scene = slicer.mrmlScene if scene is None else scene
    if node is None:
        node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    else:
        node.SetName(name)
    fill_segments(node, difference, _VALUES, reference_node)
    segmentation, display = node.GetSegmentation(), node.GetDisplayNode()
    for segment_id, color in COLORS.items():
        segmentation.GetSegment(segment_id).SetColor(color)
    display.SetSegmentVisibility2DFill(AGREED, False)
    display.SetSegmentVisibility2DOutline(AGREED, True)
    display.SetSegmentOpacity3D(AGREED, _AGREED_OPACITY_3D)
    return node
