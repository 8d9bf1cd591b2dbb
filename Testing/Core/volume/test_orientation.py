import itertools

import nibabel
import numpy as np
import pytest

from ssaglioma.errors import GeometryError
from ssaglioma.volume import Volume, from_canonical, read_volume, to_canonical, write_volume

RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def all_axis_directions():
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            yield np.eye(3)[:, order] * np.array(signs)


DIRECTIONS = list(all_axis_directions())


def rotation(degrees_x, degrees_z):
    x, z = np.deg2rad([degrees_x, degrees_z])
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return about_x @ about_z


def odd_volume(direction):
    array = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
    return Volume(array, (5.5, 0.9, 0.7), (-12.5, 30.25, 7.0), direction)


def position_of_value(volume, value):
    z, y, x = np.argwhere(volume.array == value)[0]
    return (volume.affine_lps @ [x, y, z, 1])[:3]


def test_there_are_48_orientations():
    assert len({tuple(direction.ravel()) for direction in DIRECTIONS}) == 48


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_canonical_axes_point_left_posterior_superior_and_no_voxel_moves(direction):
    volume = odd_volume(direction)
    canonical = to_canonical(volume)
    assert np.allclose(canonical.direction_lps, np.eye(3))
    for value in (0, 7, 33, 59):
        assert np.allclose(position_of_value(canonical, value), position_of_value(volume, value))


@pytest.mark.parametrize("direction", [*DIRECTIONS, *(rotation(20, 30) @ d for d in DIRECTIONS[::7])])
def test_restoration_is_the_exact_inverse(direction):
    volume = odd_volume(direction)
    canonical = to_canonical(volume)
    restored = from_canonical(canonical.array * 2, canonical, volume)
    assert np.array_equal(restored.array, volume.array * 2)
    assert np.array_equal(restored.affine_lps, volume.affine_lps)


def test_an_oblique_image_stays_oblique_and_no_voxel_moves():
    volume = odd_volume(rotation(40, -35)[:, [1, 2, 0]])
    canonical = to_canonical(volume)
    assert (np.diag(canonical.direction_lps) > 0.5).all()
    assert np.allclose(position_of_value(canonical, 33), position_of_value(volume, 33))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_every_format_keeps_all_orientations(suffix, tmp_path):
    for direction in [*DIRECTIONS[::5], rotation(20, 30)]:
        volume = odd_volume(direction)
        write_volume(volume, tmp_path / f"a{suffix}", dtype=np.int16)
        again = read_volume(tmp_path / f"a{suffix}")
        assert np.array_equal(again.array, volume.array)
        assert np.allclose(again.affine_lps, volume.affine_lps, atol=1e-4)


@pytest.mark.parametrize("direction", [*DIRECTIONS[::6], rotation(15, 50)])
def test_nibabel_sees_the_same_affine_and_voxels(direction, tmp_path):
    volume = odd_volume(direction)
    write_volume(volume, tmp_path / "a.nii.gz", dtype=np.int16)
    judge = nibabel.load(tmp_path / "a.nii.gz")
    assert np.allclose(judge.affine, RAS_FROM_LPS @ volume.affine_lps, atol=1e-4)
    assert np.array_equal(np.asarray(judge.dataobj).T, volume.array)


def test_an_array_of_another_grid_cannot_be_restored():
    volume = odd_volume(np.eye(3))
    with pytest.raises(GeometryError, match="shape"):
        from_canonical(np.zeros((2, 2, 2)), to_canonical(volume), volume)
