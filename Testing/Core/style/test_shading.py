"""Shading goes, contrast and texture stay."""

import numpy as np
import pytest

from ssaglioma.style.shading import explained_by_intensity, without_shading

SHAPE = (2, 120, 101)


@pytest.fixture
def foreground():
    _, y, x = np.indices(SHAPE)
    return ((y - 60) / 55) ** 2 + ((x - 50) / 45) ** 2 < 1


@pytest.fixture
def content(foreground):
    """Stripes of two tissues, with texture."""
    _, y, x = np.indices(SHAPE)
    tissue = 0.4 + 0.2 * np.sign(np.sin(x / 3.0) * np.sin(y / 4.0))
    return (foreground * (tissue + np.random.default_rng(0).normal(0, 0.01, SHAPE))).astype(np.float32)


def test_a_change_of_contrast_stays_as_it_is(content, foreground):
    brighter = np.where(foreground, content**1.5 + 0.1, 0)
    np.testing.assert_allclose(without_shading(content, brighter, foreground), brighter, atol=0.01)


def test_a_slow_ramp_is_taken_away(content, foreground):
    ramp = np.linspace(-0.2, 0.2, SHAPE[2])
    shaded = np.where(foreground, content + ramp, 0)
    left = without_shading(content, shaded, foreground) - content
    assert np.abs(left[foreground]).mean() < 0.2 * np.abs((shaded - content)[foreground]).mean()


def test_texture_that_was_added_stays(content, foreground):
    texture = 0.1 * np.random.default_rng(1).standard_normal(SHAPE)
    made = without_shading(content, np.where(foreground, content + texture, 0), foreground)
    assert np.corrcoef((made - content)[foreground], texture[foreground])[0, 1] > 0.97


def test_the_background_stays_0_and_nothing_is_changed_in_place(content, foreground):
    stylised = np.where(foreground, content + 0.3, 0).astype(np.float32)
    before = stylised.copy()
    made = without_shading(content, stylised, foreground)
    assert made.dtype == np.float32 and np.array_equal(stylised, before)
    assert not made[~foreground].any()


def test_an_empty_picture_and_a_flat_one_are_no_trouble(foreground):
    nothing = np.zeros(SHAPE, np.float32)
    assert not without_shading(nothing, nothing, np.zeros(SHAPE, bool)).any()
    flat = np.where(foreground, 0.5, 0).astype(np.float32)
    np.testing.assert_allclose(without_shading(flat, 2 * flat, foreground), 2 * flat, atol=1e-5)


def test_the_curve_of_gray_values_by_hand():
    """0 and 1 became 0 and 2: the mean change of each value, half way between them in the middle."""
    content = np.repeat([0.0, 1.0], 50).reshape(1, 10, 10)
    change = content.copy()
    change[0, 0, 0] += 1.0  # one of fifty
    found = explained_by_intensity(content, change, np.ones((1, 10, 10), bool))
    assert found.min() >= 0 and found.max() == pytest.approx(1.0, abs=0.03)
