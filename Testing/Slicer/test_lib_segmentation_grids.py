"""The grid that a segmentation was drawn on: from its geometry, from its segments, through transforms."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from lib_scene import OBLIQUE, a_labelmap, a_transform, axis_codes

from ssaglioma.errors import DatasetError, GeometryError
from SSASlicerLib.oriented_images import oriented_image
from SSASlicerLib.segmentation_grids import own_grid
from SSASlicerLib.segmentation_reading import GEOMETRY_PARAMETER, labelmap_from_segmentation
from SSASlicerLib.segmentations import segmentation_from_labelmap

TURN = [[0.0, -1.0, 0.0, 10.0], [1.0, 0.0, 0.0, -5.0], [0.0, 0.0, 1.0, 3.0], [0.0, 0.0, 0.0, 1.0]]


@pytest.mark.parametrize("direction", [*axis_codes().values(), OBLIQUE], ids=[*axis_codes(), "oblique"])
def test_the_grid_of_a_result_is_the_grid_of_its_labelmap(bare_scene, direction):
    labels = a_labelmap(direction)
    node = segmentation_from_labelmap(labels, "result")
    grid = own_grid(node)
    assert grid.same_grid(labels) and grid.shape == labels.shape
    assert np.allclose(grid.affine_lps, labels.affine_lps, atol=1e-6)
    assert np.array_equal(labelmap_from_segmentation(node, grid).array, labels.array)


def test_the_grid_holds_zeros_that_take_no_memory_and_cannot_be_written(bare_scene):
    grid = own_grid(segmentation_from_labelmap(a_labelmap(), "result"))
    assert not grid.array.any() and grid.array.base.nbytes == 1
    with pytest.raises(ValueError, match="read-only"):
        grid.array[0, 0, 0] = 1


def test_without_a_stored_geometry_the_segments_give_the_grid(bare_scene):
    labels = a_labelmap(OBLIQUE)
    node = segmentation_from_labelmap(labels, "result")
    node.GetSegmentation().SetConversionParameter(GEOMETRY_PARAMETER, "")
    grid = own_grid(node)
    assert grid.spacing_zyx_mm == pytest.approx(labels.spacing_zyx_mm)
    assert np.allclose(grid.direction_lps, labels.direction_lps)
    found = labelmap_from_segmentation(node, grid).array
    assert {value: int((found == value).sum()) for value in (1, 2, 3)} == {
        value: int((labels.array == value).sum()) for value in (1, 2, 3)
    }


def test_a_geometry_whose_extent_does_not_begin_at_zero_keeps_its_place(bare_scene):
    labels = a_labelmap(OBLIQUE)
    node = segmentation_from_labelmap(labels, "result")
    image = oriented_image(labels)
    image.SetExtent(2, 5, 1, 6, 3, 4)
    text = slicer.vtkSegmentationConverter.SerializeImageGeometry(image)
    node.GetSegmentation().SetConversionParameter(GEOMETRY_PARAMETER, text)
    grid = own_grid(node)
    assert grid.shape == (2, 6, 4)
    assert np.allclose(grid.origin_lps_mm, (labels.affine_lps @ [2, 1, 3, 1])[:3])
    assert np.array_equal(labelmap_from_segmentation(node, grid).array, labels.array[3:5, 1:7, 2:6])


def test_a_rigid_transform_goes_into_the_grid(bare_scene):
    labels = a_labelmap()
    node = segmentation_from_labelmap(labels, "result")
    node.SetAndObserveTransformNodeID(a_transform(bare_scene, TURN).GetID())
    grid = own_grid(node)
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    assert np.allclose(grid.affine_lps, flip @ np.array(TURN) @ flip @ labels.affine_lps)
    assert np.array_equal(labelmap_from_segmentation(node, grid).array, labels.array)


@pytest.mark.parametrize("kind", ["shear", "warp"])
def test_a_transform_that_bends_the_grid_is_refused_by_name(bare_scene, kind):
    node = segmentation_from_labelmap(a_labelmap(), "result")
    if kind == "shear":
        transform = a_transform(bare_scene, [[1, 0.4, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], "Bend")
    else:
        transform = bare_scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "Bend")
    node.SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(GeometryError, match="'result'"):
        own_grid(node)


def test_a_segmentation_without_segments_has_no_grid(bare_scene):
    node = bare_scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "nothing")
    with pytest.raises(DatasetError, match="'nothing' has no binary labelmap.*at least one drawn segment"):
        own_grid(node)


def test_an_empty_segment_on_a_known_grid_has_that_grid(bare_scene):
    labels = a_labelmap()
    node = segmentation_from_labelmap(labels.with_array(np.zeros(labels.shape, np.uint8)), "empty")
    assert own_grid(node).same_grid(labels)
