"""The Dice to expect, and how likely a lesion is real, on masks small enough to count."""

from __future__ import annotations

import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.evaluation.expected_dice import DiceModel, dice_features, dice_models, expected_dice
from ssaglioma.evaluation.lesion_confidence import find_lesions, lesion_features, lesion_models, real_lesions
from ssaglioma.evaluation.linear_model import LinearModel
from ssaglioma.labels import GLIOMA
from ssaglioma.volume import Volume

IDENTITY = LinearModel(("soft_dice",), (0.0,), (1.0,), (1.0,), 0.0)
NARROW = LinearModel(("soft_dice",), (0.8,), (0.02,), (0.1,), 0.8)
BY_SIZE = LinearModel(("log_volume",), (0.0,), (1.0,), (1.0,), 3.0)


@pytest.fixture
def cube():
    """A cube of 3 x 3 x 3 voxels of ET, probability 0.8 inside and 0.1 in six voxels beside it."""
    labels, probability = np.zeros((7, 7, 7), np.uint8), np.zeros((7, 7, 7), np.float32)
    labels[2:5, 2:5, 2:5], probability[2:5, 2:5, 2:5] = 3, 0.8
    probability[0, 0, :6] = 0.1
    return Volume(labels, (1.0, 1.0, 1.0)), Volume(probability, (1.0, 1.0, 1.0))


def test_the_features_of_a_cube_are_those_of_the_hand(cube):
    labels, probability = cube
    found = dice_features(probability.array, labels.array > 0, (2.0, 1.0, 1.0))
    assert found["soft_dice"] == pytest.approx(2 * 27 * 0.8 / (27 * 0.8 + 0.6 + 27))
    assert found["doubt"] == pytest.approx(np.log10((27 * 0.64 + 6 * 0.36) / 27))
    assert found["log_volume"] == pytest.approx(np.log10(0.054))
    radius = (3 * 54 / (4 * np.pi)) ** (1 / 3)  # faces of 3 x 3 mm above and below, of 6 x 3 mm around
    assert found["sphericity"] == pytest.approx(4 * np.pi * radius**2 / (2 * 9 + 4 * 18))


def test_a_mask_at_the_border_of_the_image_has_its_faces_there():
    found = dice_features(np.ones((3, 3, 3)), np.ones((3, 3, 3), bool), (1.0, 1.0, 1.0))
    assert found["sphericity"] == pytest.approx(np.pi ** (1 / 3) * (6 * 27) ** (2 / 3) / 54)


def test_honest_probabilities_foretell_the_dice_that_is_measured():
    generator = np.random.default_rng(0)
    probability = generator.beta(0.4, 0.8, (40, 40, 40))
    mask, truth = probability > 0.5, generator.random((40, 40, 40)) < probability
    measured = 2 * (mask & truth).sum() / (mask.sum() + truth.sum())
    assert dice_features(probability, mask, (1.0, 1.0, 1.0))["soft_dice"] == pytest.approx(measured, abs=0.01)


def test_of_a_region_that_was_not_found_nothing_is_foretold(cube):
    labels, probability = cube
    empty = labels.with_array(np.zeros_like(labels.array))
    models = {"ET": DiceModel(IDENTITY, -0.1, 0.1)}
    assert expected_dice(empty, GLIOMA, {"ET": probability}, models) == {}


def test_the_forecast_stays_between_0_and_1_and_names_what_is_doubtful(cube):
    labels, probability = cube
    models = dice_models({"regions": {"ET": DiceModel(IDENTITY, -0.5, 0.5).to_json()}})
    found = expected_dice(labels, GLIOMA, {"ET": probability}, models)["ET"]
    assert (found.dice, found.low, found.high) == (pytest.approx(0.878, abs=1e-3), pytest.approx(0.378, abs=1e-3), 1.0)
    assert not found.doubtful and found.unsure and DiceModel(IDENTITY, 0, 0)({"soft_dice": 0.59}).doubtful
    assert found.to_json() == {"dice": 0.878, "low": 0.378, "high": 1.0, "doubtful": False}


def test_a_case_unlike_the_fitted_ones_gets_no_figure_beyond_theirs_and_keeps_its_interval():
    strange = DiceModel(NARROW, -0.1, 0.05)({"soft_dice": 1.0})  # 10 deviations away, taken as 2.5
    assert (strange.dice, strange.low, strange.high) == (1.0, pytest.approx(0.9), 1.0)
    assert DiceModel(NARROW, 0.0, 0.0)({"soft_dice": 0.0}).dice == pytest.approx(0.8 - 2.5 * 0.1)


@pytest.mark.parametrize(
    "broken", [{"regions": {"ET": {}}}, {"other": 1}, {"regions": {"ET": {"model": {}, "low": 0, "high": 0}}}]
)
def test_a_card_with_broken_numbers_is_refused(broken):
    with pytest.raises(ModelPackageError):
        dice_models(broken)


def test_a_lesion_is_real_within_three_steps_of_a_reference_lesion():
    mask, reference = np.zeros((1, 1, 30), bool), np.zeros((1, 1, 30), bool)
    mask[0, 0, [2, 12, 22]] = True
    reference[0, 0, [5, 16, 22]] = True
    lesions, real = real_lesions(mask, reference)
    assert lesions.max() == 3 and real == [True, False, True]


def test_lesions_are_listed_with_volume_place_and_confidence():
    labels = np.zeros((4, 4, 12), np.uint8)
    labels[1, 1, 1], labels[2, 2, 6:10] = 3, 3
    volume = Volume(labels, (5.0, 5.0, 5.0), (10.0, 0.0, 0.0))
    probabilities = {"ET": Volume(np.full(labels.shape, 0.9, np.float32), (5.0, 5.0, 5.0), (10.0, 0.0, 0.0))}
    models = lesion_models({"regions": {"ET": BY_SIZE.to_json()}})
    large, small = find_lesions(volume, GLIOMA, probabilities, models)
    assert (large.volume_ml, small.volume_ml) == (pytest.approx(0.5), pytest.approx(0.125))
    assert large.center_lps_mm == pytest.approx((10 + 5 * 7.5, 10, 10))
    assert large.confidence == pytest.approx(1 / (1 + np.exp(-(3 + np.log10(0.5)))))
    assert find_lesions(volume, GLIOMA, probabilities, {}) == ()


def test_the_features_of_certain_voxels_are_finite():
    found = lesion_features(np.ones(10, np.float32), 1.0)
    assert found["mean_logit"] == pytest.approx(np.log(999)) and found["log_volume"] == pytest.approx(-2)


def test_lesion_numbers_without_regions_are_refused():
    assert lesion_models({}) == {}
    with pytest.raises(ModelPackageError, match="linear model for each"):
        lesion_models({"ET": 1})
