import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.inference import regions_to_labels
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
