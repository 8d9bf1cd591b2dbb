"""Raw scans in SSAGliomaSeg's panel: unaligned images in, segments on T1Gd as it was scanned, with a traffic light."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import SimpleITK
import slicer
from seg_scene import (
    SHAPE,
    add_four,
    add_image,
    an_array,
    choose,
    found_box,
    job_folders,
    level,
    scene_state,
    status,
    voxels_of_scene,
)

from ssaglioma import __version__
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.packages.resources import locate
from ssaglioma.volume import find_case, read_labelmap, read_volume
from ssaglioma.volume.sitk import from_sitk, to_sitk

SHIFT_MM = (4.0, -3.0, 2.0)
RAW_SECONDS = 900
RAW_CHILD = """
import json, sys
from pathlib import Path
import numpy as np
import ssaglioma
from ssaglioma.volume import read_volume, write_volume

print(json.dumps({"event": "version", "version": ssaglioma.__version__}), flush=True)
words = dict(zip(sys.argv[2:], sys.argv[3:]))
assert words["--prepare"] in ("auto", "always"), words
image = read_volume(words["--t1c"])
labels = np.zeros(image.shape, np.uint8)
labels[1:5, 2:9, 2:8], labels[2:4, 3:7, 3:6], labels[2:3, 4:5, 4:5] = 2, 3, 1
write_volume(image.with_array(labels), words["--output"])
brain = np.zeros(image.shape, np.uint8)
brain[1:5, 1:10, 1:8] = 1
write_volume(image.with_array(brain), words["--brain"])
shifted = np.eye(4)
shifted[:3, 3] = %r
ways = {name: (shifted if name == "t2f" else np.eye(4)).ravel().tolist() for name in ("t1n", "t1c", "t2w", "t2f")}
values = {"labelmap": words["--output"], "warnings": [], "grid_of": "t1c", "alignment": ways}
values["timings"] = {"find": 3.0, "align": 20.0, "predict": 5.0}
findings = [
    {"key": "alignment", "light": "amber", "subject": "T2", "reference": "T1Gd", "mm": 1.75, "text": "-"},
    {"key": "note", "light": "amber", "subject": "", "text": "Two files were named T2."},
    {"key": "brain_volume", "light": "green", "subject": "", "ml": 1300.0, "least": 950.0, "most": 2000.0, "text": "-"},
]
values["quality"] = {"light": "amber", "meaning": "-", "findings": findings}
if "--keep-prepared" in sys.argv:
    folder = Path(words["--output"]).parent / "case-prepared"
    folder.mkdir()
    for name in ways:
        write_volume(image.with_array(np.full(image.shape, 7, np.float32)), folder / f"case-{name}.nii.gz")
    values["prepared"] = str(folder)
