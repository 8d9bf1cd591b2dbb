"""A folder of cases in SSAGliomaSeg's panel: bad cases among good ones, a crash, a second start."""

from __future__ import annotations

import csv
import os
import re
import signal

import pytest
import slicer
from seg_scene import level, live_children, status, write_cases

from ssaglioma.labels import GLIOMA
from ssaglioma.volume import read_labelmap, read_volume

GOOD, BAD = ("case-a", "case-c", "case-d"), "case-b"


@pytest.fixture
def cases(tmp_path, patch_folder):
    """Three good cases, and one with a damaged file, second in the order."""
    folder = write_cases(tmp_path / "cases", patch_folder, (*GOOD, BAD))
    damaged = folder / BAD / f"{BAD}-t1c.nii.gz"
    damaged.write_bytes(damaged.read_bytes()[:3000])
    return folder


@pytest.fixture
def batch(widget, cases, tmp_path):
    """The panel with both folders chosen; nothing runs after the test."""
    widget.ui.batchInputPath.currentPath = str(cases)
    widget.ui.batchOutputPath.currentPath = str(tmp_path / "results")
    assert widget.ui.batchStartButton.enabled
    yield widget
    widget.logic.stopAll()


def csv_rows(folder) -> dict[str, dict[str, str]]:
    path = folder / "batch.csv"
    if not path.is_file():
        return {}
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return {row["case"]: row for row in csv.DictReader(stream)}


def shown(panel) -> dict[str, str]:
    """Case -> state in the panel's table."""
    table = panel.ui.batchTable
    return {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount)}


def finish(host, panel) -> str:
    assert host.wait_until(lambda: not panel.logic.batchRunning, seconds=180)
    host.process_events(0.7)
    return panel.ui.batchLabel.text


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_killed_batch_with_a_bad_case_goes_on_where_it_was_and_does_the_rest(host, batch, cases, tmp_path):
    results = tmp_path / "results"
    batch.ui.batchStartButton.click()
    assert batch.logic.batchRunning and not batch.ui.batchStartButton.enabled and batch.ui.batchCancelButton.enabled
    assert host.wait_until(lambda: csv_rows(results).get("case-a", {}).get("status") == "done", seconds=120)
    for child in live_children():
        child.send_signal(signal.SIGKILL)
    text = finish(host, batch)
    assert "was killed by the system" in text and batch.ui.batchStartButton.enabled, text
    first = (results / "case-a-seg.nii.gz").read_bytes()

    batch.ui.batchStartButton.click()
    text = finish(host, batch)
    rows = csv_rows(results)
    assert shown(batch) == {name: row["status"] for name, row in rows.items()}
    assert set(rows) == {*GOOD, BAD} and rows["case-a"]["status"] == "kept" and rows[BAD]["status"] == "failed"
    assert {rows[name]["status"] for name in ("case-c", "case-d")} <= {"done", "kept"}
    assert re.search(r"1 of 4 cases failed", text) and f"{BAD}-t1c" in rows[BAD]["message"], text
    assert (results / "case-a-seg.nii.gz").read_bytes() == first
    for name in GOOD:
        labels = read_labelmap(results / f"{name}-seg.nii.gz", GLIOMA)
        assert labels.same_grid(read_volume(cases / name / f"{name}-t1c.nii.gz"))
        volume = float((labels.array > 0).sum()) * labels.voxel_volume_ml
        assert float(rows[name]["WT_ml"]) == pytest.approx(volume, abs=6e-4) and volume > 0
    assert not (results / f"{BAD}-seg.nii.gz").exists() and live_children() == []
    assert host.messages.texts("error") == [] and batch.ui.batchStartButton.enabled


def test_a_cancelled_batch_says_that_it_can_go_on(host, batch):
    batch.ui.batchStartButton.click()
    assert host.wait_until(lambda: live_children() != [], seconds=30)
    batch.ui.batchCancelButton.click()
    assert live_children() == [] and not batch.logic.batchRunning
    assert batch.ui.batchLabel.text == "Cancelled. Finished cases are kept; Start goes on with the rest."
    assert batch.ui.batchStartButton.enabled


def test_closing_the_scene_ends_the_batch(host, batch):
    batch.ui.batchStartButton.click()
    assert host.wait_until(lambda: live_children() != [], seconds=30)
    slicer.mrmlScene.Clear(0)
    assert live_children() == [] and not batch.logic.batchRunning
    host.process_events(0.6)
    assert host.messages.texts("error") == []


def test_a_batch_needs_both_folders(widget, cases, tmp_path):
    from ssaglioma.errors import DatasetError

    assert not widget.ui.batchStartButton.enabled and widget.ui.batchStartButton.toolTip == "Choose both folders."
    parameters = widget.parameters
    parameters.batchInput = str(cases)
    assert not widget.ui.batchStartButton.enabled
    with pytest.raises(DatasetError, match="No folder for the results is chosen. Choose a folder"):
        widget.logic.startBatch(parameters)
    parameters.batchInput, parameters.batchOutput = str(tmp_path / "absent"), str(tmp_path / "results")
    widget.ui.batchStartButton.click()
    assert "absent' does not exist" in status(widget) and "Choose the folder of the cases" in status(widget)
    assert level(widget) == "error" and widget.ui.batchStartButton.enabled and not (tmp_path / "results").exists()


def test_a_second_batch_beside_the_first_is_refused(batch):
    from ssaglioma.errors import DatasetError

    batch.ui.batchStartButton.click()
    with pytest.raises(DatasetError, match="running already.*Wait for it, or press Cancel"):
        batch.logic.startBatch(batch.parameters)


def test_results_among_the_inputs_are_refused_by_the_batch(host, batch, cases):
    batch.ui.batchOutputPath.currentPath = str(cases / "results")
    batch.ui.batchStartButton.click()
    text = finish(host, batch)
    assert "lies inside the folder of cases" in text and not (cases / "results").exists(), text
    assert batch.ui.batchStartButton.enabled


def test_a_table_of_an_earlier_batch_is_shown_when_its_folder_is_chosen(widget, tmp_path):
    columns = ["case", "status", "message", "light", "reasons", "WT_ml", "TC_ml", "ET_ml"]
    lines = [columns, ["x", "done", "", "", "", "12.345", "3.21", "0.0"]]
    lines += [["y", "failed", "no T1Gd, or else", "", "", "", "", ""]]
    lines += [["z", "done", "No tumor.", "amber", "T2 is missing.", "0", "0", "0"]]
    with open(tmp_path / "batch.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    widget.ui.batchOutputPath.currentPath = str(tmp_path)
    table = widget.ui.batchTable
    rows = [[table.item(row, column).text() for column in range(7)] for row in range(table.rowCount)]
    assert rows == [
        ["x", "done", "", "12.3", "3.2", "0.0", ""],
        ["y", "failed", "", "", "", "", "no T1Gd, or else"],
        ["z", "done", "amber", "0.0", "0.0", "0.0", "No tumor. T2 is missing."],
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"name;state\nx;done\n"])
def test_a_table_that_is_none_of_ours_does_no_harm(host, widget, tmp_path, content):
    (tmp_path / "batch.csv").write_bytes(content)
    widget.ui.batchOutputPath.currentPath = str(tmp_path)
    assert widget.logic.batchRows(widget.parameters) == [] and widget.ui.batchTable.rowCount == 0
    widget.say("all sections were brought up to date", "ready")
    assert status(widget) == "all sections were brought up to date" and host.messages.texts("error") == []
