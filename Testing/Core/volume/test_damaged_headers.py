"""Files whose bytes lie: each is refused with its name, what was found and what to do."""

import nibabel
import numpy as np
import pytest
import SimpleITK

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.volume import Volume, read_volume, read_volumes, write_volume

NRRD = (
    b"NRRD0004\ntype: float\ndimension: 3\nspace: left-posterior-superior\nsizes: 4 4 4\n"
    b"space directions: (1,0,0) %s (0,0,1)\nkinds: domain domain domain\nendian: little\n"
    b"encoding: raw\nspace origin: (0,0,0)\n\n"
) + bytes(256)
META = (
    b"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
    b"TransformMatrix = 1 0 0 %s 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 %s 1\nDimSize = 4 4 4\n"
    b"ElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
) + bytes(256)


@pytest.fixture
def array():
    return np.random.default_rng(1).normal(size=(12, 13, 14)).astype(np.float32)


@pytest.fixture
def nifti(array, tmp_path):
    path = tmp_path / "a.nii"
    write_volume(Volume(array), path)
    return path


def patch(path, offset, value):
    data = bytearray(path.read_bytes())
    data[offset : offset + len(value)] = value
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (0, b"\1\0\0\0", "does not begin with the header of a NIfTI file"),
        (344, b"abcd", "does not begin with the header of a NIfTI file"),
        (40, np.int16(0).tobytes(), "0 dimensions"),
        (40, np.int16(9).tobytes(), "9 dimensions"),
        (42, np.int16(-3).tobytes(), r"sizes \[-3, 13, 12\]"),
        (108, np.float32(np.nan).tobytes(), "first voxel at byte nan"),
        (108, np.float32(-5).tobytes(), "first voxel at byte -5"),
        (108, np.float32(1e9).tobytes(), r"first voxel at byte 1e\+09"),
        (70, np.int16(77).tobytes(), "not recognized"),
    ],
)
def test_a_broken_nifti_header_is_named(nifti, offset, value, message):
    patch(nifti, offset, value)
    with pytest.raises(DatasetError, match=rf"a\.nii' is damaged or cut off.*{message}.*Copy or export it again"):
        read_volume(nifti)


def test_a_cut_nifti_with_a_false_bit_count_is_still_found(nifti):
    patch(nifti, 72, np.int16(0).tobytes())
    nifti.write_bytes(nifti.read_bytes()[:-400])
    with pytest.raises(DatasetError, match=r"holds \d+ bytes of \d+"):
        read_volume(nifti)


def test_nifti_2_is_named_and_a_remedy_given(array, tmp_path):
    nibabel.save(nibabel.Nifti2Image(array.T, np.eye(4)), tmp_path / "two.nii")
    with pytest.raises(DatasetError, match=r"two\.nii' is of the kind NIfTI-2.*Convert it"):
        read_volume(tmp_path / "two.nii")


def test_a_big_endian_nifti_is_read(array, tmp_path):
    image = nibabel.Nifti1Image(array.T, np.diag([1, 2, 3, 1]), nibabel.Nifti1Header(endianness=">"))
    nibabel.save(image, tmp_path / "big.nii")
    assert np.array_equal(read_volume(tmp_path / "big.nii").array, array)


def test_a_nifti_without_orientation_warns_and_is_taken_as_lps(array, tmp_path):
    image = nibabel.Nifti1Image(array.T, None)
    image.set_qform(None, 0)
    image.set_sform(None, 0)
    nibabel.save(image, tmp_path / "lost.nii")
    with pytest.warns(UserWarning, match=r"lost\.nii' has neither qform nor sform.*left, posterior, superior"):
        volume = read_volume(tmp_path / "lost.nii")
    assert np.array_equal(volume.direction_lps, np.eye(3)) and np.array_equal(volume.array, array)


def test_complex_numbers_are_refused(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.complex64), np.eye(4)), tmp_path / "k.nii")
    with pytest.raises(DatasetError, match=r"k\.nii' holds complex numbers.*magnitude"):
        read_volume(tmp_path / "k.nii")


@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
def test_a_flipped_byte_in_compressed_voxels_is_refused(array, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_volume(Volume(array), path)
    patch(path, path.stat().st_size // 2, bytes([path.read_bytes()[path.stat().st_size // 2] ^ 0xFF]))
    with pytest.raises(DatasetError, match=rf"a\{suffix}' is damaged or cut off.*compressed voxels are broken"):
        read_volume(path)


@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
@pytest.mark.parametrize("cut", [1, 20, 2000])
@pytest.mark.parametrize("compressed", [False, True])
def test_cut_voxels_are_refused(array, tmp_path, suffix, cut, compressed):
    path = tmp_path / f"a{suffix}"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path), useCompression=compressed)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DatasetError, match="damaged or cut off"):
        read_volume(path)


def test_a_metaimage_without_its_voxel_file_names_it(array, tmp_path):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(tmp_path / "a.mhd"))
    (tmp_path / "a.raw").unlink()
    with pytest.raises(DatasetError, match=r"a\.mhd' is damaged.*'a\.raw' with its voxels is missing"):
        read_volume(tmp_path / "a.mhd")


@pytest.mark.parametrize(
    ("name", "content"), [("z.nrrd", NRRD % b"(0,0,0)"), ("z.mha", META % (b"0", b"0"))], ids=["nrrd", "mha"]
)
def test_a_voxel_size_of_zero_is_a_geometry_error_in_each_format(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GeometryError, match=rf"{name}' gives a voxel size that is 0"):
        read_volume(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"), [("s.nrrd", NRRD % b"(0.5,1,0)"), ("s.mha", META % (b"0.5", b"1"))], ids=["nrrd", "mha"]
)
def test_a_shear_is_a_geometry_error_in_each_format(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GeometryError, match=rf"{name}'.*Expected three perpendicular"):
        read_volume(tmp_path / name)


def test_an_empty_file_is_no_image(tmp_path):
    (tmp_path / "a.mha").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"a\.mha' is damaged.*does not begin as a \.mha file"):
        read_volume(tmp_path / "a.mha")


def test_a_folder_without_images_says_what_to_give(tmp_path):
    for read in (read_volume, read_volumes):
        with pytest.raises(DatasetError, match="holds 0 DICOM series: none.*Give a folder of DICOM"):
            read(tmp_path)


def test_reading_a_good_file_writes_nothing_to_stderr(nifti, capfd):
    read_volume(nifti)
    assert capfd.readouterr().err == ""
