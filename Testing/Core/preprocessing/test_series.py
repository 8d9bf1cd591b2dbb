import json

import numpy as np
import pydicom
import pytest
from study_writing import small_heads

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.series import STANDARD_TAGS, Series, find_series, reason_by_voxels, reason_to_leave_out
from ssaglioma.volume import Volume, write_volume

ARRAY = np.random.default_rng(0).integers(0, 900, (6, 12, 10)).astype(np.uint16)


def a_series(tmp_path, name, **tags):
    return Series("1.2.3", name, tags, tmp_path, slices=24, is_dicom=True)


@pytest.mark.parametrize(
    ("name", "tags", "reason"),
    [
        ("3-plane loc", {}, "localiser"),
        ("Repérage", {}, "localiser"),
        ("LOCALIZADOR SAG", {}, "localiser"),
        ("AX T1", {"ImageType": "ORIGINAL\\PRIMARY\\LOCALIZER"}, "localiser"),
        ("ep2d_diff_ADC", {}, "derived"),
        ("AX T2", {"ImageType": "DERIVED\\PRIMARY\\MIP"}, "derived"),
        ("T1 soustraction", {}, "derived"),
        ("Subtração T1", {}, "derived"),
        ("SCREENSAVE", {}, "derived"),
        ("Difusão", {}, "another kind"),
        ("3D TOF Willis", {}, "another kind"),
        ("brainmask_t2f.nii.gz", {}, "mask"),
        ("T2 sag coluna", {}, "another part of the body"),
        ("T2 SAG", {"BodyPartExamined": "LSPINE"}, "another part of the body"),
        ("T1", {"Modality": "CT"}, "modality is 'CT'"),
    ],
)
def test_series_that_are_no_input_are_left_out_with_a_reason(tmp_path, name, tags, reason):
    assert reason in reason_to_leave_out(a_series(tmp_path, name, **tags))


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("AX T1 SE", {"BodyPartExamined": "BRAIN", "ImageType": "ORIGINAL\\PRIMARY\\M\\ND"}),
        ("T1 reformat", {"ImageType": "DERIVED\\PRIMARY\\MPR"}),
        ("sub-01_T1w.nii.gz", {}),
        ("Encéphale T2", {"BodyPartExamined": "HEAD"}),
        ("Volume 3", {}),
    ],
)
def test_series_that_may_be_an_input_stay(tmp_path, name, tags):
    assert reason_to_leave_out(a_series(tmp_path, name, **tags)) == ""


def test_a_series_of_two_slices_is_left_out(tmp_path):
    assert "2 slices" in reason_to_leave_out(Series("1", "AX T1", {}, tmp_path, slices=2, is_dicom=True))


def test_masks_and_thin_stacks_are_known_by_their_voxels():
    assert reason_by_voxels(small_heads()[Sequence.T2W]) == ""
    assert "mask or labelmap (2 different values)" in reason_by_voxels(Volume((ARRAY > 400).astype(np.uint8)))
    assert "2 slices" in reason_by_voxels(Volume(ARRAY[:2]))
    parcels = np.kron(np.arange(5 * 6 * 6).reshape(5, 6, 6) % 50, np.ones((6, 6, 6), int)).astype(np.uint16)
    assert reason_by_voxels(Volume(parcels, (4.0, 4.0, 4.0))) == "it is a mask or labelmap (50 different values)"
    assert reason_by_voxels(Volume(np.zeros((6, 12, 10)))) == "it is empty"


def add_to_all(folder, **values):
    for path in folder.glob("*.dcm"):
        header = pydicom.dcmread(path)
        for name, value in values.items():
            setattr(header, name, value)
        block = header.private_block(0x0029, "MAKER SECRET", create=True)
        block.add_new(0x01, "LO", "hidden name")
        header.save_as(path)


def test_standard_tags_are_carried_and_private_ones_and_names_are_not(tmp_path, mr_series):
    folder = mr_series(tmp_path / "study" / "a", ARRAY, np.eye(3))
    add_to_all(folder, EchoTime=95.0, RepetitionTime=8500.0, InversionTime=2400.0, ImageType=["ORIGINAL", "PRIMARY"])
    (found,) = find_series(tmp_path / "study")
    assert (found.name, found.slices, found.is_dicom) == ("T1 GD", 6, True)
    assert found.tags["EchoTime"] == "95.0" and found.tags["ImageType"] == "ORIGINAL\\PRIMARY"
    assert set(found.tags) <= set(STANDARD_TAGS)
    assert "hidden" not in repr(found) and "TEST^T" not in repr(found) and "T-1" not in repr(found)
    assert np.array_equal(found.read().array, ARRAY)
    with pytest.raises(ValueError, match="Only standard tags"):
        Series("1", "x", {"PatientName": "A"}, tmp_path)


def test_two_patients_in_one_folder_are_refused_without_naming_them(tmp_path, mr_series):
    mr_series(tmp_path / "study" / "a", ARRAY, np.eye(3))
    add_to_all(mr_series(tmp_path / "study" / "b", ARRAY, np.eye(3)), PatientID="T-2")
    with pytest.raises(DatasetError, match="2 patients") as caught:
        find_series(tmp_path / "study")
    assert "T-2" not in str(caught.value)


def test_the_json_beside_a_file_gives_its_tags_in_milliseconds(tmp_path):
    write_volume(Volume(ARRAY), tmp_path / "scan.nii.gz")
    sidecar = {"EchoTime": 0.095, "RepetitionTime": 8.5, "ImageType": ["ORIGINAL", "PRIMARY"], "PatientName": "X"}
    (tmp_path / "scan.json").write_text(json.dumps(sidecar))
    (found,) = find_series(tmp_path)
    assert found.tags == {"EchoTime": "95.0", "RepetitionTime": "8500.0", "ImageType": "ORIGINAL\\PRIMARY"}
    assert (found.key, found.is_dicom) == ("scan.nii.gz", False)


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="There is no image in what was given"):
        find_series(tmp_path)
