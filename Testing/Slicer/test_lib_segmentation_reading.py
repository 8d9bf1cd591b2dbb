"""What a segmentation says on the grid of an image, whoever made it and wherever it lies."""

import numpy as np
import pytest
import vtk
from lib_scene import a_labelmap, a_transform, axis_codes
from lib_segments import a_foreign_segmentation

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import GLIOMA
from ssaglioma.volume import Volume, from_canonical, to_canonical
from SSASlicerLib import terminology
from SSASlicerLib.segmentations import (
    comparable_regions,
    labelmap_from_segmentation,
    mask_from_segment,
    read_segmentation,
    segmentation_from_labelmap,
)


@pytest.mark.parametrize("name", ["RAS", "PIL", "SRA"])
def test_a_grid_of_other_axes_gets_the_same_voxels(bare_scene, name):
    labelmap = a_labelmap(axis_codes()[name])
    canonical = to_canonical(labelmap)
    back = labelmap_from_segmentation(segmentation_from_labelmap(labelmap, "Result"), canonical)
    np.testing.assert_array_equal(from_canonical(back.array, canonical, labelmap).array, labelmap.array)


def test_a_cropped_grid_gets_its_part_and_says_what_was_lost(a_result):
    labelmap = a_labelmap()
    corner = (labelmap.affine_lps @ [2, 0, 0, 1])[:3]
    part = Volume(labelmap.array[:, :, 2:].copy(), labelmap.spacing_zyx_mm, tuple(corner), labelmap.direction_lps)
    reading = read_segmentation(a_result, part)
    np.testing.assert_array_equal(reading.labelmap.array, part.array)
    assert reading.lost_voxels == np.count_nonzero(labelmap.array[:, :, :2])


def test_a_larger_grid_is_background_outside(a_result):
    labelmap = a_labelmap()
    corner = (labelmap.affine_lps @ [-1, -2, -3, 1])[:3]
    array = np.pad(labelmap.array, ((3, 0), (2, 0), (1, 4)))
    grid = Volume(array, labelmap.spacing_zyx_mm, tuple(corner), labelmap.direction_lps)
    np.testing.assert_array_equal(labelmap_from_segmentation(a_result, grid).array, array)


def test_a_finer_grid_takes_the_nearest_voxel(a_result):
    labelmap = a_labelmap()
    fine = Volume(
        np.zeros([2 * size - 1 for size in labelmap.shape], np.uint8),
        tuple(value / 2 for value in labelmap.spacing_zyx_mm),
        labelmap.origin_lps_mm,
        labelmap.direction_lps,
    )
    back = labelmap_from_segmentation(a_result, fine)
    np.testing.assert_array_equal(back.array[::2, ::2, ::2], labelmap.array)
    assert set(np.unique(back.array)) == {0, 1, 2, 3}


def test_a_segmentation_of_another_place_is_refused(a_result):
    labelmap = a_labelmap()
    far = Volume(labelmap.array, labelmap.spacing_zyx_mm, (500.0, 0.0, 0.0), labelmap.direction_lps)
    with pytest.raises(GeometryError, match="'Result' lies outside the image.*same patient"):
        labelmap_from_segmentation(a_result, far)


def test_a_moved_segmentation_is_read_where_it_was_moved_to(bare_scene, a_result):
    shift = np.eye(4)
    shift[0, 3] = -2 * 0.75  # RAS: two voxels to the left of the patient, LPS +x
    a_result.SetAndObserveTransformNodeID(a_transform(bare_scene, shift).GetID())
    back = labelmap_from_segmentation(a_result, a_labelmap())
    np.testing.assert_array_equal(back.array[:, :, 2:], a_labelmap().array[:, :, :-2])


def test_a_segmentation_under_a_bent_transform_is_refused(bare_scene, a_result):
    bend = bare_scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "Warp")
    bend.SetAndObserveTransformToParent(vtk.vtkThinPlateSplineTransform())
    a_result.SetAndObserveTransformNodeID(bend.GetID())
    with pytest.raises(GeometryError, match="'Result' lies under the transform 'Warp'"):
        labelmap_from_segmentation(a_result, a_labelmap())


