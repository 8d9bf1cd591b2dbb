"""Smooth noise and deformations."""

import numpy as np
import pytest

from ssaglioma.synthesis.fields import (
    composed,
    integrated,
    jacobian_determinant,
    random_velocity,
    refined,
    smooth_noise,
)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 6.0])
def test_noise_has_unit_variance_and_the_correlation_asked_for(sigma):
    noise = smooth_noise(np.random.default_rng(3), (96, 100, 92), sigma)
    assert noise.shape == (96, 100, 92)
    assert abs(noise.std() - 1) < 0.15
    lag = round(2 * sigma)
    measured = float((noise[lag:] * noise[:-lag]).mean() / (noise**2).mean())
    assert measured == pytest.approx(np.exp(-((lag / (2 * sigma)) ** 2)), abs=0.15)


@pytest.mark.parametrize("seed", range(4))
def test_random_warps_do_not_fold_even_when_they_are_large(seed):
    velocity = random_velocity(np.random.default_rng(seed), (24, 28, 26), sigma=4.0, amplitude=3.0)
    assert np.abs(velocity).max() > 6
    assert jacobian_determinant(integrated(velocity)).min() > 0


def test_a_plain_sum_of_the_same_size_does_fold():
    velocity = random_velocity(np.random.default_rng(0), (24, 28, 26), sigma=3.0, amplitude=6.0)
    assert jacobian_determinant(velocity).min() < 0


def test_going_along_a_flow_and_back_returns():
    velocity = random_velocity(np.random.default_rng(5), (24, 28, 26), sigma=6.0, amplitude=1.5)
    there_and_back = composed(integrated(velocity), integrated(-velocity))
    assert np.abs(there_and_back[:, 6:-6, 6:-6, 6:-6]).max() < 0.1


def test_the_jacobian_of_a_stretch_is_its_product():
    grid = np.stack(np.meshgrid(*(np.arange(8.0),) * 3, indexing="ij"))
    stretch = np.array([0.5, -0.2, 0.1]).reshape(3, 1, 1, 1)
    assert jacobian_determinant(stretch * grid) == pytest.approx(1.5 * 0.8 * 1.1)


def test_a_linear_field_is_refined_exactly():
    coarse = np.arange(5, dtype=np.float32)[:, None, None] * 2 * np.ones((1, 3, 3), np.float32)
    fine = refined(coarse, 2, (9, 5, 5))
    assert fine[:, 2, 2] == pytest.approx(np.arange(9))
