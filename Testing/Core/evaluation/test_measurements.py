"""Volumes, lesions, confidence, doubt and change, against counting by hand."""

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.evaluation.doubt import region_probability
from ssaglioma.evaluation.measurements import changes, measure
from ssaglioma.labels import CARDIAC_LGE, GLIOMA, GLIOMA_POST
from ssaglioma.volume import Volume

SPACING = (5.0, 0.5, 2.0)
VOXEL_ML = 0.005


@pytest.fixture
def labelmap():
    labels = np.zeros((6, 9, 10), np.uint8)
    labels[1:5, 2:7, 2:8] = 2
    labels[2:4, 3:6, 3:7] = 3
    labels[2:4, 4, 4:6] = 1
    labels[0, 8, 9] = 3
    direction = Rotation.from_euler("z", 20, degrees=True).as_matrix()
    return Volume(labels, SPACING, (3.0, 2.0, 1.0), direction)


@pytest.fixture
def probabilities(labelmap):
    values = {"WT": 0.9, "TC": 0.8, "ET": 0.7}
    return {
        name: labelmap.with_array(np.where(GLIOMA.mask(labelmap.array, name), value, 0.0).astype(np.float32))
        for name, value in values.items()
    }


def test_volumes_and_lesions_are_counted(labelmap):
    regions = measure(labelmap).regions
    assert list(regions) == ["WT", "TC", "ET", "NCR", "ED"]
    for name, region in regions.items():
        voxels = sum(int(value) in GLIOMA.region_values(name) for value in labelmap.array.ravel())
        assert region.volume_ml == pytest.approx(voxels * VOXEL_ML)
    assert [regions[name].lesions for name in ("WT", "TC", "ET", "NCR", "ED")] == [2, 2, 2, 1, 1]
    assert [regions[name].large_lesions for name in ("WT", "TC", "ET", "NCR", "ED")] == [1, 1, 1, 0, 1]
    assert regions["ET"].largest_lesion_ml == pytest.approx((24 - 4) * VOXEL_ML)


def test_voxels_that_touch_by_a_corner_are_one_lesion():
    labels = np.zeros((3, 3, 3), np.uint8)
    labels[0, 0, 0] = labels[1, 1, 1] = 3
    assert measure(Volume(labels)).regions["ET"].lesions == 1


def test_the_diameter_is_that_of_one_lesion_not_of_the_space_between_two(labelmap):
    edema = measure(labelmap).regions["ED"]
    steps = np.array([(4, 4, 5), (3, 5, 5), (3, 4, 6)]) * SPACING
    assert edema.largest_diameter_mm == pytest.approx(np.linalg.norm(steps, axis=1).max())
    assert measure(labelmap).regions["WT"].largest_diameter_mm == pytest.approx(edema.largest_diameter_mm)


def test_an_empty_labelmap_measures_nothing(labelmap, probabilities):
    empty = labelmap.with_array(np.zeros_like(labelmap.array))
    found = measure(empty, GLIOMA, probabilities)
    assert {(region.volume_ml, region.lesions, region.confidence) for region in found.regions.values()} == {
        (0.0, 0, None)
    }
    assert found.rano == () and found.rano_sum_mm2 == 0.0


def test_confidence_is_the_mean_probability_inside(labelmap, probabilities):
    regions = measure(labelmap, GLIOMA, probabilities).regions
    expected = {"WT": 0.9, "TC": 0.8, "ET": 0.7, "NCR": 0.8, "ED": 0.9}
    assert {name: region.confidence for name, region in regions.items()} == pytest.approx(expected)
    assert measure(labelmap).regions["WT"].confidence is None


def test_a_labels_probability_is_what_the_nested_regions_leave(labelmap):
    flat = {
        name: labelmap.with_array(np.full(labelmap.shape, v)) for name, v in (("WT", 0.9), ("TC", 0.6), ("ET", 0.5))
    }
    assert np.allclose(region_probability("ED", flat, GLIOMA), 0.3)
    assert np.allclose(region_probability("NCR", flat, GLIOMA), 0.1)
    assert region_probability("NCR", {"TC": flat["TC"]}, GLIOMA) is None
    assert region_probability("RC", flat, GLIOMA_POST) is None


