"""A batch of raw studies: what is a study, what is written of it, and what a bad one does to the others."""

import csv
import json
import shutil

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from raw_heads import head_grid, scan, turned

from ssaglioma.cli import batch_state
from ssaglioma.cli.batch_cases import find_studies
from ssaglioma.cli.batch_state import CaseFiles, CaseState, check_replaceable, read_state, write_case
from ssaglioma.cli.main import main
from ssaglioma.errors import DatasetError
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.labels import Sequence
from ssaglioma.volume import Volume, find_case, read_volume, write_volume

GRID = head_grid((6.0, 3.0, 3.0))


def names(folder):
    return [study.name for study in find_studies(folder)[0]]


def test_every_sub_folder_without_known_names_is_a_study(touch):
    root = touch(
        "anna/AX_T1.nii.gz", "anna/AX_FLAIR.nii.gz", "anna/SAG_T1.nii.gz", "bela/12_T1.nii", "bela/13_T2.nii",
        "carl/one.mha", "case-7/case-7-t1c.nii.gz", "case-7/case-7-seg.nii.gz", "notes/readme.txt", ".cache/a.nii",
    )  # fmt: skip
    found, failures = find_studies(root)
    assert [study.name for study in found] == ["anna", "bela", "carl", "case-7"] and failures == {}
    assert {study.name for study in found if study.case is None} == {"anna", "bela", "carl"}
    assert all(study.folder == root / study.name for study in found)
    assert list(found[3].inputs()) == ["t1c"] and list(found[0].inputs()) == ["others"]


def test_masks_beside_raw_scans_make_no_case_of_their_own(touch):
    for patients in (["P1"], ["P1", "P2"]):
        for name in patients:
            touch(f"{name}/{name}_t1n.nii.gz", f"{name}/{name}_t2f.nii.gz", f"{name}/brainmask_t1n.nii.gz")
        root = touch()
        assert names(root) == patients
        (study, *_) = find_studies(root)[0]
        assert list(study.case.sequences) == [Sequence.T1N, Sequence.T2F]
        assert [path.name for path in study.inputs()["others"]] == ["brainmask_t1n.nii.gz"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["imagesTr/A_001_0000.nii.gz", "imagesTr/A_002_0000.nii.gz", "labelsTr/A_001.nii.gz"], ["A_001", "A_002"]),
        (["HGG/p1/t1.nii", "HGG/p2/t1.nii", "LGG/p1/t1.nii", "LGG/p1/t2.nii"], ["HGG_p1", "LGG_p1", "p2"]),
        (["all/A_t1.nii", "all/A_t2.nii", "all/B_t1.nii", "all/B_t2.nii"], ["A", "B"]),
        (["A_t1.nii", "A_t2.nii", "B_t1.nii"], ["A", "B"]),
        (
            ["dataset_description.json", "sub-1/anat/sub-1_T1w.nii.gz", "derivatives/x/sub-1_seg.nii.gz"],
            ["sub-1"],
        ),
    ],
)
def test_cases_that_names_tell_are_found_as_before(touch, files, expected):
    assert names(touch(*files)) == expected


def test_two_folders_of_one_name_are_not_written_to_one_place(touch):
    found, failures = find_studies(touch("a/case-t1c.nii", "a/case-t2f.nii", "b/case-t1c.nii"))
    assert [study.name for study in found] == ["case"]
    assert ["second case 'case'" in str(error) for error in failures.values()] == [True]


def test_the_series_of_one_study_are_no_cases(mr_series, tmp_path):
    for name in ("S1", "S2"):
        mr_series(tmp_path / "study" / name, np.ones((5, 4, 4)), np.eye(3))
    assert names(tmp_path / "study") == ["S1", "S2"]
    uid = pydicom.uid.generate_uid()
    for file in (tmp_path / "study").rglob("*.dcm"):
        data = pydicom.dcmread(file)
        data.StudyInstanceUID = uid
        data.save_as(file)
    with pytest.raises(
        DatasetError, match=r"2 sub-folders of .* \('S1', 'S2'\) hold series of one study.*folder above"
    ):
        find_studies(tmp_path / "study")
    assert names(tmp_path) == ["study"]


def test_an_interrupted_writing_is_known_as_ours_and_files_of_others_are_not(tmp_path, monkeypatch):
    files, labelmap = CaseFiles(tmp_path, "a"), Volume(np.zeros((2, 3, 4), np.uint8))
    state = CaseState("a", {}, {}, {}, {"bias": True})
    record = {files.record: lambda path: path.write_text("first")}
    write_case(files, labelmap, state, record)
    check_replaceable(files, (files.record, files.report))
    real = batch_state.os.replace

    def stop_at_labels(source, target):
        if target == files.labelmap:
            raise KeyboardInterrupt
        real(source, target)

    second = {files.record: lambda path: path.write_text("second")}
    monkeypatch.setattr(batch_state.os, "replace", stop_at_labels)
    with pytest.raises(KeyboardInterrupt):
        write_case(files, labelmap, state, second)
    assert files.record.read_text() == "second"
    check_replaceable(files, (files.record, files.report))
    files.report.write_text("somebody's notes")
    with pytest.raises(DatasetError, match="a-report.html' exists and was made or changed by someone else"):
        check_replaceable(files, (files.record, files.report))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["a-intake.json", "a-report.html", "a-seg.json", "a-seg.nii.gz"]
    )


