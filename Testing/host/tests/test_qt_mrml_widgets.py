"""The MRML widgets against a real scene, and .ui files with them."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0"><class>Panel</class>
 <widget class="qMRMLWidget" name="Panel"><layout class="QVBoxLayout" name="rows">
  <item><widget class="qMRMLNodeComboBox" name="selector">
   <property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
   <property name="noneEnabled"><bool>true</bool></property>
   <property name="SlicerParameterName" stdset="0"><string>volume</string></property></widget></item>
  <item><widget class="{extra}" name="extra"/></item>
 </layout></widget>
 <connections><connection><sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
  <receiver>selector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection></connections></ui>"""


@pytest.fixture
def selector(host):
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes, box.noneEnabled = ["vtkMRMLScalarVolumeNode"], True
    box.setMRMLScene(slicer.mrmlScene)
    return box


@pytest.fixture
def volume(host):
    return slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="T1")


def test_a_node_box_follows_the_scene(selector, volume):
    assert (selector.nodeCount(), selector.currentNode()) == (1, None)
    seen = []
    selector.currentNodeChanged.connect(seen.append)
    selector.setCurrentNode(volume)
    assert (selector.currentNode(), selector.currentNodeID, seen) == (volume, volume.GetID(), [volume])
    slicer.mrmlScene.RemoveNode(volume)
    assert (selector.currentNode(), selector.currentNodeID, seen[-1]) == (None, "", None)


def test_a_node_box_without_none_chooses_the_first_node(host, volume):
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    box.setMRMLScene(slicer.mrmlScene)
    assert box.currentNode() is volume


def test_a_node_box_shows_child_types_only_when_asked(selector):
    labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    assert labels in selector.nodes()
    selector.showChildNodeTypes = False
    assert labels not in selector.nodes()


def test_hidden_nodes_are_not_offered(selector, volume):
    volume.SetHideFromEditors(True)
    assert selector.nodes() == []


def test_a_ui_file_gets_its_widgets_properties_and_scene_connection(host, tmp_path, volume):
    path = tmp_path / "panel.ui"
    path.write_text(UI.replace("{extra}", "QPushButton"))
    panel = slicer.util.loadUI(str(path))
    ui = slicer.util.childWidgetVariables(panel)
    assert (ui.selector.nodeTypes, ui.selector.noneEnabled) == (["vtkMRMLScalarVolumeNode"], True)
    assert ui.selector.property("SlicerParameterName") == "volume"
    assert ui.selector.nodes() == []
    panel.setMRMLScene(slicer.mrmlScene)
    assert ui.selector.nodes() == [volume]


@pytest.mark.parametrize("unknown", ["qMRMLInventedWidget", "ctkInventedWidget"])
def test_a_ui_file_with_an_unknown_slicer_widget_is_refused(host, tmp_path, unknown):
    path = tmp_path / "panel.ui"
    path.write_text(UI.replace("{extra}", unknown))
    with pytest.raises(RuntimeError, match=f"without a stand-in: \\['{unknown}'\\]"):
        slicer.util.loadUI(str(path))


def test_the_segment_editor_keeps_its_choices_in_its_node(host, volume):
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.GetSegmentation().AddEmptySegment("ET", "ET")
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor = slicer.qMRMLSegmentEditorWidget()
    with pytest.raises(RuntimeError, match="Set the segment editor node first"):
        editor.setSegmentationNode(segmentation)
    editor.setMRMLScene(slicer.mrmlScene)
    editor.setMRMLSegmentEditorNode(node)
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(volume)
    editor.setActiveEffectByName("Paint")
    assert node.GetSegmentationNode() is segmentation
    assert (node.GetSelectedSegmentID(), node.GetActiveEffectName()) == ("ET", "Paint")
    assert editor.activeEffect().name == "Paint"
    editor.setActiveEffectByName("None")
    assert editor.activeEffect() is None


def test_a_table_view_shows_a_table_node(host):
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")
    slicer.util.updateTableFromArray(table, np.array([[1.5, 2.5]]), ["a", "b"])
    view = slicer.qMRMLTableView()
    view.setMRMLTableNode(table)
    assert (view.rowCount, view.columnCount, view.item(0, 1).text()) == (1, 2, "2.5")