def test_the_worst_slice_holds_the_most_doubt_whatever_the_axes(labelmap, probabilities):
    doubtful = {name: volume.with_array(volume.array.copy()) for name, volume in probabilities.items()}
    doubtful["TC"].array[3, :3, :3] = 0.5
    found = measure(labelmap, GLIOMA, doubtful)
    by_hand = [
        sum(4 * p * (1 - p) for volume in doubtful.values() for p in volume.array[z].ravel().astype(float))
        for z in range(6)
    ]
    assert found.worst_slice.plane.axis == 0 and found.worst_slice.plane.index == int(np.argmax(by_hand)) == 3
    assert found.worst_slice.doubt_ml == pytest.approx(max(by_hand) * VOXEL_ML, rel=1e-5)
    ranked = sorted((value * VOXEL_ML for value in by_hand if value), reverse=True)
    assert [item.doubt_ml for item in found.doubtful_slices] == pytest.approx(ranked, rel=1e-5)
    center = found.worst_slice.plane.center_lps_mm
    assert (np.linalg.inv(labelmap.affine_lps) @ [*center, 1])[:3] == pytest.approx([4.5, 4.0, 3.0])


def test_a_certain_model_has_no_doubtful_slice(labelmap):
    sure = {"WT": labelmap.with_array((labelmap.array > 0).astype(np.float32))}
    assert measure(labelmap, GLIOMA, sure).worst_slice is None


def test_change_is_told_in_millilitres_and_per_cent(labelmap):
    smaller = labelmap.array.copy()
    smaller[labelmap.array == 2] = 0
    earlier = Volume(smaller, (10.0, 0.5, 2.0))
    found = changes(measure(earlier), measure(labelmap))
    assert found["ET"].earlier == pytest.approx(2 * found["ET"].current)
    assert found["ET"].percent == pytest.approx(-50) and found["ET"].difference == pytest.approx(-21 * VOXEL_ML)
    assert found["ED"].percent is None and found["ED"].difference > 0
    assert found["rano_sum_mm2"].difference == 0


def test_the_measurements_are_plain_json(labelmap, probabilities):
    document = measure(labelmap, GLIOMA, probabilities).to_json()
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again["regions"]["WT"]["lesions"] == 2
    assert set(again["rano"]["lesions"][0]) >= {"diameter_mm", "diameter_lps_mm", "plane", "measurable", "product_mm2"}
    assert again["doubtful_slices"][0]["plane"]["axis"] == 0


def test_other_schemes_are_measured_without_rano():
    labels = np.zeros((3, 4, 5), np.uint16)
    labels[1, 1:3, 1:3] = CARDIAC_LGE.values["LV"]
    found = measure(Volume(labels), CARDIAC_LGE)
    assert found.regions["LV"].volume_ml == pytest.approx(0.004) and found.rano == ()


@pytest.mark.parametrize("value", [-0.1, 1.2, np.nan])
def test_images_that_are_no_probabilities_are_refused(labelmap, value):
    wrong = labelmap.with_array(np.full(labelmap.shape, value))
    with pytest.raises(DatasetError, match=r"probability image of WT.*values from 0 to 1"):
        measure(labelmap, GLIOMA, {"WT": wrong})


def test_probabilities_on_another_grid_or_of_another_region_are_refused(labelmap):
    flat = np.zeros(labelmap.shape)
    with pytest.raises(GeometryError, match="WT probability and the labelmap lie on different grids"):
        measure(labelmap, GLIOMA, {"WT": Volume(flat, (1.0, 1.0, 1.0))})
    with pytest.raises(DatasetError, match="'heart'.*glioma"):
        measure(labelmap, GLIOMA, {"heart": labelmap.with_array(flat)})


def test_values_outside_the_scheme_are_refused(labelmap):
    with pytest.raises(DatasetError, match=r"labels \[9\]"):
        measure(labelmap.with_array(np.full(labelmap.shape, 9, np.uint8)))
