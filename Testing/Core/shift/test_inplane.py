"""What one slice tells about the scanner: known blur, known noise, known waves."""

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.shift import (
    EDGE_FACTOR,
    brain_of_slice,
    edge_width_px,
    edge_widths_px,
    homogeneous_tissue,
    measure_slice,
    noise_sigma,
    radial_spectrum,
    tissue_level,
)

SHAPE = (161, 175)
FINE = 5


def disk(radius, shape=SHAPE, center=(80, 87)):
    y, x = np.indices(shape)
    return np.hypot(y - center[0], x - center[1]) < radius


def head(sigma=0.0, noise=0.0, tissue=160.0, fluid=60.0, seed=0):
    """Return a brain of one tissue around two round ventricles, made on a fine grid and averaged over pixels."""
    fine = tuple(size * FINE for size in SHAPE)
    center = tuple((place + 0.5) * FINE for place in (80, 87))
    image = np.where(disk(70 * FINE, fine, center), tissue, 0.0)
    for way in (-1, 1):
        image[disk(18 * FINE, fine, (center[0], center[1] + way * 26 * FINE))] = fluid
    image = ndimage.gaussian_filter(image, sigma * FINE) if sigma else image
    image = image.reshape(SHAPE[0], FINE, SHAPE[1], FINE).mean(axis=(1, 3))
    return image + np.random.default_rng(seed).normal(0, noise, SHAPE) if noise else image


@pytest.fixture
def brain():
    return disk(70)


def test_the_edge_factor_is_twice_the_ninetieth_percentile_of_a_gaussian():
    assert pytest.approx(2 * 1.281552, abs=1e-5) == EDGE_FACTOR


@pytest.mark.parametrize("sigma", [0.8, 1.2, 1.8])
def test_an_edge_of_known_blur_has_its_width(brain, sigma):
    widths = edge_widths_px(head(sigma), brain)
    wanted = 2.563 * np.hypot(sigma, 1 / np.sqrt(12))  # the pixel blurs as a box of width 1
    assert len(widths) > 100
    assert np.median(widths) == pytest.approx(wanted, rel=0.08)


def test_only_edges_next_to_fluid_count(brain):
    assert len(edge_widths_px(head(1.0, fluid=155), brain)) == 0, "a step of 3 % is no strong edge"
    assert len(edge_widths_px(head(1.0, fluid=240), brain)) == 0, "the darker side is tissue"
    assert len(edge_widths_px(head(1.0, fluid=100), brain)) > 100


def test_the_border_of_the_mask_is_no_edge(brain):
    assert len(edge_widths_px(np.where(brain, 160.0, 0), brain)) == 0
    assert np.isnan(edge_width_px(np.where(brain, 160.0, 0), brain))


def test_the_width_of_a_slice_is_that_of_its_sharper_edges(brain):
    image = head(0.8)
    image[:, 87:] = head(2.0)[:, 87:]
    widths = edge_widths_px(image, brain)
    assert edge_width_px(image, brain) == pytest.approx(np.quantile(widths, 0.25))
    assert edge_width_px(image, brain) == pytest.approx(2.563 * np.hypot(0.8, 0.29), rel=0.1)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_known_noise_is_found_within_ten_percent(brain, sigma):
    image = head(1.0, noise=sigma)
    assert noise_sigma(image, brain) == pytest.approx(sigma, rel=0.1)
    assert measure_slice(image, brain).noise_percent == pytest.approx(100 * sigma / 160, rel=0.12)


def test_a_slope_is_no_noise(brain):
    slope = np.linspace(0, 20, SHAPE[1])[None, :]
    assert noise_sigma(head(1.0, noise=3.0) + slope, brain) == pytest.approx(3.0, rel=0.1)


def test_a_flat_image_has_no_noise(brain):
    assert noise_sigma(np.where(brain, 100.0, 0), brain) == 0


