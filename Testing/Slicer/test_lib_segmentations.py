import json

import numpy as np
import pytest
import slicer
from lib_scene import OBLIQUE, a_labelmap, an_image, axis_codes
from lib_segments import add_segment

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, GLIOMA_POST
from SSASlicerLib import terminology
from SSASlicerLib.oriented_images import oriented_image
from SSASlicerLib.segmentations import (
    keep_disjoint_while_editing,
    labelmap_from_segmentation,
    make_disjoint,
    mask_from_segment,
    segmentation_from_labelmap,
    update_segmentation,
)
from SSASlicerLib.volumes import node_from_volume


def test_segments_are_called_and_colored_as_the_scheme_says(a_result):
    segmentation = a_result.GetSegmentation()
    assert list(segmentation.GetSegmentIDs()) == list(GLIOMA.values)
    assert [segmentation.GetSegment(key).GetName() for key in GLIOMA.values] == list(GLIOMA.values)
    colors = [tuple(round(255 * c) for c in segmentation.GetSegment(key).GetColor()) for key in GLIOMA.values]
    assert colors == [(216, 191, 216), (140, 224, 228), (213, 94, 0)]


def test_all_segments_share_one_layer_of_the_labelmaps_values(a_result):
    segmentation = a_result.GetSegmentation()
    assert segmentation.GetNumberOfLayers() == 1
    assert segmentation.GetSourceRepresentationName() == "Binary labelmap"
    assert [segmentation.GetSegment(key).GetLabelValue() for key in GLIOMA.values] == list(GLIOMA.values.values())


def test_slicer_reads_back_the_terminology_entries(a_result):
    logic = slicer.modules.terminologies.logic()
    found = {}
    for key in GLIOMA.values:
        entry = slicer.vtkSlicerTerminologyEntry()
        assert logic.DeserializeTerminologyEntry(a_result.GetSegmentation().GetSegment(key).GetTerminology(), entry)
        kind = entry.GetTypeObject()
        found[key] = (kind.GetCodingSchemeDesignator(), kind.GetCodeValue(), kind.GetCodeMeaning())
        assert entry.GetCategoryObject().GetCodeValue() == "49755003"
        assert entry.GetRegionObject().GetCodeMeaning() == "Brain"
        assert logic.SerializeTerminologyEntry(entry) == terminology.SEGMENT_STYLES[key].entry
    assert found == {
        "NCR": ("SCT", "6574001", "Necrosis"),
        "ED": ("SCT", "79654002", "Edema"),
        "ET": ("NCIt", "C113842", "Enhancing Lesion"),
    }


def test_the_codes_are_those_of_the_dicom_standard(a_result):
    from pydicom.sr.codedict import codes

    wanted = {"NCR": codes.cid7159.Necrosis, "ED": codes.cid7159.Edema, "ET": codes.cid7159.EnhancingLesion}
    for label, code in wanted.items():
        style = terminology.SEGMENT_STYLES[label]
        assert style.type_code[:2] == (code.scheme_designator, code.value)
    assert terminology.BRAIN[:2] == (codes.SCT.Brain.scheme_designator, codes.SCT.Brain.value)
    assert terminology.WHOLE_TUMOR.type_code[1] == codes.cid7159.NeoplasmPrimary.value


def test_slicer_loads_the_terminology_of_the_extension_with_the_same_codes_and_colors(bare_scene):
    assert terminology.load_terminology() and terminology.load_terminology()
    logic = slicer.modules.terminologies.logic()
    assert logic.IsTerminologyContextLoaded(terminology.OWN_CONTEXT)
    document = json.loads(terminology.CONTEXT_FILE.read_text(encoding="utf-8"))
    types = {entry["CodeValue"]: entry for entry in document["SegmentationCodes"]["Category"][0]["Type"]}
    for style in (*terminology.SEGMENT_STYLES.values(), terminology.WHOLE_TUMOR):
        entry = types[style.type_code[1]]
        assert (entry["CodingSchemeDesignator"], entry["CodeValue"], entry["CodeMeaning"]) == style.type_code
        assert [round(255 * value) for value in style.color] == entry["recommendedDisplayRGBValue"]


