import gzip

import nibabel
import numpy as np
import pytest
import SimpleITK

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import GLIOMA, GLIOMA_POST
from ssaglioma.volume import (
    Volume,
    check_same_grid,
    read_labelmap,
    read_volume,
    read_volumes,
    resample_to,
    write_volume,
)


@pytest.fixture
def volume():
    return Volume(np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32), (3.0, 1.0, 0.5), (1.0, 2.0, 3.0))


@pytest.fixture
def file(volume, tmp_path):
    path = tmp_path / "image.nii.gz"
    write_volume(volume, path)
    return path


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"gone\.nii\.gz' does not exist"):
        read_volume(tmp_path / "gone.nii.gz")


def test_an_unknown_kind_of_file_names_the_known_ones(tmp_path):
    (tmp_path / "image.jpg").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"unknown kind.*\.nii\.gz"):
        read_volume(tmp_path / "image.jpg")


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_gzip_is_refused(file, share):
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DatasetError, match=r"image\.nii\.gz' is damaged or cut off.*Copy or export it again"):
        read_volume(file)


def test_a_flipped_byte_inside_a_gzip_is_refused(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(bytes(data))
    with pytest.raises(DatasetError, match="damaged"):
        read_volume(file)


def test_a_gzip_of_two_members_is_whole(file):
    raw = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(raw[:100]) + gzip.compress(raw[100:]))
    assert read_volume(file).shape == (5, 6, 7)


@pytest.mark.parametrize("suffix", [".nii", ".nrrd", ".mha"])
def test_a_truncated_plain_file_is_refused(volume, tmp_path, suffix):
    path = tmp_path / f"image{suffix}"
    write_volume(volume, path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DatasetError, match="damaged or cut off"):
        read_volume(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_voxels_that_are_no_number_are_counted(volume, tmp_path, value):
    array = volume.array.copy()
    array[1, 2, 3:5] = value
    image = SimpleITK.GetImageFromArray(array)
    SimpleITK.WriteImage(image, str(tmp_path / "bad.nii"))
    with pytest.raises(DatasetError, match=r"bad\.nii' holds 2 voxels that are NaN or infinite"):
        read_volume(tmp_path / "bad.nii")


def test_a_4d_file_asks_to_be_split_and_can_be(tmp_path):
    array = np.random.default_rng(0).normal(size=(4, 5, 6, 3)).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(array, np.diag([1, 2, 3, 1])), tmp_path / "four.nii.gz")
    with pytest.raises(DatasetError, match=r"4 dimensions.*Split it"):
        read_volume(tmp_path / "four.nii.gz")
    parts = read_volumes(tmp_path / "four.nii.gz")
    assert len(parts) == 3
    assert all(np.array_equal(part.array, array[..., index].T) for index, part in enumerate(parts))
    assert parts[0].spacing_zyx_mm == pytest.approx((3, 2, 1))


def test_a_single_slice_is_refused(tmp_path):
    SimpleITK.WriteImage(SimpleITK.Image(5, 6, SimpleITK.sitkUInt8), str(tmp_path / "flat.mha"))
    with pytest.raises(DatasetError, match=r"2 dimensions"):
        read_volume(tmp_path / "flat.mha")
    SimpleITK.WriteImage(SimpleITK.Image([5, 6, 1], SimpleITK.sitkUInt8), str(tmp_path / "thin.mha"))
    with pytest.raises(DatasetError, match=r"single slice"):
        read_volume(tmp_path / "thin.mha")


def test_a_colour_image_is_refused(tmp_path):
    image = SimpleITK.Image([4, 4, 4], SimpleITK.sitkVectorUInt8, 3)
    SimpleITK.WriteImage(image, str(tmp_path / "colour.nrrd"))
    with pytest.raises(DatasetError, match="3 values in each voxel"):
        read_volume(tmp_path / "colour.nrrd")


def test_a_voxel_size_of_zero_is_refused(volume, tmp_path):
    path = tmp_path / "zero.nii"
    write_volume(volume, path)
    data = bytearray(path.read_bytes())
    data[80:84] = np.float32(0).tobytes()
    path.write_bytes(bytes(data))
    with pytest.raises(GeometryError, match=r"voxel size as \[0\.0, 1\.0, 3\.0\] mm"):
        read_volume(path)


def test_sheared_axes_are_refused(tmp_path):
    affine = np.eye(4)
    affine[0, 1] = 0.4
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.float32), affine), tmp_path / "shear.nii")
    with pytest.raises(GeometryError, match="perpendicular"):
        read_volume(tmp_path / "shear.nii")


def test_old_brats_labels_are_read_as_new_ones(tmp_path):
    array = np.zeros((3, 3, 3), np.uint8)
    array[0, 0, :] = (1, 2, 4)
    write_volume(Volume(array), tmp_path / "seg.nii.gz")
    assert read_labelmap(tmp_path / "seg.nii.gz", GLIOMA).array[0, 0].tolist() == [1, 2, 3]
    assert read_labelmap(tmp_path / "seg.nii.gz", GLIOMA_POST).array[0, 0].tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((3, 4, 0), "both 3 and 4.*glioma_post"),
        ((1, 7, 0), r"labels \[7\].*only \[0, 1, 2, 3\]"),
        ((0.5, 1, 0), "not whole numbers"),
        ((-1, 1, 0), r"labels \[-1\]"),
    ],
)
def test_impossible_labels_are_refused_with_the_reason(tmp_path, values, message):
    array = np.zeros((3, 3, 3), np.float32)
    array[0, 0] = values
    write_volume(Volume(array), tmp_path / "seg.nii.gz")
    with pytest.raises(DatasetError, match=rf"seg\.nii\.gz.*{message}"):
        read_labelmap(tmp_path / "seg.nii.gz", GLIOMA)


def test_different_grids_are_shown_side_by_side(volume):
    other = Volume(volume.array, (3.0, 1.0, 0.5), (1.0, 2.0, 9.0))
    with pytest.raises(
        GeometryError, match=r"FLAIR and T1Gd lie on different grids \(T1Gd: 7x6x5 voxels.*9\.0\) mm LPS"
    ):
        check_same_grid({"T1Gd": volume, "FLAIR": other})


def test_grids_that_differ_by_rounding_are_the_same(volume):
    rounded = Volume(volume.array, (3.0, 1.0, 0.5), (1.000001, 2.0, 3.0))
    check_same_grid({"a": volume, "b": rounded})
    assert rounded.same_grid(volume)


def test_resampling_half_a_voxel_aside_takes_the_mean_of_neighbours():
    line = Volume(np.broadcast_to(np.array([0.0, 2.0, 4.0, 6.0]), (3, 3, 4)).copy())
    moved = resample_to(line, Volume(np.zeros((3, 3, 3)), origin_lps_mm=(0.5, 0.0, 0.0)), order=1)
    assert moved.array[1, 1].tolist() == [1.0, 3.0, 5.0]


def test_resampling_labels_makes_no_new_values():
    labels = Volume(np.random.default_rng(0).integers(0, 4, (6, 6, 6)).astype(np.uint8))
    moved = resample_to(labels, Volume(np.zeros((9, 9, 9)), (0.7, 0.6, 0.5)), order=0)
    assert set(np.unique(moved.array)) <= {0, 1, 2, 3} and moved.array.dtype == np.uint8
