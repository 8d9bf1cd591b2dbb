"""Published thresholds and the removal of dust, on volumes small enough to follow by hand."""

import numpy as np

from ssaglioma.inference.ren_decisions import disjoint_labels, overlapping_labels, without_dust


def test_overlapping_regions_are_cut_at_their_own_thresholds():
    values = [0.39, 0.41, 0.44, 0.46]
    found = overlapping_labels(
        {
            "WT": np.array([0.46, 0.46, 0.46, 0.46])[None, None],
            "TC": np.array(values)[None, None],
            "ET": np.array(values)[None, None],
        }
    )
    assert found[0, 0].tolist() == [2, 1, 1, 3]
    low = {"WT": np.array([[[0.44]]]), "TC": np.zeros((1, 1, 1)), "ET": np.zeros((1, 1, 1))}
    assert overlapping_labels(low).max() == 0


def test_of_disjoint_outputs_the_largest_counts_above_a_half():
    found = disjoint_labels(
        {
            "NCR": np.array([0.6, 0.3, 0.4, 0.5])[None, None],
            "ED": np.array([0.7, 0.2, 0.4, 0.1])[None, None],
            "ET": np.array([0.1, 0.9, 0.4, 0.2])[None, None],
        }
    )
    assert found[0, 0].tolist() == [2, 3, 0, 0]


def test_dust_goes_and_small_holes_are_filled():
    labels = np.zeros((12, 12, 12), np.uint8)
    labels[2:10, 2:10, 2:10] = 2
    labels[3:8, 3:8, 3:8] = 1
    labels[5, 5, 5] = 3  # ET of one voxel inside the core
    labels[9, 9, 9] = 0  # at the corner of the oedema: part of the outside, no hole
    labels[8, 5, 5] = 0  # a hole in the oedema
    labels[0, 0, 0] = 2  # dust of its own
    found = without_dust(labels)
    assert found[5, 5, 5] == 1, "the hole that ET leaves in the core becomes NCR"
    assert found[8, 5, 5] == 2 and found[0, 0, 0] == 0 and found[9, 9, 9] == 0
    assert (found == 3).sum() == 0 and (found == 1).sum() == 125


def test_a_small_core_is_taken_out_and_filled_as_oedema():
    labels = np.zeros((10, 10, 10), np.uint8)
    labels[1:9, 1:9, 1:9] = 2
    labels[4:6, 4:6, 4:6] = 1
    assert np.array_equal(without_dust(labels), np.where(labels > 0, 2, 0))


def test_large_parts_stay_as_they_are():
    labels = np.zeros((10, 10, 10), np.uint8)
    labels[1:9, 1:9, 1:9], labels[2:8, 2:8, 2:8], labels[3:7, 3:7, 3:7] = 2, 1, 3
    assert np.array_equal(without_dust(labels), labels)
