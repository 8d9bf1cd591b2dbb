"""Files in and out through `slicer.util`, on the real storage nodes."""

import numpy as np
import pytest
import slicer
import vtk


@pytest.fixture
def array():
    return np.arange(60, dtype=np.int16).reshape(3, 4, 5)


@pytest.fixture
def volume(host, array):
    node = slicer.util.addVolumeFromArray(array, name="T1")
    node.SetSpacing(1.0, 2.0, 3.0)
    node.SetOrigin(10.0, -20.0, 30.0)
    return node


@pytest.fixture
def segmentation(volume, array):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "tumor")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segment = node.GetSegmentation().AddEmptySegment("ET", "Enhancing tumor")
    slicer.util.updateSegmentBinaryLabelmapFromArray((array > 30).astype(np.uint8), node, segment, volume)
    return node


def matrix_of(node):
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a.mha"])
def test_a_volume_comes_back_with_voxels_and_geometry(volume, array, tmp_path, name):
    path = str(tmp_path / name)
    assert slicer.util.saveNode(volume, path)
    loaded = slicer.util.loadVolume(path)
    assert loaded.GetName() == "a"
    assert np.array_equal(slicer.util.arrayFromVolume(loaded), array)
    assert np.allclose(matrix_of(loaded), matrix_of(volume))


def test_properties_of_one_load_do_not_leak_into_the_next(volume, tmp_path):
    path = str(tmp_path / "a.nrrd")
    slicer.util.saveNode(volume, path)
    assert slicer.util.loadVolume(path, {"name": "named"}).GetName() == "named"
    assert slicer.util.loadVolume(path).GetName() == "a"
    assert slicer.util.loadLabelVolume(path).IsA("vtkMRMLLabelMapVolumeNode")
    assert not slicer.util.loadVolume(path).IsA("vtkMRMLLabelMapVolumeNode")


def test_a_missing_file_raises_as_in_slicer(host, tmp_path):
    with pytest.raises(RuntimeError, match="Failed to load node"):
        slicer.util.loadVolume(str(tmp_path / "none.nrrd"))


def test_a_loaded_volume_becomes_the_active_one(volume, tmp_path):
    path = str(tmp_path / "a.nrrd")
    slicer.util.saveNode(volume, path)
    loaded = slicer.util.loadVolume(path)
    assert slicer.app.applicationLogic().GetSelectionNode().GetActiveVolumeID() == loaded.GetID()


def test_a_segmentation_keeps_its_segments_in_seg_nrrd(segmentation, array, volume, tmp_path):
    path = str(tmp_path / "tumor.seg.nrrd")
    assert slicer.util.saveNode(segmentation, path)
    loaded = slicer.util.loadSegmentation(path)
    assert loaded.GetSegmentation().GetSegment("ET").GetName() == "Enhancing tumor"
    back = slicer.util.arrayFromSegmentBinaryLabelmap(loaded, "ET", volume)
    assert np.array_equal(back > 0, array > 30)


def test_export_leaves_the_storage_node_as_it_was(volume, tmp_path):
    slicer.util.saveNode(volume, str(tmp_path / "a.nrrd"))
    assert slicer.util.exportNode(volume, str(tmp_path / "b.nii.gz"))
    assert volume.GetStorageNode().GetFileName() == str(tmp_path / "a.nrrd")
    assert (tmp_path / "b.nii.gz").stat().st_size > 0


def test_export_in_world_coordinates_hardens_a_copy(volume, tmp_path):
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    shift = np.eye(4)
    shift[:3, 3] = [5.0, 6.0, 7.0]
    slicer.util.updateTransformMatrixFromArray(transform, shift)
    volume.SetAndObserveTransformNodeID(transform.GetID())
    before = matrix_of(volume)
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    assert slicer.util.exportNode(volume, str(tmp_path / "world.nrrd"), world=True)
    assert np.allclose(matrix_of(volume), before)
    assert slicer.mrmlScene.GetNumberOfNodes() == nodes
    assert np.allclose(matrix_of(slicer.util.loadVolume(str(tmp_path / "world.nrrd"))), shift @ before)


def test_a_bundle_restores_segments_terminology_and_colors(segmentation, tmp_path):
    segment = segmentation.GetSegmentation().GetSegment("ET")
    segment.SetColor(0.1, 0.2, 0.3)
    segment.SetTag("TerminologyEntry", "tag of the test")
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(path)
    back = slicer.util.getNode("tumor").GetSegmentation().GetSegment("ET")
    text = vtk.mutable("")
    assert back.GetTag("TerminologyEntry", text)
    assert text.get() == "tag of the test"
    assert np.allclose(back.GetColor(), (0.1, 0.2, 0.3), atol=0.005)


def test_tables_transforms_texts_and_markups_can_be_loaded(host, tmp_path):
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "numbers")
    slicer.util.updateTableFromArray(table, np.array([1.0, 2.0]), ["x"])
    line = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", "diameter")
    line.AddControlPoint(0, 0, 0)
    line.AddControlPoint(3, 4, 0)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "shift")
    for node, name in ((table, "t.tsv"), (line, "l.mrk.json"), (transform, "x.h5")):
        assert slicer.util.saveNode(node, str(tmp_path / name))
    (tmp_path / "note.txt").write_text("a note", encoding="utf-8")
    assert slicer.util.loadTable(str(tmp_path / "t.tsv")).GetNumberOfRows() == 2
    assert slicer.util.loadMarkups(str(tmp_path / "l.mrk.json")).GetLineLengthWorld() == pytest.approx(5.0)
    assert slicer.util.loadTransform(str(tmp_path / "x.h5")).IsLinear()
    assert slicer.util.loadText(str(tmp_path / "note.txt")).GetText() == "a note"
