import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import ssaglioma
from ssaglioma.cli.console import Console, duration_text, seconds_left
from ssaglioma.cli.main import main
from ssaglioma.errors import SSAGliomaError
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.volume import read_volume

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}


@pytest.fixture
def segment(package_folder, case_folder):
    def run(*options, case=case_folder):
        return main(
            ["segment", *([str(case)] if case else []), "--model", str(package_folder), "--device", "cpu", *options]
        )

    return run


def test_a_folder_receives_the_labelmap_under_the_cases_name(segment, tmp_path, capsys):
    assert segment("--output", str(tmp_path / "out")) == 0
    volume = read_volume(tmp_path / "out" / "case-001-seg.nii.gz")
    assert set(np.unique(volume.array)) <= {0, 1, 2, 3}
    assert "WT" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha"])
def test_a_path_with_an_image_suffix_is_a_file(segment, tmp_path, name):
    assert segment("--output", str(tmp_path / name), "--progress", "none") == 0
    assert (tmp_path / name).is_file()


def test_a_file_in_the_place_of_the_output_folder_is_named(segment, tmp_path, capsys):
    (tmp_path / "out").write_text("x")
    assert segment("--output", str(tmp_path / "out")) == 2
    assert "cannot be made (File exists)" in capsys.readouterr().err


def test_single_files_take_the_place_of_a_folder(segment, case_folder, tmp_path):
    files = {name: str(case_folder / f"case-001-{name}.nii.gz") for name in ("t1c", "t2f")}
    options = [word for name, path in files.items() for word in (f"--{name}", path)]
    assert segment(*options, "--output", str(tmp_path / "o"), case=None) == 0
    assert (tmp_path / "o" / "case-001-seg.nii.gz").is_file()


def test_probabilities_are_written_beside_the_labelmap(segment, tmp_path):
    assert segment("--output", str(tmp_path / "o"), "--probabilities") == 0
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert {f"case-001-probability-{region}.nii.gz" for region in ("wt", "tc", "et")} < names


def test_an_existing_labelmap_stays_unless_overwriting_is_asked_for(segment, tmp_path, capsys):
    target = tmp_path / "seg.nii.gz"
    target.write_bytes(b"precious")
    assert segment("--output", str(target)) == 2
    assert target.read_bytes() == b"precious"
    assert "exists already" in capsys.readouterr().err
    assert segment("--output", str(target), "--overwrite") == 0


@pytest.mark.parametrize("name", ["case-001-t1c.nii.gz", "case-001-seg.nii.gz"])
def test_originals_are_never_replaced(segment, case_folder, name, capsys):
    before = (case_folder / name).read_bytes()
    assert segment("--output", str(case_folder / name), "--overwrite") == 2
    assert (case_folder / name).read_bytes() == before
    assert "one of the case's own files" in capsys.readouterr().err


