"""Real trainings that meet a full disk or go to another computer, from the Train tab."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from slicerhost.qtlayer import dialogs
from train_scene import processes_of, short_run, wait_for, wait_for_epoch

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")]

SMALL = """#!/bin/sh
ulimit -f 4096
exec "{python}" "$@"
"""
"""A Python that can write files of 2 MiB and no more: the cases fit, a checkpoint does not."""


def test_a_full_disk_is_told_and_the_training_goes_on_when_there_is_room(host, desk, tiny_cases, tmp_path, monkeypatch):
    from SSASlicerLib import processes

    program = tmp_path / "small-disk"
    program.write_text(SMALL.format(python=sys.executable))
    program.chmod(0o755)
    short_run(desk, tiny_cases, tmp_path / "run")
    monkeypatch.setattr(processes, "python_program", lambda: str(program))
    desk.ui.trainStartButton.click()
    wait_for(host, desk, "failed")
    assert "cannot be written" in desk.ui.trainRunLabel.text and "Free some space" in desk.ui.trainRunLabel.text
    assert processes_of(tmp_path / "run") == [] and desk.ui.trainResumeButton.enabled
    assert not list((tmp_path / "run").rglob("*.safetensors*")), "no half checkpoint is left"
    monkeypatch.undo()
    desk.ui.trainResumeButton.click()
    wait_for_epoch(host, desk, 1)
    desk.ui.trainCancelButton.click()
    assert processes_of(tmp_path / "run") == []


def test_a_job_that_was_exported_from_the_desk_trains_by_its_one_command_and_comes_back(
    host, desk, tiny_cases, tmp_path
):
    short_run(desk, tiny_cases, tmp_path / "home", epochs=1)
    dialogs.answer_next(str(tmp_path / "job"))
    desk.ui.trainExportButton.click()
    assert host.wait_until(lambda: not desk.logic.checking, seconds=240)
    host.process_events(0.1)
    command = desk.panel.ui.statusLabel.text.rpartition(": ")[2].split()
    assert command == ["sh", "run.sh"]
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--device", "cpu"], cwd=tmp_path / "job", env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    dialogs.answer_next(str(tmp_path / "job"))
    desk.ui.trainImportButton.click()
    assert "Done." in desk.ui.trainRunLabel.text and desk.ui.trainResultTable.rowCount == 3
    assert desk.ui.trainUseButton.enabled and (Path(desk.parameters.runFolder) / "package" / "card.json").is_file()
