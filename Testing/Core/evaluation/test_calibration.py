"""Calibration against values worked out by hand and plain loops over voxels."""

from __future__ import annotations

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation.calibration import (
    LogitCounts,
    brier_score,
    calibrated,
    fit_temperature,
    negative_log_likelihood,
    pooled,
    reliability,
    sigmoid,
    with_temperature,
)


def logit(probability):
    return np.log(probability / (1 - np.asarray(probability)))


@pytest.fixture
def four_voxels():
    """Two voxels at 0.75, one of them inside; two at 0.125, none inside; the logits are rounded to 16 bits."""
    return LogitCounts.of(logit([0.75, 0.75, 0.125, 0.125]), np.array([True, False, False, False]))


@pytest.fixture
def overconfident():
    """Logits three times as large as the ones that the truth was drawn from."""
    generator = np.random.default_rng(5)
    honest = generator.normal(-1, 1.5, 40_000)
    return (3 * honest).astype(np.float16), generator.random(40_000) < sigmoid(honest)


def test_the_calibration_error_of_four_voxels_is_that_of_the_hand(four_voxels):
    diagram = reliability(four_voxels, bins=4)
    assert diagram.share == pytest.approx([0.5, 0, 0, 0.5])
    assert diagram.observed[[0, 3]] == pytest.approx([0, 0.5])
    assert diagram.error == pytest.approx(0.5 * 0.125 + 0.5 * 0.25, abs=2e-4)
    assert np.isnan(diagram.predicted[1])


def test_the_brier_score_of_four_voxels_is_that_of_the_hand(four_voxels):
    assert brier_score(four_voxels) == pytest.approx((0.0625 + 0.5625 + 2 * 0.015625) / 4, abs=2e-4)


def test_a_probability_on_an_edge_counts_in_the_upper_bin():
    diagram = reliability(LogitCounts.of(np.zeros(3), np.array([True, False, False])), bins=2)
    assert diagram.share.tolist() == [0, 1]


def test_the_error_agrees_with_a_loop_over_voxels_as_torchmetrics_counts_them(overconfident):
    logits, truth = overconfident
    probabilities = 1 / (1 + np.exp(-logits.astype(float)))
    expected = 0.0
    for low in range(15):
        chosen = [
            k
            for k in range(len(truth))
            if low / 15 <= probabilities[k] < (low + 1) / 15 or (low == 14 and probabilities[k] == 1)
        ]
        if chosen:
            expected += abs(probabilities[chosen].mean() - truth[chosen].mean()) * len(chosen) / len(truth)
    assert reliability(LogitCounts.of(logits, truth)).error == pytest.approx(expected, abs=1e-9)


def test_counting_by_logit_loses_nothing(overconfident):
    logits, truth = overconfident
    probabilities = 1 / (1 + np.exp(-logits.astype(float)))
    counts = LogitCounts.of(logits, truth)
    assert counts.total == len(truth)
    assert brier_score(counts) == pytest.approx(float(np.mean((probabilities - truth) ** 2)))
    likelihood = np.where(truth, probabilities, 1 - probabilities)
    assert negative_log_likelihood(counts) == pytest.approx(-float(np.mean(np.log(likelihood))), rel=1e-6)


def test_the_temperature_that_made_logits_overconfident_is_found_again(overconfident):
    counts = LogitCounts.of(*overconfident)
    found = fit_temperature(counts)
    assert found == pytest.approx(3.0, rel=0.03)
    grid = np.linspace(2, 4, 401)
    best = grid[np.argmin([negative_log_likelihood(counts, value) for value in grid])]
    assert found == pytest.approx(best, abs=0.006)
    assert reliability(counts, found).error < 0.01 < 0.1 < reliability(counts).error


def test_no_temperature_moves_a_voxel_over_one_half():
    generator = np.random.default_rng(0)
    probabilities = np.concatenate([generator.random(5000), [0.0, 0.25, 0.5, 0.75, 1.0]]).astype(np.float32)
    for temperature in (0.3, 0.9, 1.7, 12.0):
        made = with_temperature(probabilities, temperature)
        assert np.isfinite(made).all()
        assert ((made > 0.5) == (probabilities > 0.5)).all()
        assert made[-5] == 0 and made[-3] == 0.5 and made[-1] == 1


def test_a_temperature_is_sigmoid_of_the_logit_over_it():
    assert with_temperature(np.array([0.9, 0.2]), 2.0) == pytest.approx(sigmoid(logit([0.9, 0.2]) / 2), rel=1e-6)


def test_a_region_without_a_temperature_stays_as_it_is():
    values = {"WT": np.array([0.9], np.float32), "ET": np.array([0.9], np.float32)}
    made = calibrated(values, {"WT": 2.0})
    assert made["ET"][0] == np.float32(0.9) and made["WT"][0] == pytest.approx(0.75)


def test_only_doubtful_voxels_are_left_in_the_uncertain_zone(four_voxels):
    assert four_voxels.uncertain().total == 4
    assert LogitCounts.of(np.array([-9.0, 9.0]), np.array([False, True])).uncertain() is None
    assert four_voxels.uncertain((0.5, 0.95)).total == 2


def test_cases_weigh_the_same_however_large_they_are():
    small = LogitCounts.of(np.array([0.0]), np.array([True]))
    large = LogitCounts.of(np.zeros(99), np.zeros(99, bool))
    assert pooled([small, large]).inside.sum() == pytest.approx(1)
    assert pooled([small, large], even=False).total == 100
    with pytest.raises(DatasetError, match="no case"):
        pooled([])


def test_what_cannot_be_counted_or_fitted_is_refused():
    with pytest.raises(DatasetError, match=r"\(2,\).*\(3,\)"):
        LogitCounts.of(np.zeros(2), np.zeros(3, bool))
    with pytest.raises(DatasetError, match="not finite"):
        LogitCounts.of(np.array([np.inf]), np.array([True]))
    with pytest.raises(DatasetError, match="everywhere or nowhere"):
        fit_temperature(LogitCounts.of(np.zeros(2), np.zeros(2, bool)))
