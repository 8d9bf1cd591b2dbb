"""The widgets of segmentations against a real scene: table, selector, editor with undo."""

from __future__ import annotations

import numpy as np
import pytest
import slicer


@pytest.fixture
def volume(host):
    return slicer.util.addVolumeFromArray(np.zeros((4, 5, 6), np.int16), name="T1")


@pytest.fixture
def segmentation(volume):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Result")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for name, color in (("NCR", (1.0, 0.0, 0.0)), ("ET", (0.0, 0.0, 1.0))):
        node.GetSegmentation().AddEmptySegment(name, name, color)
    return node


@pytest.fixture
def table(segmentation):
    view = slicer.qMRMLSegmentsTableView()
    view.setMRMLScene(slicer.mrmlScene)
    view.setSegmentationNode(segmentation)
    return view


@pytest.fixture
def editor(segmentation, volume):
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setMRMLScene(slicer.mrmlScene)
    widget.setMRMLSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    widget.setSegmentationNode(segmentation)
    widget.setSourceVolumeNode(volume)
    return widget


def button(editor, text):
    import qt

    return next(child for child in editor.findChildren(qt.QPushButton) if child.text == text)


def test_the_table_has_a_row_for_each_segment_with_its_color(table, segmentation):
    assert (table.displayedSegmentIDs(), table.segmentCount) == (("NCR", "ET"), 2)
    cells = table.tableWidget()
    assert [cells.item(row, 3).text() for row in (0, 1)] == ["NCR", "ET"]
    assert cells.item(1, 1).background().color().name() == "#0000ff"
    segmentation.GetSegmentation().AddEmptySegment("ED", "ED")
    assert table.rowForSegmentID("ED") == 2
    segmentation.GetSegmentation().RemoveSegment("NCR")
    assert table.displayedSegmentIDs() == ("ET", "ED")


def test_edits_in_the_table_reach_the_nodes(table, segmentation):
    import qt

    table.tableWidget().item(0, 3).setText("Necrosis")
    assert segmentation.GetSegmentation().GetSegment("NCR").GetName() == "Necrosis"
    table.tableWidget().item(1, 0).setCheckState(qt.Qt.Unchecked)
    assert not segmentation.GetDisplayNode().GetSegmentVisibility("ET")
    segmentation.GetDisplayNode().SetSegmentVisibility("ET", True)
    assert table.tableWidget().item(1, 0).checkState() == qt.Qt.Checked


def test_selection_filter_and_hidden_segments(table):
    table.setSelectedSegmentIDs(["ET"])
    assert table.selectedSegmentIDs() == ("ET",)
    table.setTextFilter("nc")
    assert table.displayedSegmentIDs() == ("NCR",)
    table.textFilter = ""
    table.setHideSegments(["NCR"])
    assert (table.displayedSegmentIDs(), table.hideSegments()) == (("ET",), ("NCR",))


def test_the_selector_offers_the_segments_of_its_segmentation(segmentation):
    selector, seen = slicer.qMRMLSegmentSelectorWidget(), []
    selector.currentSegmentChanged.connect(seen.append)
    selector.setMRMLScene(slicer.mrmlScene)
    assert (selector.currentNode(), selector.currentSegmentID()) == (segmentation, "NCR")
    selector.setCurrentSegmentID("ET")
    assert (selector.currentSegmentID(), seen) == ("ET", ["NCR", "ET"])
    segmentation.GetSegmentation().RemoveSegment("ET")
    assert selector.segmentIDs() == ("NCR",)


def test_the_editor_without_its_node_refuses_choices(segmentation):
    with pytest.raises(RuntimeError, match="Set the segment editor node first"):
        slicer.qMRMLSegmentEditorWidget().setSegmentationNode(segmentation)


def test_the_editor_keeps_its_choices_in_its_node(editor, segmentation, volume):
    node = editor.mrmlSegmentEditorNode()
    assert (node.GetSegmentationNode(), node.GetSourceVolumeNode()) == (segmentation, volume)
    assert (editor.currentSegmentID(), node.GetSelectedSegmentID()) == ("NCR", "NCR")
    seen = []
    editor.currentSegmentIDChanged.connect(seen.append)
    node.SetSelectedSegmentID("ET")
    assert (editor.currentSegmentID(), seen) == ("ET", ["ET"])
    editor.selectPreviousSegment()
    assert node.GetSelectedSegmentID() == "NCR"


def test_effects_keep_their_parameters_in_the_node(editor):
    editor.setActiveEffectByName("Paint")
    node = editor.mrmlSegmentEditorNode()
    editor.activeEffect().setParameter("BrushRelativeDiameter", 5)
    assert (node.GetActiveEffectName(), node.GetAttribute("Paint.BrushRelativeDiameter")) == ("Paint", "5")
    assert button(editor, "Paint").checked
    editor.setActiveEffectByName("None")
    assert editor.activeEffect() is None
    with pytest.raises(NotImplementedError, match="no segment editor effects"):
        editor.effectByName("Threshold").self()


def test_the_order_of_effects_can_be_chosen(editor):
    editor.setEffectNameOrder(["Erase", "Paint"])
    assert editor.availableEffectNames()[:2] == ("Erase", "Paint")
    editor.unorderedEffectsVisible = False
    assert (editor.effectCount(), editor.effectByIndex(1).name) == (2, "Paint")


def test_an_edit_is_undone_and_done_again_by_the_real_logic(editor, segmentation, volume):
    def voxels():
        return int(slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, "ET", volume).sum())

    mask = np.zeros((4, 5, 6), np.uint8)
    mask[1:3, 1:3, 1:3] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, "ET", volume)
    editor.saveStateForUndo()
    mask[0] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, "ET", volume)
    assert (voxels(), button(editor, "Undo").enabled) == (38, True)
    button(editor, "Undo").click()
    assert (voxels(), button(editor, "Redo").enabled) == (8, True)
    button(editor, "Redo").click()
    assert voxels() == 38


def test_segments_are_added_and_removed_by_the_buttons(editor, segmentation):
    button(editor, "Add").click()
    assert segmentation.GetSegmentation().GetNumberOfSegments() == 3
    editor.setCurrentSegmentID("NCR")
    button(editor, "Remove").click()
    assert "NCR" not in segmentation.GetSegmentation().GetSegmentIDs()


def test_a_segmentation_without_geometry_takes_that_of_the_source_volume(editor, volume):
    bare = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    editor.setSegmentationNode(bare)
    editor.setSourceVolumeNode(None)
    editor.setSourceVolumeNode(volume)
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    assert bare.GetSegmentation().GetConversionParameter(name)


def test_closing_the_scene_leaves_the_editor_usable(editor):
    slicer.mrmlScene.Clear(0)
    editor.setMRMLSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    assert (editor.segmentationNode(), editor.currentSegmentID()) == (None, "")
