"""How well the guard places edges: known shifts of blurred steps, in square and other pixels, in noise and blur."""

import numpy as np
import pytest
from scipy.special import erf

from ssaglioma.errors import DatasetError
from ssaglioma.style.guard_edges import (
    displacements_mm,
    find_edges,
    longest_mm,
    new_edges,
    noise_sd,
    without_border,
)

SHAPE = (75, 81)
DIRECTION = np.array([0.6, 0.8])
SHIFTS_PX = [0.0, 0.3, 0.5, 1.0]


def disc(spacing=(1.0, 1.0), shift_mm=0.0, blur_mm=1.0, radius_mm=20.0):
    """A bright disc with a dark one inside, moved by a distance along (0.6, 0.8)."""
    y, x = np.meshgrid(*(np.arange(n) * step for n, step in zip(SHAPE, spacing)), indexing="ij")
    centre = [n * step / 2 + shift_mm * along for n, step, along in zip(SHAPE, spacing, DIRECTION)]

    def step(radius, dy=0.0, dx=0.0):
        away = np.hypot(y - centre[0] - dy, x - centre[1] - dx)
        return 0.5 * (1 + erf((radius - away) / (np.sqrt(2) * blur_mm)))

    return 100 + 60 * step(radius_mm) - 40 * step(radius_mm / 3, 3.0, -4.0)


def error_and_shift(other, spacing=(1.0, 1.0), shift_mm=0.0):
    content = disc(spacing)
    edges = find_edges(content, np.ones(SHAPE, bool), spacing)
    shift, deviation = displacements_mm(content, other, edges, spacing)
    assert len(edges) > 100
    return shift - edges.normals @ DIRECTION * shift_mm, deviation, shift


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.8, 1.5)])
@pytest.mark.parametrize("shift_px", SHIFTS_PX)
def test_a_known_shift_is_measured_to_a_tenth_of_a_pixel(spacing, shift_px):
    mm = shift_px * np.sqrt(spacing[0] * spacing[1])
    error, _, shift = error_and_shift(disc(spacing, mm), spacing, mm)
    assert np.percentile(np.abs(error), 95) < 0.1
    assert np.percentile(np.abs(shift), 95) == pytest.approx(mm, abs=0.05)


def test_the_sign_points_along_the_gradient_of_the_content():
    content = disc()
    edges = find_edges(content, np.ones(SHAPE, bool), (1.0, 1.0))
    shift, _ = displacements_mm(content, disc(radius_mm=21.0), edges, (1.0, 1.0))
    outer = np.hypot(*(edges.places - np.array(SHAPE) / 2).T) > 15
    # The disc is bright, its gradient points inwards, and it grew by 1 mm.
    assert np.median(shift[outer]) == pytest.approx(-1.0, abs=0.05)


@pytest.mark.parametrize("change", [lambda p: 250 - p, lambda p: 3 * p + 7, lambda p: p**1.5], ids=["-", "x3", "gamma"])
def test_contrast_moves_no_edge(change):
    error, _, _ = error_and_shift(change(disc(shift_mm=0.5)), shift_mm=0.5)
    assert np.percentile(np.abs(error), 95) < 0.2


def test_blur_alone_moves_no_edge():
    error, _, _ = error_and_shift(disc(blur_mm=1.5))
    assert np.median(np.abs(error)) < 0.05
    assert np.percentile(np.abs(error), 95) < 0.2


def test_the_deviation_tells_the_error_that_noise_makes():
    generator = np.random.default_rng(5)
    error, deviation, _ = error_and_shift(disc() + generator.normal(0, 5, SHAPE))
    # The estimate is on the safe side: neighbouring strips share pixels, and the filter joins more than it counts.
    assert 1 < np.sqrt(np.mean(deviation**2)) / np.std(error) < 2
    assert abs(np.mean(error)) < 0.05


