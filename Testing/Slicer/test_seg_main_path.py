"""The main path through SSAGliomaSeg: fill, apply, read, compare, save, restore; and a cancelled run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import slicer
from seg_scene import live_children

from ssaglioma.evaluation import evaluate_case
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.packages.resources import locate
from ssaglioma.volume import Volume, find_case, read_labelmap, read_volume, write_volume

MODULE = Path(__file__).resolve().parents[2] / "SSAGliomaSeg" / "SSAGliomaSeg.py"
SLAB = slice(74, 122, 2)
SECONDS = 300


def turned(volume: Volume) -> Volume:
    """Every second slice of a slab around the tumor, stored sagittally and flipped: anisotropic, not axial."""
    spacing, affine = volume.spacing_zyx_mm, volume.affine_lps
    cut = volume.array[SLAB]
    array = np.ascontiguousarray(np.flip(np.transpose(cut, (2, 0, 1)), 1))
    direction = np.asarray(volume.direction_lps)
    columns = np.stack([direction[:, 1], -direction[:, 2], direction[:, 0]], axis=1)
    corner = affine @ [0, 0, SLAB.start + 2 * (cut.shape[0] - 1), 1]
    return Volume(
        array,
        spacing_zyx_mm=(spacing[2], 2 * spacing[0], spacing[1]),
        origin_lps_mm=tuple(corner[:3]),
        direction_lps=tuple(map(tuple, columns)),
    )


@pytest.fixture(scope="module")
def case_folder(tmp_path_factory):
    """A small case with names of BraTS 2023, sagittal, flipped, with 2 mm slices."""
    folder = tmp_path_factory.mktemp("cases") / "small"
    folder.mkdir()
    case = find_case(locate("SampleCases/ICBM152-grown-001"))
    for sequence in SEQUENCE_ORDER:
        write_volume(turned(read_volume(case.sequences[sequence])), folder / f"small-{sequence.value}.nii.gz")
    write_volume(turned(read_labelmap(case.reference, GLIOMA)), folder / "small-seg.nii.gz")
    return folder


@pytest.fixture
def widget(host):
    return host.load_module(MODULE, enter=True)


def run_to_its_end(host, widget):
    widget.ui.applyButton.click()
    assert widget.logic.running, widget.ui.statusLabel.text
    assert host.wait_until(lambda: not widget.logic.running, seconds=SECONDS)
    host.process_events(0.3)


def test_a_turned_case_is_segmented_compared_saved_and_restored(host, widget, case_folder, tmp_path):
    logic, parameters = widget.logic, widget.parameters
    logic.fillFromFolder(parameters, case_folder)
    widget.refresh()
    assert widget.ui.statusLabel.text.startswith("Ready: 4 of 4 sequences, same grid.")
    run_to_its_end(host, widget)
    assert widget.ui.statusLabel.text.startswith("Done in"), widget.ui.statusLabel.text
    assert host.messages.texts("error") == []
    segmentation = parameters.result.GetSegmentation()
    names = [segmentation.GetNthSegment(index).GetName() for index in range(segmentation.GetNumberOfSegments())]
    assert sorted(names) == ["ED", "ET", "NCR"]
    reference = read_labelmap(case_folder / "small-seg.nii.gz", GLIOMA)
    found = logic.labelmapOf(parameters.result, reference)
    assert reference.same_grid(found)
    direct = evaluate_case(reference, found, GLIOMA, regions=("WT", "TC", "ET"))
    assert direct["WT"]["dice"] > 0.6
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    parameters.reference = segmentation_from_labelmap(reference, "expert")
    scores = logic.compare(parameters)
    assert {region: scores[region]["dice"] for region in direct} == {
        region: direct[region]["dice"] for region in direct
    }
    rows, saved = logic.resultRows(parameters), tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(saved))
    slicer.mrmlScene.Clear(0)
    host.process_events(0.1)
    slicer.util.loadScene(str(saved))
    host.process_events(0.2)
    restored = widget.parameters
    assert (restored.result.GetName(), restored.t1gd.GetName()) == ("small-t1c segmentation", "small-t1c")
    assert logic.resultRows(restored) == rows
    again = logic.labelmapOf(restored.result, reference)
    assert np.array_equal(again.array, found.array)
    assert host.messages.texts("error") == []


def test_a_cancelled_run_leaves_no_child_and_no_node(host, widget, case_folder):
    widget.logic.fillFromFolder(widget.parameters, case_folder)
    widget.refresh()
    before = slicer.mrmlScene.GetNumberOfNodes()
    widget.ui.applyButton.click()
    assert host.wait_until(lambda: live_children() != [], seconds=30)
    widget.ui.cancelButton.click()
    host.process_events(0.3)
    assert live_children() == []
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert widget.ui.statusLabel.text.startswith("Cancelled")
    assert widget.ui.applyButton.enabled
    assert widget.parameters.result is None
