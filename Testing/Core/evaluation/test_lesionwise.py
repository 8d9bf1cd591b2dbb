"""Lesion-wise scores against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation import lesion_rules, lesion_scores
from ssaglioma.evaluation.lesionwise import core_label
from ssaglioma.evaluation.masks import bounding_box, dilate, merged_components
from ssaglioma.labels import CARDIAC_LGE, GLIOMA, GLIOMA_POST

SPACING = (1.0, 1.0, 1.0)


def box_mask(*boxes: tuple[int, int, int, int], size: int = 60) -> np.ndarray:
    """Cubes given as (z, y, x, edge)."""
    mask = np.zeros((size, size, size), dtype=bool)
    for z, y, x, edge in boxes:
        mask[z : z + edge, y : y + edge, x : x + edge] = True
    return mask


def isolated_blob_of_five(mask: np.ndarray) -> np.ndarray:
    grown = mask.copy()
    grown[50, 5, 5:10] = True
    return grown


def score(reference, prediction, rules, **options):
    return lesion_scores(reference, prediction, SPACING, lesion_rules(rules), **options)


@pytest.fixture
def lesion_a():
    return box_mask((5, 5, 5, 10))


@pytest.mark.parametrize(
    ("rules", "dice", "hd95", "casewise"),
    [("brats2023", 1 / 3, 748 / 3, 2000 / 2069), ("brats2024_ssa", 0.5, 187.0, 2000 / 2064)],
)
def test_golden_case_with_a_missed_lesion_and_a_small_false_one(lesion_a, rules, dice, hd95, casewise):
    found = score(lesion_a | box_mask((40, 40, 40, 4)), isolated_blob_of_five(lesion_a), rules)
    assert found.dice == pytest.approx(dice)
    assert found.hd95_mm == pytest.approx(hd95)
    assert found.casewise_dice == pytest.approx(casewise)


@pytest.mark.parametrize(("rules", "dice", "hd95"), [("brats2023", 0.5, 187.0), ("brats2024_ssa", 1.0, 0.0)])
def test_golden_case_whose_second_lesion_is_too_small_to_count(lesion_a, rules, dice, hd95):
    found = score(lesion_a | box_mask((40, 40, 40, 3)), isolated_blob_of_five(lesion_a), rules)
    assert (found.dice, found.hd95_mm) == (pytest.approx(dice), pytest.approx(hd95))


@pytest.mark.parametrize("rules", ["brats2023", "brats2024_ssa"])
def test_two_empty_masks_score_one_and_distance_zero(rules):
    found = score(box_mask(), box_mask(), rules)
    assert (found.dice, found.hd95_mm, found.nsd_1mm) == (1.0, 0.0, 1.0)


def test_a_penalty_of_none_leaves_missed_and_false_lesions_out_of_the_distance(lesion_a):
    reference = lesion_a | box_mask((40, 40, 40, 4))
    assert score(reference, isolated_blob_of_five(lesion_a), "brats2023", hd_penalty=None).hd95_mm == 0.0
    assert score(reference, box_mask(), "brats2023", hd_penalty=None).hd95_mm is None


def test_a_prediction_that_touches_only_a_small_lesion_is_no_false_positive(lesion_a):
    small = box_mask((40, 40, 40, 3))
    found = score(lesion_a | small, lesion_a | small, "brats2023")
    assert (found.true_positives, found.false_negatives, found.false_positives) == (1, 0, 0)
    assert found.dice == 1.0


def test_reference_parts_within_reach_of_the_dilation_are_one_lesion():
    near = box_mask((5, 5, 5, 6), (5, 5, 17, 6))  # gap of 6 voxels: 3 + 3 dilation steps meet
    far = box_mask((5, 5, 5, 6), (5, 5, 19, 6))
    assert merged_components(near, 3).max() == 1
    assert merged_components(far, 3).max() == 2
    half = box_mask((5, 5, 5, 6))
    assert score(near, half, "brats2023").dice == pytest.approx(2 / 3)
    assert score(far, half, "brats2023").dice == pytest.approx(0.5)


def test_a_lesion_is_scored_against_the_union_of_all_predictions_it_meets(lesion_a):
    two_halves = lesion_a.copy()
    two_halves[9:11] = False
    found = score(lesion_a, two_halves, "brats2023")
    assert found.dice == pytest.approx(1600 / 1800)
    assert found.false_positives == 0


def test_the_volume_threshold_is_in_cubic_millimetres(lesion_a):
    reference = lesion_a | box_mask((40, 40, 40, 3))  # 27 voxels of 2 mm3 = 54 mm3
    found = lesion_scores(reference, lesion_a, (2.0, 1.0, 1.0), lesion_rules("brats2023"))
    assert found.false_negatives == 1


def test_2024_joins_enhancing_lesions_that_touch_one_core():
    core = box_mask((20, 20, 20, 12))
    ring = box_mask((20, 20, 12, 8), (20, 20, 32, 8))  # on both sides of the core, 12 apart
    one_side = box_mask((20, 20, 12, 8))
    apart = score(ring, one_side, "brats2024_ssa")
    joined = score(ring, one_side, "brats2024_ssa", cores=(core, core))
    assert apart.dice == pytest.approx(0.5)
    assert joined.dice == pytest.approx(2 / 3)
    assert score(ring, one_side, "brats2023", cores=(core, core)).dice == pytest.approx(0.5)


def test_the_core_of_a_region_is_read_from_the_scheme():
    assert core_label(GLIOMA, "ET") == "NCR"
    assert core_label(GLIOMA_POST, "ET") == "NCR"
    assert core_label(GLIOMA, "WT") is None
    assert core_label(GLIOMA, "ED") is None
    assert core_label(CARDIAC_LGE, "LV") is None


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_dilation_equals_scipy_with_the_18_neighbourhood(steps):
    mask = np.random.default_rng(steps).random((11, 7, 13)) > 0.98
    expected = mask
    if steps:
        structure = ndimage.generate_binary_structure(3, 2)
        expected = ndimage.binary_dilation(mask, structure, iterations=steps)
    assert np.array_equal(dilate(mask, steps), expected)


def test_bounding_box_is_tight_and_its_margin_is_clipped():
    mask = np.zeros((6, 7, 8), dtype=bool)
    mask[1, 2, 3] = mask[4, 6, 5] = True
    assert bounding_box(mask) == (slice(1, 5), slice(2, 7), slice(3, 6))
    assert bounding_box(mask, margin=2) == (slice(0, 6), slice(0, 7), slice(1, 8))
    assert bounding_box(np.zeros((3, 3, 3), dtype=bool)) is None


def test_unknown_rules_are_named_in_the_error():
    with pytest.raises(DatasetError, match="'brats1999' are not known"):
        lesion_rules("brats1999")
