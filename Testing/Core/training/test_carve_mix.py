"""A tumour of one case in the brain of another."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.training.carve_mix import centred, mix, mixed_cases
from ssaglioma.training.cases import OUTSIDE, TrainingCase


def case_with(name, tumour, value, shape=(20, 24, 24)):
    """A brain of one gray value with a tumour of label 3 (a box given by its corners)."""
    labels = np.full(shape, OUTSIDE, np.uint8)
    labels[1:-1, 1:-1, 1:-1] = 0
    if tumour is not None:
        labels[tuple(slice(low, high) for low, high in zip(*tumour))] = 3
    image = np.where(labels == OUTSIDE, 0, value + 10.0 * (labels == 3))[None].astype(np.float16)
    return TrainingCase(name, image, labels)


@pytest.fixture
def left():
    return case_with("left", ((6, 6, 4), (10, 10, 8)), 1.0)


@pytest.fixture
def right():
    return case_with("right", ((6, 6, 15), (10, 10, 19)), 2.0)


def test_the_host_keeps_its_tumour_and_gets_the_donors_with_its_gray_values(left, right):
    mixed = mix(left, right, rim_share=0.0)
    own, lent = left.labels == 3, right.labels == 3
    assert np.array_equal(mixed.labels == 3, own | lent)
    assert np.array_equal(mixed.labels == OUTSIDE, left.labels == OUTSIDE)
    assert np.all(mixed.image[0][lent] == 12.0) and np.all(mixed.image[0][own] == 11.0)
    assert mixed.image[0][2, 2, 2] == 1.0 and mixed.image[0][0, 0, 0] == 0.0
    assert mixed.name == "left_with_right"


def test_the_rim_comes_along_and_fades_out(left, right):
    image = mix(left, right, rim_share=1.0).image[0].astype(float)
    profile = image[8, 8, 15:9:-1]  # from the tumour's edge towards the middle
    assert profile[0] == 12.0 and profile[1] == pytest.approx(2.0) and profile[-1] == pytest.approx(1.0)
    assert np.all(np.diff(profile[1:]) <= 0)


def test_a_tumour_that_would_cut_the_hosts_own_or_leave_the_brain_is_not_taken(left):
    half_over = case_with("half", ((6, 6, 6), (10, 10, 10)), 2.0)
    assert mix(left, half_over, 0.0) is None
    large = case_with("large", ((2, 2, 2), (26, 26, 26)), 2.0, shape=(28, 28, 28))
    assert mix(left, large, 0.0) is None
    assert mix(left, case_with("healthy", None, 2.0), 0.0) is None
    covering = case_with("covering", ((5, 5, 3), (11, 11, 9)), 2.0)
    assert np.array_equal(mix(left, covering, 0.0).labels == 3, covering.labels == 3)


def test_every_case_that_fits_gets_as_many_and_never_its_own(left, right):
    third = case_with("third", ((14, 14, 10), (17, 17, 13)), 3.0)
    found = mixed_cases([left, right, third], 2, seed=0)
    assert sorted(case.name for case in found) == sorted(
        f"{a}_with_{b}" for a in ("left", "right", "third") for b in ("left", "right", "third") if a != b
    )
    again = mixed_cases([third, right, left], 2, seed=0)
    assert {case.name for case in again} == {case.name for case in found}
    with pytest.raises(DatasetError, match="mixed cases of 1 cases"):
        mixed_cases([left], 1, seed=0)


def test_arrays_are_centred_on_another_shape():
    assert centred(np.arange(1, 4).reshape(1, 1, 3), (1, 1, 5), 0).ravel().tolist() == [0, 1, 2, 3, 0]
    assert centred(np.arange(5).reshape(1, 1, 5), (1, 1, 3), 0).ravel().tolist() == [1, 2, 3]
