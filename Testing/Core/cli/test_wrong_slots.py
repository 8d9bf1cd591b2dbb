"""Prepared images in each other's place on the way through the commands: console, JSON, report, table of a batch."""

import csv
import json
import shutil

import numpy as np
import pytest

from ssaglioma.cli.main import main
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.packages.resources import locate
from ssaglioma.volume import find_case, read_volume

SENTENCE = (
    "The image given as T1Gd looks like FLAIR; the image given as FLAIR looks like T1Gd. If they lie in each other's "
    "place, this result is wrong: swap the two and segment again."
)


@pytest.fixture(autouse=True)
def ball(monkeypatch):
    """The shipped model's card, and a ball in the place of its work."""

    def predict(self, array, spacing_zyx_mm, progress=None, preview=None):
        grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in array.shape[1:]), indexing="ij")
        radius = np.sqrt(sum(axis**2 for axis in grid))
        return np.stack([np.clip(1.2 - radius * k, 0, 1) for k in (1.2, 1.8, 2.4)]).astype(np.float32)

    monkeypatch.setattr(PackageEngine, "predict", predict)


@pytest.fixture(scope="module")
def files():
    found = find_case(locate("SampleCases/ICBM152-grown-001-ssa")).sequences
    return {sequence.value: path for sequence, path in found.items()}


@pytest.fixture
def segment(files, tmp_path, capsys):
    """Runs `segment` with some files in other places; returns the events and the report."""

    def run(**others):
        words = [word for name, path in {**files, **others}.items() for word in (f"--{name}", str(path))]
        report = tmp_path / "report.html"
        options = ["--output", str(tmp_path / "seg.nii.gz"), "--report", str(report), "--progress", "json"]
        code = main(["segment", *words, *options, "--overwrite"])
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return code, events, report.read_text(encoding="utf-8") if code == 0 else ""

    return run


def test_a_swap_is_told_everywhere_and_nothing_is_foretold(segment, files):
    code, events, report = segment(t1c=files["t2f"], t2f=files["t1c"])
    assert code == 0
    assert SENTENCE in [event["message"] for event in events if event["event"] == "warning"]
    result = events[-1]
    assert result["warnings"][0] == SENTENCE and result["expected_dice"] == {}
    assert result["quality"]["light"] == "amber"
    (finding,) = result["quality"]["findings"]
    assert (finding["key"], finding["subject"], finding["other"]) == ("swapped", "T1Gd", "FLAIR")
    assert finding["log_odds"] > 2.5 and result["timings"]["slots"] > 0
    assert report.count("The image given as T1Gd looks like FLAIR") == 1 and 'class="light amber"' in report
    assert "Dice to expect" not in report


def test_right_images_are_segmented_as_before(segment):
    code, events, report = segment()
    assert code == 0 and "quality" not in events[-1] and events[-1]["expected_dice"]
    assert not [event for event in events if event["event"] == "warning"] and 'class="light' not in report


def test_a_copy_in_a_second_place_is_an_error(segment, files, tmp_path):
    copy = tmp_path / "copy.nii.gz"
    shutil.copy(files["t1c"], copy)
    code, events, _ = segment(t2f=copy)
    assert code == 2 and "T1Gd and as FLAIR are the same, voxel for voxel" in events[-1]["message"]
    assert not (tmp_path / "seg.nii.gz").exists()


def test_a_batch_lights_amber_and_says_why(files, tmp_path):
    case = tmp_path / "cases" / "swapped"
    case.mkdir(parents=True)
    for name, source in {**files, "t1c": files["t2f"], "t2f": files["t1c"]}.items():
        shutil.copy(source, case / f"swapped-{name}.nii.gz")
    before = read_volume(case / "swapped-t1c.nii.gz").array
    assert main(["batch", str(tmp_path / "cases"), "--output", str(tmp_path / "out"), "--progress", "none"]) == 0
    with open(tmp_path / "out" / "batch.csv", encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["light"] == "amber" and row["reasons"] == SENTENCE and row["message"].startswith(SENTENCE)
    assert np.array_equal(read_volume(case / "swapped-t1c.nii.gz").array, before)


def test_prepare_tells_it_too(files, tmp_path, capsys):
    words = [f"--{name}={path}" for name, path in {**files, "t1c": files["t2f"], "t2f": files["t1c"]}.items()]
    assert main(["prepare", *words, "--output", str(tmp_path / "out"), "--progress", "none"]) == 0
    assert SENTENCE in capsys.readouterr().out
