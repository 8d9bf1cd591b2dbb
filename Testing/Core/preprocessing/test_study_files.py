"""Loose files and loaded volumes as studies: kinds, masks, copies, mixed cases, overrides, damaged files."""

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from study_writing import VENDORS, small_heads, write_study

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.study import sort_study
from ssaglioma.preprocessing.voxel_evidence import see_voxels
from ssaglioma.volume import Volume, read_volume, to_canonical, write_volume
from ssaglioma.volume.sitk import to_sitk

T1, T1GD, T2, FLAIR = Sequence.T1N, Sequence.T1C, Sequence.T2W, Sequence.T2F
CLINICAL = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data")) / "clinical"
real = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not CLINICAL.is_dir(), reason=f"the real cases are not unpacked at {CLINICAL} (make data)"),
]


@pytest.fixture
def heads():
    return small_heads()


def keys(study):
    return {sequence: slot.series.key for sequence, slot in study.slots.items()}


def test_files_of_three_kinds_in_a_folder_are_sorted_and_masks_change_nothing(heads, tmp_path):
    names = {T1: "p1_t1.nii.gz", T1GD: "p1_t1gd.nrrd", T2: "p1_t2.mha", FLAIR: "sub/p1_flair.nii"}
    (tmp_path / "sub").mkdir()
    for sequence, name in names.items():
        write_volume(heads[sequence], tmp_path / name)
    alone = sort_study(tmp_path)
    assert keys(alone) == names and alone.ignored == ()
    for sequence, volume in heads.items():
        mask = volume.with_array((volume.array > 0).astype(np.uint8))
        write_volume(mask, tmp_path / f"brainmask_{sequence.value}.nii.gz")
    study = sort_study(tmp_path)
    assert keys(study) == names
    assert {s: slot.confidence for s, slot in study.slots.items()} == {s: v.confidence for s, v in alone.slots.items()}
    assert all("mask" in one.reason for one in study.ignored) and len(study.ignored) == 4


def test_a_list_of_files_and_loaded_volumes_give_the_same(heads, tmp_path):
    paths = [tmp_path / f"{name}.nii.gz" for name in ("T1", "T1_Gd", "T2", "FLAIR")]
    for path, volume in zip(paths, heads.values()):
        write_volume(volume, path)
    from_files = sort_study(paths)
    loaded = sort_study({path.name: volume for path, volume in zip(paths, heads.values())})
    assert keys(from_files) == keys(loaded) == {s: path.name for s, path in zip(SEQUENCE_ORDER, paths)}
    assert loaded.volumes[T2] is heads[T2]
    with pytest.raises(DatasetError, match="No image was given"):
        sort_study({})


def test_a_file_under_a_wrong_name_is_reported_and_an_override_holds(heads, tmp_path):
    images = {"T1": heads[T2], "T1 post Gd": heads[T1GD], "T2": heads[T1], "FLAIR": heads[FLAIR]}
    study = sort_study(images)
    assert keys(study) == {T1: "T2", T1GD: "T1 post Gd", T2: "T1", FLAIR: "FLAIR"}
    assert "'T2' is used as T1, but its name says T2" in study.conflicts
    held = sort_study(images, overrides={T1: "T1", T2: "T2"})
    assert keys(held) == {T1: "T1", T1GD: "T1 post Gd", T2: "T2", FLAIR: "FLAIR"}
    assert held.slots[T1].confidence == 1 and "it looks like T2" in held.slots[T1].conflicts[0]
    assert held.to_json()["overrides"] == {"t1n": "T1", "t2w": "T2"}


