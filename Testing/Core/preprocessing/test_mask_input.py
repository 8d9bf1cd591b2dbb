"""The coarse grid and the grey values that a brain-mask model sees."""

import numpy as np
import pytest
from head_phantom import grid, points

from ssaglioma.errors import DatasetError
from ssaglioma.preprocessing.mask_input import (
    MASK_CENTRE,
    MASK_SHAPE,
    MASK_SPACING_MM,
    coarse,
    first_centre,
    scaled,
    window,
)


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((160, 90, 100), (1.0, 1.0, 1.0)), ((26, 70, 64), (5.5, 0.9, 1.7)), ((40, 41, 39), (3.0,) * 3)],
)
def test_the_coarse_image_keeps_every_point_in_its_place(shape, spacing):
    """A ramp along each axis of the patient: its value tells where a voxel lies."""
    volume = grid(shape=shape, spacing=spacing, turn=10.0, centre=(5.0, -8.0, 20.0))
    for axis in range(3):
        small = coarse(volume.with_array(points(volume)[..., axis].astype(np.float32)))
        assert small.spacing_zyx_mm == MASK_SPACING_MM
        inner = tuple(slice(2, -2) for _ in range(3))
        assert np.allclose(small.array[inner], points(small)[..., axis][inner], atol=0.02)
    sizes = np.array(small.shape) * MASK_SPACING_MM
    assert np.all(np.abs(sizes - np.array(shape) * spacing) <= 3.0)


def test_fine_voxels_are_averaged_not_skipped():
    volume = grid(shape=(30, 30, 30), spacing=(1.0, 1.0, 1.0))
    checked = (np.indices(volume.shape).sum(0) % 2).astype(np.float32)
    assert np.allclose(coarse(volume.with_array(checked)).array[1:-1, 1:-1, 1:-1], 0.5, atol=0.02)


def test_grey_values_are_scaled_by_what_is_bright():
    values = np.zeros((1, 10, 100))
    values[0, 5:] = np.linspace(100, 200, 500).reshape(5, 100)
    found = scaled(values)
    high = np.percentile(np.linspace(100, 200, 500), 98)
    assert found.dtype == np.float32 and found.min() == 0 and found.max() == 1
    assert found[0, 5, 0] == pytest.approx(100 / high, abs=1e-6)


@pytest.mark.parametrize("value", [3.0, np.nan])
def test_an_image_without_grey_values_is_refused(value):
    with pytest.raises(DatasetError, match="a grey image of a head"):
        scaled(np.full((4, 4, 4), value))


def test_the_brain_is_first_looked_for_below_the_top_of_the_head():
    grey = np.zeros((90, 70, 70), np.float32)
    grey[0:60, 20:50, 10:40] = 0.5
    assert first_centre(grey) == pytest.approx([59 - round(80 / 3), 34.5, 24.5])
    with pytest.raises(DatasetError, match="no head"):
        first_centre(np.zeros((5, 5, 5)))


def test_a_window_lies_around_the_centre_and_is_0_beyond_the_image():
    grey = np.arange(50 * 60 * 40, dtype=np.float32).reshape(50, 60, 40) + 1
    seen, inside, there = window(grey, np.array([30.0, 10.0, 20.0]))
    assert seen.shape == MASK_SHAPE
    assert np.array_equal(seen[inside], grey[there])
    start = [round(c - share * edge) for c, share, edge in zip((30, 10, 20), MASK_CENTRE, MASK_SHAPE)]
    assert [part.start for part in there] == [max(one, 0) for one in start]
    assert seen.sum() == pytest.approx(grey[there].sum())
    again = np.zeros_like(grey)
    again[there] = seen[inside]
    assert np.array_equal(again[there], grey[there])


def test_a_window_beyond_the_image_is_empty():
    seen, inside, there = window(np.ones((5, 5, 5), np.float32), np.array([500.0, 2.0, 2.0]))
    assert not seen.any() and seen[inside].size == np.ones((5, 5, 5))[there].size == 0
