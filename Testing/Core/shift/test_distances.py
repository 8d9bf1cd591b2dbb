"""Distances between two sets of measures, with hand-computed values."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.shift import bootstrap_interval, spectral_distance, split_half_distance, wasserstein


@pytest.fixture
def generator():
    return np.random.default_rng(4)


def test_a_shift_is_its_own_wasserstein_distance():
    values = np.array([1.0, 4.0, 9.0])
    assert wasserstein(values, values + 2.5) == pytest.approx(2.5)


def test_samples_of_different_size_are_compared_by_their_distributions():
    # half of the mass moves by 1
    assert wasserstein(np.array([0.0, 1.0]), np.array([0.0])) == pytest.approx(0.5)


def test_missing_values_are_left_out():
    assert wasserstein(np.array([1.0, np.nan]), np.array([3.0])) == pytest.approx(2.0)
    with pytest.raises(DatasetError, match="no value"):
        wasserstein(np.array([np.nan]), np.array([3.0]))


def test_the_spectral_distance_is_the_rms_of_mean_differences():
    first = np.array([[0.0, 1.0], [2.0, 1.0]])  # mean (1, 1)
    second = np.array([[4.0, 5.0]])  # 3 and 4 apart
    assert spectral_distance(first, second) == pytest.approx(np.sqrt(12.5))


def test_the_interval_of_two_shifted_samples_holds_their_distance(generator):
    first, second = generator.normal(0, 1, 80), generator.normal(3, 1, 80)
    low, high = bootstrap_interval(first, second, wasserstein, generator=generator, draws=200)
    assert low < wasserstein(first, second) < high
    assert 0.3 < high - low < 1.2  # the difference of two means has a standard error of 0.16


def test_slices_of_one_case_are_drawn_together(generator):
    cases = np.repeat(np.arange(6), 50)
    first = generator.normal(0, 1, 6)[cases]
    second = np.zeros(300)
    alone = bootstrap_interval(first, second, wasserstein, generator=generator, draws=200)
    together = bootstrap_interval(first, second, wasserstein, generator=generator, draws=200, groups=cases)
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_halves_of_one_set_differ_by_chance_alone(generator):
    rows = generator.normal(0, 1, 100)
    assert 0.05 < split_half_distance(rows, wasserstein, generator=generator, draws=50) < 0.4
    assert split_half_distance(np.full(10, 3.0), wasserstein, generator=generator, draws=5) == 0
