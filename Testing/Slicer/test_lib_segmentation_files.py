"""Names, codes, colors and voxels of a segmentation survive Slicer's files."""

import numpy as np
import pytest
import SimpleITK
from lib_scene import OBLIQUE, a_labelmap, axis_codes

from ssaglioma.labels import GLIOMA
from ssaglioma.volume import to_canonical
from SSASlicerLib import terminology
from SSASlicerLib.segmentations import (
    labelmap_from_segmentation,
    segmentation_from_labelmap,
)
from SSASlicerLib.volumes import node_from_volume, volume_from_node


def assert_is_the_result(node, labelmap):
    segmentation = node.GetSegmentation()
    names = {segmentation.GetSegment(key).GetName(): key for key in segmentation.GetSegmentIDs()}
    assert set(names) == set(GLIOMA.values)
    for label, style in terminology.SEGMENT_STYLES.items():
        segment = segmentation.GetSegment(names[label])
        assert segment.GetTerminology() == style.entry
        assert segment.GetColor() == pytest.approx(style.color, abs=1e-5)
    np.testing.assert_array_equal(labelmap_from_segmentation(node, labelmap).array, labelmap.array)


@pytest.mark.parametrize("direction", [None, OBLIQUE, axis_codes()["PSR"]])
def test_names_codes_and_colors_survive_a_seg_nrrd_file(bare_scene, tmp_path, direction):
    labelmap = a_labelmap(direction)
    node = segmentation_from_labelmap(labelmap, "Result")
    storage = bare_scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(tmp_path / "result.seg.nrrd"))
    assert storage.WriteData(node) == 1
    image = SimpleITK.ReadImage(str(tmp_path / "result.seg.nrrd"))
    values = {image.GetMetaData(f"Segment{n}_Name"): int(image.GetMetaData(f"Segment{n}_LabelValue")) for n in range(3)}
    assert values == dict(GLIOMA.values)
    other = bare_scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Again")
    assert storage.ReadData(other) == 1
    assert_is_the_result(other, labelmap)


def test_a_segmentation_without_one_label_survives_a_seg_nrrd_file(bare_scene, tmp_path):
    labelmap = a_labelmap()
    labelmap = labelmap.with_array(np.where(labelmap.array == 1, 3, labelmap.array))
    storage = bare_scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(tmp_path / "result.seg.nrrd"))
    assert storage.WriteData(segmentation_from_labelmap(labelmap, "Result")) == 1
    other = bare_scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Again")
    assert storage.ReadData(other) == 1
    assert_is_the_result(other, labelmap)


@pytest.mark.parametrize("name", ["PSR", "PSL", "SAR"])
def test_names_codes_colors_and_geometry_survive_a_scene_bundle(bare_scene, tmp_path, name):
    labelmap = a_labelmap(axis_codes()[name])
    image = node_from_volume(labelmap, "T1Gd")
    segmentation_from_labelmap(labelmap, "Result", reference_node=image)
    bundle = str(tmp_path / "scene.mrb")
    assert bare_scene.WriteToMRB(bundle)
    bare_scene.Clear(1)
    assert bare_scene.ReadFromMRB(bundle)
    node = bare_scene.GetFirstNodeByName("Result")
    assert_is_the_result(node, labelmap)
    reference = node.GetNodeReference("referenceImageGeometryRef")
    assert reference.GetName() == "T1Gd"
    image = volume_from_node(reference)  # Slicer's reader turns left-handed axes into right-handed ones
    assert image.same_grid(labelmap) == (np.linalg.det(labelmap.direction_lps) > 0)
    assert to_canonical(image).same_grid(to_canonical(labelmap))
    np.testing.assert_array_equal(to_canonical(image).array, to_canonical(labelmap).array)
