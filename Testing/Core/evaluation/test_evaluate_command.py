"""`ssaglioma evaluate` from files to table, JSON and CSV."""

from __future__ import annotations

import argparse
import csv
import json

import numpy as np
import pytest
import SimpleITK

from ssaglioma.cli import evaluate
from ssaglioma.errors import DatasetError, GeometryError


class RecordingConsole:
    """Keeps what a command says."""

    def __init__(self) -> None:
        self.text, self.warnings, self.fractions, self.results = "", [], [], []

    def print(self, text: str) -> None:
        self.text += text + "\n"

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def progress(self, fraction: float, message: str) -> None:
        self.fractions.append(fraction)

    def result(self, values: dict) -> None:
        self.results.append(values)


def write_labels(path, *, value: int = 1, shift: int = 0, spacing=(1.0, 1.0, 2.0)):
    array = np.zeros((10, 12, 14), dtype=np.uint8)
    array[2 + shift : 6 + shift, 3:8, 3:9] = value
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(spacing)
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(image, str(path))
    return path


def evaluate_with(console, *arguments) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add_parser(parser.add_subparsers(dest="command"))
    return evaluate.run(parser.parse_args(["evaluate", *map(str, arguments)]), console)


@pytest.fixture
def console():
    return RecordingConsole()


@pytest.fixture
def folders(tmp_path):
    for name in "AB":
        write_labels(tmp_path / "r" / name / f"{name}-seg.nii.gz")
    write_labels(tmp_path / "p" / "A-seg.nii.gz", shift=1)
    write_labels(tmp_path / "p" / "B-seg.nii.gz", value=3)
    return tmp_path


def test_folders_give_a_table_and_matching_json_and_csv(folders, console):
    json_path, csv_path = folders / "out" / "scores.json", folders / "scores.csv"
    code = evaluate_with(
        console,
        *("--reference", folders / "r", "--prediction", folders / "p"),
        *("--json", json_path, "--csv", csv_path),
    )
    document = json.loads(json_path.read_text())
    assert code == 0
    assert (document["convention"], document["unit"], document["hd_penalty"]) == ("surface_area", "mm", 374.0)
    assert [case["case"] for case in document["cases"]] == ["A", "B"]
    first = document["cases"][0]["regions"]
    assert list(first) == ["WT", "TC", "ET", "NCR", "ED"]
    assert first["WT"]["dice"] == pytest.approx(0.75)
    assert first["WT"]["hd_mm"] == pytest.approx(2.0)
    assert document["cases"][1]["regions"]["ET"]["empty"] == "reference"
    assert document["summary"]["WT"]["dice"]["mean"] == pytest.approx(0.875)
    assert document["summary"]["WT"]["dice"]["count"] == 2
    assert document["summary"]["ET"]["empty"] == {"none": 0, "reference": 1, "prediction": 0, "both": 1}
    assert console.results == [document]
    assert console.fractions[-1] == 1.0
    rows = list(csv.DictReader(csv_path.open()))
    assert (rows[0]["case"], rows[0]["region"], float(rows[0]["dice"])) == ("A", "WT", 0.75)
    assert next(row for row in rows if row["region"] == "ET")["lesion_hd95_mm"] == "0.0"
    header, first_line = console.text.splitlines()[:2]
    assert header.split()[:3] == ["case", "region", "dice"]
    assert first_line.split()[:3] == ["A", "WT", "0.750"]
    assert "95% CI" in console.text


def test_a_null_penalty_writes_null_and_counts_it_as_missing(folders, console):
    path = folders / "scores.json"
    evaluate_with(
        console,
        *("--reference", folders / "r", "--prediction", folders / "p"),
        *("--hd-penalty", "null", "--json", path),
    )
    document = json.loads(path.read_text())
    assert document["cases"][1]["regions"]["ET"]["hd95_mm"] is None
    assert document["summary"]["ET"]["hd95_mm"]["missing"] == 1
    assert "(n=1)" in console.text


def test_voxel_units_and_conventions_reach_the_scores(folders, console):
    evaluate_with(
        console,
        *("--reference", folders / "r", "--prediction", folders / "p"),
        *("--unit", "voxel", "--convention", "voxel_pooled", "--lesionwise", "brats2024_ssa"),
    )
    document = console.results[0]
    assert document["cases"][0]["regions"]["WT"]["hd_voxel"] == 1.0
    assert (document["convention"], document["lesionwise"]) == ("voxel_pooled", "brats2024_ssa")
    assert "hd95 voxel" in console.text


def test_unpaired_files_are_warned_about(folders, console):
    write_labels(folders / "p" / "C.nii.gz")
    evaluate_with(console, "--reference", folders / "r", "--prediction", folders / "p")
    assert console.warnings == ["1 prediction file(s) without a partner, not scored: C"]
    assert console.results[0]["unpaired"] == {"reference": [], "prediction": ["C"]}


def test_a_prediction_on_another_grid_stops_with_the_case_named(folders, console):
    write_labels(folders / "p" / "B-seg.nii.gz", spacing=(1.0, 1.0, 1.0))
    with pytest.raises(GeometryError, match="prediction of case 'B'"):
        evaluate_with(console, "--reference", folders / "r", "--prediction", folders / "p")


def test_impossible_labels_stop_with_the_file_named(folders, console):
    write_labels(folders / "p" / "A-seg.nii.gz", value=9)
    with pytest.raises(DatasetError, match=r"A-seg.nii.gz.*\[9\]"):
        evaluate_with(console, "--reference", folders / "r", "--prediction", folders / "p")


def test_a_penalty_that_is_no_number_is_a_usage_error(folders, console, capsys):
    with pytest.raises(SystemExit):
        evaluate_with(console, "--reference", folders, "--prediction", folders, "--hd-penalty", "many")
    assert "'many' is neither a number nor null" in capsys.readouterr().err
