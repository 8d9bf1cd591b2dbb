import json

import numpy as np
import pytest
import SimpleITK
import slicer
import vtk
from lib_scene import OBLIQUE, a_labelmap, a_transform, an_image, axis_codes

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.labels import GLIOMA, GLIOMA_POST
from ssaglioma.volume import Volume, from_canonical, to_canonical
from SSASlicerLib import terminology
from SSASlicerLib.oriented_images import oriented_image
from SSASlicerLib.segmentations import (
    comparable_regions,
    keep_disjoint_while_editing,
    labelmap_from_segmentation,
    make_disjoint,
    mask_from_segment,
    read_segmentation,
    segmentation_from_labelmap,
    update_segmentation,
)
from SSASlicerLib.volumes import node_from_volume, volume_from_node


@pytest.fixture
def a_result(bare_scene):
    return segmentation_from_labelmap(a_labelmap(), "Result")


def add_segment(node, name, mask, segment_id=None, color=(1, 0, 0)):
    """Add a segment in a layer of its own, as an import or an editor does."""
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.SetColor(color)
    segment.SetLabelValue(1)
    segment.AddRepresentation("Binary labelmap", oriented_image(a_labelmap().with_array(mask.astype(np.uint8))))
    node.GetSegmentation().AddSegment(segment, segment_id or f"id of {name}")


def a_foreign_segmentation(scene, **masks):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Foreign")
    node.CreateDefaultDisplayNodes()
    for name, mask in masks.items():
        add_segment(node, name, mask)
    return node


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


@pytest.mark.parametrize("name", ["RAS", "PIL", "SRA"])
def test_a_grid_of_other_axes_gets_the_same_voxels(bare_scene, name):
    labelmap = a_labelmap(axis_codes()[name])
    canonical = to_canonical(labelmap)
    back = labelmap_from_segmentation(segmentation_from_labelmap(labelmap, "Result"), canonical)
    np.testing.assert_array_equal(from_canonical(back.array, canonical, labelmap).array, labelmap.array)


def test_a_cropped_grid_gets_its_part_and_says_what_was_lost(a_result):
    labelmap = a_labelmap()
    corner = (labelmap.affine_lps @ [2, 0, 0, 1])[:3]
    part = Volume(labelmap.array[:, :, 2:].copy(), labelmap.spacing_zyx_mm, tuple(corner), labelmap.direction_lps)
    reading = read_segmentation(a_result, part)
    np.testing.assert_array_equal(reading.labelmap.array, part.array)
    assert reading.lost_voxels == np.count_nonzero(labelmap.array[:, :, :2])


def test_a_larger_grid_is_background_outside(a_result):
    labelmap = a_labelmap()
    corner = (labelmap.affine_lps @ [-1, -2, -3, 1])[:3]
    array = np.pad(labelmap.array, ((3, 0), (2, 0), (1, 4)))
    grid = Volume(array, labelmap.spacing_zyx_mm, tuple(corner), labelmap.direction_lps)
    np.testing.assert_array_equal(labelmap_from_segmentation(a_result, grid).array, array)


def test_a_finer_grid_takes_the_nearest_voxel(a_result):
    labelmap = a_labelmap()
    fine = Volume(
        np.zeros([2 * size - 1 for size in labelmap.shape], np.uint8),
        tuple(value / 2 for value in labelmap.spacing_zyx_mm),
        labelmap.origin_lps_mm,
        labelmap.direction_lps,
    )
    back = labelmap_from_segmentation(a_result, fine)
    np.testing.assert_array_equal(back.array[::2, ::2, ::2], labelmap.array)
    assert set(np.unique(back.array)) == {0, 1, 2, 3}


def test_a_segmentation_of_another_place_is_refused(a_result):
    labelmap = a_labelmap()
    far = Volume(labelmap.array, labelmap.spacing_zyx_mm, (500.0, 0.0, 0.0), labelmap.direction_lps)
    with pytest.raises(GeometryError, match="'Result' lies outside the image.*same patient"):
        labelmap_from_segmentation(a_result, far)


def test_a_moved_segmentation_is_read_where_it_was_moved_to(bare_scene, a_result):
    shift = np.eye(4)
    shift[0, 3] = -2 * 0.75  # RAS: two voxels to the left of the patient, LPS +x
    a_result.SetAndObserveTransformNodeID(a_transform(bare_scene, shift).GetID())
    back = labelmap_from_segmentation(a_result, a_labelmap())
    np.testing.assert_array_equal(back.array[:, :, 2:], a_labelmap().array[:, :, :-2])


def test_a_segmentation_under_a_bent_transform_is_refused(bare_scene, a_result):
    bend = bare_scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode", "Warp")
    bend.SetAndObserveTransformToParent(vtk.vtkThinPlateSplineTransform())
    a_result.SetAndObserveTransformNodeID(bend.GetID())
    with pytest.raises(GeometryError, match="'Result' lies under the transform 'Warp'"):
        labelmap_from_segmentation(a_result, a_labelmap())


