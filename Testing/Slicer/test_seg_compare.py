"""Comparing the result with a reference: right numbers, and references that do not fit."""

from __future__ import annotations

import re

import numpy as np
import pytest
import slicer
from seg_scene import SHAPE, found_box, level, scene_state, status, under_patient

from ssaglioma.errors import DeviceError
from ssaglioma.volume import Volume


@pytest.fixture
def refer(boxed):
    """Makes a segmentation of labels on the result's grid, moved by some mm, and chooses it as the reference."""
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    def make(labels, shift_mm=0.0, name="expert"):
        grid = boxed.logic.resultGrid(boxed.parameters)
        origin = (grid.origin_lps_mm[0] + shift_mm, *grid.origin_lps_mm[1:])
        volume = Volume(labels, grid.spacing_zyx_mm, origin, grid.direction_lps)
        node = segmentation_from_labelmap(volume, name)
        boxed.ui.referenceSelector.setCurrentNode(node)
        return node

    return make


@pytest.fixture
def cells(boxed):
    """Presses Compare and returns the shown table: region -> texts."""

    def read():
        table = boxed.ui.comparisonTable
        rows = [
            [table.item(row, column).text() for column in range(table.columnCount)] for row in range(table.rowCount)
        ]
        return {row[0]: row[1:] for row in rows}

    return read


def refused(boxed, cells, *words):
    before = scene_state()
    boxed.ui.compareApplyButton.click()
    text = status(boxed)
    assert [word for word in words if not re.search(word, text)] == [], text
    assert level(boxed) == "error" and cells() == {} and scene_state() == before
    assert boxed.ui.compareApplyButton.enabled and boxed.ui.applyButton.enabled


def test_the_scores_are_those_counted_by_hand(boxed, refer, cells):
    labels = found_box()
    labels[1, 2:9, 2:8] = 0  # 42 of the 168 voxels are not in the reference, all of them edema
    refer(labels)
    boxed.ui.compareApplyButton.click()
    dice = {region: texts[0] for region, texts in cells().items()}
    assert dice == {
        "WT": f"{2 * 126 / (126 + 168):.3f}",
        "TC": "1.000",
        "ET": "1.000",
        "NCR": "1.000",
        "ED": f"{2 * 102 / (102 + 144):.3f}",
    }
    assert cells()["ET"][1:3] == ["0.0", "0.0"] and level(boxed) != "error"


def test_each_heading_has_its_definition(boxed, refer):
    refer(found_box())
    boxed.ui.compareApplyButton.click()
    table = boxed.ui.comparisonTable
    tips = [table.horizontalHeaderItem(column).toolTip() for column in range(table.columnCount)]
    assert len(tips) == 6 and all(len(tip) > 20 for tip in tips)


def test_scores_of_an_earlier_reference_are_not_shown_for_another(boxed, refer, cells):
    first = refer(found_box())
    boxed.ui.compareApplyButton.click()
    assert cells()["WT"][0] == "1.000"
    refer(np.roll(found_box(), 2, axis=2), name="other")
    assert cells() == {} and not boxed.ui.plotButton.enabled
    boxed.ui.referenceSelector.setCurrentNode(first)
    assert cells()["WT"][0] == "1.000"


def test_a_reference_of_another_patient_is_refused(boxed, refer, cells):
    node = refer(found_box())
    under_patient("A", boxed.parameters.result, boxed.parameters.t1gd)
    other = under_patient("B", node)
    refused(
        boxed, cells, "'expert' belongs to another patient", "Expected a segmentation of the same", "Choose another"
    )
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    hierarchy.RemoveItem(other, False, False)
    refer(found_box(), name="right")
    boxed.ui.compareApplyButton.click()
    assert cells()["WT"][0] == "1.000"


def test_an_earlier_result_of_another_patient_gives_no_change(boxed, refer):
    node = refer(found_box())
    under_patient("A", boxed.parameters.result, boxed.parameters.t1gd)
    under_patient("B", node)
    boxed.ui.earlierSelector.setCurrentNode(node)
    assert boxed.ui.changeLabel.text == "expert belongs to another patient."


def test_a_reference_in_another_place_is_refused(boxed, refer, cells):
    refer(found_box(), shift_mm=500.0)
    refused(boxed, cells, "'expert'", "outside")


def test_a_labelmap_in_another_place_is_refused(boxed, cells):
    from SSASlicerLib.volumes import node_from_volume

    volume = Volume(found_box(), (1.5, 1.0, 2.0), (700.0, 12.0, 7.0))
    node = node_from_volume(volume, "far", class_name="vtkMRMLLabelMapVolumeNode")
    boxed.ui.referenceSelector.setCurrentNode(node)
    refused(boxed, cells, "'far' lies outside the images of this patient", "same space", "Choose another labelmap")


