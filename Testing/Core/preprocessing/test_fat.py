"""Fat goes; the brain, and bleedings wherever they lie in it, stay."""

import numpy as np
import pytest

from ssaglioma.preprocessing.fat import without_fat

SHAPE, SPACING = (40, 50, 44), (3.0, 3.0, 3.0)
FAT = 900.0


@pytest.fixture
def head():
    """A brain in a dark skull under fat, its mask, its T1, and the places in mm from the middle."""
    places = np.stack(np.meshgrid(*(3.0 * (np.arange(n) - (n - 1) / 2) for n in SHAPE), indexing="ij"))
    radius = np.sqrt((places**2).sum(axis=0))
    brain = radius < 45
    t1 = np.where(brain, np.random.default_rng(0).normal(300, 30, SHAPE), 40)
    return brain, np.where((radius > 53) & (radius < 60), FAT, t1), places


def ball(places, centre, radius):
    return np.sqrt(sum((axis - middle) ** 2 for axis, middle in zip(places, centre))) < radius


def test_an_orbit_whose_fat_goes_on_outside_is_taken_out_and_the_brain_stays(head):
    brain, t1, places = head
    orbit = ball(places, (0, -58, 0), 20) & ~brain
    mask = brain | (orbit & (places[1] > -60))
    kept, taken_ml = without_fat(mask, np.where(orbit, FAT, t1), SPACING)
    assert (kept & orbit).sum() < 0.05 * (mask & orbit).sum()
    assert (kept & brain).sum() > 0.97 * brain.sum()
    assert taken_ml == pytest.approx((mask.sum() - kept.sum()) * 0.027) and taken_ml > 5


def test_a_brain_without_fat_stays_whole(head):
    brain, t1, _ = head
    kept, taken_ml = without_fat(brain, t1, SPACING)
    assert taken_ml == 0 and np.array_equal(kept, brain)


@pytest.mark.parametrize("depth_mm", [0, 12, 30, 45])
@pytest.mark.parametrize("radius_mm", [10, 16])
@pytest.mark.parametrize("mask_mm", [-3, 0, 3])
def test_a_bleeding_stays_whole_in_the_middle_and_at_the_surface(head, depth_mm, radius_mm, mask_mm):
    brain, t1, places = head
    mask = np.sqrt((places**2).sum(axis=0)) < 45 + mask_mm  # a voxel too narrow, right, a voxel too wide
    for axis, sign in ((0, 1), (1, -1), (2, 1)):
        centre = [0.0, 0.0, 0.0]
        centre[axis] = sign * (45.0 - depth_mm)
        bleeding = ball(places, centre, radius_mm) & brain
        kept, taken_ml = without_fat(mask, np.where(bleeding, FAT, t1), SPACING)
        assert taken_ml == 0 and np.array_equal(kept, mask)


def test_an_orbit_goes_and_a_bleeding_at_the_surface_of_the_same_brain_stays(head):
    brain, t1, places = head
    orbit = ball(places, (0, -58, 0), 20) & ~brain
    bleeding = ball(places, (0, 36, 10), 14) & brain
    mask = brain | (orbit & (places[1] > -60))
    kept, taken_ml = without_fat(mask, np.where(orbit | bleeding, FAT, t1), SPACING)
    assert taken_ml > 5 and (kept & orbit).sum() < 0.05 * (mask & orbit).sum()
    assert (kept & bleeding).sum() == bleeding.sum()


def test_a_bleeding_that_touches_the_fat_outside_by_a_narrow_bridge_stays(head):
    brain, t1, places = head
    bleeding = ball(places, (0, 36, 0), 14) & brain
    bridge = (np.abs(places[0]) < 5) & (np.abs(places[2]) < 5) & (places[1] > 36) & (places[1] < 58)
    kept, taken_ml = without_fat(brain, np.where(bleeding | bridge, FAT, t1), SPACING)
    assert taken_ml == 0 and np.array_equal(kept, brain)


def test_uneven_grids_and_empty_masks_are_left_alone(head):
    brain, t1, _ = head
    assert without_fat(brain, t1, (5.0, 1.0, 1.0))[1] == 0
    assert without_fat(np.zeros_like(brain), t1, SPACING)[1] == 0