def test_an_override_may_be_a_path_and_must_fit_one_series(heads, tmp_path):
    for name in ("a.nii.gz", "b/c.nii.gz", "d/c.nii.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_volume(heads[T2], tmp_path / name)
    study = sort_study(tmp_path, overrides={FLAIR: str(tmp_path / "a.nii.gz")})
    assert keys(study)[FLAIR] == "a.nii.gz"
    with pytest.raises(SequenceError, match="'c.nii.gz', given as FLAIR, fits 2 series"):
        sort_study(tmp_path, overrides={FLAIR: "c.nii.gz"})
    with pytest.raises(SequenceError, match="fits no series"):
        sort_study(tmp_path, overrides={FLAIR: "elsewhere"})


@pytest.mark.parametrize("fault", ["it has 2 slices, fewer than 5", "it is empty"])
def test_a_named_image_that_can_be_no_input_is_refused_with_the_reason(heads, tmp_path, fault):
    head = heads[T2]
    bad = Volume(head.array[20:22], head.spacing_zyx_mm) if "slices" in fault else head.with_array(head.array * 0)
    write_volume(bad, tmp_path / "mine.nii.gz")
    with pytest.raises(
        DatasetError, match=f"'mine.nii.gz' was named as an input, but {fault}. Expected an MR of a whole"
    ):
        sort_study(tmp_path, overrides={T2: str(tmp_path / "mine.nii.gz")})


def test_one_image_named_for_two_sequences_is_refused_and_a_copy_of_a_named_one_left_out(heads):
    images = {"a": heads[T1], "b": heads[T2], "copy of b": heads[T2]}
    with pytest.raises(SequenceError, match="'b' and 'copy of b' hold the same voxels, and both were named"):
        sort_study(images, overrides={T2: "b", FLAIR: "copy of b"})
    for named in ("b", "copy of b"):
        study = sort_study(images, overrides={FLAIR: named})
        (other,) = {"b", "copy of b"} - {named}
        assert keys(study)[FLAIR] == named and other not in keys(study).values()
        assert f"it holds the same voxels as {named!r}" in [one.reason for one in study.ignored]


def test_files_of_two_cases_are_refused_and_repeats_are_not(heads, tmp_path):
    for case in ("P-001", "P-002"):
        for word in ("t1", "t2"):
            write_volume(heads[T1 if word == "t1" else T2], tmp_path / f"{case}_{word}.nii.gz")
    with pytest.raises(DatasetError, match=r"2 cases \(such as 'P-001_t1.nii.gz', 'P-002_t1.nii.gz'\)"):
        sort_study(tmp_path)
    repeats = tmp_path / "repeats"
    repeats.mkdir()
    for run, word in ((1, "T1w"), (1, "T2w"), (2, "T1w")):
        volume = heads[T1 if word == "T1w" else T2]
        write_volume(volume.with_array(volume.array + run), repeats / f"sub-01_run-{run}_{word}.nii.gz")
    study = sort_study(repeats)
    assert set(keys(study)) == {T1, T2}
    assert [one.reason[:16] for one in study.ignored] == ["T1 is filled by "]


def test_files_that_cannot_be_read_are_named_with_the_reason(heads, tmp_path):
    write_volume(heads[T2], tmp_path / "t2.nii.gz")
    whole = tmp_path / "t1.nii.gz"
    write_volume(heads[T1], whole)
    whole.write_bytes(whole.read_bytes()[:-500])
    write_volume(Volume(heads[FLAIR].array[:2], (5.0, 3.0, 3.0)), tmp_path / "flair.nii.gz")
    write_volume(heads[T1GD].with_array(np.zeros(heads[T1GD].shape, np.uint8)), tmp_path / "t1gd.nii.gz")
    series = SimpleITK.JoinSeries([to_sitk(heads[T1])] * 3)
    SimpleITK.WriteImage(series, str(tmp_path / "t1_dynamic.nii.gz"))
    study = sort_study(tmp_path)
    assert keys(study) == {T2: "t2.nii.gz"}
    reasons = {one.name: one.reason for one in study.ignored}
    assert "gzip stream is broken" in reasons["t1.nii.gz"]
    assert "has 4 dimensions" in reasons["t1_dynamic.nii.gz"]
    assert reasons["flair.nii.gz"] == "it has 2 slices, fewer than 5"
    assert reasons["t1gd.nii.gz"] == "it is empty"


def test_a_part_of_a_head_is_left_out(heads):
    array = heads[FLAIR].array.copy()
    array[:-8] = 0
    study = sort_study({"T2": heads[T2], "FLAIR": heads[FLAIR].with_array(array)})
    assert [one.reason[:15] for one in study.ignored] == ["it covers only "]
    assert set(study.slots) == {T2}


def test_an_image_of_too_little_brain_does_not_spoil_what_the_others_tell(heads):
    whole = heads[T2]
    middle = tuple(slice(size // 2 - 5, size // 2 + 5) for size in whole.shape)
    cube = Volume(whole.array[middle], whole.spacing_zyx_mm, whole.origin_lps_mm)
    seen = see_voxels({"whole": whole, "cube": cube, "other": heads[T1]})
    assert seen.apart == ("cube",) and seen.evidence is not None
    assert set(seen.evidence.single) == {"whole", "other"}


@pytest.mark.parametrize("given", ["missing", "empty"])
def test_nothing_to_read_is_said_plainly(given, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="does not exist|There is no image in what was given"):
        sort_study(tmp_path / given)


@pytest.mark.parametrize("folder", [pytest.param("TCGA-FG-6692/native", marks=real)])
def test_masks_beside_raw_scans_change_nothing(folder, tmp_path):
    for path in (CLINICAL / folder).glob("TCGA*.nii.gz"):
        (tmp_path / path.name).symlink_to(path)
    alone, study = sort_study(tmp_path), sort_study(CLINICAL / folder)
    assert keys(study) == keys(alone) == {s: f"TCGA-FG-6692_{s.value}.nii.gz" for s in SEQUENCE_ORDER}
    assert [slot.confidence for slot in study.slots.values()] == [slot.confidence for slot in alone.slots.values()]
    assert {one.name for one in study.ignored} == {f"brainmask_{s.value}.nii.gz" for s in SEQUENCE_ORDER}
    assert study.conflicts == ()


@pytest.mark.slow
@pytest.mark.parametrize("vendor", [pytest.param(vendor, marks=real) for vendor in VENDORS])
@pytest.mark.parametrize("drop", [(), ("SeriesDescription", "ProtocolName", "ContrastBolusAgent", "InversionTime")])
def test_raw_scans_written_by_five_vendors_are_told(vendor, drop, tmp_path):
    folder = CLINICAL / "TCGA-FG-6692" / "native"
    volumes = {s: read_volume(folder / f"TCGA-FG-6692_{s.value}.nii.gz") for s in SEQUENCE_ORDER}
    study = sort_study(write_study(tmp_path, vendor, volumes, drop))
    for sequence, volume in volumes.items():
        found = to_canonical(study.volumes[sequence])
        assert np.array_equal(found.array, to_canonical(volume).array.astype(np.uint16))
