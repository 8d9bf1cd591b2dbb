"""Corrections in SSAGliomaSeg's panel: what is saved, who changed what, student mode, undo."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import slicer
from correct_scene import VOXELS, labels_of, paint, press, visible
from seg_scene import found_box, level, status

from ssaglioma.labels import GLIOMA
from ssaglioma.volume import read_labelmap, read_volume
from ssaglioma.volume.corrections import read_corrections


def test_the_editor_is_bound_to_the_result_and_its_image(correcting):
    editor, parameters = correcting.ui.editorWidget, correcting.parameters
    assert editor.segmentationNode() is parameters.result and editor.sourceVolumeNode() is parameters.t1gd
    assert not editor.isHidden() and visible(parameters.result) == [True]
    assert correcting.ui.saveCorrectionButton.enabled


def test_the_editor_takes_what_is_painted_from_the_other_labels(correcting):
    node = correcting.ui.editorWidget.mrmlSegmentEditorNode()
    assert node.GetOverwriteMode() == slicer.vtkMRMLSegmentEditorNode.OverwriteAllSegments


def test_the_statistics_are_those_counted_by_hand(correcting, tmp_path):
    # found: ED 4 x 7 x 6 - 24, ET 24 - 1, NCR 1; the painted boxes lie outside, the cleared one inside of ED
    paint(correcting, "ET", np.s_[0, 0, 0:5])
    paint(correcting, "ED", np.s_[0, 10, 0:2])
    paint(correcting, "ED", np.s_[1, 2, 2:5], clear=True)
    correcting.ui.saveCorrectionButton.click()
    assert status(correcting).startswith("Correction saved to"), status(correcting)
    (saved,) = read_corrections(tmp_path / "corrections")
    ed, et = 168 - 24, 23
    assert saved.record.changed_voxels == {
        "WT": {"added": 7, "removed": 3, "kept": 165},
        "TC": {"added": 5, "removed": 0, "kept": 24},
        "ET": {"added": 5, "removed": 0, "kept": et},
        "NCR": {"added": 0, "removed": 0, "kept": 1},
        "ED": {"added": 2, "removed": 3, "kept": ed - 3},
    }
    assert saved.record.voxel_volume_ml == pytest.approx(0.003) and 0 <= saved.record.minutes < 5
    assert saved.record.model == correcting.logic.runInfo(correcting.parameters)["model"]


def test_a_label_painted_over_another_is_counted_as_a_change_of_both(correcting, tmp_path):
    paint(correcting, "ET", np.s_[1, 2, 2:6])  # four voxels that were ED
    assert (labels_of(correcting, correcting.parameters.result)[1, 2, 2:6] == GLIOMA.values["ET"]).all()
    correcting.ui.saveCorrectionButton.click()
    (saved,) = read_corrections(tmp_path / "corrections")
    changed = saved.record.changed_voxels
    assert (changed["ET"]["added"], changed["ED"]["removed"]) == (4, 4)
    assert changed["WT"] == {"added": 0, "removed": 0, "kept": 168}
    seg = read_labelmap(saved.case.reference, GLIOMA).array
    assert int((seg != 0).sum()) == 168, "a voxel has one label"


def test_the_saved_files_are_images_prediction_and_correction_on_one_grid(correcting, tmp_path):
    paint(correcting, "NCR", np.s_[2, 3, 3])
    correcting.ui.saveCorrectionButton.click()
    (saved,) = read_corrections(tmp_path / "corrections")
    expected = found_box()
    assert np.array_equal(read_labelmap(saved.prediction, GLIOMA).array, expected)
    expected[2, 3, 3] = GLIOMA.values["NCR"]
    corrected = read_labelmap(saved.case.reference, GLIOMA)
    assert np.array_equal(corrected.array, expected)
    assert len(saved.case.sequences) == 4
    for sequence, file in saved.case.sequences.items():
        volume = read_volume(file)
        assert volume.same_grid(corrected), sequence
    t1gd = slicer.util.arrayFromVolume(correcting.parameters.t1gd)
    assert np.array_equal(read_volume(next(f for s, f in saved.case.sequences.items() if s.value == "t1c")).array, t1gd)


def test_the_model_s_own_result_is_never_edited(correcting):
    paint(correcting, "ET", np.s_[0, :, :])
    assert np.array_equal(labels_of(correcting, correcting.parameters.prediction), found_box())


def test_saving_twice_overwrites_nothing(correcting, tmp_path):
    folder = tmp_path / "corrections"
    paint(correcting, "ET", np.s_[0, 0, 0])
    correcting.ui.saveCorrectionButton.click()
    first = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    paint(correcting, "ET", np.s_[0, 0, 1])
    correcting.ui.saveCorrectionButton.click()
    assert all((folder / name).read_bytes() == data for name, data in first.items())
    records = [item.record for item in read_corrections(folder, every_revision=True)]
    assert [record.revision for record in records] == [1, 2] and len({record.case for record in records}) == 1
    assert [record.changed_voxels["ET"]["added"] for record in records] == [1, 2]


def test_nothing_that_is_saved_names_the_patient(correcting, tmp_path):
    for node in correcting.logic.chosenNodes(correcting.parameters).values():
        node.SetName(f"DOE^JOHN {node.GetName()}")
    correcting.parameters.result.SetName("DOE^JOHN segmentation")
    correcting.ui.saveCorrectionButton.click()
    files = [path for path in (tmp_path / "corrections").rglob("*") if path.is_file()]
    assert len(files) == 7 and not [path for path in files if "DOE" in str(path.relative_to(tmp_path))]
    assert not [path for path in files if path.suffix == ".json" and "DOE" in path.read_text()]
    assert not [path for path in files if b"DOE" in _unpacked(path)]


def _unpacked(path) -> bytes:
    import gzip

    return gzip.decompress(path.read_bytes())[:400] if path.suffix == ".gz" else path.read_bytes()


def test_a_corrections_folder_that_cannot_be_written_is_told_and_the_correction_goes_on(correcting, tmp_path):
    (tmp_path / "a file").write_text("in the way")
    correcting.ui.correctionsPath.currentPath = str(tmp_path / "a file")
    paint(correcting, "ET", np.s_[0, 0, 0])
    correcting.ui.saveCorrectionButton.click()
    assert re.search("cannot be (saved|made|written|read)|is not a folder|no folder", status(correcting))
    assert level(correcting) == "error" and correcting.ui.saveCorrectionButton.enabled
    correcting.ui.correctionsPath.currentPath = str(tmp_path / "good")
    correcting.ui.saveCorrectionButton.click()
    assert read_corrections(tmp_path / "good")[0].record.changed_voxels["ET"]["added"] == 1


def test_the_numbers_follow_a_saved_correction(correcting):
    paint(correcting, "ET", np.s_[0, 0, 0:5])
    correcting.ui.saveCorrectionButton.click()
    regions = correcting.logic.measurements(correcting.parameters)["regions"]
    assert regions["ET"]["volume_ml"] == pytest.approx((23 + 5) * 0.003)


def test_each_action_is_one_step_of_undo(correcting):
    result = correcting.parameters.result
    paint(correcting, "ET", np.s_[0, 0, 0:5])
    paint(correcting, "NCR", np.s_[5, 0, 0:3])
    counts = [labels_of(correcting, result)]
    press(correcting, "Undo")
    counts.append(labels_of(correcting, result))
    press(correcting, "Undo")
    counts.append(labels_of(correcting, result))
    assert [int((labels != 0).sum()) for labels in counts] == [176, 173, 168]
    assert np.array_equal(counts[2], found_box())
    press(correcting, "Redo")
    assert int((labels_of(correcting, result) == GLIOMA.values["ET"]).sum()) == 28


def test_accepted_slices_are_left_out_of_the_way_through_the_doubtful_ones(correcting):
    logic, parameters = correcting.logic, correcting.parameters
    correcting.ui.fourViewsButton.click()
    doubt = slicer.util.arrayFromVolume(parameters.doubt).sum(axis=(1, 2)) * 0.003
    expected = [int(index) for index in np.argsort(-doubt, kind="stable") if doubt[index] >= 0.05]
    assert logic.slicesToCheck(parameters) == expected
    correcting.ui.nextDoubtfulButton.click()
    assert logic.shownSlice(parameters) == expected[0]
    correcting.ui.acceptSliceButton.click()
    assert logic.acceptedSlices(parameters) == {expected[0]}
    assert logic.slicesToCheck(parameters) == expected[1:]
    assert status(correcting) == f"{len(expected) - 1} slices are left to check."


def test_a_correction_goes_on_in_a_scene_that_was_saved_and_loaded(host, correcting, tmp_path):
    paint(correcting, "ET", np.s_[0, 0, 0:5])
    correcting.ui.acceptSliceButton.click()
    accepted, began = correcting.parameters.acceptedSlices, correcting.parameters.correctionStarted
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.process_events(0.1)
    parameters = correcting.parameters
    assert (parameters.acceptedSlices, parameters.correctionStarted) == (accepted, pytest.approx(began))
    assert correcting.ui.editorWidget.segmentationNode() is parameters.correction
    correcting.ui.startCorrectionButton.click()
    correcting.ui.saveCorrectionButton.click()
    (saved,) = read_corrections(tmp_path / "corrections")
    assert saved.record.changed_voxels["ET"]["added"] == 5
    assert host.messages.texts("error") == []


def test_without_a_folder_the_save_button_says_what_is_missing(boxed):
    boxed.ui.startCorrectionButton.click()
    assert not boxed.ui.saveCorrectionButton.enabled
    assert boxed.ui.saveCorrectionButton.toolTip == "Choose a folder for corrections."


def test_leaving_the_module_lets_go_of_the_editor_s_effect(host, correcting):
    correcting.ui.editorWidget.setActiveEffectByName("Paint")
    host.leave_module()
    assert correcting.ui.editorWidget.activeEffect() is None


def test_the_record_follows_its_published_form(correcting, tmp_path):
    correcting.ui.saveCorrectionButton.click()
    (file,) = (tmp_path / "corrections").rglob("correction.json")
    values = json.loads(file.read_text())
    assert {"case", "revision", "labels", "changed_voxels", "minutes", "model", "model_version", "time"} <= set(values)
    assert sum(values["changed_voxels"]["WT"].values()) == 168 and VOXELS == 594