def test_names_spelled_otherwise_are_understood(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(
        bare_scene, **{"Enhancing Tumour": labels == 3, "Necrotic core": labels == 1, "Peritumoral Edema": labels == 2}
    )
    np.testing.assert_array_equal(labelmap_from_segmentation(node, a_labelmap()).array, labels)


def test_nested_regions_in_separate_layers_are_painted_the_largest_first(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, ET=labels == 3, TC=np.isin(labels, (1, 3)), WT=labels > 0)
    reading = read_segmentation(node, a_labelmap())
    np.testing.assert_array_equal(reading.labelmap.array, labels)
    assert reading.overlap_voxels == 0


def test_a_whole_tumor_alone_counts_as_edema_and_says_what_it_was(bare_scene):
    labels = a_labelmap().array
    reading = read_segmentation(a_foreign_segmentation(bare_scene, **{"Whole tumor": labels > 0}), a_labelmap())
    np.testing.assert_array_equal(reading.labelmap.array, 2 * (labels > 0))
    assert list(reading.mapping.values()) == ["WT"]


def test_overlapping_labels_go_to_the_later_one_and_are_counted(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, ET=labels == 3, ED=labels > 0, NCR=labels == 1)
    reading = read_segmentation(node, a_labelmap())
    np.testing.assert_array_equal(reading.labelmap.array, labels)
    assert reading.overlap_voxels == np.count_nonzero(labels == 3) + np.count_nonzero(labels == 1)


def test_numbered_segments_follow_the_values_of_the_scheme_with_the_old_four(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, Segment_1=labels == 1, Segment_2=labels == 2, Segment_4=labels == 3)
    np.testing.assert_array_equal(labelmap_from_segmentation(node, a_labelmap()).array, labels)


def test_terminology_tells_segments_whose_names_do_not(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, one=labels == 3, two=labels == 2)
    for name, label in {"one": "ET", "two": "ED"}.items():
        segment = node.GetSegmentation().GetSegment(f"id of {name}")
        segment.SetTerminology(terminology.SEGMENT_STYLES[label].entry)
    np.testing.assert_array_equal(
        labelmap_from_segmentation(node, a_labelmap()).array, np.where(labels == 1, 0, labels)
    )


@pytest.mark.parametrize(
    ("names", "comparable"),
    [
        ("NCR ED ET", "WT TC ET NCR ED"),
        ("ED ET", "WT TC ET NCR ED"),
        ("WT TC ET", "WT TC ET NCR ED"),
        ("WT", "WT"),
        ("WT TC", "WT TC ED"),
        ("WT ET", "WT ET"),
        ("TC ED", "WT TC ED"),
        ("WT ED", "WT TC ED"),
        ("WT NCR", "WT NCR"),
        ("WT ED ET", "WT TC ET NCR ED"),
    ],
)
def test_only_what_the_segments_determine_is_compared(names, comparable):
    found = comparable_regions({f"id{number}": name for number, name in enumerate(names.split())})
    assert found == comparable.split()


@pytest.mark.parametrize(
    "names", ["WT TC", "WT ET", "TC ED", "WT ED", "WT NCR", "WT ED ET", "WT TC ET", "NCR ED ET", "TC ET"]
)
def test_what_can_be_compared_is_read_exactly(bare_scene, names):
    labels = a_labelmap().array
    masks = {name: GLIOMA.mask(labels, name) for name in names.split()}
    reading = read_segmentation(a_foreign_segmentation(bare_scene, **masks), a_labelmap())
    for region in comparable_regions(reading.mapping):
        np.testing.assert_array_equal(GLIOMA.mask(reading.labelmap.array, region), GLIOMA.mask(labels, region))


def test_a_given_mapping_goes_by_name_or_id_and_leaves_the_rest_out(bare_scene):
    labels = a_labelmap().array
    node = a_foreign_segmentation(bare_scene, a=labels == 3, b=labels == 2, c=labels == 1)
    reading = read_segmentation(node, a_labelmap(), mapping={"a": "ET", "id of b": "NCR", "c": ""})
    np.testing.assert_array_equal(reading.labelmap.array, np.select([labels == 3, labels == 2], [3, 1], 0))
    assert reading.unused == ("c",)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (None, r"No segment of 'Foreign' could be told, found \['Ventricle'\].*Rename"),
        ({"Liver": "ET"}, r"has no segments \['Liver'\]"),
        ({"Ventricle": "CSF"}, r"\['CSF'\] are not in the scheme"),
        ({"Ventricle": ""}, "No segment"),
    ],
)
def test_a_segmentation_that_cannot_be_told_says_what_it_has(bare_scene, mapping, words):
    node = a_foreign_segmentation(bare_scene, Ventricle=a_labelmap().array == 3)
    with pytest.raises(DatasetError, match=words):
        read_segmentation(node, a_labelmap(), mapping=mapping)


def test_a_segmentation_without_segments_is_refused(bare_scene):
    with pytest.raises(DatasetError, match="'Foreign' has no segments"):
        read_segmentation(a_foreign_segmentation(bare_scene), a_labelmap())


def test_an_unknown_segment_is_named(a_result):
    with pytest.raises(DatasetError, match="has no segment 'XY'"):
        mask_from_segment(a_result, "XY", a_labelmap())


def test_a_segmentation_of_surfaces_alone_is_turned_into_voxels_of_the_grid(bare_scene):
    shape = (24, 24, 24)
    radius = np.sqrt(sum((axis - 11.5) ** 2 for axis in np.meshgrid(*map(np.arange, shape), indexing="ij")))
    ball = Volume((3 * (radius < 8)).astype(np.uint8), (1.0, 1.0, 1.0))
    node = segmentation_from_labelmap(ball, "Ball")
    segmentation = node.GetSegmentation()
    assert segmentation.CreateRepresentation("Closed surface")
    segmentation.SetSourceRepresentationName("Closed surface")
    segmentation.RemoveRepresentation("Binary labelmap")
    back = labelmap_from_segmentation(node, ball).array == 3
    expected = ball.array == 3
    assert 2 * (back & expected).sum() / (back.sum() + expected.sum()) > 0.95
    assert not segmentation.ContainsRepresentation("Binary labelmap")


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
