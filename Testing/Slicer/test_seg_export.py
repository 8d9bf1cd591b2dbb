"""Files for others: labelmap, segmentation, report; the patient's name only where it is asked for."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest
import slicer
from lib_scene import OBLIQUE
from seg_scene import SHAPE, SLOTS, add_image, an_array, found_box, level, status, under_patient
from slicerhost.qtlayer import dialogs

from ssaglioma.labels import GLIOMA
from ssaglioma.volume import read_labelmap

NAME = "DOE^JOHN"


@pytest.fixture
def oblique(widget):
    """The panel with images on a tilted grid with the patient's name in theirs, and a result drawn on them."""
    from SSASlicerLib.segmentations import segmentation_from_labelmap
    from SSASlicerLib.volumes import grid_from_node

    parameters = widget.parameters
    for number, (field, title) in enumerate(SLOTS.items()):
        node = add_image(f"{NAME} {title}", an_array(number), origin=(-31.5, 12.25, 7.125), direction=OBLIQUE)
        setattr(parameters, field, node)
    labels = grid_from_node(parameters.t1gd).with_array(found_box())
    for field in ("result", "prediction"):
        node = segmentation_from_labelmap(labels, f"{NAME} segmentation", reference_node=parameters.t1gd)
        setattr(parameters, field, node)
    widget.logic.updateMeasurements(parameters)
    return widget


@pytest.fixture
def opened(monkeypatch):
    """What would have been opened in the browser."""
    import qt

    urls = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: urls.append(url.toLocalFile()))
    return urls


def export(panel, path) -> str:
    dialogs.answer_next(str(path))
    panel.ui.exportButton.click()
    return status(panel)


def report(panel, path) -> str:
    dialogs.answer_next(str(path))
    panel.ui.reportButton.click()
    assert status(panel).startswith("Written to"), status(panel)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_a_labelmap_has_the_grid_of_the_image_and_every_voxel_of_the_result(oblique, tmp_path, suffix):
    from SSASlicerLib.volumes import volume_from_node

    path = tmp_path / f"out{suffix}"
    assert export(oblique, path) == f"Written to {path}"
    written, image = read_labelmap(path, GLIOMA), volume_from_node(oblique.parameters.t1gd)
    assert np.array_equal(written.array, found_box()) and written.same_grid(image)
    assert np.allclose(written.affine_lps, image.affine_lps, atol=1e-4)


def test_a_labelmap_of_an_edited_result_has_the_edit(oblique, tmp_path):
    mask = np.zeros(SHAPE, np.uint8)
    mask[5, 10, 8] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, oblique.parameters.result, "ET", oblique.parameters.t1gd)
    export(oblique, tmp_path / "out.nii.gz")
    written = read_labelmap(tmp_path / "out.nii.gz", GLIOMA).array
    assert np.argwhere(written == 3).tolist() == [[5, 10, 8]] and int((written == 2).sum()) == 168 - 24


@pytest.mark.slow
def test_the_result_of_a_real_run_is_exported_as_it_is_shown(segmented, tmp_path):
    export(segmented, tmp_path / "out.nii.gz")
    written = read_labelmap(tmp_path / "out.nii.gz", GLIOMA)
    assert written.same_grid(read_volume_of(segmented.parameters.t1gd))
    for label, value in GLIOMA.values.items():
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(segmented.parameters.result, label, segmented.parameters.t1gd)
        assert np.array_equal(mask != 0, written.array == value), label
    assert written.array.any()


def read_volume_of(node):
    from SSASlicerLib.volumes import volume_from_node

    return volume_from_node(node)


def test_a_segmentation_file_comes_back_with_its_segments_names_and_codes(oblique, tmp_path):
    from SSASlicerLib.terminology import SEGMENT_STYLES

    path = tmp_path / "out.seg.nrrd"
    export(oblique, path)
    node = slicer.util.loadSegmentation(str(path))
    segmentation = node.GetSegmentation()
    assert set(segmentation.GetSegmentIDs()) == {"NCR", "ED", "ET"}
    for name in ("NCR", "ED", "ET"):
        assert segmentation.GetSegment(name).GetName() == name
        assert segmentation.GetSegment(name).GetTerminology() == SEGMENT_STYLES[name].entry
    grid = oblique.logic.resultGrid(oblique.parameters)
    assert np.array_equal(oblique.logic.labelmapOf(node, grid).array, found_box())


