"""Node selectors and the table view against a real scene."""

from __future__ import annotations

import numpy as np
import pytest
import slicer


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
    assert selector.nodeFromIndex(0) is labels
    selector.showChildNodeTypes = False
    assert selector.nodeCount() == 0
    selector.showChildNodeTypes, selector.hideChildNodeTypes = True, ["vtkMRMLLabelMapVolumeNode"]
    assert selector.nodeCount() == 0


def test_hidden_nodes_are_not_offered(selector, volume):
    volume.SetHideFromEditors(True)
    assert selector.nodeCount() == 0
    selector.showHidden = True
    assert selector.nodeFromIndex(0) is volume


def test_a_node_box_is_disabled_until_it_has_a_scene(host):
    box = slicer.qMRMLNodeComboBox()
    assert not box.findChild(qt_class("QComboBox")).enabled
    box.setMRMLScene(slicer.mrmlScene)
    assert box.findChild(qt_class("QComboBox")).enabled


def qt_class(name):
    import qt

    return getattr(qt, name)


def test_a_node_box_makes_nodes_with_its_base_name_and_attributes(selector):
    selector.baseName, made = "Result", []
    selector.addAttribute("vtkMRMLScalarVolumeNode", "Kind", "doubt")
    selector.nodeAddedByUserAction.connect(made.append)
    node = selector.addNode()
    assert (node.GetName(), node.GetAttribute("Kind")) == ("Result", "doubt")
    assert (selector.currentNode(), made) == (node, [node])
    assert selector.addNode("vtkMRMLTableNode") is None
    assert selector.addNode("vtkMRMLScalarVolumeNode").GetName() == "Result_1"


def test_only_nodes_with_the_wanted_attribute_are_offered(selector, volume):
    selector.addAttribute("vtkMRMLScalarVolumeNode", "Sequence", "T1")
    assert selector.nodeCount() == 0
    volume.SetAttribute("Sequence", "T1")
    assert selector.nodeFromIndex(0) is volume
    volume.SetAttribute("Sequence", "T2")
    assert selector.nodeCount() == 0
    selector.removeAttribute("vtkMRMLScalarVolumeNode", "Sequence")
    assert selector.nodeCount() == 1


def test_both_overloads_of_the_change_signal_can_be_connected(selector, volume):
    nodes, valid, ids = [], [], []
    selector.connect("currentNodeChanged(vtkMRMLNode*)", nodes.append)
    selector.connect("currentNodeChanged(bool)", valid.append)
    selector.connect("currentNodeIDChanged(QString)", ids.append)
    selector.setCurrentNodeID(volume.GetID())
    selector.setCurrentNode(None)
    assert (nodes, valid, ids) == ([volume, None], [True, False], [volume.GetID(), ""])


def test_a_node_that_comes_later_is_chosen_as_was_asked(selector):
    selector.setCurrentNodeID("vtkMRMLScalarVolumeNode1")
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert node.GetID() == "vtkMRMLScalarVolumeNode1"
    assert selector.currentNode() is node


def test_the_list_has_none_the_nodes_and_the_actions(selector, volume):
    selector.addEnabled, selector.removeEnabled, selector.renameEnabled = True, True, True
    selector.noneDisplay = "Create new one"
    combo = selector.findChild(qt_class("QComboBox"))
    texts = [combo.itemText(index) for index in range(combo.count)]
    expected = ["Create new one", "T1", "", "Create new Volume", "Rename current Volume", "Delete current Volume"]
    assert texts == expected
    volume.SetName("T1 of Monday")
    assert combo.itemText(1) == "T1 of Monday"
    selector.setCurrentNode(volume)
    combo.activated.emit(5)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0


def test_a_box_that_is_gone_no_longer_follows_the_scene(host):
    import gc

    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    box.setMRMLScene(slicer.mrmlScene)
    box.deleteLater()
    del box
    host.process_events()
    gc.collect()
    assert slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode") is not None


def test_nodes_are_checked_until_they_are_unchecked(host, volume):
    box, seen = slicer.qMRMLCheckableNodeComboBox(), []
    box.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    box.setMRMLScene(slicer.mrmlScene)
    box.checkedNodesChanged.connect(lambda: seen.append(box.checkedNodes()))
    assert box.checkedNodes() == (volume,)
    box.setCheckState(volume, qt_class("Qt").Unchecked)
    assert (box.checkedNodes(), box.uncheckedNodes(), box.noneChecked(), seen) == ((), (volume,), True, [()])


def test_a_table_view_follows_a_table_node(host):
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")
    slicer.util.updateTableFromArray(table, np.array([[1.5, 2.5]]), ["a", "b"])
    view = slicer.qMRMLTableView()
    view.setMRMLTableNode(table)
    model = view.tableModel()
    assert (model.rowCount(), model.columnCount(), model.item(0, 1).text()) == (1, 2, "2.5")
    assert [model.horizontalHeaderItem(column).text() for column in (0, 1)] == ["a", "b"]
    table.SetCellText(0, 1, "7")
    table.Modified()
    assert view.tableModel().item(0, 1).text() == "7"
