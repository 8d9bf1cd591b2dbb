"""Runs that go wrong, and runs beside which the user goes on working: children are real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import sys

import numpy as np
import pytest
import slicer
from seg_scene import (
    MODULE,
    SHAPE,
    add_four,
    add_image,
    choose,
    found_box,
    job_folders,
    level,
    live_children,
    scene_state,
    status,
    voxels_of_scene,
)

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture
def started(host, widget):
    """The panel with a run under way; nothing of it is left after the test."""
    choose(widget, add_four())
    widget.ui.applyButton.click()
    assert widget.logic.running, status(widget)
    assert host.wait_until(lambda: live_children() != [], seconds=30)
    yield widget
    widget.logic.stopAll()
    assert host.wait_until(lambda: live_children() == [], seconds=10)


@pytest.fixture
def a_small_disk():
    """Return a function that lets files of this process grow to so many bytes only, as a full disk does."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def test_while_a_run_works_apply_is_disabled_and_says_why(started):
    assert not started.ui.applyButton.enabled and started.ui.applyButton.toolTip == "A run is under way."
    assert started.ui.cancelButton.enabled and not started.ui.progressBar.isHidden()
    assert level(started) == "busy" and len(job_folders(None)) == 1


def test_a_second_run_beside_the_first_is_refused(started):
    from ssaglioma.errors import DatasetError

    with pytest.raises(DatasetError, match="running already.*Wait for it, or press Cancel"):
        started.logic.apply(started.parameters)


@POSIX
def test_a_killed_child_is_explained_and_apply_is_usable_again(host, started):
    before, voxels = scene_state(), voxels_of_scene()
    for child in live_children():
        child.send_signal(signal.SIGKILL)
    assert host.wait_until(lambda: not started.logic.running, seconds=30)
    host.process_events(0.2)
    text = status(started)
    assert re.search("was killed by the system, probably because the memory ran out", text), text
    assert re.search(r"Close other programs, choose a smaller \(2D\) model", text)
    assert level(started) == "error" and started.ui.applyButton.enabled and not started.ui.cancelButton.enabled
    assert started.ui.progressBar.isHidden() and live_children() == [] and job_folders(host) == []
    assert scene_state() == before and started.parameters.result is None and host.messages.all == []
    assert all(np.array_equal(array, voxels[name]) for name, array in voxels_of_scene().items())
    assert "Ended with code" in started.ui.logText.plainText


def test_a_scene_that_is_closed_during_a_run_ends_it(host, started):
    slicer.mrmlScene.Clear(0)
    assert live_children() == [] and not started.logic.running
    host.process_events(0.5)
    assert job_folders(host) == [] and host.messages.texts("error") == []
    assert status(started).startswith("Choose at least T1Gd or FLAIR")
    assert not started.sections[1].timer.active
    choose(started, add_four())
    assert started.ui.applyButton.enabled


def test_a_module_that_is_unloaded_during_a_run_ends_it_and_leaves_no_file(host, started):
    host.unload_module("SSAGliomaSeg")
    assert live_children() == [] and job_folders(host) == []
    assert host.messages.texts("error") == []


def test_a_module_that_is_left_during_a_run_takes_the_result_in_all_the_same(quick_child, host, started):
    host.leave_module()
    assert started.logic.running
    assert host.wait_until(lambda: not started.logic.running, seconds=120)
    host.process_events(0.2)
    host.enter_module("SSAGliomaSeg")
    assert started.parameters.result is not None and status(started).startswith("Done in"), status(started)


def test_other_images_chosen_during_a_run_do_not_get_its_result(quick_child, host, started):
    first = started.parameters.t1gd
    other = {field: add_image(f"other {field}", np.full(SHAPE, 50.0, np.float32)) for field in ("t1gd", "flair")}
    choose(started, other)
    assert host.wait_until(lambda: not started.logic.running, seconds=120)
    host.process_events(0.2)
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    assert started.parameters.result.GetNodeReference(role) is first
    assert started.parameters.result.GetName() == "case T1Gd segmentation"
    assert started.parameters.t1gd is other["t1gd"] and host.messages.texts("error") == []


def test_an_image_that_is_removed_during_a_run_is_named(quick_child, host, started):
    for node in started.logic.chosenNodes(started.parameters).values():
        slicer.mrmlScene.RemoveNode(node)
    before = scene_state()
    assert host.wait_until(lambda: not started.logic.running, seconds=120)
    host.process_events(0.2)
    assert re.search("'case T1Gd' was removed during the run.*Load the images again", status(started)), status(started)
    assert scene_state() == before and job_folders(host) == [] and host.messages.texts("error") == []
    choose(started, add_four())
    assert started.ui.applyButton.enabled


@POSIX
@pytest.mark.parametrize("size", [100, 1500])
def test_a_full_disk_is_told_before_the_child_starts_and_apply_stays_usable(host, widget, a_small_disk, size):
    choose(widget, add_four())
    before = scene_state()
    a_small_disk(size)
    widget.ui.applyButton.click()
    a_small_disk(1 << 40)
    assert re.search(r"cannot be written.*Free some (disk )?space", status(widget)), status(widget)
    assert level(widget) == "error" and widget.ui.applyButton.enabled and not widget.logic.running
    assert scene_state() == before and job_folders(host) == [] and live_children() == []


