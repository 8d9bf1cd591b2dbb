"""DICOM SEG written from a labelmap, read back with highdicom and pydicom."""

import sys

import numpy as np
import pydicom
import pytest
from pydicom.uid import SegmentationStorage
from scipy.spatial.transform import Rotation

from ssaglioma.errors import DatasetError, DeviceError, GeometryError
from ssaglioma.labels import CARDIAC_LGE, GLIOMA
from ssaglioma.volume import Volume, read_volume
from ssaglioma.volume.dicom_seg import SegmentationSource, write_dicom_seg

highdicom = pytest.importorskip("highdicom")

SOURCE = SegmentationSource("glioma-2d-small", "0.1.0")
ANGLED = Rotation.from_euler("xyz", (7, -12, 4), degrees=True).as_matrix()


@pytest.fixture(params=["axial", "oblique", "sagittal"])
def series(request, tmp_path, mr_series):
    sagittal = np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]], float) * [1, 1, -1]
    direction = {"axial": np.eye(3), "oblique": ANGLED, "sagittal": sagittal}[request.param]
    array = np.random.default_rng(0).integers(0, 900, (7, 12, 10))
    return mr_series(tmp_path / "t1c", array, direction)


@pytest.fixture
def labelmap(series):
    volume = read_volume(series)
    labels = np.zeros(volume.shape, np.uint8)
    labels[1:6, 2:9, 3:9], labels[2:5, 3:7, 4:8], labels[3, 4, 5:7] = 2, 3, 1
    return volume.with_array(labels)


def read_back(path):
    return highdicom.seg.segread(path)


