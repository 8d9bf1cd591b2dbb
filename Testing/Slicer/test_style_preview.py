"""The live picture: what it shows, that it follows every control, and the guard's verdict on it."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from style_scene import SLOTS, TUMOR_SLICE, errors, original, rest, shown

from ssaglioma.style import create_stylizer


def test_an_empty_scene_asks_for_an_image_and_offers_nothing_that_needs_one(theatre):
    assert theatre.ui.statusLabel.text == "Choose a content image, or load one first."
    for name in ("update", "showViews", "look", "curve", "histogram", "map", "apply", "applyAll", "exportFigure"):
        button = getattr(theatre.ui, f"{name}Button")
        assert not button.enabled, name
    assert theatre.ui.applyButton.toolTip == "Choose a content image, or load one first."


def test_the_loaded_case_is_chosen_by_its_names_with_flair_as_content(host, stage):
    chosen = {field: getattr(stage.parameters, field).GetName() for field in SLOTS}
    assert chosen == {field: f"patch-{value}" for field, value in SLOTS.items()}
    assert stage.ui.contentSelector.currentNode() is stage.parameters.flair
    assert stage.ui.statusLabel.text == "Ready: FLAIR, Histogram matching."
    assert errors(host) == []


def test_the_picture_is_what_the_core_makes_of_this_slice_and_style(stage):
    style = stage.logic.styleVolume(stage.parameters, stage.logic.contrastOf(stage.parameters, stage.parameters.flair))
    expected = create_stylizer("histogram").stylize(original(stage), style.array[0])
    np.testing.assert_allclose(shown(stage), expected, rtol=1e-5, atol=1e-3)
    assert (shown(stage)[original(stage) == 0] == 0).mean() > 0.99


@pytest.mark.parametrize("method", ["histogram", "nyul", "fourier"])
def test_each_quick_method_changes_the_brain_and_leaves_the_background(host, stage, method):
    stage.ui.methodSelector.setCurrentIndex(stage.ui.methodSelector.findData(method))
    rest(host, stage)
    before, after = original(stage), shown(stage)
    assert np.abs(after - before)[before != 0].max() > 0.01 * before.max()
    assert not after[_outside(before)].any()


def test_strength_mixes_original_and_result_and_zero_is_the_original_to_the_bit(host, stage):
    before, full = original(stage), shown(stage)
    stage.ui.strengthSlider.value = 0.5
    rest(host, stage)
    np.testing.assert_allclose(shown(stage), before + 0.5 * (full - before), rtol=1e-5, atol=1e-3)
    stage.ui.strengthSlider.value = 0.0
    rest(host, stage)
    assert np.array_equal(shown(stage), before)


def test_the_picture_follows_the_slice_and_lies_where_that_slice_lies(host, stage):
    first = shown(stage)
    stage.logic.goToSlice(stage.parameters, TUMOR_SLICE + 2)
    rest(host, stage)
    piece = stage.logic.contentSlice(stage.parameters)
    assert piece.index == TUMOR_SLICE + 2 and not np.array_equal(first, shown(stage))
    bounds, whole = [0.0] * 6, [0.0] * 6
    stage.parameters.stylised.GetRASBounds(bounds)
    stage.parameters.content.GetRASBounds(whole)
    np.testing.assert_allclose(bounds[:4], whole[:4], atol=1e-3)
    middle = stage.logic.sliceNode(stage.parameters).GetSliceOffset()
    assert bounds[4] < middle < bounds[5]


def test_without_live_the_picture_waits_for_update(host, stage):
    stage.ui.liveCheckBox.checked = False
    before = shown(stage)
    stage.parameters.bankStyle = "simulated:64mT:2"
    rest(host, stage)
    assert np.array_equal(shown(stage), before)
    stage.ui.updateButton.click()
    assert not np.array_equal(shown(stage), before)


def test_wipe_checkerboard_and_difference_are_made_of_both_pictures(host, stage):
    before, after = original(stage), shown(stage)
    half = before.shape[1] // 2
    stage.ui.viewSelector.setCurrentIndex(stage.ui.viewSelector.findData("wipe"))
    rest(host, stage)
    np.testing.assert_allclose(shown(stage)[:, :half], before[:, :half])
    np.testing.assert_allclose(shown(stage)[:, half:], after[:, half:])
    assert not stage.ui.wipeSlider.isHidden()
    stage.ui.wipeSlider.value = 0.25
    rest(host, stage)
    quarter = before.shape[1] // 4
    np.testing.assert_allclose(shown(stage)[:, :quarter], before[:, :quarter])
    np.testing.assert_allclose(shown(stage)[:, quarter + 1 :], after[:, quarter + 1 :])
    stage.ui.viewSelector.setCurrentIndex(stage.ui.viewSelector.findData("difference"))
    rest(host, stage)
    np.testing.assert_allclose(shown(stage), after - before, atol=1e-3)
    display, window = stage.parameters.comparison.GetDisplayNode(), stage.parameters.content.GetDisplayNode()
    full = 0.25 * (window.GetWindowLevelMax() - window.GetWindowLevelMin())
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == pytest.approx((-full, full))
    assert stage.parameters.comparison.GetName() == f"Difference, full color at ±{full:.3g}"
    stage.ui.viewSelector.setCurrentIndex(stage.ui.viewSelector.findData("checkerboard"))
    rest(host, stage)
    board = shown(stage)
    taken = (board == before) | (np.abs(board - after) < 1e-3)
    assert taken.all() and 0.2 < (board == before)[before != after].mean() < 0.8


def test_the_three_views_show_original_style_and_result_and_follow_each_other(stage):
    views = slicer.app.layoutManager()
    shown_ids = {
        name: views.sliceWidget(name).sliceLogic().GetSliceCompositeNode().GetBackgroundVolumeID()
        for name in ("SSAContent", "SSAStyle", "SSAResult")
    }
    wanted = (stage.parameters.content, stage.parameters.stylePicture, stage.parameters.stylised)
    assert list(shown_ids.values()) == [node.GetID() for node in wanted]
    linked = [
        views.sliceWidget(name).sliceLogic().GetSliceCompositeNode().GetLinkedControl()
        for name in ("SSAContent", "SSAResult")
    ]
    assert all(linked)
    windows = [node.GetDisplayNode().GetWindowLevelMax() for node in (stage.parameters.content, wanted[2])]
    assert windows[0] == windows[1]


def test_the_bank_has_simulated_styles_with_thumbnails_and_each_changes_the_picture(host, stage):
    entries = stage.logic.bankEntries()
    assert len({entry.key for entry in entries}) == len(entries) >= 12
    first = shown(stage)
    stage.ui.bankSelector.setCurrentIndex(stage.ui.bankSelector.findData("simulated:64mT:3"))
    rest(host, stage)
    assert stage.parameters.bankStyle == "simulated:64mT:3"
    assert not np.array_equal(first, shown(stage))
    thumbnail = stage.logic.thumbnail(stage.parameters)
    assert thumbnail.ndim == 2 and thumbnail.max() > 200
    with stage.logic.thumbnailFile(stage.parameters) as file:
        assert file.is_file()


def test_a_loaded_image_can_be_the_style_and_the_bank_then_says_why_it_rests(host, stage):
    before = shown(stage)
    stage.ui.styleSelector.setCurrentNode(stage.parameters.t1)
    rest(host, stage)
    assert not np.array_equal(before, shown(stage))
    assert not stage.ui.bankSelector.enabled and "loaded image" in stage.ui.bankSelector.toolTip
    expected = create_stylizer("histogram").stylize(original(stage), stage.logic.imageVolume(stage.parameters.t1))
    np.testing.assert_allclose(stage.logic.shownPicture.array, expected, rtol=1e-5, atol=1e-3)


def test_the_guard_passes_a_gray_curve_and_says_how_far_edges_moved(host, stage):
    report = stage.logic.verdict(stage.parameters)
    assert report is not None and report.passed
    moved = report.measures.edges.p95_mm
    assert f"boundary moved {moved:.1f} mm (limit 0.5)" in stage.ui.guardLabel.text
    assert "#2e9e4f" in stage.ui.guardDot.text


def test_a_new_picture_has_no_verdict_until_it_was_examined(host, stage):
    assert stage.logic.verdict(stage.parameters) is not None
    stage.parameters.strength = 0.3
    stage.logic.updatePicture(stage.parameters)
    assert stage.logic.verdict(stage.parameters) is None
    assert stage.logic.guardSentence(stage.parameters)[1] == "none"


def test_the_rate_of_updates_is_shown_after_dragging(host, stage):
    for number in range(6):
        stage.ui.strengthSlider.value = 0.3 + 0.1 * number
        host.process_events(0.05)
    rate = stage.logic.updateRate()
    assert rate > 1 and stage.ui.rateLabel.text == f"{rate:.0f} updates/s"


def test_dice_draws_another_seed_only_where_it_matters(host, stage):
    assert not stage.ui.diceButton.enabled and "draws nothing" in stage.ui.diceButton.toolTip
    stage.parameters.method = "scanner"
    host.process_events(0.1)
    seed = stage.parameters.seed
    stage.ui.diceButton.click()
    assert stage.ui.diceButton.enabled and stage.parameters.seed != seed
    assert stage.ui.seedSpinBox.value == stage.parameters.seed


def test_the_four_contrasts_are_those_of_the_selectors(host, stage):
    stage.parameters.live = False
    for field in SLOTS:
        getattr(stage.ui, f"{field}Selector").setCurrentNode(None)
    assert stage.logic.chosenContrasts(stage.parameters) == {} and not stage.ui.applyAllButton.enabled
    stage.ui.t1Selector.setCurrentNode(stage.parameters.content)
    assert stage.logic.contrastOf(stage.parameters, stage.parameters.content).value == "t1n", (
        "the slot goes before the name"
    )
    stage.ui.t2Selector.setCurrentNode(slicer.util.getNode("patch-t2w"))
    assert stage.ui.applyAllButton.enabled
    stage.ui.fillButton.click()
    chosen = {field: node.GetName() for field, node in stage.logic.chosenContrasts(stage.parameters).items()}
    assert chosen == {field: f"patch-{value}" for field, value in SLOTS.items()}


def test_the_method_says_what_it_is(stage):
    assert stage.ui.methodCardLabel.isHidden()
    stage.ui.methodInfoButton.click()
    assert "Nyul" in stage.ui.methodCardLabel.text and not stage.ui.methodCardLabel.isHidden()


def test_a_saved_scene_brings_everything_back(host, stage, tmp_path):
    stage.parameters.method, stage.parameters.bankStyle = "fourier", "simulated:64mT:2"
    stage.parameters.strength, stage.parameters.seed, stage.parameters.view = 0.4, 21, "wipe"
    stage.ui.scanThicknessSlider.value, stage.ui.scanMissingSelector.currentText = 7.5, "t1c"
    stage.ui.scanSpikesCheckBox.checked, stage.ui.languageSelector.currentText = True, "Français"
    stage.ui.histogramButton.click()
    rest(host, stage)
    before = shown(stage)
    file = tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(file))
    slicer.mrmlScene.Clear(0)
    host.process_events(0.1)
    assert stage.parameters.content is None and stage.ui.statusLabel.text.startswith("Choose a content")
    slicer.util.loadScene(str(file))
    stage.ui.showViewsButton.click()
    stage.logic.goToSlice(stage.parameters, TUMOR_SLICE)
    rest(host, stage)
    found = stage.parameters
    assert (found.method, found.bankStyle, found.seed, found.view) == ("fourier", "simulated:64mT:2", 21, "wipe")
    assert found.strength == pytest.approx(0.4) and stage.ui.strengthSlider.value == pytest.approx(0.4)
    assert (found.scanThickness, found.scanMissing, found.scanSpikes) == (pytest.approx(7.5), "t1c", True)
    assert stage.ui.scanThicknessSlider.value == pytest.approx(7.5) and stage.ui.scanSpikesCheckBox.checked
    assert found.lessonLanguage == stage.ui.languageSelector.currentText == "Français"
    assert found.histogramTable.GetNumberOfRows() == 64 and found.histogramChart.GetNumberOfPlotSeriesNodes() == 3
    assert found.content.GetName() == "patch-t2f" and found.labels.GetName() == "truth"
    np.testing.assert_allclose(shown(stage), before, rtol=1e-4, atol=0.5)
    assert errors(host) == []


def test_a_closed_panel_follows_no_slice(host, stage):
    before = shown(stage)
    host.leave_module()
    stage.logic.goToSlice(stage.parameters, 0)
    host.process_events(0.5)
    assert np.array_equal(shown(stage), before)


def _outside(array):
    from scipy import ndimage

    return ~ndimage.binary_fill_holes(array != 0)