print(json.dumps({"event": "result", **values}), flush=True)
"""


@pytest.fixture
def raw_child(host, monkeypatch):
    """Lets Apply start a child that speaks as the core does of raw images, without preparing any."""
    from SSASlicerLib import processes

    code = RAW_CHILD % (SHIFT_MM,)
    monkeypatch.setattr(processes, "command_line", lambda words: [sys.executable, "-c", code, *words])


@pytest.fixture
def raw_nodes():
    """Noise without a background of 0 on two grids: nothing that can go to a model as it is."""
    return add_four(flair={"origin": (-26.0, 9.0, 9.0)})


def set_prepare(widget, key):
    widget.ui.prepareSelector.setCurrentIndex(widget.ui.prepareSelector.findData(key))


def test_the_choices_are_those_of_the_core(widget):
    from ssaglioma.cli.intake import PREPARE_CHOICES

    selector = widget.ui.prepareSelector
    assert tuple(selector.itemData(index) for index in range(selector.count)) == PREPARE_CHOICES
    assert widget.parameters.prepare == selector.currentData == PREPARE_CHOICES[0]
    for key in PREPARE_CHOICES:
        set_prepare(widget, key)
        assert widget.parameters.prepare == key
    widget.parameters.prepare = "auto"
    assert selector.currentData == "auto"


def test_images_of_different_grids_are_ready_and_the_status_line_says_what_will_be_done(widget, raw_nodes):
    choose(widget, raw_nodes)
    text = status(widget)
    assert text.startswith("Ready: 4 of 4 sequences, different grids. Raw scans: they are aligned and stripped first.")
    assert level(widget) == "ready" and widget.ui.applyButton.enabled and widget.ui.gridsLabel.text == "Grids differ"
    raw = widget.logic.expectedCost(widget.parameters)
    assert raw.seconds > 35 and raw.memoryGiB == widget.logic.expectedRawMemoryGiB(widget.parameters) > 0.5


def test_what_looks_prepared_is_said_to_take_no_preparation_unless_it_is_asked_for(widget):
    inside = np.zeros(SHAPE, bool)
    inside[1:-1, 2:-2, 2:-2] = True
    images = {field: {"array": np.where(inside, an_array(seed), 0)} for seed, field in enumerate(("t1", "t1gd", "t2"))}
    nodes = add_four(**images, flair={"array": np.where(inside, an_array(9), 0)})
    choose(widget, nodes)
    assert not widget.logic.willPrepare(widget.parameters) and "Raw scans" not in status(widget)
    set_prepare(widget, "always")
    assert widget.logic.willPrepare(widget.parameters) and "Raw scans" in status(widget)
    widget.ui.resampleCheckBox.click()
    assert not widget.logic.willPrepare(widget.parameters)
    assert not widget.ui.prepareSelector.enabled and "Advanced resamples" in widget.ui.prepareSelector.toolTip
    assert not widget.ui.loadAlignedCheckBox.enabled


def test_the_light_of_a_raw_case_stands_in_the_results_with_its_reasons(raw_child, widget, apply, raw_nodes):
    assert widget.ui.qualityLabel.isHidden()
    choose(widget, raw_nodes)
    text = apply()
    assert text.startswith("Done in") and "Look at the result with these reasons in mind." in text, text
    assert level(widget) == "warning"
    label = widget.ui.qualityLabel
    assert not label.isHidden() and "#d99000" in label.text and "brain mask holds" not in label.text
    for reason in ("T2 was aligned to T1Gd: there and back differ by 1.8 mm.", "Two files were named T2."):
        assert reason in label.text and reason in label.toolTip
    labels = widget.logic.labelmapOf(widget.parameters.result, widget.logic.resultGrid(widget.parameters))
    assert np.array_equal(labels.array, found_box())
    assert widget.parameters.brain.GetHideFromEditors() and widget.logic.intakeSeconds() == 23.0
    assert job_folders(None) == [] and not any("aligned" in name for name in voxels_of_scene())


def test_the_reasons_are_told_in_slicers_language(raw_child, widget, apply, raw_nodes):
    choose(widget, raw_nodes)
    apply()
    settings = slicer.app.userSettings()
    before = settings.value("language")
    settings.setValue("language", "fr-FR")
    view = widget.logic.quality(widget.parameters)
    settings.setValue("language", before or "")
    assert view.meaning == "À lire en tenant compte de ces raisons."
    assert view.reasons[0].startswith("T2 a été recalé sur T1Gd") and "1,8 mm" in view.reasons[0]


def test_more_reasons_than_a_panel_has_room_for_are_counted_and_markup_in_them_is_text():
    from SSAGliomaSegLib.intake import QualityView

    view = QualityView("red", "Bad", tuple(f"<b>{number}</b>" for number in range(7)))
    assert view.richText().count("•") == 5 and "... and 2 more" in view.richText()
    assert "&lt;b&gt;0&lt;/b&gt;" in view.richText()


def test_aligned_copies_are_loaded_on_request_shown_in_the_views_and_never_taken_for_inputs(
    raw_child, widget, apply, raw_nodes
):
    choose(widget, raw_nodes)
    widget.ui.loadAlignedCheckBox.click()
    before = voxels_of_scene()
    assert apply().startswith("Done in")
    copies = {name: array for name, array in voxels_of_scene().items() if name.endswith("aligned")}
    assert set(copies) == {f"case T1Gd {name} aligned" for name in ("T1", "T1Gd", "T2", "FLAIR")}
    assert all((array == 7).all() for array in copies.values())
    assert all(np.array_equal(voxels_of_scene()[name], array) for name, array in before.items())
    widget.ui.fourViewsButton.click()
    composite = slicer.app.layoutManager().sliceWidget("SSAFLAIR").sliceLogic().GetSliceCompositeNode()
    shown = slicer.mrmlScene.GetNodeByID(composite.GetBackgroundVolumeID())
    assert shown.GetName() == "case T1Gd FLAIR aligned"
    widget.ui.fillLoadedButton.click()
    assert widget.logic.chosenNodes(widget.parameters) == raw_nodes


def test_report_and_corrections_see_the_images_where_the_run_laid_them(raw_child, widget, apply):
    ramp = np.broadcast_to(10.0 + np.arange(9, dtype=np.float32) * 20, SHAPE)  # along X, voxels of 2 mm: 10 a mm
    nodes = add_four(flair={"array": np.array(ramp)})
    nodes["flair"].SetOrigin(nodes["flair"].GetOrigin()[0] - 2.0, *nodes["flair"].GetOrigin()[1:])
    choose(widget, nodes)
    apply()
    logic, parameters = widget.logic, widget.parameters
    grid = logic.resultGrid(parameters)
    laid = logic.imagesOnGrid(parameters, grid)[Sequence.T2F].array[3, 5]
    own = grid.affine_lps @ [4, 5, 3, 1] + np.array([*SHIFT_MM, 0])
    from SSASlicerLib.volumes import volume_from_node

    index = np.linalg.inv(volume_from_node(nodes["flair"]).affine_lps) @ own
    assert laid[4] == pytest.approx(10 + 20 * index[0], abs=0.1)
    stripped = logic.imagesOnGrid(parameters, grid, stripped=True)[Sequence.T1C].array
    assert (stripped[0] == 0).all() and np.array_equal(stripped[2, 2:8, 2:7], an_array(1)[2, 2:8, 2:7])
    nodes["flair"].SetName("another image")
    by_header = logic.imagesOnGrid(parameters, grid)[Sequence.T2F].array[3, 5]
    assert not np.allclose(by_header, laid)


def test_the_report_of_a_raw_case_has_its_light(raw_child, widget, apply, raw_nodes, tmp_path):
    choose(widget, raw_nodes)
    apply()
    page = widget.logic.writeReport(widget.parameters, tmp_path / "r.html").read_text(encoding="utf-8")
    assert 'class="light amber"' in page and "Two files were named T2." in page


def test_a_run_on_prepared_images_after_a_raw_one_forgets_the_light(raw_child, widget, apply, raw_nodes, monkeypatch):
    from seg_scene import quick_command

    from SSASlicerLib import processes

    choose(widget, raw_nodes)
    apply()
    monkeypatch.setattr(processes, "command_line", quick_command)
    set_prepare(widget, "never")
    choose(widget, add_four())
    assert apply().startswith("Done in") and widget.ui.qualityLabel.isHidden()
    assert widget.parameters.brain is None and level(widget) == "ready"


def test_a_refusal_is_told_without_the_options_of_the_command_line(host, widget, apply, raw_nodes, monkeypatch):
    from SSASlicerLib import processes

    told = {"message": "T1Gd could not be aligned.", "remedy": "Name the files yourself (--t1c FILE --t2f FILE) if so."}
    lines = [{"event": "version", "version": __version__}, {"event": "error", "code": 2, **told}]
    code = f"import sys\nfor line in {[json.dumps(line) for line in lines]!r}: print(line, flush=True)\nsys.exit(2)"
    monkeypatch.setattr(processes, "command_line", lambda words: [sys.executable, "-c", code])
    choose(widget, raw_nodes)
    before = scene_state()
    assert "Name the files yourself if so." in apply() and "--t1c" not in status(widget)
    assert level(widget) == "error" and scene_state() == before and widget.parameters.result is None


@pytest.mark.slow
def test_noise_is_refused_by_the_core_in_words(widget, raw_nodes):
    from ssaglioma.errors import SSAGliomaError

    choose(widget, raw_nodes)
    with pytest.raises(SSAGliomaError, match=r"only \d+ mm long on one side. Expected images of a whole head") as told:
        widget.logic.segment(widget.parameters, timeoutSeconds=RAW_SECONDS)
    assert "--" not in str(told.value) and widget.parameters.result is None and widget.ui.applyButton.enabled


def moved(volume, spacing, degrees, shift):
    """The image scanned anew: the head turned about Z and shifted, voxels of another size."""
    image = to_sitk(volume)
    size = [int(n * old / new) for n, old, new in zip(image.GetSize(), image.GetSpacing(), spacing)]
    middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
    transform = SimpleITK.Euler3DTransform(middle, 0.02, -0.03, np.deg2rad(degrees), shift)
    grid = SimpleITK.Image(size, SimpleITK.sitkFloat32)
    grid.SetSpacing(spacing)
    grid.SetDirection(image.GetDirection())
    grid.SetOrigin(image.GetOrigin())
    smooth = SimpleITK.SmoothingRecursiveGaussian(
        SimpleITK.Cast(image, SimpleITK.sitkFloat32), [0.4 * one for one in spacing]
    )
    return from_sitk(SimpleITK.Resample(smooth, grid, transform))


@pytest.mark.slow
def test_four_unaligned_scans_become_segments_on_t1gd(widget):
    case = find_case(locate("SampleCases/ICBM152-grown-001"))
    scans = {Sequence.T1N: ((1.5, 1.5, 5.0), 7, (5, -6, 3)), Sequence.T1C: ((1.0, 1.0, 3.0), 0, (0, 0, 0))}
    scans |= {Sequence.T2W: ((1.2, 1.2, 5.0), -6, (-4, 5, 2)), Sequence.T2F: ((1.0, 1.5, 4.0), 5, (3, 7, -4))}
    fields = dict(zip(SEQUENCE_ORDER, ("t1", "t1gd", "t2", "flair")))
    nodes = {}
    for sequence, how in scans.items():
        volume = moved(read_volume(case.sequences[sequence]), *how)
        nodes[fields[sequence]] = add_image(
            f"raw {sequence.display_name}",
            volume.array,
            spacing=volume.spacing_zyx_mm,
            origin=volume.origin_lps_mm,
            direction=volume.direction_lps,
        )
    choose(widget, nodes)
    assert "different grids. Raw scans" in status(widget)
    assert widget.logic.segment(widget.parameters, timeoutSeconds=RAW_SECONDS).done
    labels = widget.logic.labelmapOf(widget.parameters.result, widget.logic.resultGrid(widget.parameters))
    assert labels.shape == slicer.util.arrayFromVolume(nodes["t1gd"]).shape
    truth = to_sitk(read_labelmap(case.reference, GLIOMA))
    same = SimpleITK.Resample(truth, to_sitk(labels), SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor)
    found, expected = labels.array > 0, SimpleITK.GetArrayFromImage(same) > 0
    assert 2 * (found & expected).sum() / (found.sum() + expected.sum()) > 0.7
    ways = widget.logic.runInfo(widget.parameters)["alignment"]
    turned = {field: np.reshape(way["matrix"], (4, 4)) for field, way in ways.items()}
    angle = {field: np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0])) for field, matrix in turned.items()}
    assert {field: round(abs(value)) for field, value in angle.items()} == {"t1": 7, "t1gd": 0, "t2": 6, "flair": 5}
