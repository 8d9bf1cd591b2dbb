"""DICOM studies as scanners and archives write them: vendors, missing tags, many frames, and what cannot be used."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from study_writing import VENDORS, small_heads, write_enhanced, write_series, write_study

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.series import find_series
from ssaglioma.preprocessing.series_sorting import sort_series
from ssaglioma.preprocessing.study import sort_study
from ssaglioma.volume import Volume, read_dicom_files, to_canonical

T1, T1GD, T2, FLAIR = Sequence.T1N, Sequence.T1C, Sequence.T2W, Sequence.T2F


@pytest.fixture
def heads():
    return small_heads()


def descriptions(study):
    return {sequence: slot.series.tags["SeriesDescription"] for sequence, slot in study.slots.items()}


def expected(vendor):
    return {sequence: VENDORS[vendor][sequence]["SeriesDescription"] for sequence in SEQUENCE_ORDER}


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_series_of_five_vendors_are_told_by_names_and_tags(vendor, heads, tmp_path):
    series = find_series(write_study(tmp_path / "study", vendor, heads))
    sorting = sort_series(series)
    chosen = {sequence: choice.key for sequence, choice in sorting.chosen.items()}
    told = {sequence: next(s for s in series if s.key == key).name for sequence, key in chosen.items()}
    assert told == expected(vendor)
    assert sorting.conflicts == ()
    assert list(sorting.left_out.values()) == ["it is a localiser ('localizer')"]


def test_a_study_gives_volumes_reasons_and_nothing_private(heads, tmp_path):
    study = sort_study(write_study(tmp_path, "SIEMENS", heads))
    assert descriptions(study) == expected("SIEMENS")
    for sequence, slot in study.slots.items():
        assert np.array_equal(to_canonical(slot.volume).array, to_canonical(heads[sequence]).array)
        assert slot.confidence > 0.9 and len(slot.reasons) == 3 and len(slot.series.files) == heads[sequence].shape[0]
    assert study.missing == () and study.other_heads == ()
    text = repr(study.to_json()) + repr([slot.series for slot in study.slots.values()])
    assert not any(word in text for word in ("hidden", "MAKER", "TEST^T", "T-1", "20240102"))


@pytest.mark.parametrize(
    "drop",
    [
        ("EchoTime", "RepetitionTime", "InversionTime"),
        ("SeriesDescription", "ProtocolName", "ContrastBolusAgent"),
        ("SeriesDescription", "ProtocolName", "ContrastBolusAgent", "EchoTime", "RepetitionTime", "InversionTime"),
    ],
)
def test_what_tags_do_not_tell_names_or_voxels_do(drop, heads, tmp_path):
    study = sort_study(write_study(tmp_path, "Philips Medical Systems", heads, drop))
    for sequence, volume in heads.items():
        assert np.array_equal(to_canonical(study.slots[sequence].volume).array, to_canonical(volume).array)


def test_frames_of_enhanced_files_are_read_with_place_and_times(heads, tmp_path):
    volume = heads[FLAIR]
    backwards = range(volume.shape[0])[::-1]
    for name, order in (("up", None), ("down", backwards)):
        write_enhanced(tmp_path / name / "IM1", volume, order, SeriesDescription=name, times=(9000, 120, 2500))
        (series,) = find_series(tmp_path / name)
        read = series.read()
        assert np.array_equal(to_canonical(read).array, to_canonical(volume).array)
        assert to_canonical(read).affine_lps == pytest.approx(to_canonical(volume).affine_lps, abs=1e-4)
        assert float(series.tags["EchoTime"]) == 120 and float(series.tags["InversionTime"]) == 2500
        assert float(series.tags["RepetitionTime"]) == 9000 and series.slices == volume.shape[0]


def test_two_echoes_of_one_series_become_two_images(heads, tmp_path):
    uid = generate_uid()
    for echo, sequence in ((18.0, T1), (100.0, T2)):
        values = {"SeriesDescription": "PD T2 AX", "SeriesInstanceUID": uid, "times": (4000, echo, None)}
        write_series(tmp_path, heads[sequence], **values)
    sorting = sort_series(find_series(tmp_path))
    assert sorting.chosen[T2].key == f"{uid} TE 100.0 ms"
    assert list(sorting.chosen) == [T2]


def test_a_dynamic_series_is_called_4d(heads, tmp_path):
    uid = generate_uid()
    for _ in range(2):
        write_series(tmp_path, heads[T1], SeriesDescription="T1", SeriesInstanceUID=uid)
    count = heads[T1].shape[0]
    with pytest.raises(DatasetError, match=rf"{2 * count} images at {count} places: it is 4D"):
        sort_study(tmp_path)


def test_a_copy_of_a_folder_changes_nothing(heads, tmp_path):
    folder = write_series(tmp_path / "a", heads[T2], SeriesDescription="T2")
    (tmp_path / "b").mkdir()
    for file in folder.iterdir():
        (tmp_path / "b" / file.name).write_bytes(file.read_bytes())
    (series,) = find_series(tmp_path)
    assert series.slices == heads[T2].shape[0]


def test_files_without_the_preamble_of_the_standard_are_read(heads, tmp_path):
    for file in write_series(tmp_path, heads[T2], SeriesDescription="T2").iterdir():
        data = pydicom.dcmread(file)
        data.file_meta, data.preamble = pydicom.dataset.FileMetaDataset(), None
        pydicom.dcmwrite(file, data, implicit_vr=True, little_endian=True, enforce_file_format=False)
    (series,) = find_series(tmp_path)
    assert np.array_equal(to_canonical(series.read()).array, to_canonical(heads[T2]).array)


@pytest.mark.parametrize("name", ["RLE", "bigendian", "expb", "implicit", "jp2klossless", "jpeg_ls_lossless", "padded"])
def test_the_transfer_syntaxes_of_real_files_give_the_same_voxels(name):
    plain, other = (
        read_dicom_files([Path(get_testdata_file(f"MR_small{suffix}.dcm"))], "it").array for suffix in ("", f"_{name}")
    )
    assert np.array_equal(plain, other)


def test_a_compression_without_codec_is_named_with_a_remedy(heads, tmp_path):
    for file in write_series(tmp_path, heads[T2], SeriesDescription="T2").iterdir():
        data = pydicom.dcmread(file)
        data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.201"
        data.PixelData = pydicom.encaps.encapsulate([b"\0" * 64])
        data["PixelData"].is_undefined_length = True
        data.save_as(file)
    with pytest.raises(DatasetError, match=r"compressed: .*High-Throughput.*"):
        sort_study(tmp_path)
    (series,) = find_series(tmp_path)
    with pytest.raises(DatasetError, match="Export the study without compression"):
        series.read()


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("CT_small.dcm", "modality is 'CT' and not MR"),
        ("MR_small.dcm", "1 slices, fewer than 5"),
        ("examples_overlay.dcm", "another part of the body \\('abdomen'\\)"),
        ("rtdose.dcm", "modality is 'RTDOSE'"),
        ("liver_1frame.dcm", "modality is 'SEG'"),
    ],
)
def test_real_files_that_are_no_input_are_refused_with_the_reason(file, reason):
    with pytest.raises(DatasetError, match=reason):
        sort_study(get_testdata_file(file))


def test_a_ct_is_refused_even_where_it_was_named():
    file = get_testdata_file("CT_small.dcm")
    with pytest.raises(DatasetError, match="was named as an input, but its modality is 'CT' and not MR"):
        sort_study(file, overrides={T1GD: file})


def test_real_localisers_and_patients_are_told():
    folder = Path(get_testdata_file("MR_small.dcm")).parent / "dicomdirtests"
    with pytest.raises(DatasetError, match="None of the 7 image series.*localiser"):
        sort_study(folder / "98892003")
    with pytest.raises(DatasetError, match=r"images of 2 patients.*folder of their own"):
        sort_study(folder)


def test_two_days_of_one_patient_are_refused(heads, tmp_path):
    for day in ("20240102", "20240709"):
        write_series(tmp_path, heads[T2], keep=range(6), SeriesDescription="T2", StudyDate=day)
    with pytest.raises(DatasetError, match="2 examinations, made on different days"):
        sort_study(tmp_path)


def shifted(volume, **changes):
    values = {"spacing_zyx_mm": volume.spacing_zyx_mm, "origin_lps_mm": volume.origin_lps_mm}
    return Volume(volume.array, **{**values, **changes})


def test_damaged_series_give_way_to_whole_ones_and_say_why(heads, tmp_path):
    write_series(tmp_path / "good", heads[T2], SeriesDescription="Ax T2")
    holes = [k for k in range(heads[T1].shape[0]) if k != 7]
    write_series(tmp_path / "holes", heads[T1], keep=holes, SeriesDescription="T1")
    cut = write_series(tmp_path / "cut", heads[FLAIR], SeriesDescription="FLAIR")
    for file in sorted(cut.iterdir())[3:5]:
        file.write_bytes(file.read_bytes()[:-2000])
    few = write_series(tmp_path / "few", heads[T1GD], keep=range(2), SeriesDescription="T1 Gd")
    assert len(list(few.iterdir())) == 2
    study = sort_study(tmp_path)
    assert descriptions(study) == {T2: "Ax T2"}
    reasons = {one.name: one.reason for one in study.ignored}
    assert "10.00 mm apart between number 7 and 8, elsewhere 5.00 mm" in reasons["T1"]
    assert "cannot be read" in reasons["FLAIR"]
    assert reasons["T1 Gd"] == "it has 2 slices, fewer than 5"


def test_a_tilted_gantry_is_refused_and_an_override_gets_the_error_itself(heads, tmp_path):
    folder = write_series(tmp_path, heads[T2], SeriesDescription="T2")
    for number, file in enumerate(sorted(folder.iterdir())):
        data = pydicom.dcmread(file)
        data.ImagePositionPatient[1] += 0.8 * number
        data.save_as(file)
    with pytest.raises(DatasetError, match="sideways by 0.80 mm"):
        sort_study(tmp_path)
    with pytest.raises(GeometryError, match="gantry tilt"):
        sort_study(tmp_path, overrides={T2: "T2"})


def test_a_spine_without_a_telling_tag_is_no_head(heads, tmp_path):
    grid = np.meshgrid(*(np.arange(n) for n in (15, 80, 60)), indexing="ij")
    body = 300 + 100 * ((grid[2] // 6) % 2) * (abs(grid[1] - 40) < 8)
    body = body + np.random.default_rng(0).normal(0, 20, body.shape)
    sagittal = np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0.0]])
    spine = Volume(body.astype(np.uint16), (4.0, 4.0, 4.0), (0.0, 0.0, 0.0), sagittal)
    write_series(tmp_path / "spine", spine, SeriesDescription="T2 SAG", BodyPartExamined="")
    with pytest.raises(DatasetError, match="no whole head: what it shows is 60 mm wide"):
        sort_study(tmp_path)