@pytest.mark.parametrize("name", ["out.nii.gz", "out.nrrd", "out.mha", "out.seg.nrrd"])
def test_no_exported_file_holds_the_patient_s_name(oblique, tmp_path, name):
    export(oblique, tmp_path / name)
    data = (tmp_path / name).read_bytes()
    plain = gzip.decompress(data) if name.endswith(".gz") else data
    assert NAME.encode() not in plain and len(data) > 100 and [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.txt", "out"])
def test_an_unknown_kind_of_file_is_refused_with_the_known_ones(oblique, tmp_path, name):
    text = export(oblique, tmp_path / name)
    assert level(oblique) == "error" and "nii.gz" in text and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.nii.gz", "out.seg.nrrd", "report.html"])
def test_a_folder_that_cannot_be_written_is_told_and_the_panel_stays_usable(oblique, tmp_path, name, opened):
    (tmp_path / "file").write_text("in the way")
    dialogs.answer_next(str(tmp_path / "file" / name))
    (oblique.ui.reportButton if name.endswith("html") else oblique.ui.exportButton).click()
    assert level(oblique) == "error" and re.search("cannot be (written|made)", status(oblique)), status(oblique)
    assert opened == [] and oblique.ui.exportButton.enabled
    assert export(oblique, tmp_path / "good.nii.gz").startswith("Written to")


def test_a_file_that_exists_is_replaced_whole(oblique, tmp_path):
    path = tmp_path / "out.seg.nrrd"
    path.write_text("old")
    export(oblique, path)
    assert path.read_bytes().startswith(b"NRRD") and [entry.name for entry in tmp_path.iterdir()] == [path.name]


WORDS = {"English": ("Volume", "Research use only", "en"), "Français": ("Volume", "recherche", "fr")}


@pytest.mark.parametrize("language", list(WORDS))
def test_the_report_is_written_in_the_chosen_language_without_the_name(oblique, tmp_path, opened, language):
    oblique.ui.languageSelector.currentText = language
    page = report(oblique, tmp_path / "report.html")
    heading, notice, code = WORDS[language]
    assert f'<html lang="{code}">' in page and heading in page and notice.lower() in page.lower()
    assert NAME not in page and "DOE" not in page and opened == [str(tmp_path / "report.html")]
    assert page.count("data:image/png;base64,") >= 2


def test_the_languages_differ_in_words_and_in_the_comma_of_numbers(oblique, tmp_path, opened):
    pages = {}
    for language in WORDS:
        oblique.ui.languageSelector.currentText = language
        pages[language] = re.sub(r'src="[^"]*"', "", report(oblique, tmp_path / f"{WORDS[language][2]}.html"))
    assert pages["English"] != pages["Français"]
    volume = 168 * 0.003
    assert f"{volume:.1f}" in pages["English"] and f"{volume:.1f}".replace(".", ",") in pages["Français"]
    for english in ("Edema", "Necrosis", "Whole tumor", "not a medical device", "Research use only"):
        assert english not in pages["Français"]


def test_the_name_stands_in_the_report_where_it_is_asked_for(oblique, tmp_path, opened):
    under_patient("ROE^JANE", *oblique.logic.chosenNodes(oblique.parameters).values())
    assert "ROE^JANE" not in report(oblique, tmp_path / "without.html")
    oblique.ui.namePatientCheckBox.click()
    page = report(oblique, tmp_path / "with.html")
    assert "ROE^JANE" in page and NAME not in page


def test_without_a_patient_the_image_s_name_is_used_where_a_name_is_asked_for(oblique, tmp_path, opened):
    oblique.ui.namePatientCheckBox.click()
    assert f"{NAME} T1Gd" in report(oblique, tmp_path / "with.html")


def test_a_name_with_signs_of_html_is_harmless(oblique, tmp_path, opened):
    oblique.parameters.t1gd.SetName("<script>alert(1)</script>")
    oblique.ui.namePatientCheckBox.click()
    assert "<script>" not in report(oblique, tmp_path / "with.html")


def test_the_report_gets_its_ending_and_compares_with_the_reference(boxed, tmp_path, opened):
    boxed.parameters.reference = boxed.parameters.prediction
    dialogs.answer_next(str(tmp_path / "report"))
    boxed.ui.reportButton.click()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "1.000" in page and opened == [str(tmp_path / "report.html")]


def test_the_report_names_the_model_that_made_the_result_not_the_one_chosen_now(boxed, tmp_path, opened):
    info = boxed.logic.runInfo(boxed.parameters)
    boxed.parameters.model = "another-model"
    page = report(boxed, tmp_path / "report.html")
    assert info["model"] in page and "another-model" not in page


def test_the_report_scores_only_what_the_reference_can_tell(boxed, tmp_path, opened):
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    grid = boxed.logic.resultGrid(boxed.parameters)
    node = segmentation_from_labelmap(grid.with_array((found_box() > 0).astype(np.uint8) * 2), "expert")
    for name in ("NCR", "ET"):
        node.GetSegmentation().RemoveSegment(name)
    node.GetSegmentation().GetSegment("ED").SetName("whole tumor")
    boxed.parameters.reference = node
    page = re.sub(r'src="[^"]*"', "", report(boxed, tmp_path / "report.html"))
    assert "1.000" in page and "0.000" not in page


def test_the_report_refuses_a_reference_of_another_patient(boxed, tmp_path, opened):
    from SSASlicerLib.segmentations import segmentation_from_labelmap

    grid = boxed.logic.resultGrid(boxed.parameters)
    boxed.parameters.reference = segmentation_from_labelmap(grid.with_array(found_box()), "expert")
    under_patient("A", boxed.parameters.result)
    under_patient("B", boxed.parameters.reference)
    dialogs.answer_next(str(tmp_path / "report.html"))
    boxed.ui.reportButton.click()
    assert "'expert' belongs to another patient" in status(boxed) and level(boxed) == "error"
    assert list(tmp_path.iterdir()) == [] and opened == []
