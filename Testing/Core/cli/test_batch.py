"""A batch goes on after bad cases, cancellation and crashes, and never touches what it did not make."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import ssaglioma
from ssaglioma.cli import batch as module
from ssaglioma.cli import batch_state
from ssaglioma.cli.main import main
from ssaglioma.errors import SSAGliomaError
from ssaglioma.evaluation.measurements import measure
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.labels import GLIOMA
from ssaglioma.volume import read_labelmap

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1]), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def output(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def batch(package_folder, cases_folder, output):
    def run(*options, folder=cases_folder):
        model = ["--model", str(package_folder), "--device", "cpu"]
        return main(["batch", str(folder), "--output", str(output), *model, *options])

    return run


@pytest.fixture(autouse=True)
def predictions(monkeypatch):
    """A model that finds a ball at once; counts its runs in this process."""
    counted = []

    def predict(self, array, spacing_zyx_mm, progress=None):
        counted.append(1)
        grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in array.shape[1:]), indexing="ij")
        radius = np.sqrt(sum(axis**2 for axis in grid))
        progress(0.5, "half")
        return np.stack([np.clip(1.2 - radius * k, 0, 1) for k in (1.2, 1.8, 2.4)]).astype(np.float32)

    monkeypatch.setattr(PackageEngine, "predict", predict)
    return counted


def rows(output):
    with open(output / "batch.csv", encoding="utf-8", newline="") as stream:
        return {row["case"]: row for row in csv.DictReader(stream)}


def statuses(output):
    return {name: row["status"] for name, row in rows(output).items()}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "batch.csv"}


ALL_DONE = {f"case-{index}": "done" for index in range(3)}


def test_every_case_gets_a_labelmap_and_a_line(batch, output):
    assert batch() == 0
    assert statuses(output) == ALL_DONE
    assert {path.name for path in output.glob("*.nii.gz")} == {f"case-{index}-seg.nii.gz" for index in range(3)}
    row = rows(output)["case-1"]
    regions = measure(read_labelmap(output / "case-1-seg.nii.gz", GLIOMA)).regions
    for name, region in regions.items():
        assert float(row[f"{name}_ml"]) == pytest.approx(region.volume_ml, abs=6e-4)
        assert int(row[f"{name}_lesions"]) == region.lesions
        assert float(row[f"{name}_diameter_mm"]) == pytest.approx(region.largest_diameter_mm, abs=0.06)
        assert region.volume_ml > 0 or name == "NCR"
    assert row["model"] == "tiny-test 0.0.1" and float(row["seconds"]) > 0 and 0 <= float(row["WT_confidence"]) <= 1


def test_finished_cases_are_kept(batch, output, predictions):
    assert batch() == 0
    before = contents(output)
    assert batch() == 0
    assert len(predictions) == 3 and contents(output) == before
    assert set(statuses(output).values()) == {"kept"} and float(rows(output)["case-0"]["WT_ml"]) >= 0


@pytest.mark.parametrize("change", ["input", "model", "settings", "again", "labelmap gone", "state damaged"])
def test_what_has_changed_is_done_again(batch, output, predictions, change, cases_folder, package_folder, tmp_path):
    assert batch() == 0
    options, expected = [], 1
    if change == "input":
        shutil.copy(cases_folder / "case-2" / "case-2-t1c.nii.gz", cases_folder / "case-0" / "case-0-t1c.nii.gz")
    elif change == "model":
        other = shutil.copytree(package_folder, tmp_path / "other")
        card = json.loads((other / "card.json").read_text())
        (other / "card.json").write_text(json.dumps({**card, "version": "0.0.2"}))
        options, expected = ["--model", str(other)], 3
    elif change in ("settings", "again"):
        options, expected = ["--mirror" if change == "settings" else "--again"], 3
    elif change == "labelmap gone":
        (output / "case-0-seg.nii.gz").unlink()
    else:
        (output / "case-0-seg.json").write_text("{")
        (output / "case-0-seg.nii.gz").unlink()
    assert batch(*options) == 0
    assert len(predictions) == 3 + expected
    assert list(statuses(output).values()).count("done") == expected


def test_a_labelmap_corrected_by_hand_is_never_replaced_unasked(batch, output, capsys):
    assert batch() == 0
    mine = output / "case-1-seg.nii.gz"
    mine.write_bytes(b"corrected")
    assert batch() == 2
    assert mine.read_bytes() == b"corrected" and statuses(output)["case-1"] == "failed"
    assert "changed by someone else" in capsys.readouterr().err
    assert batch("--again") == 0
    assert read_labelmap(mine, GLIOMA).shape == (8, 40, 36)


def test_a_bad_case_does_not_stop_the_rest(batch, output, cases_folder, capsys):
    (cases_folder / "case-0" / "case-0-t1c.nii.gz").write_bytes(b"damaged")
    assert batch() == 2
    assert statuses(output) == {"case-0": "failed", "case-1": "done", "case-2": "done"}
    message = capsys.readouterr().err
    assert "1 of 3 cases failed (case-0: " in message and "case-0-t1c" in message and "batch.csv" in message
    assert message.strip().count("\n") == 0 and "case-0-t1c" in rows(output)["case-0"]["message"]


def test_two_files_for_one_sequence_fail_that_folder_alone(batch, output, cases_folder, capsys):
    folder = cases_folder / "case-1"
    shutil.copy(folder / "case-1-t1c.nii.gz", folder / "case-1-t1ce.nii.gz")
    (cases_folder / "notes").mkdir()
    assert batch("--skip-prepare") == 2
    assert statuses(output) == {"case-1": "failed", "case-0": "done", "case-2": "done"}
    assert "are both T1Gd" in capsys.readouterr().err


def test_an_unforeseen_fault_is_told_and_the_rest_goes_on(batch, output, monkeypatch, capsys):
    real = PackageEngine.predict
    calls = []

    def fail_once(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("odd tensor")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(PackageEngine, "predict", fail_once)
    assert batch() == 3
    assert list(statuses(output).values()) == ["done", "failed", "done"]
    assert "RuntimeError: odd tensor" in capsys.readouterr().err


def test_a_full_disk_ends_the_batch_at_once(batch, output, monkeypatch, predictions):
    def full(*_):
        problem = SSAGliomaError("The file 'x' cannot be written (No space left on device)")
        problem.exit_code = 3
        raise problem

    monkeypatch.setattr(batch_state, "write_volume", full)
    assert batch() == 3
    assert len(predictions) == 1 and statuses(output) == {"case-0": "failed"}


@pytest.mark.parametrize("moment", ["write_volume", "replace", "sha256"])
def test_a_crash_while_writing_leaves_no_half_file_and_the_next_run_goes_on(batch, output, monkeypatch, moment):
    def crash(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(batch_state.os if moment == "replace" else batch_state, moment, crash)
        assert batch() == 130
    assert list(output.glob("*.nii.gz")) == []
    assert batch() == 0
    assert statuses(output) == ALL_DONE


def test_a_crash_between_the_new_state_and_the_new_labelmap_is_mended(batch, output, monkeypatch):
    assert batch() == 0

    def crash(*_, **__):
        raise KeyboardInterrupt

    real = os.replace
    stop = lambda source, target: crash() if str(target).endswith("seg.nii.gz") else real(source, target)  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(batch_state.os, "replace", stop)
        assert batch("--mirror") == 130
    assert read_labelmap(output / "case-0-seg.nii.gz", GLIOMA).shape == (8, 40, 36)
    assert batch("--mirror") == 0
    assert statuses(output) == ALL_DONE


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_batch_is_resumed(package_folder, cases_folder, output, batch, predictions, way):
    command = ["batch", str(cases_folder), "--output", str(output), "--model", str(package_folder), "--device", "cpu"]
    child = subprocess.Popen(
        [sys.executable, "-m", "ssaglioma", *command, "--progress", "json"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for line in child.stdout:
        event = json.loads(line)
        if event["event"] == "case" and event["status"] == "done":
            child.send_signal(way)
            break
    child.communicate(timeout=60)
    assert child.returncode == (130 if way == signal.SIGTERM else -way)
    done = len(list(output.glob("*.nii.gz")))
    for file in output.glob("*.nii.gz"):
        assert read_labelmap(file, GLIOMA).shape == (8, 40, 36)
    assert 1 <= done <= 3 and batch() == 0
    assert list(statuses(output).values()).count("kept") == done and len(predictions) == 3 - done


def test_old_leftovers_are_swept_and_fresh_ones_stay(batch, output):
    output.mkdir()
    old, fresh = output / ".writing-a.nii.gz", output / ".writing-b.nii.gz"
    old.write_bytes(b""), fresh.write_bytes(b"")
    os.utime(old, (time.time() - 7200,) * 2)
    assert batch() == 0
    assert not old.exists() and fresh.exists()


def test_in_json_mode_each_case_is_an_event(batch, cases_folder, capsys):
    (cases_folder / "case-1" / "case-1-t2f.nii.gz").write_bytes(b"x")
    assert batch("--progress", "json") == 2
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "version"
    told = [(event["case"], event["status"]) for event in events if event["event"] == "case"]
    expected = [("case-0", "done"), ("case-1", "failed"), ("case-2", "done")]
    assert told == [pair for case, status in expected for pair in ((case, "running"), (case, status))]
    fractions = [event["fraction"] for event in events if event["event"] == "progress"]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    result, error = events[-2:]
    assert (result["done"], result["kept"], result["failed"]) == (2, 0, 1) and result["csv"].endswith("batch.csv")
    assert error["event"] == "error" and error["code"] == 2 and "case-1" in error["message"]
    assert [row["status"] for row in result["cases"]] == ["done", "failed", "done"]


def test_the_output_may_not_lie_among_the_inputs(batch, cases_folder, package_folder, capsys):
    command = ["batch", str(cases_folder), "--output", str(cases_folder / "out"), "--model", str(package_folder)]
    assert main(command) == 2
    assert "lies inside the folder of cases" in capsys.readouterr().err and not (cases_folder / "out").exists()


def test_a_folder_without_cases_is_named(batch, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert batch(folder=tmp_path / "empty") == 2
    assert "No case was found" in capsys.readouterr().err
    assert batch(folder=tmp_path / "absent") == 2
    assert "absent' does not exist" in capsys.readouterr().err


def test_the_fingerprint_of_a_folder_follows_names_and_contents(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.dcm").write_bytes(b"one")
    first = batch_state.fingerprint(tmp_path / "a")
    assert first == batch_state.fingerprint(tmp_path / "b")
    (tmp_path / "b" / "1.dcm").rename(tmp_path / "b" / "2.dcm")
    (tmp_path / "a" / "1.dcm").write_bytes(b"two")
    assert len({first, *(batch_state.fingerprint(tmp_path / name) for name in ("a", "b"))}) == 3


def test_the_csv_has_the_columns_of_its_scheme():
    columns = module.csv_columns(GLIOMA)
    assert columns[:3] == ["case", "status", "message"] and len(columns) == len(set(columns))
    for name in ("WT", "TC", "ET", "NCR", "ED"):
        assert {f"{name}_{kind}" for kind in ("ml", "lesions", "diameter_mm", "confidence")} < set(columns)
