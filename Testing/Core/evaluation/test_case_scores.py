"""One case from labelmaps to scores: keys, empty masks, units, errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.evaluation import evaluate_case, score_keys
from ssaglioma.labels import CARDIAC_LGE, GLIOMA
from ssaglioma.volume.volume import Volume

KEYS = [
    *("dice", "iou", "sensitivity", "precision"),
    *("volume_reference_ml", "volume_prediction_ml", "volume_difference_ml"),
    *("hd_mm", "hd95_mm", "nsd_1mm", "lesion_dice", "lesion_hd95_mm", "empty"),
]


def labelmap(**cubes: tuple[int, int]) -> Volume:
    """A 20x20x20 labelmap with one cube from start to stop for each label name, in this order."""
    array = np.zeros((20, 20, 20), dtype=np.uint16)
    for name, (start, stop) in cubes.items():
        array[start:stop, start:stop, start:stop] = GLIOMA.values[name]
    return Volume(array, spacing_zyx_mm=(2.0, 1.0, 1.0))


@pytest.fixture
def tumour():
    return labelmap(ED=(4, 16), NCR=(7, 13), ET=(8, 10))


@pytest.fixture
def without_et():
    return labelmap(ED=(4, 16), NCR=(7, 13))


@pytest.fixture
def nothing():
    return labelmap()


def test_a_perfect_prediction_scores_one_in_every_region_each_named_once(tumour):
    scores = evaluate_case(tumour, tumour, GLIOMA)
    assert list(scores) == ["WT", "TC", "ET", "NCR", "ED"]
    for values in scores.values():
        assert list(values) == KEYS == list(score_keys())
        assert (values["dice"], values["hd95_mm"], values["nsd_1mm"], values["empty"]) == (1, 0, 1, "none")


def test_volumes_are_in_millilitres_and_the_difference_is_prediction_minus_reference(tumour):
    smaller = labelmap(ED=(4, 14))
    values = evaluate_case(tumour, smaller, GLIOMA)["WT"]
    assert values["volume_reference_ml"] == pytest.approx(12**3 * 2 / 1000)
    assert values["volume_difference_ml"] == pytest.approx((10**3 - 12**3) * 2 / 1000)
    assert values["sensitivity"] == pytest.approx(10**3 / 12**3)
    assert values["precision"] == 1.0
    assert values["iou"] == pytest.approx(10**3 / 12**3)


def test_both_empty_is_a_full_score(nothing):
    values = evaluate_case(nothing, nothing, GLIOMA)["ET"]
    assert values["empty"] == "both"
    assert [values[key] for key in ("dice", "iou", "sensitivity", "precision", "nsd_1mm")] == [1.0] * 5
    assert [values[key] for key in ("hd_mm", "hd95_mm", "lesion_hd95_mm")] == [0.0] * 3
    assert values["lesion_dice"] == 1.0


def test_a_missed_region_gets_the_penalty(tumour, without_et):
    values = evaluate_case(labelmap(ET=(5, 10)), without_et, GLIOMA)["ET"]
    assert values["empty"] == "prediction"
    assert (values["dice"], values["sensitivity"], values["precision"]) == (0.0, 0.0, None)
    assert (values["hd_mm"], values["hd95_mm"], values["lesion_hd95_mm"]) == (374.0, 374.0, 374.0)
    assert values["nsd_1mm"] == 0.0


def test_an_invented_region_can_be_left_out_of_the_distances(tumour, without_et):
    values = evaluate_case(without_et, tumour, GLIOMA, hd_penalty=None)["ET"]
    assert values["empty"] == "reference"
    assert (values["dice"], values["sensitivity"], values["precision"]) == (0.0, None, 0.0)
    assert (values["hd_mm"], values["hd95_mm"], values["lesion_hd95_mm"]) == (None, None, None)


def test_voxel_units_ignore_the_spacing():
    reference = labelmap(ED=(4, 10))
    prediction = reference.with_array(np.roll(reference.array, 3, axis=0))
    in_mm = evaluate_case(reference, prediction, GLIOMA, regions=["WT"])["WT"]
    in_voxels = evaluate_case(reference, prediction, GLIOMA, regions=["WT"], unit="voxel")["WT"]
    assert in_mm["hd_mm"] == pytest.approx(6.0)
    assert (in_voxels["hd_voxel"], in_voxels["hd95_voxel"]) == (3.0, 3.0)
    assert list(in_voxels) == list(score_keys("voxel"))
    assert in_voxels["nsd_1mm"] == in_mm["nsd_1mm"]


def test_another_label_scheme_names_its_own_regions():
    array = np.zeros((4, 5, 6), dtype=np.uint16)
    array[1, 1, 1], array[2, 2, 2], array[3, 3, 3] = 200, 500, 600
    volume = Volume(array)
    assert list(evaluate_case(volume, volume, CARDIAC_LGE)) == ["MYO", "LV", "RV"]


def test_no_score_is_nan_or_infinite_for_any_pairing(tumour, without_et, nothing):
    for reference in (tumour, without_et, nothing):
        for prediction in (tumour, without_et, nothing):
            for rules in ("brats2023", "brats2024_ssa", None):
                scores = evaluate_case(reference, prediction, GLIOMA, hd_penalty=None, lesionwise=rules)
                values = [value for region in scores.values() for value in region.values() if isinstance(value, float)]
                assert values and np.isfinite(values).all()
                assert json.loads(json.dumps(scores, allow_nan=False)) == scores


def test_different_grids_are_refused_with_both_named(tumour):
    shifted = Volume(tumour.array, tumour.spacing_zyx_mm, origin_lps_mm=(0.0, 0.0, 5.0))
    with pytest.raises(GeometryError, match=r"prediction of case 'P1' .*\(0.0, 0.0, 5.0\).*reference"):
        evaluate_case(tumour, shifted, GLIOMA, name="P1")


def test_a_label_outside_the_scheme_is_refused(tumour):
    array = tumour.array.copy()
    array[0, 0, 0] = 7
    with pytest.raises(DatasetError, match=r"The prediction holds labels \[7\]"):
        evaluate_case(tumour, tumour.with_array(array), GLIOMA)


@pytest.mark.parametrize(
    "options", [{"unit": "inch"}, {"convention": "x"}, {"hd_penalty": float("nan")}, {"lesionwise": "x"}]
)
def test_unknown_options_are_refused(tumour, options):
    with pytest.raises(DatasetError):
        evaluate_case(tumour, tumour, GLIOMA, **options)
