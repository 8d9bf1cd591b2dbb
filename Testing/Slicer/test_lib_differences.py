import numpy as np
import pytest
import slicer
from lib_scene import a_labelmap

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.evaluation import pictures
from ssaglioma.volume import Volume
from SSASlicerLib.differences import AGREED, COLORS, EXTRA, MISSED, difference_labelmap, difference_segmentation
from SSASlicerLib.segmentations import mask_from_segment
from SSASlicerLib.volumes import node_from_volume


@pytest.fixture
def a_prediction():
    """The reference moved by one voxel along X, without its necrosis."""
    labels = np.roll(a_labelmap().array, 1, axis=2)
    return a_labelmap().with_array(np.where(labels == 1, 3, labels))


def test_missed_extra_and_agreed_voxels_are_told_apart_by_hand(bare_scene):
    reference = np.zeros((2, 2, 2), np.uint8)
    reference[0, 0] = (1, 3)
    prediction = np.zeros((2, 2, 2), np.uint8)
    prediction[0, :, 1] = 3
    difference = difference_labelmap(Volume(reference), Volume(prediction), "TC")
    np.testing.assert_array_equal(difference.array, [[[1, 3], [0, 2]], [[0, 0], [0, 0]]])
    only_et = difference_labelmap(Volume(reference), Volume(prediction), "ET")
    np.testing.assert_array_equal(only_et.array, [[[0, 3], [0, 2]], [[0, 0], [0, 0]]])


@pytest.mark.parametrize("region", ["WT", "TC", "ET", "ED", "NCR"])
def test_the_three_parts_make_up_both_masks_of_every_region(bare_scene, a_prediction, region):
    from ssaglioma.labels import GLIOMA

    reference = a_labelmap()
    node = difference_segmentation(difference_labelmap(reference, a_prediction, region), "Differences")
    masks = {key: mask_from_segment(node, key, reference) for key in (MISSED, EXTRA, AGREED)}
    np.testing.assert_array_equal(masks[MISSED] | masks[AGREED], GLIOMA.mask(reference.array, region))
    np.testing.assert_array_equal(masks[EXTRA] | masks[AGREED], GLIOMA.mask(a_prediction.array, region))
    assert not (masks[MISSED] & masks[EXTRA]).any()


def test_the_colors_are_those_of_the_report():
    found = {key: tuple(round(255 * value) for value in color) for key, color in COLORS.items()}
    assert found == {MISSED: pictures.MISSED, EXTRA: pictures.EXTRA, AGREED: pictures.AGREED}


def test_agreed_is_an_outline_without_fill_and_the_others_are_filled(bare_scene, a_prediction):
    difference = difference_labelmap(a_labelmap(), a_prediction, "WT")
    image = node_from_volume(a_labelmap(), "T1Gd")
    node = difference_segmentation(difference, "Differences in WT", reference_node=image)
    display = node.GetDisplayNode()
    fills = {key: display.GetSegmentVisibility2DFill(key) for key in COLORS}
    assert fills == {MISSED: True, EXTRA: True, AGREED: False}
    assert all(display.GetSegmentVisibility2DOutline(key) for key in COLORS)
    for key, color in COLORS.items():
        assert node.GetSegmentation().GetSegment(key).GetColor() == pytest.approx(color)
    assert node.GetNodeReference("referenceImageGeometryRef") is image


def test_a_difference_can_be_refilled_for_another_region(bare_scene, a_prediction):
    node = difference_segmentation(difference_labelmap(a_labelmap(), a_prediction, "WT"), "WT")
    again = difference_segmentation(difference_labelmap(a_labelmap(), a_prediction, "ET"), "ET", node=node)
    assert again is node and node.GetName() == "ET"
    assert bare_scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1
    np.testing.assert_array_equal(
        mask_from_segment(node, AGREED, a_labelmap()), (a_labelmap().array == 3) & (a_prediction.array == 3)
    )
    assert node.GetSegmentation().GetNumberOfSegments() == 3


def test_other_grids_are_refused(bare_scene):
    moved = Volume(a_labelmap().array, a_labelmap().spacing_zyx_mm, (0.0, 0.0, 9.0))
    with pytest.raises(GeometryError, match="prediction and reference lie on different grids"):
        difference_labelmap(a_labelmap(), moved, "WT")


def test_an_unknown_region_is_refused(bare_scene):
    with pytest.raises(DatasetError, match="'brain'"):
        difference_labelmap(a_labelmap(), a_labelmap(), "brain")


def test_equal_labelmaps_leave_missed_and_extra_empty(bare_scene):
    node = difference_segmentation(difference_labelmap(a_labelmap(), a_labelmap(), "WT"), "Same")
    assert not mask_from_segment(node, MISSED, a_labelmap()).any()
    assert not mask_from_segment(node, EXTRA, a_labelmap()).any()
    assert slicer.util.arrayFromSegmentInternalBinaryLabelmap(node, AGREED).any()
