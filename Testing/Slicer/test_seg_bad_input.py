"""Bad inputs in SSAGliomaSeg's panel: what was found, what was expected, what to do; scene and Apply unharmed."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
import slicer
from lib_scene import a_transform
from seg_refusals import BLOCKED
from seg_scene import (
    SHAPE,
    add_four,
    add_image,
    an_array,
    choose,
    level,
    scene_state,
    status,
    voxels_of_scene,
)
from slicerhost.qtlayer import dialogs

SHIFTED = {"origin": (-30.0, 12.0, 10.5)}


def test_without_images_the_panel_says_what_to_choose(widget, refused, mended):
    refused("Choose at least T1Gd or FLAIR", "Fill from loaded volumes")
    assert not widget.ui.applyButton.enabled
    mended(add_four())
    assert status(widget).startswith("Ready: 4 of 4 sequences, same grid.")


def test_filling_from_an_empty_scene_says_so_in_the_panel(widget):
    widget.ui.fillLoadedButton.click()
    assert "No loaded volume is known as T1, T1Gd, T2 or FLAIR (found: none)" in status(widget)
    assert "Choose the images by hand, or fill from a folder" in status(widget)


def test_filling_from_volumes_of_unknown_names_keeps_the_slots(widget):
    nodes = add_four()
    choose(widget, nodes)
    for node in nodes.values():
        node.SetName(f"series {node.GetID()[-1]}")
    widget.ui.fillLoadedButton.click()
    assert "No loaded volume is known" in status(widget) and "found: series" in status(widget)
    assert widget.logic.chosenNodes(widget.parameters) == nodes


def test_one_volume_in_two_slots_is_refused_with_both_names(refused, mended, widget):
    nodes = add_four()
    choose(widget, {**nodes, "t2": nodes["flair"]})
    refused("case FLAIR", "chosen twice", "as T2 and as (T2-)?FLAIR", "Choose another volume, or None")
    mended(nodes)


def test_exchanged_images_are_a_warning_that_names_both(widget, mended):
    nodes = add_four()
    choose(widget, {**nodes, "t2": nodes["flair"], "flair": nodes["t2"]})
    assert level(widget) == "warning"
    assert re.search(r"case FLAIR is chosen as T2, but looks like (T2-)?FLAIR", status(widget)), status(widget)
    assert widget.ui.t2Confidence.text == widget.ui.flairConfidence.text == "!"
    mended()


def test_other_grids_are_shown_and_mended_with_one_click(widget, refused, mended):
    coarse = an_array(2, (3, 6, 5))
    nodes = add_four(t2={"array": coarse, "spacing": (3.0, 2.0, 4.0)}, flair=SHIFTED)
    choose(widget, nodes)
    widget.ui.prepareSelector.setCurrentIndex(widget.ui.prepareSelector.findData("never"))
    refused("different grids", "Press Show to see them", "set Prepare to Automatic")
    assert widget.ui.gridsLabel.text == "Grids differ" and widget.ui.resampleButton.enabled
    assert widget.ui.resampleButton.text in status(widget)
    widget.ui.geometryButton.click()
    table = widget.ui.geometryTable
    rows = [[table.item(row, column).text() for column in range(5)] for row in range(table.rowCount)]
    assert [row[4] for row in rows] == ["", "", "differs", "differs"]
    assert rows[2][1:3] == ["5 x 6 x 3", "4 x 2 x 3"] and rows[0][1:3] == ["9 x 11 x 6", "2 x 1 x 1.5"]
    before = voxels_of_scene()
    widget.ui.resampleButton.click()
    mended()
    assert "case T2 resampled" in status(widget) and not widget.ui.resampleButton.enabled
    chosen = widget.logic.chosenNodes(widget.parameters)
    assert {field: node.GetImageData().GetDimensions() for field, node in chosen.items()} == dict.fromkeys(
        nodes, SHAPE[::-1]
    )
    assert all(np.array_equal(voxels_of_scene()[name], array) for name, array in before.items())


def test_a_resampled_copy_has_the_values_of_the_original_at_the_same_places(widget):
    ramp = np.broadcast_to(np.arange(12, dtype=np.float32)[:, None, None] * 10, (12, 11, 9))
    nodes = add_four(flair={"array": np.array(ramp), "spacing": (0.75, 1.0, 2.0)})
    choose(widget, nodes)
    widget.ui.resampleButton.click()
    copy = slicer.util.arrayFromVolume(widget.parameters.flair)
    assert copy.shape == SHAPE
    assert np.allclose(copy, np.arange(6)[:, None, None] * 20.0)  # every 1.5 mm of a slope of 10 in 0.75 mm


def test_axes_in_another_order_are_the_same_grid(widget, mended):
    array = an_array(3)
    turned = {
        "array": np.ascontiguousarray(np.transpose(array, (2, 0, 1))),
        "spacing": (2.0, 1.5, 1.0),
        "direction": np.array([[0, 0, 1.0], [1.0, 0, 0], [0, 1.0, 0]]),
    }
    choose(widget, add_four(flair=turned))
    mended()
    assert widget.ui.gridsLabel.text == ""


def test_an_image_with_several_values_in_each_voxel_is_refused(widget, refused, mended):
    nodes = add_four()
    colors = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "case color")
    slicer.util.updateVolumeFromArray(colors, np.zeros((*SHAPE, 3), np.uint8))
    widget.parameters.t2 = colors
    choose_rest = {field: node for field, node in nodes.items() if field != "t2"}
    for field, node in choose_rest.items():
        setattr(widget.parameters, field, node)
    refused("^T2: case color", "3 values in each voxel", "expected one", "Split it first")
    mended(nodes)


def test_a_volume_over_time_is_not_offered_and_not_taken(widget, refused):
    frames = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "case T1Gd")
    for time in range(3):
        frames.SetDataNodeAtValue(add_image("frame", an_array(time)), str(time))
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        slicer.mrmlScene.RemoveNode(node)
    assert frames.GetNumberOfDataNodes() == 3
    widget.ui.t1gdSelector.setCurrentNode(frames)
    assert widget.parameters.t1gd is None
    widget.ui.fillLoadedButton.click()
    refused("No loaded volume is known", "found: none")


@pytest.mark.parametrize("shape", [(1, 11, 9), (6, 11, 1)])
def test_a_single_slice_is_refused(widget, refused, mended, shape):
    nodes = add_four(t1gd={"array": an_array(1, shape)})
    choose(widget, nodes)
    refused("^T1Gd: case T1Gd is a single slice", "expected a volume", "Choose")
    mended({field: node for field, node in nodes.items() if field != "t1gd"})


def test_a_volume_without_voxels_is_refused(widget, refused, mended):
    nodes = add_four()
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "case T1")
    choose(widget, {**nodes, "t1": empty})
    refused("^T1: case T1 holds no image", "Choose another volume")
    mended(nodes)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_voxel_that_is_no_number_is_refused_when_apply_is_pressed(widget, refused, mended, value):
    array = an_array(3)
    array[3, 4, 5] = value
    choose(widget, add_four(flair={"array": array}))
    assert widget.ui.applyButton.enabled
    refused("FLAIR volume 'case FLAIR' holds NaN or infinity", "Expected finite numbers", "Load the image again")
    assert widget.ui.applyButton.enabled
    mended(add_four())


def test_an_image_under_a_warp_is_refused_with_the_name_of_the_transform(widget, refused, mended):
    nodes = add_four()
    bend = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "Bend")
    nodes["t1"].SetAndObserveTransformNodeID(bend.GetID())
    choose(widget, nodes)
    refused("^T1: 'case T1' lies under the transform 'Bend'", "not linear", "Harden the transform")
    widget.ui.geometryButton.click()
    nodes["t1"].SetAndObserveTransformNodeID(None)
    widget.refresh()
    mended()


def test_an_image_under_a_shear_is_refused(widget, refused):
    nodes = add_four()
    shear = a_transform(slicer.mrmlScene, [[1, 0.3, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], "Shear")
    nodes["flair"].SetAndObserveTransformNodeID(shear.GetID())
    choose(widget, nodes)
    refused("FLAIR: ", "Shear", "perpendicular|orthogonal")


def test_a_message_of_a_run_gives_way_to_the_state_of_new_images(widget):
    nodes = add_four()
    choose(widget, nodes)
    widget.say("Done in 3 s: tumor 10.0 ml, enhancing 2.0 ml.", "ready")
    widget.ui.mirrorCheckBox.click()
    assert status(widget).startswith("Done in 3 s")
    choose(widget, {**nodes, "t2": nodes["flair"]})
    assert "chosen twice" in status(widget) and level(widget) == BLOCKED
    choose(widget, nodes)
    assert status(widget).startswith("Ready: 4 of 4 sequences")


def test_a_folder_without_images_leaves_scene_and_slots(widget, tmp_path):
    nodes = add_four()
    choose(widget, nodes)
    before = scene_state()
    (tmp_path / "notes.txt").write_text("no image")
    for folder in (tmp_path, tmp_path / "absent"):
        dialogs.answer_next(str(folder))
        widget.ui.fillFolderButton.click()
        assert level(widget) == BLOCKED and str(folder) in status(widget)
    assert scene_state() == before and widget.logic.chosenNodes(widget.parameters) == nodes


def test_a_damaged_file_in_the_folder_is_named_and_nothing_is_loaded(widget, patch_folder, tmp_path):
    folder = shutil.copytree(patch_folder, tmp_path / "case")
    (folder / "patch-t2f.nii.gz").write_bytes((folder / "patch-t2f.nii.gz").read_bytes()[:5000])
    dialogs.answer_next(str(folder))
    widget.ui.fillFolderButton.click()
    assert "patch-t2f.nii.gz" in status(widget) and level(widget) == BLOCKED, status(widget)
    assert scene_state() == {} and widget.logic.chosenNodes(widget.parameters) == {}