def test_every_segment_comes_back_voxel_for_voxel(series, labelmap, tmp_path):
    seg = read_back(write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", SOURCE))
    assert seg.SOPClassUID == SegmentationStorage and seg.SegmentationType == "BINARY"
    volume = seg.get_volume(combine_segments=False)
    array = np.asarray(volume.array)
    assert array.shape[3] == 3
    for number, (name, value) in enumerate(GLIOMA.values.items()):
        assert seg.get_segment_description(number + 1).segment_label == name
        places = {tuple(np.round(volume.affine @ [*index, 1], 2)[:3]) for index in np.argwhere(array[..., number] > 0)}
        expected = {
            tuple(np.round(labelmap.affine_lps @ [x, y, z, 1], 2)[:3])
            for z, y, x in np.argwhere(labelmap.array == value)
        }
        assert places == expected and len(expected) == np.count_nonzero(array[..., number])


def test_the_geometry_of_the_frames_is_that_of_the_series(series, labelmap, tmp_path):
    data = pydicom.dcmread(write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", SOURCE))
    shared = data.SharedFunctionalGroupsSequence[0]
    assert list(shared.PixelMeasuresSequence[0].PixelSpacing) == [0.5, 0.75]
    orientation = [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient]
    assert orientation == pytest.approx([*labelmap.direction_lps[:, 0], *labelmap.direction_lps[:, 1]], abs=1e-6)
    positions = {
        tuple(np.round([float(v) for v in frame.PlanePositionSequence[0].ImagePositionPatient], 3))
        for frame in data.PerFrameFunctionalGroupsSequence
    }
    slices = [z for z in range(labelmap.shape[0]) if labelmap.array[z].any()]
    assert positions == {tuple(np.round((labelmap.affine_lps @ [0, 0, z, 1])[:3], 3)) for z in slices}


def test_the_object_refers_to_the_series_and_keeps_its_patient_and_study(series, labelmap, tmp_path):
    data = pydicom.dcmread(write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", SOURCE))
    sources = [pydicom.dcmread(file) for file in series.iterdir()]
    for name in ("PatientID", "PatientName", "StudyInstanceUID", "FrameOfReferenceUID", "AccessionNumber"):
        assert data[name].value == sources[0][name].value
    referred = data.ReferencedSeriesSequence[0]
    assert referred.SeriesInstanceUID == sources[0].SeriesInstanceUID != data.SeriesInstanceUID
    uids = {item.ReferencedSOPInstanceUID for item in referred.ReferencedInstanceSequence}
    assert uids <= {source.SOPInstanceUID for source in sources} and len(uids) >= 5


def test_the_codes_are_those_of_brain_lesions(series, labelmap, tmp_path):
    data = pydicom.dcmread(write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", SOURCE))
    found = {
        segment.SegmentLabel: (
            segment.SegmentedPropertyTypeCodeSequence[0].CodeValue,
            segment.SegmentedPropertyTypeCodeSequence[0].CodingSchemeDesignator,
            segment.SegmentedPropertyCategoryCodeSequence[0].CodeValue,
        )
        for segment in data.SegmentSequence
    }
    category = "49755003"
    assert found == {
        "NCR": ("6574001", "SCT", category),
        "ED": ("79654002", "SCT", category),
        "ET": ("C113842", "NCIt", category),
    }
    assert {segment.SegmentAlgorithmType for segment in data.SegmentSequence} == {"AUTOMATIC"}
    assert data.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion == "0.1.0"


def test_a_corrected_result_is_called_semiautomatic(series, labelmap, tmp_path):
    source = SegmentationSource("m", "1", corrected=True)
    data = pydicom.dcmread(write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", source))
    assert {segment.SegmentAlgorithmType for segment in data.SegmentSequence} == {"SEMIAUTOMATIC"}


def test_a_label_that_is_absent_keeps_its_number(series, labelmap, tmp_path):
    without = labelmap.with_array(np.where(labelmap.array == 1, 3, labelmap.array))
    seg = read_back(write_dicom_seg(without, series, tmp_path / "seg.dcm", SOURCE))
    assert [seg.get_segment_description(number).segment_label for number in (1, 2, 3)] == ["NCR", "ED", "ET"]
    array = np.asarray(seg.get_volume(combine_segments=False).array)
    assert [np.count_nonzero(array[..., k]) for k in range(3)] == [
        np.count_nonzero(without.array == k) for k in (1, 2, 3)
    ]


def test_another_grid_is_refused_and_leaves_no_file(series, labelmap, tmp_path):
    moved = Volume(labelmap.array, labelmap.spacing_zyx_mm, (0.0, 0.0, 0.0), labelmap.direction_lps)
    with pytest.raises(GeometryError, match="does not lie on the slices"):
        write_dicom_seg(moved, series, tmp_path / "seg.dcm", SOURCE)
    fewer = Volume(labelmap.array[:5], labelmap.spacing_zyx_mm, labelmap.origin_lps_mm, labelmap.direction_lps)
    with pytest.raises(DatasetError, match=r"'T1 GD' \(7 files\).*one series of 5 single slices"):
        write_dicom_seg(fewer, series, tmp_path / "seg.dcm", SOURCE)
    assert not (tmp_path / "seg.dcm").exists()


def test_empty_and_uncoded_labelmaps_are_refused(series, labelmap, tmp_path):
    with pytest.raises(DatasetError, match="segmentation is empty"):
        write_dicom_seg(labelmap.with_array(labelmap.array * 0), series, tmp_path / "seg.dcm", SOURCE)
    with pytest.raises(DatasetError, match="MYO.*no DICOM code"):
        write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", SOURCE, scheme=CARDIAC_LGE)


def test_a_series_without_its_study_is_named(series, labelmap, tmp_path):
    for file in series.iterdir():
        data = pydicom.dcmread(file)
        del data.StudyInstanceUID
        data.save_as(file)
    with pytest.raises(DatasetError, match="cannot be made from this series.*StudyInstanceUID.*Export the original"):
        write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", SOURCE)


def test_without_highdicom_the_remedy_is_named(series, labelmap, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(DeviceError, match=r"highdicom.*not installed.*ssaglioma\[dicomseg\]"):
        write_dicom_seg(labelmap, series, tmp_path / "seg.dcm", SOURCE)
