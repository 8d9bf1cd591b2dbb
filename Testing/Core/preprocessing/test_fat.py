"""Fat goes, the brain and a bleeding inside it stay."""

import numpy as np
import pytest

from ssaglioma.preprocessing.fat import without_fat

SHAPE, SPACING = (40, 50, 44), (3.0, 3.0, 3.0)


@pytest.fixture
def head():
    """A brain, its T1, and the places in mm from the middle."""
    places = np.stack(np.meshgrid(*(3.0 * (np.arange(n) - (n - 1) / 2) for n in SHAPE), indexing="ij"))
    brain = np.sqrt((places**2).sum(axis=0)) < 48
    return brain, np.where(brain, np.random.default_rng(0).normal(300, 30, SHAPE), 0), places


def ball(places, centre, radius):
    return np.sqrt(sum((axis - middle) ** 2 for axis, middle in zip(places, centre))) < radius


def test_an_orbit_full_of_fat_is_taken_out_and_the_brain_stays(head):
    brain, t1, places = head
    orbit = ball(places, (0, -60, 0), 16) & ~brain
    kept, taken_ml = without_fat(brain | orbit, np.where(orbit, 900, t1), SPACING)
    assert (kept & orbit).sum() < 0.05 * orbit.sum()
    assert (kept & brain).sum() > 0.97 * brain.sum()
    assert taken_ml == pytest.approx(((brain | orbit).sum() - kept.sum()) * 0.027)


def test_a_brain_without_fat_and_a_bleeding_inside_it_stay_whole(head):
    brain, t1, places = head
    assert without_fat(brain, t1, SPACING) == (pytest.approx(brain), 0.0)
    bleeding = ball(places, (0, 10, 0), 14)
    kept, taken_ml = without_fat(brain, np.where(bleeding, 900, t1), SPACING)
    assert taken_ml == 0 and np.array_equal(kept, brain)


def test_uneven_grids_and_empty_masks_are_left_alone(head):
    brain, t1, _ = head
    assert without_fat(brain, t1, (5.0, 1.0, 1.0))[1] == 0
    assert without_fat(np.zeros_like(brain), t1, SPACING)[1] == 0
