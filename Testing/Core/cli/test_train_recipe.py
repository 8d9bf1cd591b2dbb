"""`ssaglioma train` by a recipe, from the command line."""

import json
import os
import shutil

import pytest

from ssaglioma.cli.main import main
from ssaglioma.training import run_folder
from ssaglioma.training.run_folder import ask_to_pause, read_run
from ssaglioma.training.run_lock import read_lock

SHORT = ["--set", "epochs=2", "--steps-per-epoch", "1", "--batch-size", "1", "--workers", "0", "--device", "cpu"]


def events(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_recipes_are_listed_as_json_and_for_people(capsys):
    assert main(["train", "--list-recipes", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["recipes"]
    assert [recipe["name"] for recipe in listed][:3] == ["from_scratch", "fine_tune", "style_augmentation"]
    assert {"title", "sentence", "needed", "optional", "options"} <= set(listed[0])
    assert main(["train", "--list-recipes"]) == 0
    text = capsys.readouterr().out
    assert "fine_tune" in text and "needs target, model" in text
    assert main(["train", "--list-recipes", "--progress", "json"]) == 0
    assert events(capsys)[-1]["recipes"] == listed


def test_a_folder_is_checked_with_pictures(cases_folder, tmp_path, capsys):
    (cases_folder / "case-1" / "case-1-t2w.nii.gz").unlink()
    assert main(["train", str(cases_folder), "--check", "--json", "--thumbnails", str(tmp_path / "small")]) == 0
    values = json.loads(capsys.readouterr().out)
    assert [case["level"] for case in values["cases"]] == ["ok", "error", "ok"]
    assert len(list((tmp_path / "small").glob("*.png"))) == 3
    assert main(["train", str(cases_folder), "--check"]) == 0
    assert "error    case-1: Missing: T2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train"], "The cases or the folder of the run are not given"),
        (["train", "x"], "The cases or the folder of the run are not given"),
        (["train", "x", "--recipe", "magic", "--output", "o"], "There is no recipe 'magic'"),
        (["train", "x", "--recipe", "from_scratch"], "--recipe without --output"),
        (["train", "x", "--recipe", "from_scratch", "--output", "o", "--set", "epochs"], "expected="),
        (["train", "x", "--recipe", "from_scratch", "--output", "o", "--set", "warp=1"], "no option 'warp'"),
        (["train", "x", "--recipe", "from_scratch", "--output", "o", "--set", "epochs=0"], "at least 1"),
        (["train", "--recipe", "fine_tune", "--output", "o"], "needs a folder of labelled cases of this hospital"),
        (["train", "--job", "absent"], "holds no training"),
        (["train", "--check"], "--check has no folder"),
        (["train", "--import-from", "x"], "--import-from without --output"),
    ],
)
def test_wrong_words_are_told_in_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert message.replace("expected=", "Expected OPTION=VALUE") in told and len(told.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_run_tells_its_epochs_pauses_when_asked_and_goes_on(cases_folder, tmp_path, monkeypatch, capsys):
    output = tmp_path / "run"
    command = ["train", str(cases_folder), "--recipe", "from_scratch", "--output", str(output), *SHORT]
    monkeypatch.setattr(run_folder, "pause_wanted", lambda _folder: True)
    assert main([*command, "--progress", "json"]) == 0
    told = events(capsys)
    epochs = [event for event in told if event["event"] == "epoch"]
    assert [row["epoch"] for row in epochs] == [1] and {"loss", "dice_WT", "dice_TC", "dice_ET"} <= set(epochs[0])
    assert told[-1] == {"event": "result", "finished": False} and read_lock(output) is None
    monkeypatch.undo()

    ask_to_pause(output)  # of the earlier start: it must not hold the next one up
    assert main(["train", "--job", str(output), "--progress", "json"]) == 0
    told = events(capsys)
    assert [row["epoch"] for row in told if row["event"] == "epoch"] == [2]
    assert told[-1]["finished"] and told[-1]["accepted"] and told[-1]["output"] == str(output)
    assert (output / "package" / "card.json").is_file() and len(read_run(output).epochs) == 2

    assert main([*command[:-2], "--device", "cpu", "--set", "epochs=3"]) == 2
    assert "holds another training" in capsys.readouterr().err


def test_a_second_start_in_the_same_folder_is_refused(cases_folder, tmp_path, capsys):
    from ssaglioma.training.run_lock import process_birth
    from ssaglioma.training.run_request import RunRequest, write_request

    output = tmp_path / "run"
    write_request(output, RunRequest("from_scratch", source=str(cases_folder), device="cpu"))
    parent = os.getppid()
    values = {"pid": parent, "birth": process_birth(parent), "host": os.uname().nodename, "heartbeat": 4e9}
    (output / "lock.json").write_text(json.dumps(values))
    assert main(["train", "--job", str(output)]) == 2
    assert f"A training runs in {str(output)!r} already (process {parent}" in capsys.readouterr().err


def test_a_job_is_exported_from_the_command_line(cases_folder, tmp_path, capsys):
    words = ["train", str(cases_folder), "--recipe", "from_scratch", "--export", str(tmp_path / "job"), *SHORT]
    assert main(words) == 0
    assert "sh run.sh" in capsys.readouterr().out
    assert json.loads((tmp_path / "job" / "job.json").read_text())["options"]["epochs"] == 2


def test_the_budget_is_measured_for_each_device_that_is_here(cases_folder, capsys):
    words = ["train", str(cases_folder), "--recipe", "from_scratch", "--budget", "--json", *SHORT]
    assert main(words) == 0
    budgets = json.loads(capsys.readouterr().out)["budgets"]
    assert [budget["device"] for budget in budgets] == ["cpu"] and budgets[0]["steps"] == 2
    assert budgets[0]["seconds"] > 0


def test_the_time_left_of_a_resumed_training_is_reckoned_from_where_it_goes_on(monkeypatch, capsys):
    from ssaglioma.cli import console as module

    now = iter([100.0, 110.0, 120.0])
    console = module.Console("json")
    console._began = 90.0
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    console.progress(0.5, "reading")
    console.restart_clock(0.6)
    console.progress(0.8, "Epoch 4")
    assert [event.get("seconds_left") for event in events(capsys)[1:]] == [10.0, 10.0]


def test_one_case_alone_is_refused_before_anything_is_trained(cases_folder, tmp_path, capsys):
    for name in ("case-1", "case-2"):
        shutil.rmtree(cases_folder / name)
    words = ["train", str(cases_folder), "--recipe", "from_scratch", "--output", str(tmp_path / "run"), *SHORT]
    assert main(words) == 2
    assert "holds cases of 1 patient(s)" in capsys.readouterr().err
    assert read_lock(tmp_path / "run") is None and not (tmp_path / "run" / "run").exists()


def test_a_folder_of_corrections_is_checked_as_one(cases_folder, capsys):
    for name in ("case-1", "case-2"):
        shutil.rmtree(cases_folder / name)
    assert main(["train", str(cases_folder), "--check", "--training-only", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
    assert main(["train", str(cases_folder), "--check", "--corrected", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["cases"] == [] and values["findings"][0]["text"] == "No case of this folder can be used"