def test_an_edge_that_is_gone_has_no_place():
    _, deviation, _ = error_and_shift(np.random.default_rng(1).normal(100, 5, SHAPE))
    assert np.mean(deviation <= 0.2) < 0.05
    _, deviation, _ = error_and_shift(np.full(SHAPE, 100.0))
    assert np.isnan(deviation).all()


def test_an_edge_beyond_reach_is_not_found_nearby():
    content = np.repeat(np.where(np.arange(60) < 30, 50.0, 100.0)[None], 50, axis=0)
    edges = find_edges(content, np.ones(content.shape, bool), (1.0, 1.0))
    _, deviation = displacements_mm(content, np.roll(content, 12, axis=1), edges, (1.0, 1.0))
    assert not (deviation <= 0.2).any()


def test_edges_lie_on_the_circle_and_look_inwards():
    edges = find_edges(disc(), np.ones(SHAPE, bool), (1.0, 1.0))
    away = edges.places - np.array(SHAPE) / 2
    outer = np.hypot(*away.T) > 15
    np.testing.assert_allclose(np.hypot(*away[outer].T), 20, atol=0.8)
    inwards = -(away[outer] * edges.normals[outer]).sum(1) / np.hypot(*away[outer].T)
    assert inwards.min() > 0.98


def test_flat_and_empty_slices_have_no_edges():
    assert len(find_edges(np.full((9, 7), 4.0), np.ones((9, 7), bool), (1.0, 1.0))) == 0
    assert len(find_edges(disc(), np.zeros(SHAPE, bool), (1.0, 1.0))) == 0


def test_noise_alone_makes_no_edges():
    noisy = np.random.default_rng(2).normal(100, 10, SHAPE)
    assert len(find_edges(noisy, np.ones(SHAPE, bool), (1.0, 1.0))) < 5


def test_the_number_of_edges_can_be_limited():
    assert len(find_edges(disc(), np.ones(SHAPE, bool), (1.0, 1.0), most=37)) == 37


def test_new_edges_are_those_where_the_content_is_flat():
    everywhere = np.ones(SHAPE, bool)
    y, x = np.indices(SHAPE)
    added = disc() + 50 * (np.hypot(y - 12, x - 12) < 7)
    count, places = new_edges(disc(), added, everywhere, (1.0, 1.0))
    assert count > 100
    np.testing.assert_allclose(np.hypot(*(places - 12).T), 7, atol=1.2)
    # 2 pi 7 = 44 pixels of border, a chain of about 0.9 points a pixel.
    assert longest_mm(places, (1.0, 1.0)) == pytest.approx(44, rel=0.25)
    assert len(new_edges(disc(), 300 - disc(), everywhere, (1.0, 1.0))[1]) == 0


def test_lines_are_joined_over_small_gaps_only():
    row = np.stack([np.zeros(10, int), np.array([0, 1, 2, 3, 6, 7, 20, 21, 22, 23])], axis=1)
    assert longest_mm(row, (2.0, 2.0)) == 12.0
    assert longest_mm(np.zeros((0, 2), int), (1.0, 1.0)) == 0.0


def test_noise_is_measured_on_top_of_structure():
    noisy = disc() + np.random.default_rng(3).normal(0, 4, SHAPE)
    assert noise_sd(noisy, np.ones(SHAPE, bool)) == pytest.approx(4, rel=0.1)


def test_the_border_to_the_background_is_filled_away():
    mask = np.zeros((7, 9), bool)
    mask[2:5, 3:6] = True
    picture = np.where(mask, np.arange(9.0), 0)
    filled = without_border(picture, mask)
    np.testing.assert_array_equal(filled[mask], picture[mask])
    assert filled[3, 0] == 3 and filled[3, 8] == 5
    assert not without_border(picture, np.zeros_like(mask)).any()


def test_slices_of_two_sizes_are_refused():
    edges = find_edges(disc(), np.ones(SHAPE, bool), (1.0, 1.0))
    with pytest.raises(DatasetError, match="same shape"):
        displacements_mm(disc(), disc()[1:], edges, (1.0, 1.0))