def test_without_the_terminologies_module_a_segmentation_is_made_all_the_same(bare_scene, monkeypatch):
    monkeypatch.delattr(slicer.modules, "terminologies")
    assert terminology.load_terminology() is False
    node = segmentation_from_labelmap(a_labelmap(), "Result")
    assert node.GetSegmentation().GetNumberOfSegments() == 3


def test_the_reference_geometry_is_the_labelmaps_and_names_the_image(bare_scene):
    image = node_from_volume(a_labelmap(OBLIQUE), "T1Gd")
    node = segmentation_from_labelmap(a_labelmap(OBLIQUE), "Result", reference_node=image)
    ours = node.GetSegmentation().GetConversionParameter("Reference image geometry")
    assert node.GetNodeReference("referenceImageGeometryRef") is image
    other = bare_scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    other.SetReferenceImageGeometryParameterFromVolumeNode(image)
    numbers = [
        [float(word) for word in text.replace(";", " ").split()]
        for text in (ours, other.GetSegmentation().GetConversionParameter("Reference image geometry"))
    ]
    np.testing.assert_allclose(numbers[0], numbers[1], atol=1e-9)


@pytest.mark.parametrize("name", axis_codes())
def test_a_labelmap_comes_back_exactly_in_all_48_orientations(bare_scene, name):
    labelmap = a_labelmap(axis_codes()[name])
    node = segmentation_from_labelmap(labelmap, name)
    back = labelmap_from_segmentation(node, labelmap)
    assert back.array.dtype == np.uint8
    np.testing.assert_array_equal(back.array, labelmap.array)


@pytest.mark.parametrize("name", ["LPS", "RSA", "AIL"])
def test_slicers_own_export_finds_each_voxel_where_we_put_it(bare_scene, name):
    labelmap = a_labelmap(axis_codes()[name])
    image = node_from_volume(labelmap, "T1Gd")
    node = segmentation_from_labelmap(labelmap, "Result", reference_node=image)
    for label, value in GLIOMA.values.items():
        exported = slicer.util.arrayFromSegmentBinaryLabelmap(node, label, image)
        np.testing.assert_array_equal(exported != 0, labelmap.array == value)


@pytest.mark.parametrize("absent", GLIOMA.values)
def test_a_missing_label_leaves_an_empty_segment(bare_scene, absent):
    labelmap = a_labelmap()
    labelmap = labelmap.with_array(np.where(labelmap.array == GLIOMA.values[absent], 0, labelmap.array))
    node = segmentation_from_labelmap(labelmap, "Result")
    assert list(node.GetSegmentation().GetSegmentIDs()) == list(GLIOMA.values)
    assert not mask_from_segment(node, absent, labelmap).any()
    np.testing.assert_array_equal(labelmap_from_segmentation(node, labelmap).array, labelmap.array)


def test_an_empty_labelmap_is_an_empty_segmentation(bare_scene):
    empty = a_labelmap().with_array(np.zeros(a_labelmap().shape, np.uint8))
    assert not labelmap_from_segmentation(segmentation_from_labelmap(empty, "Nothing"), empty).array.any()


def test_a_labelmap_with_foreign_values_is_refused_and_leaves_the_scene_as_it_was(bare_scene):
    labelmap = a_labelmap()
    before = bare_scene.GetNumberOfNodes()
    with pytest.raises(DatasetError, match="labelmap of 'Result' holds labels \\[7\\]"):
        segmentation_from_labelmap(
            labelmap.with_array(labelmap.array + 7 * (labelmap.array == 3) - 3 * (labelmap.array == 3)), "Result"
        )
    assert bare_scene.GetNumberOfNodes() == before


