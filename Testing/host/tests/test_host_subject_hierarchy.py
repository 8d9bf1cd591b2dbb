"""Subject hierarchy items come and go with nodes, without a Qt plugin."""

import numpy as np
import pytest
import slicer


@pytest.fixture
def hierarchy(host):
    return slicer.mrmlScene.GetSubjectHierarchyNode()


def test_a_new_volume_gets_an_item_under_the_scene(hierarchy):
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 2, 2)), name="T1")
    item = hierarchy.GetItemByDataNode(volume)
    assert hierarchy.GetItemName(item) == "T1"
    assert hierarchy.GetItemParent(item) == hierarchy.GetSceneItemID()


def test_display_nodes_and_parameter_nodes_get_no_item(hierarchy):
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 2, 2)))
    parameters = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    for node in (volume.GetDisplayNode(), parameters):
        assert hierarchy.GetItemByDataNode(node) == hierarchy.GetInvalidItemID()


def test_the_item_goes_with_its_node(hierarchy):
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "numbers")
    assert hierarchy.GetItemByName("numbers") != hierarchy.GetInvalidItemID()
    slicer.mrmlScene.RemoveNode(table)
    assert hierarchy.GetItemByName("numbers") == hierarchy.GetInvalidItemID()


def test_children_of_a_removed_node_stay(hierarchy):
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 2, 2)))
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "tumor")
    item = hierarchy.GetItemByDataNode(segmentation)
    hierarchy.SetItemParent(item, hierarchy.GetItemByDataNode(volume))
    slicer.mrmlScene.RemoveNode(volume)
    assert hierarchy.GetItemByDataNode(segmentation) == item


def test_a_saved_study_is_restored_with_its_children(hierarchy, tmp_path):
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "study 1")
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 2, 2)), name="T2")
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(volume), study)
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    restored = slicer.mrmlScene.GetSubjectHierarchyNode()
    item = restored.GetItemByDataNode(slicer.util.getNode("T2"))
    assert restored.GetItemName(restored.GetItemParent(item)) == "study 1"
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSubjectHierarchyNode") == 1