def test_names_spelled_otherwise_are_understood(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(
        bare_scene, **{"Enhancing Tumour": labels == 3, "Necrotic core": labels == 1, "Peritumoral Edema": labels == 2}
    )
    np.testing.assert_array_equal(labelmap_from_segmentation(node, a_labelmap()).array, labels)


def test_nested_regions_in_separate_layers_are_painted_the_largest_first(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, ET=labels == 3, TC=np.isin(labels, (1, 3)), WT=labels > 0)
    reading = read_segmentation(node, a_labelmap())
    np.testing.assert_array_equal(reading.labelmap.array, labels)
    assert reading.overlap_voxels == 0


def test_a_whole_tumor_alone_counts_as_edema_and_says_what_it_was(bare_scene):
    labels = a_labelmap().array
    reading = read_segmentation(a_foreign_segmentation(bare_scene, **{"Whole tumor": labels > 0}), a_labelmap())
    np.testing.assert_array_equal(reading.labelmap.array, 2 * (labels > 0))
    assert list(reading.mapping.values()) == ["WT"]


def test_overlapping_labels_go_to_the_later_one_and_are_counted(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, ET=labels == 3, ED=labels > 0, NCR=labels == 1)
    reading = read_segmentation(node, a_labelmap())
    np.testing.assert_array_equal(reading.labelmap.array, labels)
    assert reading.overlap_voxels == np.count_nonzero(labels == 3) + np.count_nonzero(labels == 1)


def test_numbered_segments_follow_the_values_of_the_scheme_with_the_old_four(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, Segment_1=labels == 1, Segment_2=labels == 2, Segment_4=labels == 3)
    np.testing.assert_array_equal(labelmap_from_segmentation(node, a_labelmap()).array, labels)


def test_terminology_tells_segments_whose_names_do_not(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, one=labels == 3, two=labels == 2)
    for name, label in {"one": "ET", "two": "ED"}.items():
        segment = node.GetSegmentation().GetSegment(f"id of {name}")
        segment.SetTerminology(terminology.SEGMENT_STYLES[label].entry)
    np.testing.assert_array_equal(
        labelmap_from_segmentation(node, a_labelmap()).array, np.where(labels == 1, 0, labels)
    )


@pytest.mark.parametrize(
    ("names", "comparable"),
    [
        ("NCR ED ET", "WT TC ET NCR ED"),
        ("ED ET", "WT TC ET NCR ED"),
        ("WT TC ET", "WT TC ET NCR ED"),
        ("WT", "WT"),
        ("WT TC", "WT TC ED"),
        ("WT ET", "WT ET"),
        ("TC ED", "WT TC ED"),
        ("WT ED", "WT TC ED"),
        ("WT NCR", "WT NCR"),
        ("WT ED ET", "WT TC ET NCR ED"),
    ],
)
def test_only_what_the_segments_determine_is_compared(names, comparable):
    found = comparable_regions({f"id{number}": name for number, name in enumerate(names.split())})
    assert found == comparable.split()


@pytest.mark.parametrize(
    "names", ["WT TC", "WT ET", "TC ED", "WT ED", "WT NCR", "WT ED ET", "WT TC ET", "NCR ED ET", "TC ET"]
)
def test_what_can_be_compared_is_read_exactly(bare_scene, names):
    labels = a_labelmap().array
    masks = {name: GLIOMA.mask(labels, name) for name in names.split()}
    reading = read_segmentation(a_foreign_segmentation(bare_scene, **masks), a_labelmap())
    for region in comparable_regions(reading.mapping):
        np.testing.assert_array_equal(GLIOMA.mask(reading.labelmap.array, region), GLIOMA.mask(labels, region))


def test_a_given_mapping_goes_by_name_or_id_and_leaves_the_rest_out(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, a=labels == 3, b=labels == 2, c=labels == 1)
    reading = read_segmentation(node, a_labelmap(), mapping={"a": "ET", "id of b": "NCR", "c": ""})
    np.testing.assert_array_equal(reading.labelmap.array, np.select([labels == 3, labels == 2], [3, 1], 0))
    assert reading.unused == ("c",)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (None, r"No segment of 'Foreign' could be told, found \['Ventricle'\].*Rename"),
        ({"Liver": "ET"}, r"has no segments \['Liver'\]"),
        ({"Ventricle": "CSF"}, r"\['CSF'\] are not in the scheme"),
        ({"Ventricle": ""}, "No segment"),
    ],
)
def test_a_segmentation_that_cannot_be_told_says_what_it_has(bare_scene, mapping, words):
    node = a_foreign_segmentation(bare_scene, Ventricle=a_labelmap().array == 3)
    with pytest.raises(DatasetError, match=words):
        read_segmentation(node, a_labelmap(), mapping=mapping)


def test_a_segmentation_without_segments_is_refused(bare_scene):
    with pytest.raises(DatasetError, match="'Foreign' has no segments"):
        read_segmentation(a_foreign_segmentation(bare_scene), a_labelmap())


def test_an_unknown_segment_is_named(a_result):
    with pytest.raises(DatasetError, match="has no segment 'XY'"):
        mask_from_segment(a_result, "XY", a_labelmap())


def test_a_segmentation_of_surfaces_alone_is_turned_into_voxels_of_the_grid(bare_scene):
    shape = (24, 24, 24)
    radius = np.sqrt(sum((axis - 11.5) ** 2 for axis in np.meshgrid(*map(np.arange, shape), indexing="ij")))
    ball = Volume((3 * (radius < 8)).astype(np.uint8), (1.0, 1.0, 1.0))
    node = segmentation_from_labelmap(ball, "Ball")
    segmentation = node.GetSegmentation()
    assert segmentation.CreateRepresentation("Closed surface")
    segmentation.SetSourceRepresentationName("Closed surface")
    segmentation.RemoveRepresentation("Binary labelmap")
    back = labelmap_from_segmentation(node, ball).array == 3
    expected = ball.array == 3
    assert 2 * (back & expected).sum() / (back.sum() + expected.sum()) > 0.95
    assert not segmentation.ContainsRepresentation("Binary labelmap")
