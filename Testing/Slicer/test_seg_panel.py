"""The panel without a run: filling, confidences, geometry, models, folding, leaving and coming back, fresh Slicer."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import slicer
from seg_scene import MODULE, ROOT, SLOTS, add_four, add_image, choose, level, status
from slicerhost.qtlayer import dialogs

NOT_IN_SLICER = [
    "torch",
    "onnxruntime",
    "openvino",
    "monai",
    "safetensors",
    "PIL",
    "surface_distance",
    "skimage",
    "matplotlib",
    "highdicom",
]
FRESH = """
import json, sys
import slicerhost
host = slicerhost.boot()
from importlib.machinery import PathFinder
class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in sys.argv[2].split(",") else super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
widget = host.load_module(sys.argv[1], enter=True)
import numpy, slicer, SampleData
from slicerhost import packaging
for title in ("T1", "T1Gd", "T2", "FLAIR"):
    slicer.util.addVolumeFromArray(numpy.random.rand(6, 7, 8), name=f"case {title}")
widget.ui.fillLoadedButton.click()
ready = widget.ui.statusLabel.text, widget.ui.applyButton.enabled, widget.ui.modelSelector.count
widget.ui.modelInfoButton.click()
packaging.failing_return_code = 1
widget.ui.applyButton.click()
refused = widget.ui.statusLabel.text, widget.ui.applyButton.enabled
print(json.dumps({
    "ready": ready, "refused": refused, "errors": host.messages.texts("error"), "running": widget.logic.running,
    "card": widget.ui.modelCardLabel.text, "requests": [str(request) for request in packaging.requests],
}))
"""


def test_loaded_volumes_are_assigned_by_name_with_their_confidence(widget):
    nodes = add_four()
    widget.ui.fillLoadedButton.click()
    assert widget.logic.chosenNodes(widget.parameters) == nodes
    shown = {field: float(getattr(widget.ui, f"{field}Confidence").text) for field in SLOTS}
    assert min(shown.values()) > 0.5
    assert "FLAIR" in widget.ui.flairConfidence.toolTip


def test_a_scene_with_known_names_is_filled_when_the_module_is_opened(host, widget):
    host.leave_module()
    nodes = add_four()
    host.enter_module("SSAGliomaSeg")
    assert widget.logic.chosenNodes(widget.parameters) == nodes


def test_images_that_the_module_made_are_no_inputs(widget):
    nodes = add_four()
    made = add_image("case T1 probability")
    made.SetAttribute("SSAGlioma.made", "probability")
    widget.ui.fillLoadedButton.click()
    assert widget.logic.chosenNodes(widget.parameters) == nodes


def test_a_folder_is_loaded_and_assigned_through_the_button(widget, patch_folder):
    dialogs.answer_next(str(patch_folder))
    widget.ui.fillFolderButton.click()
    names = {field: node.GetName() for field, node in widget.logic.chosenNodes(widget.parameters).items()}
    assert names == {"t1": "patch-t1n", "t1gd": "patch-t1c", "t2": "patch-t2w", "flair": "patch-t2f"}
    assert status(widget).startswith("Ready: 4 of 4 sequences, same grid.") and level(widget) == "ready"


def test_a_cancelled_dialog_changes_nothing(widget):
    nodes = add_four()
    choose(widget, nodes)
    before = status(widget)
    for name in ("fillFolder", "importModel", "report", "export"):
        getattr(widget.ui, f"{name}Button").click()
    assert status(widget) == before and widget.logic.chosenNodes(widget.parameters) == nodes


def test_the_status_line_tells_device_time_and_memory_before_the_run(widget):
    choose(widget, add_four())
    cost = widget.logic.expectedCost(widget.parameters)
    assert status(widget).endswith(f"{cost.device}, ~{cost.seconds:.0f} s, {cost.memoryGiB:.1f} GB.")
    assert widget.ui.applyButton.text.startswith(f"Apply on {cost.device}, about ")
    widget.ui.mirrorCheckBox.click()
    assert widget.logic.expectedCost(widget.parameters).seconds > cost.seconds


def test_the_model_card_is_shown_and_hidden(widget):
    label = widget.ui.modelCardLabel
    widget.ui.modelInfoButton.click()
    assert not label.isHidden()
    for words in ("glioma-2d-small", "Trained on", "Mean Dice on cases it never saw", "License"):
        assert words in label.text
    assert "research" in label.text.lower()


def test_what_belongs_to_a_result_is_disabled_without_one_and_says_why(widget):
    choose(widget, add_four())
    for name in ("fourViews", "show3D", "outline", "worstSlice", "diameters", "report", "export", "dicom"):
        button = getattr(widget.ui, f"{name}Button")
        assert not button.enabled and button.toolTip == "There is no result yet. Press Apply.", name
    assert not widget.ui.compareApplyButton.enabled and not widget.ui.startCorrectionButton.enabled


def test_without_dicom_images_the_dicom_button_says_why(boxed):
    assert not boxed.ui.dicomButton.enabled
    assert "not loaded through Slicer's DICOM module" in boxed.ui.dicomButton.toolTip


def test_a_closed_scene_empties_the_panel_and_it_works_again(host, widget):
    choose(widget, add_four())
    widget.ui.mirrorCheckBox.checked = True
    slicer.mrmlScene.Clear(0)
    host.process_events(0.1)
    assert status(widget).startswith("Choose at least T1Gd or FLAIR") and not widget.ui.mirrorCheckBox.checked
    choose(widget, add_four())
    assert widget.ui.applyButton.enabled and host.messages.texts("error") == []


def test_a_removed_image_leaves_its_slot_and_the_panel_says_so(host, widget):
    nodes = add_four()
    choose(widget, nodes)
    slicer.mrmlScene.RemoveNode(nodes["t1gd"])
    host.process_events(0.1)
    assert widget.parameters.t1gd is None and "T1Gd missing" in status(widget)


def test_a_removed_result_leaves_the_panel_usable(host, boxed):
    slicer.mrmlScene.RemoveNode(boxed.parameters.result)
    host.process_events(0.1)
    assert not boxed.ui.exportButton.enabled and boxed.ui.resultsTable.rowCount == 0
    assert boxed.ui.applyButton.enabled and host.messages.texts("error") == []


def test_a_restored_scene_shows_its_numbers_and_goes_on(boxed):
    rows = boxed.logic.resultRows(boxed.parameters)
    table = boxed.ui.resultsTable
    assert [table.item(index, 1).text() for index in range(table.rowCount)] == [row.volume for row in rows]
    assert {row.region for row in rows} == {"ET", "NCR", "ED", "TC", "WT"}
    from SSASlicerLib.terminology import SEGMENT_STYLES

    for node in (boxed.parameters.result, boxed.parameters.prediction):
        segments = {name: node.GetSegmentation().GetSegment(name) for name in ("NCR", "ED", "ET")}
        assert {name: segment.GetTerminology() for name, segment in segments.items()} == {
            name: SEGMENT_STYLES[name].entry for name in segments
        }


def test_the_four_views_show_the_four_images_in_linked_axial_views(boxed):
    boxed.ui.fourViewsButton.click()
    layout = slicer.app.layoutManager()
    for field, view in {"t1": "SSAT1", "t1gd": "SSAT1Gd", "t2": "SSAT2", "flair": "SSAFLAIR"}.items():
        logic = layout.sliceWidget(view).sliceLogic()
        assert logic.GetSliceCompositeNode().GetBackgroundVolumeID() == getattr(boxed.parameters, field).GetID()
        assert logic.GetSliceCompositeNode().GetLinkedControl() and logic.GetSliceNode().GetOrientation() == "Axial"


def test_the_window_of_each_image_spans_its_own_voxels(boxed):
    boxed.ui.fourViewsButton.click()
    for node in boxed.logic.chosenNodes(boxed.parameters).values():
        values = slicer.util.arrayFromVolume(node)
        display = node.GetDisplayNode()
        low, high = np.percentile(values[values != 0], (1, 99.5))
        assert display.GetWindowLevelMin() == pytest.approx(low, abs=0.02 * (high - low))
        assert display.GetWindowLevelMax() == pytest.approx(high, abs=0.02 * (high - low))


def test_overlays_replace_each_other(boxed):
    parameters, selector = boxed.parameters, boxed.ui.overlaySelector
    composite = slicer.app.layoutManager().sliceWidget("Red").sliceLogic().GetSliceCompositeNode()
    display = parameters.result.GetDisplayNode()
    shown = {}
    for kind in ("probability", "doubt", "none", "mask"):
        selector.setCurrentIndex(selector.findData(kind))
        shown[kind] = (composite.GetForegroundVolumeID(), bool(display.GetVisibility()))
    assert shown == {
        "probability": (parameters.probability.GetID(), False),
        "doubt": (parameters.doubt.GetID(), False),
        "none": (None, False),
        "mask": (None, True),
    }


def test_an_overlay_that_does_not_exist_is_explained(boxed):
    boxed.ui.overlaySelector.setCurrentIndex(boxed.ui.overlaySelector.findData("differences"))
    assert "There are no differences yet" in status(boxed) and "Press Show differences first" in status(boxed)


def test_the_worst_slice_is_the_one_with_most_doubt(boxed):
    doubt = slicer.util.arrayFromVolume(boxed.parameters.doubt)
    worst = int(doubt.sum(axis=(1, 2)).argmax())
    boxed.ui.fourViewsButton.click()
    boxed.ui.worstSliceButton.click()
    assert boxed.logic.shownSlice(boxed.parameters) == worst


@pytest.fixture(scope="module")
def in_a_fresh_slicer(host_process) -> dict:
    """The panel in a process where only what Slicer ships can be imported, and pip fails."""
    folders = [str(ROOT / "SSACore"), str(ROOT / "Testing" / "host")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", FRESH, str(MODULE), ",".join(NOT_IN_SLICER)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_panel_opens_and_is_filled_before_anything_was_installed(in_a_fresh_slicer):
    text, enabled, models = in_a_fresh_slicer["ready"]
    assert text.startswith("Ready: 4 of 4 sequences") and enabled and models == 1
    assert "glioma-2d-small" in in_a_fresh_slicer["card"]


def test_an_installation_that_fails_is_told_in_the_panel_and_apply_stays_usable(in_a_fresh_slicer):
    text, enabled = in_a_fresh_slicer["refused"]
    assert "onnxruntime" in text and "PyTorch" not in text and enabled and not in_a_fresh_slicer["running"]
    assert in_a_fresh_slicer["errors"] == []