def test_one_file_in_two_slots_is_refused(segment, case_folder, tmp_path, capsys):
    file = str(case_folder / "case-001-t1c.nii.gz")
    assert segment("--t1c", file, "--t2f", file, "--output", str(tmp_path / "o"), case=None) == 2
    assert "given as T1Gd and as FLAIR" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["segment", "no-such-folder", "--output", "o"], "no-such-folder' does not exist"),
        (["segment", "--output", "o"], "No images were given"),
        (["segment", "--t1c", "no.nii", "--output", "o"], "T1Gd image 'no.nii' does not exist"),
        (["models", "info", "nothing"], "'nothing' was not found"),
        (["evaluate", "--reference", "no.nii", "--prediction", "no.nii"], "no.nii"),
        (["train", "no-such-folder", "--output", "o"], "no-such-folder' does not exist"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(options, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(options) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and "Traceback" not in captured.err


def test_debug_adds_a_traceback(capsys):
    assert main(["segment", "no-such-folder", "--output", "o", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_device_that_is_absent_ends_with_3(package_folder, case_folder, tmp_path, capsys):
    command = ["segment", str(case_folder), "--model", str(package_folder), "--output", str(tmp_path)]
    assert main([*command, "--device", "tpu"]) == 3
    assert "'tpu' is not known" in capsys.readouterr().err


def test_in_json_mode_every_line_of_stdout_is_an_object(segment, tmp_path, capsys):
    assert segment("--output", str(tmp_path / "o"), "--progress", "json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0] == {"event": "version", "version": ssaglioma.__version__}
    assert {"version", "progress", "result"} <= {event["event"] for event in events}
    fractions = [event["fraction"] for event in events if event["event"] == "progress"]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert events[-1]["case"] == "case-001" and set(events[-1]["volumes_ml"]) == {"WT", "TC", "ET", "NCR", "ED"}


def test_in_json_mode_an_error_is_an_event_and_a_line_on_stderr(capsys):
    assert main(["segment", "no-such-folder", "--output", "o", "--progress", "json"]) == 2
    captured = capsys.readouterr()
    event = json.loads(captured.out.splitlines()[-1])
    assert event["event"] == "error" and event["code"] == 2 and event["remedy"] == "Check the path"
    assert "no-such-folder" in event["message"] and captured.err.count("\n") == 1


def test_segment_then_evaluate_scores_the_case(segment, case_folder, tmp_path, capsys):
    assert segment("--output", str(tmp_path / "p.nii.gz")) == 0
    reference = str(case_folder / "case-001-seg.nii.gz")
    target = tmp_path / "scores.json"
    command = ["evaluate", "--reference", reference, "--prediction", str(tmp_path / "p.nii.gz"), "--json", str(target)]
    assert main(command) == 0
    document = json.loads(target.read_text())
    assert document["convention"] == "surface_area"
    assert set(document["cases"][0]["regions"]) == {"WT", "TC", "ET", "NCR", "ED"}
    assert "WT" in capsys.readouterr().out


def test_train_writes_a_package_that_segments(cases_folder, case_folder, tmp_path, capsys):
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps({"folds": [["case-0"], ["case-1", "case-2"]]}))
    sizes = ["--epochs", "2", "--steps-per-epoch", "1", "--batch-size", "2", "--workers", "0"]
    command = ["train", str(cases_folder), "--output", str(tmp_path / "run"), "--fold", "0", "--folds", str(folds)]
    assert main([*command, *sizes, "--stop-after", "0"]) == 0
    assert "Paused after epoch 1 of 2" in capsys.readouterr().out
    assert main([*command, *sizes]) == 0
    assert "1 held-out cases" in capsys.readouterr().out
    package = str(tmp_path / "run" / "package")
    assert main(["models", "verify", package]) == 0
    assert json.loads((tmp_path / "run" / "scores.json").read_text())["cases"][0]["case"] == "case-0"
    assert main(["segment", str(case_folder), "--model", package, "--output", str(tmp_path / "o")]) == 0


def test_folds_of_other_cases_are_refused(cases_folder, tmp_path, capsys):
    assert main(["train", str(cases_folder), "--output", str(tmp_path / "run")]) == 2
    assert "24 cases of the folds file are not in" in capsys.readouterr().err


def test_doctor_and_models_describe_this_installation(package_folder, capsys):
    assert main(["models", "info", str(package_folder)]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "tiny-test"
    assert main(["models", "list"]) == 0
    assert main(["doctor"]) in (0, 3)
    assert "CPU" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM", "stdin"])
def test_a_cancelled_run_ends_with_130_and_leaves_nothing(package_folder, case_folder, tmp_path, way):
    command = [
        "segment",
        str(case_folder),
        "--model",
        str(package_folder),
        "--output",
        str(tmp_path / "o" / "s.nii.gz"),
    ]
    child = subprocess.Popen(
        [sys.executable, "-m", "ssaglioma", *command, "--progress", "json", "--exit-with-parent"],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    assert child.stdout is not None and child.stdin is not None
    assert json.loads(child.stdout.readline())["event"] == "version"
    time.sleep(0.3)
    if way == "stdin":
        child.stdin.close()
    else:
        child.send_signal(getattr(signal, way))
    assert child.wait(timeout=60) == 130
    assert not (tmp_path / "o" / "s.nii.gz").exists()


def test_the_time_left_is_told_by_proportion():
    assert seconds_left(0.25, 10) == pytest.approx(30)
    assert seconds_left(0.0, 10) is None
    assert [duration_text(value) for value in (8.4, 200, 8000)] == ["8 s", "3 min", "2 h 13 min"]


def test_nan_never_reaches_a_parent_program(capsys):
    with pytest.raises(ValueError, match="JSON"):
        Console("json").result({"dice": float("nan")})
    assert "NaN" not in capsys.readouterr().out


def test_an_error_keeps_its_remedy_apart_for_the_screen(capsys):
    Console("json").error(SSAGliomaError("Bad", remedy="Mend it"), 2)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["remedy"] == "Mend it"


def test_existing_probabilities_stay_unless_overwriting_is_asked_for(segment, tmp_path, capsys):
    target = tmp_path / "case-001-probability-et.nii.gz"
    target.write_bytes(b"precious")
    assert segment("--output", str(tmp_path), "--probabilities") == 2
    assert target.read_bytes() == b"precious" and not (tmp_path / "case-001-seg.nii.gz").exists()
    assert "probability-et.nii.gz' exists already" in capsys.readouterr().err
    assert segment("--output", str(tmp_path), "--probabilities", "--overwrite") == 0
    assert read_volume(target).array.max() <= 1


@pytest.mark.parametrize("words", [["--progress", "json"], ["--progress=json"]])
def test_wrong_usage_is_one_line_and_an_event(words, capsys):
    assert main(["segment", "x", *words]) == 2
    captured = capsys.readouterr()
    events = [json.loads(line) for line in captured.out.splitlines()]
    assert [event["event"] for event in events] == ["version", "error"]
    assert events[1]["code"] == 2 and "--output" in events[1]["message"] and "--help" in events[1]["remedy"]
    assert captured.err.count("\n") == 1


def test_wrong_usage_for_people_leaves_stdout_empty(capsys):
    assert main(["no-such-command"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "no-such-command" in captured.err and captured.err.count("\n") == 1


def test_a_full_gpu_ends_with_3_and_names_the_way_out(segment, tmp_path, capsys, monkeypatch):
    def run_out(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(PackageEngine, "predict", run_out)
    assert segment("--output", str(tmp_path / "o.nii.gz")) == 3
    captured = capsys.readouterr()
    assert "memory of the GPU ran out" in captured.err and "--device cpu" in captured.err
    assert not (tmp_path / "o.nii.gz").exists()


def test_another_runtime_error_is_not_taken_for_a_full_gpu(segment, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr(PackageEngine, "predict", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        segment("--output", str(tmp_path / "o.nii.gz"))