def test_what_the_preparation_depends_on_counts_for_raw_cases_alone():
    planned = CaseState("a", {}, {}, {}, {"bias": True})
    assert not CaseState("a", {}, {}, {}, {"bias": False}).same_work(planned)
    assert CaseState("a", {}, {}, {}, {"bias": True}).same_work(planned)
    assert CaseState("a", {}, {}, {}, {}).same_work(planned)
    assert not CaseState("a", {}, {}, {}, {}).same_work(CaseState("a", {}, {}, {"prepare": "never"}))


@pytest.fixture
def balls(monkeypatch):
    """Models that answer at once: the brain is a ball around the middle, and so is a tumour in it."""
    asked = []

    def predict(self, array, spacing_zyx_mm, progress=None):
        asked.append(self.package.kind)
        axes = [spacing * (np.arange(n) - (n - 1) / 2) for n, spacing in zip(array.shape[1:], spacing_zyx_mm)]
        radius = np.sqrt(sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")))
        limits = (65.0,) if self.package.kind == "brain_mask" else (30.0, 20.0, 10.0)
        return np.stack([np.clip((limit - radius) / 6 + 0.5, 0, 1) for limit in limits]).astype(np.float32)

    monkeypatch.setattr(PackageEngine, "predict", predict)
    return asked


@pytest.fixture
def studies(mr_series, case_folder, tmp_path):
    """A raw DICOM study, a raw file, a prepared case, and a CT."""
    root = tmp_path / "studies"
    shutil.copytree(case_folder, root / "case-001")
    image = scan(Sequence.T1C, GRID)
    mr_series(root / "dicom" / "s1", np.round(image.array), np.eye(3), GRID.spacing_zyx_mm, GRID.origin_lps_mm)
    (root / "loose").mkdir()
    write_volume(scan(Sequence.T1C, GRID, turned((3, 2, -4), (4, 0, 3))), root / "loose" / "T1 post Gd.nii.gz")
    (root / "ct").mkdir()
    shutil.copy(get_testdata_file("CT_small.dcm"), root / "ct" / "1.dcm")
    return root


def table(output):
    with open(output / "batch.csv", encoding="utf-8", newline="") as stream:
        return {row["case"]: row for row in csv.DictReader(stream)}


def test_raw_and_prepared_studies_are_segmented_and_a_bad_one_stops_nothing(
    studies, balls, package_folder, tmp_path, capsys
):
    before = {path: path.read_bytes() for path in studies.rglob("*") if path.is_file()}
    output = tmp_path / "out"
    command = ["batch", str(studies), "--output", str(output), "--model", str(package_folder), "--device", "cpu"]
    command += ["--no-bias", "--keep-prepared"]
    assert main(command) == 2
    rows = table(output)
    assert {name: (row["status"], row["light"]) for name, row in rows.items()} == {
        "case-001": ("done", ""),
        "ct": ("failed", ""),
        "dicom": ("done", "red"),  # a phantom looks like no brain that the model was trained on
        "loose": ("done", "red"),
    }
    assert "modality is 'CT' and not MR" in rows["ct"]["message"]
    assert "FLAIR is missing" in rows["dicom"]["reasons"] and float(rows["dicom"]["WT_ml"]) > 50
    assert read_volume(output / "dicom-seg.nii.gz").same_grid(scan(Sequence.T1C, GRID))
    log = json.loads((output / "loose-intake.json").read_text())
    assert log["grid_of"] == "t1c" and log["quality"]["light"] == "red"
    assert "FLAIR is missing" in (output / "loose-report.html").read_text(encoding="utf-8")
    assert list(find_case(output / "loose-prepared").sequences) == [Sequence.T1C]
    assert not (output / "case-001-intake.json").exists()
    assert read_state(CaseFiles(output, "case-001")).intake == {}
    assert not any(word in (output / "batch.csv").read_text() for word in ("TEST^T", "T-1"))
    assert balls.count("segmenter") == 3 and "images red" in capsys.readouterr().out
    done = {path: path.read_bytes() for path in output.rglob("*") if path.is_file() and path.name != "batch.csv"}
    assert main(command) == 2
    assert {name: row["status"] for name, row in table(output).items()} == {
        **dict.fromkeys(("case-001", "dicom", "loose"), "kept"),
        "ct": "failed",
    }
    assert table(output)["loose"]["light"] == "red" and balls.count("segmenter") == 3
    assert {path: path.read_bytes() for path in done} == done
    assert {path: path.read_bytes() for path in before} == before


def test_a_brain_mask_model_that_is_not_there_is_told_before_any_case(studies, package_folder, tmp_path, capsys):
    command = ["batch", str(studies), "--output", str(tmp_path / "o"), "--model", str(package_folder)]
    assert main([*command, "--mask-model", "none"]) == 2
    assert "'none' was not found" in capsys.readouterr().err and not (tmp_path / "o").exists()


def test_without_preparation_only_what_names_tell_is_taken(studies, balls, package_folder, tmp_path):
    command = ["batch", str(studies), "--output", str(tmp_path / "o"), "--model", str(package_folder)]
    assert main([*command, "--device", "cpu", "--skip-prepare"]) == 0
    assert {name: row["status"] for name, row in table(tmp_path / "o").items()} == {"case-001": "done"}
