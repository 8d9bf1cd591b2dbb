"""From an image's voxel size to the model's and along the right axis."""

from types import SimpleNamespace

import numpy as np
import pytest

from ssaglioma.inference.model_grid import model_shape, slice_axis, slices_first, to_shape


def card(spacing=(None, 1.0, 1.0), axis="axial"):
    return SimpleNamespace(spacing_zyx_mm=spacing, slice_axis=axis)


def test_slices_are_taken_along_the_first_axis_or_the_coarsest():
    assert slice_axis(card(), (1.0, 5.0, 1.0)) == 0
    assert slice_axis(card(axis="through_plane"), (1.0, 5.0, 1.0)) == 1


def test_the_slice_axis_comes_first_with_its_own_spacing():
    image, spacing = slices_first(np.zeros((2, 3, 4, 5)), (1.0, 2.0, 6.0), 2)
    assert image.shape == (2, 5, 3, 4) and spacing == (6.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("spacing", "expected"),
    [((6.0, 1.0, 1.0), (7, 10, 9)), ((6.0, 0.5, 2.0), (7, 5, 18)), ((3.0, 1.01, 0.985), (7, 10, 9))],
)
def test_the_size_follows_the_spacing_but_for_two_percent_and_axes_left_alone(spacing, expected):
    assert model_shape(card(), (7, 10, 9), spacing) == expected


def test_a_coarsest_axis_that_is_left_alone_keeps_its_size():
    image, spacing = slices_first(np.zeros((1, 30, 8, 30)), (1.0, 5.0, 1.0), 1)
    assert model_shape(card(axis="through_plane"), image.shape[1:], spacing) == (8, 30, 30)


def test_stretching_keeps_a_ramp_and_its_edges():
    ramp = np.broadcast_to(np.arange(4, dtype=np.float32)[:, None, None], (1, 4, 2, 2))
    stretched = to_shape(ramp, (8, 2, 2))
    assert stretched[0, :, 0, 0].tolist() == pytest.approx([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
