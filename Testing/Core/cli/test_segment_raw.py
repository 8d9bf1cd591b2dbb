"""Raw scans through the command line: what is raw, what is written, what is never touched."""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from raw_heads import brain_of, head_grid, scan, turned

from ssaglioma.cli.intake import Prepared, find_images, study_name
from ssaglioma.cli.main import main
from ssaglioma.cli.prepare import spacing_of
from ssaglioma.cli.segment_raw import beside
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.series import Series
from ssaglioma.preprocessing.study import Slot, SortedStudy
from ssaglioma.types import no_progress
from ssaglioma.volume import Volume, find_case, read_volume, write_volume

T1C_GRID = head_grid((6.0, 3.0, 3.0))


def arguments(**given):
    empty = {"case": None, **{sequence.value: None for sequence in SEQUENCE_ORDER}}
    return Namespace(**{**empty, **given})


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("labelmap", "expected"),
    [("out/a-seg.nii.gz", "out/a-report.html"), ("b.nrrd", "b-report.html"), ("x/y-z.mha", "x/y-z-report.html")],
)
def test_what_lies_beside_a_labelmap_bears_its_name(labelmap, expected):
    assert beside(Path(labelmap), "report.html") == Path(expected)


def study_named(*names, dicom=False):
    volume = Volume(np.ones((2, 2, 2)))
    slots = {
        sequence: Slot(sequence, Series(name, name, {}, Path(), is_dicom=dicom), volume, 1.0, ())
        for sequence, name in zip(SEQUENCE_ORDER, names)
    }
    return SortedStudy(slots)


def test_a_study_is_named_by_what_its_files_share_else_by_its_folder(tmp_path):
    (tmp_path / "patient").mkdir()
    assert study_name(study_named("A-7_t1.nii", "A-7_t1ce.nii.gz"), None, None) == "A-7"
    assert study_name(study_named("T1.nii", "FLAIR.nii"), tmp_path / "patient", None) == "patient"
    assert study_name(study_named("T1 SE", "T1 GD", dicom=True), tmp_path / "patient", None) == "patient"
    assert study_name(study_named("x.nii"), None, None) == "case"


@pytest.mark.parametrize("text", ["0.1", "eleven", "-1", "nan", "12"])
def test_a_voxel_size_without_sense_is_refused(text):
    with pytest.raises(SSAGliomaError, match="--spacing is"):
        spacing_of(text)
    assert spacing_of("native") is None and spacing_of("1.5") == 1.5


def test_a_prepared_case_is_known_by_its_names_and_its_background(case_folder):
    found = find_images(arguments(case=case_folder), no_progress)
    assert isinstance(found, Prepared) and found.case.name == "case-001" and found.study is None


def test_options_of_raw_images_are_refused_for_prepared_ones(case_folder, package_folder, tmp_path, capsys):
    command = ["segment", str(case_folder), "--model", str(package_folder), "--output", str(tmp_path / "o")]
    assert main([*command, "--keep-prepared", "--skip-prepare"]) == 2
    assert "--keep-prepared was given, but these images are prepared already" in capsys.readouterr().err
    assert main([*command, "--prepare", "always", "--skip-prepare"]) == 2
    assert main([*command, "--brain-mask", str(case_folder / "case-001-seg.nii.gz")]) == 2
    assert not (tmp_path / "o").exists()


def test_skipping_preparation_gives_the_same_labels_for_a_prepared_case(case_folder, package_folder, tmp_path, capsys):
    command = ["segment", str(case_folder), "--model", str(package_folder), "--device", "cpu", "--progress", "none"]
    assert main([*command, "--output", str(tmp_path / "a.nii.gz"), "--keep-prepared"]) == 0
    assert "prepared already, so that --keep-prepared writes nothing" in capsys.readouterr().err
    assert main([*command, "--output", str(tmp_path / "b.nii.gz"), "--skip-prepare"]) == 0
    first, second = (read_volume(tmp_path / name) for name in ("a.nii.gz", "b.nii.gz"))
    assert np.array_equal(first.array, second.array) and first.array.any()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.nii.gz", "b.nii.gz"]


def test_different_grids_are_still_an_error_where_preparation_is_skipped(case_folder, package_folder, tmp_path, capsys):
    flair = case_folder / "case-001-t2f.nii.gz"
    volume = read_volume(flair)
    write_volume(Volume(volume.array, (3.0, 1.0, 1.0), (40.0, 0.0, 0.0)), flair)
    command = ["segment", str(case_folder), "--model", str(package_folder), "--output", str(tmp_path / "o.nii.gz")]
    assert main([*command, "--skip-prepare"]) == 2
    assert "different grids" in capsys.readouterr().err


def test_preparing_a_prepared_case_passes_its_voxels_on(case_folder, tmp_path, capsys):
    target = tmp_path / "prepared"
    assert main(["prepare", str(case_folder), "--output", str(target), "--progress", "json"]) == 0
    events = lines(capsys.readouterr().out)
    result = events[-1]
    assert result["event"] == "result" and result["quality"]["light"] in ("green", "amber", "red")
    case = find_case(target)
    assert case.name == "case-001"
    for sequence, path in case.sequences.items():
        before = read_volume(case_folder / f"case-001-{sequence.value}.nii.gz")
        assert np.array_equal(read_volume(path).array, before.array)
    log = json.loads((target / "intake.json").read_text())
    assert log["steps"][0]["step"] == "passed_unchanged"
    assert main(["prepare", str(case_folder), "--output", str(target)]) == 2
    assert main(["prepare", str(case_folder), "--output", str(target), "--overwrite", "--progress", "none"]) == 0


