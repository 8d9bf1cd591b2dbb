"""Segmentations for the tests of SSASlicerLib: one of ours, and those that others made."""

import numpy as np
import pytest
import slicer
from lib_scene import a_labelmap

from SSASlicerLib.oriented_images import oriented_image
from SSASlicerLib.segmentations import (
    segmentation_from_labelmap,
)


@pytest.fixture
def a_result(bare_scene):
    return segmentation_from_labelmap(a_labelmap(), "Result")


def add_segment(node, name, mask, segment_id=None, color=(1, 0, 0)):
    """Add a segment in a layer of its own, as an import or an editor does."""
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.SetColor(color)
    segment.SetLabelValue(1)
    segment.AddRepresentation("Binary labelmap", oriented_image(a_labelmap().with_array(mask.astype(np.uint8))))
    node.GetSegmentation().AddSegment(segment, segment_id or f"id of {name}")


def a_foreign_segmentation(scene, **masks):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Foreign")
    node.CreateDefaultDisplayNodes()
    for name, mask in masks.items():
        add_segment(node, name, mask)
    return node
