"""The way to the model's grid and back: no voxel may move, whatever the orientation."""

import itertools
import json

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.preprocessing.bias import BiasField
from ssaglioma.preprocessing.chain import BiasDivided, Chain, Resampled, Scaled, brightness_factor, stripped
from ssaglioma.preprocessing.grid import Grid, sampled, working_grid
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.volume import Volume, to_canonical

SLOPES = np.array([1.0, -2.0, 0.5])


def turned(degrees_xyz):
    result = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(degrees_xyz)):
        one, first, second = np.eye(3), (axis + 1) % 3, (axis + 2) % 3
        one[first, first] = one[second, second] = np.cos(angle)
        one[first, second], one[second, first] = -np.sin(angle), np.sin(angle)
        result = one @ result
    return result


def orientations():
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            yield np.eye(3)[:, order] * np.array(signs)


ALL_48 = list(orientations())
OBLIQUE = [turned((12, -7, 20)) @ direction for direction in ALL_48[::9]]


def positions(grid_volume):
    z, y, x = np.indices(grid_volume.shape)
    index = np.stack([x, y, z, np.ones_like(x)], axis=-1).astype(float)
    return (index @ grid_volume.affine_lps.T)[..., :3]


def ramp(volume):
    """The same grid with values that are a linear function of the place in the patient, above 0."""
    return volume.with_array((1000 + positions(volume) @ SLOPES).astype(np.float32))


def thick_slices(direction, shape=(9, 31, 27), spacing=(5.5, 1.3, 1.7)):
    """Odd sizes, three voxel sizes, thick slices."""
    return Volume(np.zeros(shape, np.float32), spacing, (-41.0, 17.5, 63.25), direction)


def inner_mask(volume):
    mask = np.zeros(volume.shape, np.uint8)
    mask[2:-2, 6:-7, 5:-8] = 1
    return volume.with_array(mask)


@pytest.mark.parametrize("direction", [*ALL_48, *OBLIQUE])
def test_a_ramp_in_patient_space_is_the_same_there_and_back(direction):
    native = ramp(thick_slices(direction))
    grid = working_grid(native, inner_mask(native), spacing_mm=1.0, margin_mm=0)
    step = Resampled(Grid.of(native), grid)
    there = step.forward(native)
    assert np.allclose(there.array, 1000 + positions(there) @ SLOPES, atol=0.02)
    home = step.back(there)
    inside = inner_mask(native).array > 0
    assert home.same_grid(native, 0.0)
    assert np.abs(home.array - native.array)[inside].max() < 0.05 * np.abs(SLOPES).sum() + 1.4  # half a voxel at edges
    core = ndimage.binary_erosion(inside, iterations=1)
    assert np.abs(home.array - native.array)[core].max() < 0.05


@pytest.mark.parametrize("direction", [*ALL_48, *OBLIQUE])
def test_labels_of_thick_slices_come_back_voxel_for_voxel(direction):
    native = thick_slices(direction)
    labels = native.with_array(np.random.default_rng(0).integers(0, 4, native.shape).astype(np.uint8))
    mask = native.with_array(np.ones(native.shape, np.uint8))
    step = Resampled(Grid.of(native), working_grid(native, mask, spacing_mm=1.0))
    finer = sampled(labels, step.target, order=0)
    back = Chain((step, Scaled(3.0))).labels_back(finer)
    assert back.array.dtype == np.uint8
    assert np.array_equal(back.array, labels.array)


@pytest.mark.parametrize("direction", ALL_48)
def test_without_a_new_voxel_size_the_grid_is_a_crop_and_nothing_is_interpolated(direction):
    native = thick_slices(direction)
    native = native.with_array(np.random.default_rng(1).normal(100, 30, native.shape).astype(np.float32))
    mask = inner_mask(native)
    grid = working_grid(native, mask, spacing_mm=None, margin_mm=0)
    there = Resampled(Grid.of(native), grid).forward(native)
    canonical, inside = to_canonical(native), to_canonical(mask).array > 0
    cropped = canonical.array[inside].reshape(there.shape)
    assert np.allclose(there.array, cropped, atol=1e-3)
    assert there.shape == tuple(
        np.array(inside.shape) - [(~inside.any(axis=a)).sum() for a in ((1, 2), (0, 2), (0, 1))]
    )