def test_a_temporary_folder_that_is_gone_is_told(widget, monkeypatch, tmp_path):
    choose(widget, add_four())
    monkeypatch.setattr(slicer.app, "temporaryPath", str(tmp_path / "gone"))
    widget.ui.applyButton.click()
    assert re.search(r"No temporary folder can be made in '.*gone'.*Free some disk space", status(widget))
    assert level(widget) == "error" and widget.ui.applyButton.enabled


FULL_DISK = """
import errno, sys
import ssaglioma.cli.main as main
import ssaglioma.volume.writing as writing
def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")
writing.SimpleITK.WriteImage = full
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_a_disk_that_fills_up_during_the_run_is_told(widget, apply, monkeypatch):
    from SSASlicerLib import processes

    def with_full_disk(arguments):
        flags = ["--progress", "json", "--exit-with-parent"]
        return [sys.executable, "-c", FULL_DISK, *arguments, *flags]

    monkeypatch.setattr(processes, "command_line", with_full_disk)
    choose(widget, add_four())
    widget.parameters.prepare = "never"
    before = scene_state()
    text = apply()
    assert re.search(r"No space left on device.*Free some space", text), text
    assert level(widget) == "error" and widget.ui.applyButton.enabled and scene_state() == before


def test_a_second_run_keeps_the_first_result(quick_child, widget, apply):
    choose(widget, add_four())
    parameters, logic = widget.parameters, widget.logic
    assert apply().startswith("Done in")
    first, numbers, rows = parameters.result, parameters.resultTable, logic.resultRows(parameters)
    node = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    kept = {entry.GetID(): logic.labelmapOf(entry, logic.resultGrid(parameters)).array for entry in node}
    assert np.array_equal(kept[first.GetID()], found_box()) and len(kept) == 2
    slicer.util.updateSegmentBinaryLabelmapFromArray(np.zeros(SHAPE, np.uint8), first, "NCR", parameters.t1gd)
    assert apply().startswith("Done in")
    assert parameters.result is not first and parameters.result.GetName() == f"{first.GetName()} (2)"
    grid = logic.resultGrid(parameters)
    assert np.array_equal(logic.labelmapOf(parameters.result, grid).array, found_box())
    mine = logic.labelmapOf(first, grid).array
    assert np.array_equal(mine, np.where(found_box() == 1, 0, found_box())), "the user's own change is kept"
    assert numbers.GetScene() is slicer.mrmlScene and parameters.resultTable is not numbers
    assert logic.resultRows(parameters) == rows
    parameters.earlier = first
    assert "WT +0.0 ml" in widget.ui.changeLabel.text, widget.ui.changeLabel.text


def test_the_chosen_output_is_filled_anew_and_keeps_its_name(quick_child, widget, apply):
    choose(widget, add_four())
    mine = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Mine")
    widget.ui.outputSelector.setCurrentNode(mine)
    for _ in range(2):
        assert apply().startswith("Done in")
        assert widget.parameters.result is mine and mine.GetName() == "Mine"
        labels = widget.logic.labelmapOf(mine, widget.logic.resultGrid(widget.parameters))
        assert np.array_equal(labels.array, found_box())
        assert mine.GetSegmentation().GetNumberOfSegments() == 3


def test_the_numbers_of_a_result_are_those_counted_by_hand(quick_child, widget, apply):
    choose(widget, add_four())
    apply()
    voxel_ml = 1.5 * 1.0 * 2.0 / 1000
    counted = {"NCR": 1, "ET": 2 * 4 * 3 - 1, "TC": 24, "WT": 4 * 7 * 6, "ED": 4 * 7 * 6 - 24}
    regions = widget.logic.measurements(widget.parameters)["regions"]
    assert {name: regions[name]["volume_ml"] for name in counted} == pytest.approx(
        {name: count * voxel_ml for name, count in counted.items()}
    )
    assert regions["WT"]["confidence"] == pytest.approx(0.9, abs=0.01)


@pytest.mark.slow
def test_the_result_is_the_child_s_labelmap_with_its_log_and_facts(segmented):
    info = segmented.logic.runInfo(segmented.parameters)
    card = json.loads((MODULE.parents[1] / "Resources/Models/glioma-2d-small/card.json").read_text())
    assert (info["model"], info["version"]) == (card["name"], card["version"]) and info["seconds"] > 0
    probability = slicer.util.arrayFromVolume(segmented.parameters.probability)
    doubt = slicer.util.arrayFromVolume(segmented.parameters.doubt)
    assert probability.min() >= 0 and probability.max() <= 1 and probability.max() > 0.5
    assert (doubt >= 4 * probability * (1 - probability) - 1e-3).all() and doubt.max() <= 1 + 1e-6


def test_neither_the_job_s_files_nor_the_developers_report_name_an_image(host, widget):
    for node in add_four().values():
        node.SetName(f"DOE^JOHN {node.GetName()}")
    widget.ui.fillLoadedButton.click()
    widget.ui.applyButton.click()
    (folder,) = job_folders(host)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 4 and [path for path in files if "DOE" in str(path) or b"DOE" in path.read_bytes()] == []
    assert not any("DOE" in word for child in live_children() for word in child.cmdline())
    widget.ui.cancelButton.click()
    assert "DOE" not in widget.logic.runReport(widget.parameters) and live_children() == []
