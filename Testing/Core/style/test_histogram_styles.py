"""Histogram matching and landmarks: gray curves against values by hand and against ranks."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.style import create_stylizer, slice_pictures
from ssaglioma.style.histogram import HistogramStylizer, match_values
from ssaglioma.style.nyul import NyulStylizer, piecewise_linear


@pytest.mark.parametrize("method", ["histogram", "nyul"])
def test_the_gray_curve_is_monotone_so_no_edge_moves(method, content, style):
    inside = content > 0
    order = np.argsort(content[inside], kind="stable")
    assert np.diff(create_stylizer(method).stylize(content, style)[inside][order]).min() > -1e-2


def test_matched_values_have_the_quantiles_of_the_reference():
    generator = np.random.default_rng(0)
    values, reference = generator.uniform(0, 1, 20_000), generator.beta(2, 5, 30_000)
    matched = match_values(values, reference, match_points=255, levels=4096)
    steps = np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(np.quantile(matched, steps), np.quantile(reference, steps), atol=2e-3)


def test_matching_agrees_with_an_exchange_of_ranks():
    """The second implementation: the k-th smallest value becomes the k-th smallest of the reference."""
    generator = np.random.default_rng(1)
    values, reference = generator.gamma(3, 0.1, 5001), generator.normal(0.5, 0.1, 5001)
    expected = np.empty_like(values)
    expected[np.argsort(values)] = np.sort(reference)
    matched = match_values(values, reference, match_points=255, levels=4096)
    low, high = np.quantile(values, [0.02, 0.98])
    middle = (values > low) & (values < high)
    np.testing.assert_allclose(matched[middle], expected[middle], atol=5e-3)


def test_the_background_takes_no_part(content, style):
    wide_content, wide_style = np.pad(content, 30), np.pad(style, 11)
    result = create_stylizer("histogram").stylize(wide_content, wide_style)
    np.testing.assert_allclose(result[30:-30, 30:-30], create_stylizer("histogram").stylize(content, style), rtol=1e-5)


def test_a_style_set_is_pooled_with_equal_weight(slice_of):
    small, large = slice_of((21, 21), scale=10.0), slice_of((81, 81), seed=2, scale=10.0, waves=9.0)
    quantiles = HistogramStylizer().fit([], [small, large])._fitted[None]
    halves = [slice_pictures(one, "style") for one in (small, large)]
    shares = [(one.unit[one.foreground] <= quantiles[512]).mean() for one in halves]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.01)


def test_landmarks_by_hand():
    """Landmarks 0, 1, 3 go to 0, 2, 3: slopes 2 and 0.5, which go on outwards."""
    values = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0])
    expected = [-2.0, 0.0, 1.0, 2.0, 2.5, 3.0, 4.0]
    np.testing.assert_allclose(piecewise_linear(values, np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 3.0])), expected)


def test_landmarks_that_coincide_count_once():
    result = piecewise_linear(np.array([1.0, 2.0]), np.array([1.0, 1.0, 2.0]), np.array([0.0, 4.0, 6.0]))
    np.testing.assert_allclose(result, [2.0, 6.0])
    np.testing.assert_allclose(piecewise_linear(np.array([5.0]), np.array([1.0, 1.0]), np.array([3.0, 5.0])), [8.0])


def test_the_landmarks_of_the_result_are_those_of_the_style(content, style):
    pictures, target = slice_pictures(content, "content"), slice_pictures(style, "style")
    stylizer = NyulStylizer()
    made = stylizer._transform(pictures, stylizer._summarise([target]), None, lambda *_: None)
    np.testing.assert_allclose(
        np.percentile(made[pictures.foreground], stylizer.percentiles),
        np.percentile(target.unit[target.foreground], stylizer.percentiles),
        atol=2e-3,
    )


def test_an_image_as_its_own_style_stays_as_it_is(content):
    for method, tolerance in (("nyul", 1e-5), ("histogram", 5e-3), ("fourier", 1e-5)):
        result = create_stylizer(method).stylize(content, content)
        assert np.abs(result - content).max() < tolerance * content.max(), method


def test_impossible_settings_are_refused():
    with pytest.raises(DatasetError, match="rising percentiles"):
        NyulStylizer(percentiles=(10.0, 10.0))
    with pytest.raises(DatasetError, match="0 points"):
        HistogramStylizer(match_points=0)