def test_a_labelmap_on_another_grid_is_compared_at_the_same_places(boxed, cells):
    from SSASlicerLib.volumes import node_from_volume

    fine = np.repeat(found_box(), 2, axis=2)  # half the voxel size along X: 1.0 mm, the first center at -30.5
    volume = Volume(fine, (1.5, 1.0, 1.0), (-30.5, 12.0, 7.0))
    node = node_from_volume(volume, "fine", class_name="vtkMRMLLabelMapVolumeNode")
    boxed.ui.referenceSelector.setCurrentNode(node)
    boxed.ui.compareApplyButton.click()
    assert {texts[0] for texts in cells().values()} == {"1.000"}


def test_a_labelmap_with_values_of_another_kind_is_refused(boxed, cells):
    from SSASlicerLib.volumes import node_from_volume

    labels = found_box()
    labels[0, 0, 0] = 17
    grid = boxed.logic.resultGrid(boxed.parameters)
    node = node_from_volume(grid.with_array(labels), "organs", class_name="vtkMRMLLabelMapVolumeNode")
    boxed.ui.referenceSelector.setCurrentNode(node)
    refused(boxed, cells, "17", "organs")


def test_an_earlier_labelmap_with_the_old_number_of_et_gives_the_true_change(boxed):
    from SSASlicerLib.volumes import node_from_volume

    labels = found_box()
    labels[labels == 3] = 4
    labels[1, 2, 2:8] = 0
    grid = boxed.logic.resultGrid(boxed.parameters)
    node = node_from_volume(grid.with_array(labels), "2018", class_name="vtkMRMLLabelMapVolumeNode")
    boxed.parameters.earlier = node
    assert boxed.ui.changeLabel.text == "Since the earlier result: WT +0.0 ml, +4 %; TC +0.0 ml, +0 %; ET +0.0 ml, +0 %"


def test_a_segmentation_of_unknown_segments_is_refused_with_their_names(boxed, refer, cells):
    node = refer(found_box())
    segmentation = node.GetSegmentation()
    for name, title in (("NCR", "liver"), ("ED", "kidney")):
        segmentation.GetSegment(name).SetName(title)
    segmentation.RemoveSegment("ET")
    for name in ("NCR", "ED"):
        segment = slicer.vtkSegment()
        segment.DeepCopy(segmentation.GetSegment(name))
        segment.SetTerminology("")
        segmentation.RemoveSegment(name)
        segmentation.AddSegment(segment, segment.GetName())
    refused(boxed, cells, "No segment of 'expert' could be told", "kidney|liver", "Rename the segments")


def test_a_reference_of_the_whole_tumor_alone_is_scored_on_it_alone(boxed, refer, cells):
    node = refer((found_box() > 0).astype(np.uint8) * 2)
    segmentation = node.GetSegmentation()
    for name in ("NCR", "ET"):
        segmentation.RemoveSegment(name)
    segmentation.GetSegment("ED").SetName("whole tumor")
    boxed.ui.compareApplyButton.click()
    assert {region: texts[0] for region, texts in cells().items()} == {"WT": "1.000"}


def test_differences_are_counted_by_hand_and_drawn_in_three_colors(boxed, refer):
    labels = found_box()
    labels[1, 2:9, 2:8] = 0
    labels[5, 0, 0:4] = 2
    refer(labels)
    boxed.ui.differenceButton.click()
    nodes = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    (node,) = [node for node in nodes if "differences" in node.GetName()]
    counts = {
        name: int(slicer.util.arrayFromSegmentBinaryLabelmap(node, name, boxed.parameters.t1gd).sum())
        for name in ("missed", "extra", "agreed")
    }
    assert counts == {"missed": 4, "extra": 42, "agreed": 126}
    assert boxed.ui.overlaySelector.currentData == "differences"
    assert not boxed.parameters.result.GetDisplayNode().GetVisibility()
    boxed.ui.differenceButton.click()
    assert len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode")) == len(nodes)


def test_the_chart_shows_the_dice_of_each_region(boxed, refer):
    refer(found_box())
    boxed.ui.compareApplyButton.click()
    boxed.ui.plotButton.click()
    (chart,) = slicer.util.getNodesByClass("vtkMRMLPlotChartNode")
    series = chart.GetNthPlotSeriesNode(0)
    table = series.GetTableNode()
    assert table is boxed.parameters.comparisonTable
    values = [float(table.GetCellText(row, table.GetColumnIndex("Dice value"))) for row in range(5)]
    assert values == [1.0] * 5


def test_a_package_that_the_scores_need_is_asked_for_and_its_absence_told(boxed, refer, cells, monkeypatch):
    from SSASlicerLib import dependencies

    refer(found_box())
    asked = []

    def decline(readiness, **options):
        asked.append((readiness.missing, options))
        raise DeviceError("surface-distance could not be installed (declined)", remedy="Check the network connection")

    real = dependencies._is_met
    monkeypatch.setattr(dependencies, "_is_met", lambda line: not line.startswith("surface") and real(line))
    monkeypatch.setattr(dependencies, "install", decline)
    refused(boxed, cells, "surface-distance could not be installed", "Check the network")
    assert asked == [(("surface-distance>=0.1",), {"torch": False})]
    assert boxed.logic.resultGrid(boxed.parameters).shape == SHAPE
