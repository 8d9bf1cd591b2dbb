import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.volume import list_dicom_series, read_dicom_series, read_volume


def write_slice(path, pixels, position, uid, description="AX T1 GD", orientation=(1, 0, 0, 0, 1, 0)):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    data.SeriesInstanceUID, data.SeriesDescription, data.Modality = uid, description, "MR"
    data.ImagePositionPatient = [float(value) for value in position]
    data.ImageOrientationPatient = [float(value) for value in orientation]
    data.PixelSpacing = [0.5, 0.75]
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.PixelData = pixels.astype(np.uint16).tobytes()
    pydicom.dcmwrite(path, data, enforce_file_format=True)


@pytest.fixture
def array():
    return np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6)


def write_series(folder, array, positions, uid="1.2.3", **more):
    folder.mkdir(exist_ok=True)
    for index, position in enumerate(positions):
        write_slice(folder / f"{uid}-{9 - index}.dcm", array[index], position, uid, **more)
    return folder


def test_slices_are_stacked_by_position_not_by_name(tmp_path, array):
    folder = write_series(tmp_path / "s", array, [(1, 2, 5.5 * index) for index in range(4)])
    (folder / "readme.txt").write_text("no image")
    for volume in (read_dicom_series(folder), read_volume(folder)):
        assert np.array_equal(volume.array, array)
        assert volume.spacing_zyx_mm == pytest.approx((5.5, 0.5, 0.75))
        assert volume.origin_lps_mm == pytest.approx((1, 2, 0))


def test_several_series_are_listed_and_one_can_be_chosen(tmp_path, array):
    folder = write_series(tmp_path / "s", array, [(0, 0, index) for index in range(4)])
    write_series(folder, array + 1, [(0, 0, index) for index in range(4)], uid="1.2.4", description="AX FLAIR")
    assert [series.uid for series in list_dicom_series(folder)] == ["1.2.3", "1.2.4"]
    with pytest.raises(DatasetError, match=r"2 DICOM series.*'AX FLAIR' \(4 slices\).*Choose one"):
        read_dicom_series(folder)
    assert read_dicom_series(folder, "1.2.4").array[0, 0, 0] == 1


def test_a_missing_slice_is_found(tmp_path, array):
    folder = write_series(tmp_path / "s", array, [(0, 0, 0), (0, 0, 5), (0, 0, 15), (0, 0, 20)])
    with pytest.raises(GeometryError, match=r"10\.00 mm apart between number 2 and 3, elsewhere 5\.00 mm"):
        read_dicom_series(folder)


def test_a_gantry_tilt_is_refused(tmp_path, array):
    folder = write_series(tmp_path / "s", array, [(0, index, 5 * index) for index in range(4)])
    with pytest.raises(GeometryError, match="gantry tilt"):
        read_dicom_series(folder)


def test_a_sagittal_series_keeps_its_direction(tmp_path, array):
    positions = [(3.0 * index, 0, 0) for index in range(4)]
    folder = write_series(tmp_path / "s", array, positions, orientation=(0, 1, 0, 0, 0, -1))
    with_direction = read_dicom_series(folder)
    assert np.allclose(with_direction.direction_lps[:, 0], (0, 1, 0))
    assert np.allclose(np.abs(with_direction.direction_lps[:, 2]), (1, 0, 0))
    position = with_direction.affine_lps @ [0, 0, 3, 1]
    slices = {tuple(np.round(with_direction.affine_lps @ [0, 0, k, 1], 3)[:3]): k for k in range(4)}
    assert set(slices) == set(positions) and len(position) == 4


def test_a_folder_without_dicom_says_so(tmp_path):
    with pytest.raises(DatasetError, match="holds 0 DICOM series: none"):
        read_dicom_series(tmp_path)


def test_slices_without_a_position_are_refused(tmp_path, array):
    folder = write_series(tmp_path / "s", array, [(0, 0, index) for index in range(4)])
    for file in folder.iterdir():
        data = pydicom.dcmread(file)
        data.ImagePositionPatient = None
        data.save_as(file)
    with pytest.raises(GeometryError, match="do not say where they lie.*ImagePositionPatient"):
        read_dicom_series(folder)


def test_a_position_that_is_no_number_names_the_file(tmp_path, array):
    folder = write_series(tmp_path / "s", array, [(0, 0, 5 * index) for index in range(4)])
    first = sorted(folder.iterdir())[0]
    first.write_bytes(first.read_bytes().replace(b"0.0\\0.0\\15", b"x.0\\0.0\\15"))
    with pytest.raises(DatasetError, match=rf"{first.name}' has a position.*cannot be read.*Export"):
        read_dicom_series(folder)


def test_a_slice_with_cut_pixels_is_refused(tmp_path, array):
    folder = write_series(tmp_path / "s", array, [(0, 0, 5 * index) for index in range(4)])
    second = sorted(folder.iterdir())[1]
    second.write_bytes(second.read_bytes()[:-30])
    with pytest.raises(DatasetError, match="cannot be read.*Export the study again"):
        read_dicom_series(folder)
