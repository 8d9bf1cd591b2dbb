"""Which slices are looked at, and on which pixels: odd sizes, every orientation, anisotropic spacing."""

import numpy as np
import pytest

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.shift import SliceSampling, sample_slices
from ssaglioma.volume import Volume


@pytest.fixture
def volume():
    """An ellipsoid whose gray value tells the slice: 11 x 35 x 31 voxels, 3 x 1 x 1 mm."""
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in (11, 35, 31)), indexing="ij")
    inside = sum(axis**2 for axis in grid) < 0.95
    values = 100.0 * (1 + np.arange(11))[:, None, None] + np.arange(35)[None, :, None] + 0.1 * np.arange(31)
    return Volume(np.where(inside, values, 0).astype(np.float32), (3.0, 1.0, 1.0))


def turned(volume):
    """The same image stored with its axes in another order, two of them backwards."""
    direction = np.array([[0, 0, -1.0], [1.0, 0, 0], [0, -1.0, 0]])
    # stored X runs along patient +y, stored Y along -z, stored Z along -x
    array = volume.array.transpose(2, 0, 1)[::-1, ::-1, :]
    return Volume(np.ascontiguousarray(array), (1.0, 3.0, 1.0), (0.0, 0.0, 0.0), direction)


def test_the_slices_are_spread_over_those_with_enough_foreground(volume):
    areas = (volume.array != 0).sum(axis=(1, 2))
    enough = np.flatnonzero(areas >= 0.5 * areas.max())
    assert list(enough) == [2, 3, 4, 5, 6, 7, 8]
    found = sample_slices(volume, SliceSampling(slices=3))
    assert [int(image.max() // 100) - 1 for image in found.images] == [3, 5, 7]
    assert len(sample_slices(volume, SliceSampling(slices=50)).images) == 7
    for image, mask in zip(found.images, found.masks):
        assert image.shape == (35, 31) and not image[~mask].any() and (image[mask] > 0).all()


def test_an_image_stored_in_another_orientation_gives_the_same_slices(volume):
    for first, second in zip(
        sample_slices(volume, SliceSampling()).images, sample_slices(turned(volume), SliceSampling()).images
    ):
        assert np.array_equal(first, second)


def test_through_plane_slices_lie_across_the_largest_spacing(volume):
    thick = Volume(volume.array, (1.0, 1.0, 4.0))
    found = sample_slices(thick, SliceSampling(slices=1, axis="through_plane"))
    assert found.images[0].shape == (11, 35)
    column = found.images[0][:, 17]
    assert (np.diff(column[column > 0]) < 0).all()  # the top of the picture is superior
    assert sample_slices(thick, SliceSampling(slices=1)).images[0].shape == (35, 124)


def test_slices_come_on_pixels_of_one_size_with_their_gray_values():
    coarse = np.zeros((3, 40, 30), np.float32)
    coarse[:, 4:36, 5:25] = 200 + np.arange(20) * 10
    found = sample_slices(Volume(coarse, (5.0, 0.5, 2.0)), SliceSampling(slices=1))
    image, mask = found.images[0], found.masks[0]
    assert image.shape == (20, 60) and mask.sum() == pytest.approx(16 * 40, rel=0.1)
    inner = image[4:16, 14:46]
    assert np.diff(inner, axis=1).mean() == pytest.approx(5.0, abs=0.1)  # 10 a voxel of 2 mm
    assert np.diff(inner[:, 4:-4], axis=1) == pytest.approx(np.full((12, 23), 5.0), abs=1.0)
    assert image[mask].min() >= 200 and image.max() <= 390


def test_labels_follow_their_slices(volume):
    labels = volume.with_array((volume.array > 0).astype(np.uint16) * np.arange(11, dtype=np.uint16)[:, None, None])
    found = sample_slices(volume, SliceSampling(slices=3), labels)
    assert [int(plane.max()) for plane in found.labels] == [3, 5, 7]
    doubled = sample_slices(volume, SliceSampling(slices=3, pixel_mm=0.5), labels)
    assert doubled.labels[0].shape == doubled.images[0].shape == (70, 62)
    assert set(np.unique(doubled.labels[0])) == {0, 3}
    with pytest.raises(GeometryError, match="labelmap"):
        sample_slices(volume, SliceSampling(), Volume(labels.array[:, :, 1:], (3.0, 1.0, 1.0)))


def test_pictures_of_eight_bits_lose_what_jpeg_left_around_the_brain():
    picture = np.full((41, 37), 7, np.uint8)
    picture[8:32, 8:30] = np.arange(22, dtype=np.uint8) * 5 + 90
    found = sample_slices(picture, SliceSampling())
    assert found.masks[0].sum() == 24 * 22 and not found.images[0][:8].any() and found.labels == []
    assert len(sample_slices([picture] * 7, SliceSampling(slices=3)).images) == 3


def test_a_single_bright_pixel_does_not_set_the_scale():
    picture = np.zeros((60, 60))
    picture[5:55, 5:55] = np.linspace(100, 200, 50)
    picture[30, 30] = 90000
    assert sample_slices(picture, SliceSampling()).images[0].max() <= 200


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((20, 20)), "foreground of 200 pixels"),
        (np.full((20, 20), np.inf), "400 values that are not finite"),
        (Volume(np.zeros((4, 20, 20))), "foreground of 200 pixels"),
        (Volume(np.full((2, 20, 20), np.nan)), "800 values that are not finite"),
        ([], "None of 0 slices"),
    ],
)
def test_images_without_a_brain_are_named(image, words):
    with pytest.raises(DatasetError, match=words):
        sample_slices(image, SliceSampling())


def test_stacks_without_a_geometry_must_be_slices():
    with pytest.raises(GeometryError, match="2D slice"):
        sample_slices(np.ones((2, 3, 20, 20)), SliceSampling())


@pytest.mark.parametrize("change", [{"slices": 0}, {"axis": "x"}, {"pixel_mm": 0.0}, {"least_share": 0.0}])
def test_senseless_samplings_are_refused(change):
    with pytest.raises(DatasetError):
        SliceSampling(**change)