@pytest.mark.parametrize("direction", [ALL_48[0], ALL_48[29], *OBLIQUE[:2]])
def test_a_moved_head_is_found_where_the_transform_says(direction):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turned((5, 8, -11)), (4.0, -3.0, 2.5)
    way = RigidTransform(matrix)
    native = ramp(thick_slices(direction))
    centre = native.affine_lps @ [13, 15, 4, 1]
    there = way.inverse().apply(centre[None, :3])[0]
    grid = Grid((7, 8, 9), (1.0, 1.0, 1.0), tuple(there - 4), tuple(np.eye(3).ravel()))
    step = Resampled(Grid.of(native), grid, tuple(matrix.ravel()))
    moved = step.forward(native)
    expected = 1000 + way.apply(positions(moved).reshape(-1, 3)) @ SLOPES
    assert np.allclose(moved.array.ravel(), expected, atol=0.02)


def test_scipy_interpolates_the_same_values_through_a_turn():
    native = thick_slices(OBLIQUE[1])
    native = native.with_array(ndimage.gaussian_filter(np.random.default_rng(2).normal(0, 50, native.shape), 2))
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turned((3, -6, 9)), (1.0, 2.0, -3.0)
    grid = working_grid(native, inner_mask(native), spacing_mm=1.2, margin_mm=0)
    moved = Resampled(Grid.of(native), grid, tuple(matrix.ravel())).forward(native)
    points = RigidTransform(matrix).apply(positions(moved).reshape(-1, 3))
    index = (np.c_[points, np.ones(len(points))] @ np.linalg.inv(native.affine_lps).T)[:, :3]
    judge = ndimage.map_coordinates(native.array, index[:, ::-1].T, order=1, mode="constant", cval=np.nan)
    known = np.isfinite(judge)
    assert known.mean() > 0.5
    assert np.allclose(moved.array.ravel()[known], judge[known], atol=1e-2)


def test_detail_finer_than_the_grid_does_not_fold_into_it():
    stripes = np.zeros((6, 40, 40), np.float32)
    stripes[:, :, ::2] = 100
    native = Volume(stripes, (2.0, 0.5, 0.5))
    grid = Grid((6, 10, 10), (2.0, 2.0, 2.0), (0.25, 0.25, 0.0), tuple(np.eye(3).ravel()))
    assert np.ptp(sampled(native, grid).array[:, 2:-2, 2:-2]) < 1
    every_other = Grid((6, 10, 7), (2.0, 2.0, 2.5), (0.25, 0.25, 0.0), tuple(np.eye(3).ravel()))
    assert np.ptp(sampled(native, every_other, order=0).array) == 100


def test_the_working_grid_is_even_and_holds_the_brain_with_its_margin():
    native = thick_slices(ALL_48[17])
    mask = inner_mask(native)
    grid = working_grid(native, mask, spacing_mm=1.0, margin_mm=4)
    assert grid.spacing_zyx_mm == (1.0, 1.0, 1.0)
    assert np.allclose(np.array(grid.direction_lps).reshape(3, 3), np.eye(3))
    brain = mask.array[2:-2, 6:-7, 5:-8].size * native.voxel_volume_ml
    size = np.array(grid.shape) - 8
    assert np.prod(size) / 1000 == pytest.approx(brain, rel=0.1)
    assert sampled(mask, grid, order=0).array.sum() / 1000 == pytest.approx(brain, rel=0.02)