def test_the_output_of_prepare_may_be_no_file_and_no_folder_of_others(case_folder, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert main(["prepare", str(case_folder), "--output", str(tmp_path / "file")]) == 2
    assert main(["prepare", str(case_folder), "--output", str(case_folder), "--overwrite"]) == 2
    assert "holds other files already" in capsys.readouterr().err
    assert main(["prepare", str(tmp_path / "none"), "--output", str(tmp_path / "o")]) == 2
    assert main(["prepare", "--output", str(tmp_path / "o")]) == 2
    assert "No images were given" in capsys.readouterr().err and not (tmp_path / "o").exists()


def test_a_mask_that_is_not_there_is_told_before_any_work(case_folder, tmp_path, capsys):
    command = ["segment", str(case_folder), "--brain-mask", str(tmp_path / "none.nii.gz")]
    assert main([*command, "--output", str(tmp_path / "o")]) == 2
    assert "none.nii.gz' does not exist" in capsys.readouterr().err


def test_a_cancelled_writing_leaves_nothing(case_folder, tmp_path, monkeypatch):
    def cancel(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("ssaglioma.inference.intake_files.write_volume", cancel)
    target = tmp_path / "results" / "prepared"
    assert main(["prepare", str(case_folder), "--output", str(target), "--progress", "none"]) == 130
    assert list((tmp_path / "results").iterdir()) == []


def test_a_folder_of_nothing_is_refused_before_anything_is_written(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["segment", str(tmp_path / "empty"), "--output", str(tmp_path / "o")]) == 2
    assert "no image" in capsys.readouterr().err.lower()
    assert not (tmp_path / "o").exists()
    with pytest.raises(DatasetError):
        find_images(arguments(case=tmp_path / "empty"), no_progress)


@pytest.fixture
def raw_folder(tmp_path):
    """T1Gd and FLAIR of one head, unstripped, moved between the scans, with a brain mask beside them."""
    folder = tmp_path / "raw"
    folder.mkdir()
    images = {
        Sequence.T1C: scan(Sequence.T1C, T1C_GRID),
        Sequence.T2F: scan(Sequence.T2F, head_grid((5.0, 3.0, 3.0)), turned((4, 2, -3), (-5, 3, 6))),
    }
    for sequence, volume in images.items():
        write_volume(volume.with_array(np.round(volume.array).astype(np.int16)), folder / f"p1_{sequence.value}.nii.gz")
    write_volume(brain_of(T1C_GRID), tmp_path / "mask.nii.gz")
    return folder


@pytest.mark.slow
def test_raw_files_give_labels_on_t1gd_a_record_and_a_report(raw_folder, package_folder, tmp_path, capsys):
    before = {path.name: path.read_bytes() for path in raw_folder.iterdir()}
    command = ["segment", str(raw_folder), "--model", str(package_folder), "--device", "cpu", "--progress", "json"]
    command += ["--brain-mask", str(tmp_path / "mask.nii.gz"), "--output", str(tmp_path / "out"), "--keep-prepared"]
    assert main(command) == 0
    events = lines(capsys.readouterr().out)
    fractions = [event["fraction"] for event in events if event["event"] == "progress"]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    result, out = events[-1], tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "p1-intake.json",
        "p1-prepared",
        "p1-report.html",
        "p1-seg.nii.gz",
    ]
    assert result["grid_of"] == "t1c" and result["log"] == str(out / "p1-intake.json")
    assert read_volume(out / "p1-seg.nii.gz").same_grid(read_volume(raw_folder / "p1_t1c.nii.gz"))
    log = json.loads((out / "p1-intake.json").read_text())
    assert {"align", "brain_mask", "bias_and_grid", "quality", "predict", "home"} <= set(log["seconds"])
    assert log["quality"]["light"] == result["quality"]["light"] != "green"  # T1 and T2 are missing
    page = (out / "p1-report.html").read_text(encoding="utf-8")
    assert f'class="light {log["quality"]["light"]}"' in page and "T1 is missing" in page
    assert list(find_case(out / "p1-prepared").sequences) == [Sequence.T1C, Sequence.T2F]
    assert {path.name: path.read_bytes() for path in raw_folder.iterdir()} == before
    assert main(command) == 2
    assert "holds prepared images already" in capsys.readouterr().err
    assert main([word for word in command if word != "--keep-prepared"]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.slow
def test_a_raw_dicom_series_is_segmented_and_the_seg_names_its_slices(mr_series, package_folder, tmp_path, capsys):
    image = scan(Sequence.T1C, T1C_GRID)
    study = tmp_path / "study"
    mr_series(study / "s1", np.round(image.array), np.eye(3), T1C_GRID.spacing_zyx_mm, T1C_GRID.origin_lps_mm)
    write_volume(brain_of(T1C_GRID), tmp_path / "mask.nii.gz")
    command = ["segment", str(study), "--model", str(package_folder), "--device", "cpu", "--progress", "none"]
    command += ["--brain-mask", str(tmp_path / "mask.nii.gz"), "--output", str(tmp_path / "o")]
    assert main([*command, "--dicom-seg", str(tmp_path / "o" / "seg.dcm")]) == 0, capsys.readouterr().err
    labels = read_volume(tmp_path / "o" / "study-seg.nii.gz")
    assert labels.same_grid(image)
    seg = pydicom.dcmread(tmp_path / "o" / "seg.dcm")
    slices = {pydicom.dcmread(path).SOPInstanceUID for path in (study / "s1").iterdir()}
    named = {one.ReferencedSOPInstanceUID for one in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence}
    assert named and named <= slices
    assert "TEST" not in (tmp_path / "o" / "study-intake.json").read_text()
