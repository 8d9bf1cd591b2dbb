import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.inference import regions_to_labels
from ssaglioma.inference.regions import without_small_components
from ssaglioma.labels import GLIOMA, GLIOMA_POST


def test_nested_regions_become_disjoint_labels():
    # columns: nothing, WT only, WT+TC, WT+TC+ET
    wt, tc, et = [0.1, 0.9, 0.9, 0.9], [0.1, 0.1, 0.9, 0.9], [0.1, 0.1, 0.1, 0.9]
    probabilities = np.array([wt, tc, et]).reshape(3, 1, 1, 4)
    assert regions_to_labels(probabilities, ("WT", "TC", "ET"), GLIOMA).ravel().tolist() == [0, 2, 1, 3]


def test_the_channel_order_does_not_matter_only_the_names():
    probabilities = np.array([0.9, 0.2, 0.9]).reshape(3, 1, 1, 1)
    assert regions_to_labels(probabilities, ("ET", "WT", "TC"), GLIOMA).item() == 3


def test_exactly_one_half_is_background():
    assert regions_to_labels(np.full((3, 1, 1, 1), 0.5), ("WT", "TC", "ET"), GLIOMA).item() == 0


def test_the_resection_cavity_paints_its_own_label():
    probabilities = np.array([0.1, 0.1, 0.1, 0.9]).reshape(4, 1, 1, 1)
    assert regions_to_labels(probabilities, ("WT", "TC", "ET", "RC"), GLIOMA_POST).item() == 4


def test_regions_that_cannot_be_told_apart_are_refused():
    with pytest.raises(ModelPackageError, match="'WT' would paint the labels"):
        regions_to_labels(np.zeros((2, 1, 1, 1)), ("WT", "ET"), GLIOMA)


@pytest.fixture
def small_and_large_parts():
    """WT of 27 voxels and a far one of 8, TC 4 and ET 1 within the large one."""
    probabilities = np.zeros((3, 12, 5, 5))
    probabilities[0, 1:4, 1:4, 1:4] = 0.9
    probabilities[0, 8:10, 1:3, 1:3] = 0.9
    probabilities[1, 1, 1:3, 1:3] = 0.9
    probabilities[2, 1, 1, 1] = 0.9
    return probabilities


@pytest.mark.parametrize(
    ("smallest", "background", "core", "oedema", "enhancing"),
    [(0, 265, 3, 31, 1), (2, 265, 4, 31, 0), (5, 265, 0, 35, 0), (9, 273, 0, 27, 0), (28, 300, 0, 0, 0)],
)
def test_small_parts_fall_back_to_the_region_around_them(
    small_and_large_parts, smallest, background, core, oedema, enhancing
):
    labels = regions_to_labels(small_and_large_parts, ("WT", "TC", "ET"), GLIOMA, smallest)
    assert np.bincount(labels.ravel(), minlength=4).tolist() == [background, core, oedema, enhancing]


def test_parts_that_touch_at_a_corner_are_one_component():
    mask = np.zeros((2, 2, 2), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert without_small_components(mask, 2).sum() == 2


def test_each_region_may_have_its_own_smallest_lesion(small_and_large_parts):
    everything = regions_to_labels(small_and_large_parts, ("WT", "TC", "ET"), GLIOMA)
    same = regions_to_labels(small_and_large_parts, ("WT", "TC", "ET"), GLIOMA, {"WT": 4, "TC": 4, "ET": 4})
    assert np.array_equal(same, regions_to_labels(small_and_large_parts, ("WT", "TC", "ET"), GLIOMA, 4))
    kept = regions_to_labels(small_and_large_parts, ("WT", "TC", "ET"), GLIOMA, {"ET": 1e9})
    assert np.array_equal(kept == 0, everything == 0) and not (kept == 3).any() and (everything == 3).any()
