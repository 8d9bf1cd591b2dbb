"""A real small training from the Train tab: killed, resumed, paused, cancelled, used; and it outlives its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import slicer
from seg_scene import MODULE, let_go
from train_scene import (
    ROOT,
    close_desk,
    open_desk,
    processes_of,
    short_run,
    site_folder,
    wait_for,
    wait_for_epoch,
)

from ssaglioma.training.run_lock import read_lock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.mark.slow
def test_a_training_that_is_killed_goes_on_where_it_was_after_slicer_is_opened_again(host, desk, tiny_cases, tmp_path):
    folder = tmp_path / "run"
    short_run(desk, tiny_cases, folder, epochs=40)
    desk.ui.trainStartButton.click()
    assert "Starting" in desk.ui.trainRunLabel.text and not desk.ui.trainStartButton.enabled
    wait_for_epoch(host, desk, 1)
    assert wait_for(host, desk, "running").lock.pid in processes_of(folder)
    for process in processes_of(folder):
        os.kill(process, signal.SIGKILL)
    assert host.wait_until(lambda: "ended by itself after epoch" in desk.ui.trainRunLabel.text, seconds=20)
    done = len(desk.logic.trainingState(desk.parameters).epochs)
    close_desk(host)
    slicer.mrmlScene.Clear(0)

    again = open_desk(host)
    assert again.parameters.runFolder == str(folder), "found again by itself"
    assert again.parameters.source == str(tiny_cases) and again.ui.trainResumeButton.enabled
    again.parameters.device = "cpu"
    again.ui.trainResumeButton.click()
    wait_for_epoch(host, again, done + 1)
    epochs = [row["epoch"] for row in again.logic.trainingState(again.parameters).epochs]
    assert epochs == list(range(1, len(epochs) + 1)), "no epoch is lost or done twice"
    assert processes_of(folder) and not again.ui.trainExampleLabel.isHidden()
    again.ui.trainCancelButton.click()
    assert processes_of(folder) == [] and read_lock(folder) is None
    assert "Cancelled after epoch" in again.ui.trainRunLabel.text or "ended by itself" in again.ui.trainRunLabel.text
    assert host.messages.texts("error") == []


@pytest.mark.slow
def test_a_training_is_paused_resumed_finished_and_its_model_segments(host, desk, tiny_cases, tmp_path):
    folder = tmp_path / "run"
    short_run(desk, tiny_cases, folder, epochs=4)
    desk.ui.trainStartButton.click()
    wait_for_epoch(host, desk, 1)
    desk.ui.trainPauseButton.click()
    state = wait_for(host, desk, "paused", "done")
    assert host.wait_until(lambda: processes_of(folder) == [], seconds=30)
    if state.state == "paused":
        assert desk.ui.trainResumeButton.enabled and not desk.ui.trainPauseButton.enabled
        desk.ui.trainResumeButton.click()
    wait_for(host, desk, "done")
    assert not desk.ui.trainResultButton.collapsed and desk.ui.trainResultTable.rowCount == 3
    desk.ui.trainUseButton.click()
    assert "lists the model" in desk.panel.ui.statusLabel.text, desk.panel.ui.statusLabel.text
    host.leave_module()

    panel = host.load_module(MODULE, enter=True)
    panel.logic.fillFromFolder(panel.parameters, tiny_cases / "case-0")
    panel.ui.modelSelector.setCurrentIndex(panel.ui.modelSelector.findData("my-glioma-model"))
    assert panel.parameters.model == "my-glioma-model"
    panel.logic.segment(panel.parameters, timeoutSeconds=180)
    assert panel.logic.runInfo(panel.parameters)["model"] == "my-glioma-model"
    assert panel.parameters.result is not None and site_folder().is_dir()
    let_go(host, panel)


PARENT = """
import sys
sys.path[:0] = [sys.argv[3]]
from SSASlicerLib import detached
detached.start(["train", "--job", sys.argv[1], "--device", "cpu"], sys.argv[1])
print("started", flush=True)
"""


@pytest.mark.slow
def test_a_training_outlives_the_program_that_started_it(host, desk, tiny_cases, tmp_path):
    from ssaglioma.training.run_request import write_request

    folder = tmp_path / "run"
    short_run(desk, tiny_cases, folder, epochs=400)
    write_request(folder, desk.logic.trainingRequest(desk.parameters))
    core = str(ROOT / "SSACore")
    done = subprocess.run(
        [sys.executable, "-c", PARENT, str(folder), "-", core], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "started", done.stderr
    wait_for_epoch(host, desk, 2)
    lock = read_lock(folder)
    assert lock is not None and lock.alive and os.getsid(lock.pid) != os.getsid(0)
    desk.tab.refresh()
    desk.ui.trainCancelButton.click()
    limit = time.monotonic() + 10
    while processes_of(folder) and time.monotonic() < limit:
        time.sleep(0.1)
    assert processes_of(folder) == []


def test_a_training_that_cannot_begin_says_why_and_may_be_changed(host, desk, own_cases, tiny_cases, tmp_path):
    (own_cases / "case-1" / "case-1-seg.nii.gz").unlink()
    short_run(desk, own_cases, tmp_path / "run")
    desk.ui.trainStartButton.click()
    wait_for(host, desk, "failed")
    assert "1 cases have no labelmap: ['case-1']" in desk.ui.trainRunLabel.text
    assert desk.ui.trainResumeButton.enabled and processes_of(tmp_path / "run") == []
    desk.parameters.source = str(tiny_cases)
    desk.tab.refresh()
    assert desk.ui.trainStartButton.enabled, "nothing was trained yet: the same folder may be used"
    desk.ui.trainStartButton.click()
    wait_for(host, desk, "running")
    desk.ui.trainCancelButton.click()
    assert processes_of(tmp_path / "run") == [] and json.loads((tmp_path / "run" / "job.json").read_text())[
        "source"
    ] == str(tiny_cases)