def test_even_tissue_lies_away_from_border_and_fluid(brain):
    tissue = homogeneous_tissue(head(1.0, noise=3.0), brain)
    fluid = disk(19, center=(80, 61)) | disk(19, center=(80, 113))
    assert tissue.sum() > 1000
    assert not (tissue & fluid).any()
    assert not (tissue & ~disk(63)).any()


def test_the_level_is_the_most_frequent_value(brain):
    image = np.where(brain, 150.0, 0)
    image[disk(40)] = 90  # 5000 pixels; 7000 of 150 lie deeper than 8 pixels
    assert tissue_level(image, brain) == 150
    image[disk(50)] = 90  # 7900 against 4200
    assert tissue_level(image, brain) == 90


def test_a_wave_stands_in_its_ring(brain):
    image = 100 + 10 * np.cos(2 * np.pi * 0.2 * np.arange(SHAPE[1]))[None, :] * np.ones(SHAPE)
    found = radial_spectrum(np.where(brain, image, 0), brain)
    peak = np.argmax(found.power)
    assert found.cycles_per_px[peak] == pytest.approx(0.2, abs=0.0125)
    assert found.power[np.abs(found.cycles_per_px - 0.2) < 0.03].sum() > 0.97


def test_white_noise_has_an_even_spectrum_that_sums_to_one(brain):
    noise = np.random.default_rng(1).normal(100, 10, SHAPE)
    found = radial_spectrum(noise, brain, lowest=0.1)
    high = found.cycles_per_px >= 0.1
    assert found.power[high].sum() == pytest.approx(1)
    assert found.power[high] == pytest.approx(1 / high.sum(), rel=0.25)


def test_a_gaussian_blur_lowers_the_spectrum_as_its_transform_does(brain):
    noise = np.random.default_rng(2).normal(0, 10, SHAPE)
    before, after = (radial_spectrum(image, brain) for image in (noise, ndimage.gaussian_filter(noise, 1.0)))
    ratio = (after.power / after.power[4]) / (before.power / before.power[4])
    at = before.cycles_per_px
    wanted = np.exp(-4 * np.pi**2 * (at**2 - at[4] ** 2))
    low = (at > 0.1) & (at < 0.3)
    assert ratio[low] == pytest.approx(wanted[low], rel=0.2)


def test_gray_scale_does_not_matter(brain):
    image = head(1.0, noise=3.0)
    first, second = measure_slice(image, brain), measure_slice(3.7 * image, brain)
    assert first.edge_width_px == pytest.approx(second.edge_width_px)
    assert first.noise_percent == pytest.approx(second.noise_percent)
    assert first.spectrum.power == pytest.approx(second.spectrum.power)


def test_turning_the_slice_changes_nothing(brain):
    image = head(1.0, noise=3.0)
    first, second = measure_slice(image, brain), measure_slice(image.T, brain.T)
    assert first.edge_width_px == pytest.approx(second.edge_width_px)
    assert first.noise_percent == pytest.approx(second.noise_percent)


def test_the_brain_is_the_largest_part_with_its_holes():
    image = np.where(disk(40), 120, 3)
    image[disk(10)] = 0
    image[2:5, 2:5] = 200
    assert np.array_equal(brain_of_slice(image), disk(40))
    assert not brain_of_slice(np.zeros((9, 7))).any()


@pytest.mark.parametrize(
    ("image", "mask", "words"),
    [
        (np.zeros((5, 40, 40)), np.ones((5, 40, 40), bool), "2D slice"),
        (np.zeros((40, 40)), np.ones((40, 41), bool), "mask of shape"),
        (np.full((40, 40), np.nan), np.ones((40, 40), bool), "not finite"),
        (np.zeros((40, 40)), np.eye(40, dtype=bool), "40 pixels"),
    ],
)
def test_what_is_no_slice_of_a_brain_is_refused(image, mask, words):
    with pytest.raises(DatasetError, match=words):
        measure_slice(image, mask)
