"""The first look of a run in the views: marked, never in the way, gone when the run ends."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import slicer
from seg_scene import SHAPE, add_four, choose, found_box, job_folders, level, live_children, scene_state, status

CHILD = """
import json, os, sys, time
import numpy as np
import ssaglioma
from ssaglioma.volume import read_volume, write_volume

def tell(**values):
    print(json.dumps(values), flush=True)

def wait_for(name):
    while not os.path.exists(os.path.join(signals, name)):
        time.sleep(0.02)

signals, end = sys.argv[1:3]
words = dict(zip(sys.argv[4:], sys.argv[5:]))
tell(event="version", version=ssaglioma.__version__)
image = read_volume(words["--" + words["--grid"]])
labels = np.zeros(image.shape, np.uint8)
labels[1:5, 2:9, 2:8] = 2
write_volume(image.with_array(labels), words["--preview"])
tell(event="preview", labelmap=words["--preview"])
tell(event="progress", fraction=0.5, message="half")
wait_for("go")
labels[2:4, 3:7, 3:6], labels[2:3, 4:5, 4:5] = 3, 1
if end == "error":
    tell(event="error", code=2, message="The second look failed", remedy="")
    sys.exit(2)
write_volume(image.with_array(labels), words["--output"])
tell(event="result", labelmap=words["--output"], warnings=[])
"""
"""A child that tells a preview (the box as edema alone), and ends when the file 'go' is there."""


@pytest.fixture
def end(monkeypatch, tmp_path):
    """How the child shall end: put 'error' into it for a run that fails; `end['go']()` lets it end."""
    from SSASlicerLib import processes

    how = {"as": "result", "go": (tmp_path / "go").touch}
    monkeypatch.setattr(
        processes, "command_line", lambda arguments: [sys.executable, "-c", CHILD, str(tmp_path), how["as"], *arguments]
    )
    return how


@pytest.fixture
def previewed(host, widget, end):
    """Return a function that presses Apply and waits for the preview."""

    def press():
        widget.ui.applyButton.click()
        assert host.wait_until(lambda: widget.ui.progressBar.value == 500, seconds=60), status(widget)
        return widget.logic.previewNode

    yield press
    widget.logic.stopAll()
    assert host.wait_until(lambda: live_children() == [], seconds=10)


@pytest.fixture
def finish(host, widget, end):
    """Return a function that lets the child end, and waits for it."""

    def wait() -> str:
        end["go"]()
        assert host.wait_until(lambda: not widget.logic.running, seconds=60)
        host.process_events(0.2)
        return status(widget)

    return wait


def labels_of(widget, node) -> np.ndarray:
    return widget.logic.labelmapOnItsGrid(node).array


def previews() -> list[str]:
    nodes = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    return [node.GetName() for node in nodes if "preview" in node.GetName()]


def test_the_preview_is_in_the_views_marked_and_told_in_the_status_line(widget, previewed):
    choose(widget, add_four())
    node = previewed()
    assert np.array_equal(labels_of(widget, node), np.where(found_box() > 0, 2, 0))
    assert node.GetName() == "case T1Gd preview, not the result"
    assert node.GetDisplayNode().GetVisibility() and node.GetDisplayNode().GetOpacity2DFill() == 0
    assert status(widget).startswith("Preview: a first, coarse look, not the result.") and level(widget) == "busy"
    assert widget.parameters.result is None
    assert node.GetHideFromEditors() and not node.GetSaveWithScene(), "nobody can choose, export or save it"


def test_the_result_takes_the_place_of_the_preview(host, widget, previewed, finish):
    choose(widget, add_four())
    previewed()
    assert finish().startswith("Done in"), status(widget)
    assert previews() == [] and widget.logic.previewNode is None
    assert widget.parameters.result.GetName() == "case T1Gd segmentation"
    assert np.array_equal(labels_of(widget, widget.parameters.result), found_box())
    assert job_folders(host) == []


def test_a_preview_leaves_an_earlier_result_and_what_the_user_drew_in_it_alone(widget, previewed, finish):
    choose(widget, add_four())
    mine = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Mine")
    widget.ui.outputSelector.setCurrentNode(mine)
    previewed()
    finish()
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[5, 10, 8] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, mine, "NCR", widget.parameters.t1gd)
    widget.ui.outputSelector.setCurrentNode(None)
    before = labels_of(widget, mine)
    node = previewed()
    assert node is not mine and before[5, 10, 8] == 1
    assert np.array_equal(labels_of(widget, mine), before) and mine.GetDisplayNode().GetVisibility()


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_a_run_without_a_result_leaves_no_preview(host, widget, previewed, finish, end, how):
    choose(widget, add_four())
    before = scene_state()
    end["as"] = "error"
    previewed()
    assert len(previews()) == 1
    if how == "cancelled":
        widget.ui.cancelButton.click()
        assert status(widget) == "Cancelled. Nothing was changed."
    else:
        assert finish().startswith("The second look failed.")
    assert previews() == [] and scene_state() == before and job_folders(host) == []


def test_a_preview_that_the_user_edited_stays_as_the_user_s_own(widget, previewed, finish):
    choose(widget, add_four())
    node = previewed()
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[0, 0, 0] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, node, "ET", widget.parameters.t1gd)
    assert finish().startswith("Done in")
    assert node.GetScene() is slicer.mrmlScene and node.GetName() == "case T1Gd preview, not the result, edited"
    assert labels_of(widget, node)[0, 0, 0] == 3 and not node.GetHideFromEditors() and node.GetSaveWithScene()
    assert np.array_equal(labels_of(widget, widget.parameters.result), found_box())


def test_no_preview_is_drawn_beside_a_drawing(boxed, previewed):
    boxed.parameters.studentMode = True
    boxed.ui.startCorrectionButton.click()
    assert boxed.logic.drawing(boxed.parameters)
    assert previewed() is None and status(boxed) == "Segmenting"


def test_a_drawing_that_is_begun_beside_a_preview_hides_it(boxed, previewed):
    node = previewed()
    boxed.parameters.studentMode = True
    boxed.ui.startCorrectionButton.click()
    assert not node.GetDisplayNode().GetVisibility()


def test_a_preview_that_does_not_fit_is_in_the_log_and_the_run_goes_on(host, widget, previewed, finish, monkeypatch):
    from ssaglioma.errors import GeometryError
    from SSASlicerLib import jobs

    def moved(*_):
        raise GeometryError("The preview does not lie on the grid")

    monkeypatch.setattr(jobs, "read_preview", moved)
    choose(widget, add_four())
    assert previewed() is None and widget.logic.running
    assert "The preview is not shown: The preview does not lie on the grid" in widget.logic.logText()
    assert finish().startswith("Done in")