def test_a_fourth_label_of_another_scheme_has_its_segment(bare_scene):
    labelmap = a_labelmap()
    labelmap = labelmap.with_array(np.where(labelmap.array == 1, 4, labelmap.array))
    node = segmentation_from_labelmap(labelmap, "After surgery", scheme=GLIOMA_POST)
    assert list(node.GetSegmentation().GetSegmentIDs()) == ["NCR", "ED", "ET", "RC"]
    np.testing.assert_array_equal(labelmap_from_segmentation(node, labelmap, scheme=GLIOMA_POST).array, labelmap.array)


def test_updating_keeps_names_colors_and_foreign_segments_and_remakes_the_surface(bare_scene, a_result):
    segmentation = a_result.GetSegmentation()
    segmentation.GetSegment("ET").SetName("my ET")
    segmentation.GetSegment("ET").SetColor(0, 0, 1)
    add_segment(a_result, "Note", a_labelmap().array == 1, "note")
    a_result.CreateClosedSurfaceRepresentation()
    before = segmentation.GetSegment("ET").GetRepresentation("Closed surface").GetNumberOfPoints()
    turned = a_labelmap()
    turned = turned.with_array(np.where(turned.array == 3, 2, turned.array)[::-1].copy())
    update_segmentation(a_result, turned)
    np.testing.assert_array_equal(
        labelmap_from_segmentation(a_result, turned, mapping={key: key for key in GLIOMA.values}).array, turned.array
    )
    assert segmentation.GetSegment("ET").GetName() == "my ET"
    assert segmentation.GetSegment("ET").GetColor() == (0, 0, 1)
    np.testing.assert_array_equal(mask_from_segment(a_result, "note", turned), a_labelmap().array == 1)
    surface = segmentation.GetSegment("ET").GetRepresentation("Closed surface")
    assert before > 0 and (surface is None or surface.GetNumberOfPoints() == 0)


def test_labels_that_overlap_are_made_disjoint(bare_scene, a_result):
    labels = a_labelmap().array
    segment = a_result.GetSegmentation().GetSegment("ED")
    a_result.GetSegmentation().SeparateSegmentLabelmap("ED")
    segment.AddRepresentation("Binary labelmap", oriented_image(a_labelmap().with_array((labels > 0).astype(np.uint8))))
    segment.SetLabelValue(1)
    assert make_disjoint(a_result, a_labelmap()) == np.isin(labels, (1, 3)).sum()
    assert make_disjoint(a_result, a_labelmap()) == 0
    for label, value in GLIOMA.values.items():
        np.testing.assert_array_equal(mask_from_segment(a_result, label, a_labelmap()), labels == value)


def test_what_slicers_editor_paints_is_taken_from_the_other_segments(bare_scene, a_result):
    editor_node = bare_scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor_node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteNone)
    keep_disjoint_while_editing(editor_node)
    editor_node.SetAndObserveSegmentationNode(a_result)
    editor_node.SetAndObserveSourceVolumeNode(node_from_volume(an_image(shape=a_labelmap().shape), "T1Gd"))
    editor_node.SetSelectedSegmentID("NCR")
    editor = slicer.vtkSlicerSegmentEditorLogic()
    editor.SetMRMLScene(bare_scene)
    editor.SetSegmentEditorNode(editor_node)
    stroke = np.zeros(a_labelmap().shape, np.uint8)
    stroke[3, 1:4, 1:4] = 1
    brush, add = oriented_image(a_labelmap().with_array(stroke)), editor.ModificationModeAdd
    editor.ModifySegmentByLabelmap(a_result, "NCR", brush, add, False, False)
    expected = np.where(stroke, 1, a_labelmap().array)
    for label, value in GLIOMA.values.items():
        np.testing.assert_array_equal(mask_from_segment(a_result, label, a_labelmap()), expected == value)
