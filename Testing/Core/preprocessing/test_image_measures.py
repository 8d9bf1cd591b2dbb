"""Noise, ghosts and edges of a single image, against numbers that were put in."""

import numpy as np
import pytest

from ssaglioma.errors import GeometryError
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.image_measures import edge_area_cm2, ghost_percent, measure_image, noise_sd
from ssaglioma.synthesis.scanner import Ghosting, Noise, ScanParameters, apply_scan
from ssaglioma.volume import Volume

SHAPE, SPACING = (10, 96, 80), (5.0, 2.0, 2.0)


@pytest.fixture
def head():
    """A bright brain in a darker head, air around; (Z, Y, X), and the brain."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
    radius = np.sqrt(0.3 * z**2 + (y / 0.75) ** 2 + (x / 0.7) ** 2)
    image = np.where(radius < 0.8, 300.0, np.where(radius < 1.0, 120.0, 0.0))
    return image, radius < 0.75


@pytest.mark.parametrize("sd", [6.0, 30.0])
def test_white_noise_is_measured_whatever_lies_below_it(head, sd):
    image, brain = head
    ramp = np.linspace(0, 60, SHAPE[1])[None, :, None]
    noisy = image + ramp + np.random.default_rng(0).normal(0, sd, SHAPE)
    assert noise_sd(noisy, brain) == pytest.approx(sd, rel=0.05)
    assert measure_image(Volume(noisy, SPACING), brain).snr == pytest.approx(330 / sd, rel=0.12)


def test_ghosts_are_seen_along_either_axis_and_in_percent_of_the_brain(head):
    image, brain = head
    noise = np.abs(np.random.default_rng(1).normal(0, 4, SHAPE))
    clean = image + noise
    assert ghost_percent(clean, 300.0, (2.0, 2.0)) < 0.3
    for axis in (1, 2):
        ghosted = clean + 0.08 * np.roll(image, SHAPE[axis] // 2, axis=axis)
        found = measure_image(Volume(ghosted, SPACING), brain).ghost_percent
        assert 2 < found < 8
    assert ghost_percent(np.where(image > 0, clean, 0), 300.0, (2.0, 2.0)) is None


def test_the_scanner_simulators_noise_and_ghosts_are_told_apart(head):
    image, brain = head
    whole = Volume((image + np.random.default_rng(2).uniform(0.5, 1.5, SHAPE)).astype(np.float32), SPACING)

    def measured(**effects):
        scan = ScanParameters(noise=effects.pop("noise", Noise(60.0, 5)), **effects)
        return measure_image(apply_scan({Sequence.T2W: whole}, scan)[Sequence.T2W], brain)

    quiet, noisy, ghosted = measured(), measured(noise=Noise(8.0, 5)), measured(ghosting=Ghosting(2, 15.0))
    assert noisy.snr < 0.25 * quiet.snr
    assert ghosted.ghost_percent > 3 + quiet.ghost_percent
    assert noisy.ghost_percent < 2


def test_the_brains_area_at_the_edge_is_counted_in_cm2():
    mask = np.zeros((4, 10, 10), bool)
    mask[:, 3:7, 2:5] = True
    assert edge_area_cm2(mask, (5.0, 2.0, 3.0)) == pytest.approx(2 * 12 * 6 / 100)
    mask[1, 0, 4] = True
    assert edge_area_cm2(mask, (5.0, 2.0, 3.0)) == pytest.approx((2 * 12 * 6 + 15) / 100)


def test_slices_lie_along_the_thickest_axis(head):
    image, brain = head
    turned = Volume(np.moveaxis(image, 0, 2), (2.0, 2.0, 5.0))
    found = measure_image(turned, np.moveaxis(brain, 0, 2))
    assert (found.slices, found.slice_mm, found.pixel_mm) == (10, 5.0, 2.0)


def test_a_mask_of_another_shape_or_without_a_brain_is_refused(head):
    image, brain = head
    with pytest.raises(GeometryError, match="and 0 voxels"):
        measure_image(Volume(image, SPACING), np.zeros_like(brain))
    with pytest.raises(GeometryError, match="brain mask has shape"):
        measure_image(Volume(image, SPACING), brain[1:])