def test_an_axis_of_nearly_the_wished_size_keeps_its_voxels():
    native = Volume(np.ones((6, 20, 20), np.float32), (5.0, 1.01, 0.99))
    grid = working_grid(native, native.with_array(np.ones(native.shape, np.uint8)), spacing_mm=1.0, margin_mm=0)
    assert grid.spacing_zyx_mm == (1.0, 1.01, 0.99)
    assert grid.shape == (30, 20, 20)


@pytest.fixture
def chain():
    native = thick_slices(OBLIQUE[2])
    grid = working_grid(native, inner_mask(native), spacing_mm=1.5)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turned((2, 3, 4)), (1.0, 0.5, -2.0)
    knots = tuple(tuple(np.linspace(0, size - 1, 4)) for size in grid.shape)
    field = BiasField(grid.shape, knots, tuple(0.2 * np.sin(np.arange(64))))
    return Chain((Resampled(Grid.of(native), grid, tuple(matrix.ravel())), BiasDivided(field), Scaled(2.5)))


def test_a_chain_read_from_its_record_does_the_same(chain):
    again = Chain.from_json(json.loads(json.dumps(chain.to_json())))
    assert again == chain
    native = ramp(thick_slices(OBLIQUE[2]))
    assert np.array_equal(again.forward(native).array, chain.forward(native).array)


def test_intensities_come_back_as_they_were(chain):
    native = ramp(thick_slices(OBLIQUE[2]))
    there = chain.forward(native)
    inner = Chain(chain.steps[1:])
    plain = chain.steps[0].forward(native)
    assert np.allclose(inner.back(inner.forward(plain)).array, plain.array, rtol=1e-5)
    assert not np.allclose(there.array, plain.array, rtol=0.1)
    middle = tuple(size // 2 for size in native.shape)
    assert chain.back(there).array[middle] == pytest.approx(native.array[middle], rel=1e-3)


def test_probabilities_are_neither_scaled_nor_shaded(chain):
    target = chain.steps[0].target
    half = target.volume(np.full(target.shape, 0.5, np.float32))
    back = chain.probability_back(half).array
    assert back[tuple(size // 2 for size in back.shape)] == pytest.approx(0.5, abs=1e-6)
    assert back.max() <= 0.5 + 1e-6


def test_a_sharp_probability_stays_between_0_and_1(chain):
    target = chain.steps[0].target
    sharp = np.zeros(target.shape, np.float32)
    sharp[tuple(slice(size // 3, 2 * size // 3) for size in target.shape)] = 1
    back = chain.probability_back(target.volume(sharp)).array
    assert back.min() == 0 and 0.95 < back.max() <= 1


def test_the_space_of_a_chain_is_the_way_to_the_native_image(chain):
    points = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 60.0]])
    assert np.allclose(chain.space.apply(points), chain.steps[0].transform.apply(points))
    assert np.allclose(chain.space.after(chain.space.inverse()).matrix_lps, np.eye(4))


def test_an_image_of_another_grid_is_refused(chain):
    with pytest.raises(GeometryError, match="does not lie where this step begins"):
        chain.forward(ramp(thick_slices(np.eye(3))))


@pytest.mark.parametrize("record", [{}, [], {"format": 9, "steps": []}, {"format": 1, "steps": [{"step": "melted"}]}])
def test_a_record_of_something_else_is_refused(record):
    with pytest.raises(DatasetError, match="does not tell how the images were prepared"):
        Chain.from_json(record)


def test_stripping_leaves_a_background_of_0_and_no_hole_in_the_brain():
    mask = np.zeros((3, 4, 5), bool)
    mask[1, 1:3, 1:4] = True
    values = Volume(np.array([-5.0, 0.0, 7.0, 9.0, 1.0] * 12).reshape(3, 4, 5))
    result = stripped(values, mask).array
    assert (result[~mask] == 0).all() and (result[mask] > 0).all()
    assert result[1, 1, 2] == 7.0


def test_the_bright_end_of_the_brain_becomes_1000():
    values = np.linspace(0, 50, 100001)
    assert brightness_factor(values) * np.percentile(values, 99.9) == pytest.approx(1000)
