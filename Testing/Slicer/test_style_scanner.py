"""The Scanner tab: every effect alone, presets, units, and that the picture follows."""

from __future__ import annotations

import numpy as np
import pytest
from style_scene import errors, original, rest

from ssaglioma.labels import Sequence
from ssaglioma.synthesis.scanner import apply_scan, draw_scan

EFFECTS = {
    "scanSlices": "slices",
    "scanInPlane": "in_plane",
    "scanNoise": "noise",
    "scanBias": "bias",
    "scanMotion": "motion",
    "scanGhosting": "ghosting",
    "scanSpikes": "spikes",
    "scanWrap": "wrap",
    "scanContrast": "contrast",
}


@pytest.fixture
def scanned(host, stage):
    """The stage with the scanner as method and every effect off."""
    stage.ui.showScannerButton.click()
    stage.ui.allOffButton.click()
    rest(host, stage)
    return stage


def test_with_everything_off_the_scanner_changes_nothing(scanned):
    assert scanned.ui.scannerLabel.text == "All off."
    for name in ("styleSelector", "bankSelector"):
        control = getattr(scanned.ui, name)
        assert not control.enabled and control.toolTip == "The scanner simulator needs no style."
    assert np.array_equal(scanned.logic.shownPicture.array, original(scanned))


def test_each_effect_can_be_seen_alone_and_changes_the_picture(scanned):
    parameters, logic = scanned.parameters, scanned.logic
    before = original(scanned)
    parameters.scanThickness = 9.0  # the case has slices of 6 mm
    for field, name in EFFECTS.items():
        getattr(scanned.ui, f"{field}CheckBox").checked = True
        scanned.ui.onlyButton.click()
        scan = logic.scanParameters(parameters)
        on = [other for other in EFFECTS.values() if getattr(scan, other) is not None]
        assert on == [name]
        parameters.scanPixel, parameters.scanFov = 3.0, 120.0
        assert logic.updatePicture(parameters).ready
        changed = not np.array_equal(logic.shownPicture.array, before)
        assert changed or name == "contrast"  # FLAIR is not T1-weighted


SLIDERS = {
    "scanThickness": ("scanSlices", (7.0, 9.5), lambda scan: scan.slices.thickness_mm),
    "scanGap": ("scanSlices", (0.0, 2.5), lambda scan: scan.slices.gap_mm),
    "scanPixel": ("scanInPlane", (2.0, 3.5), lambda scan: scan.in_plane.phase_mm),
    "scanGibbs": ("scanInPlane", (0.0, 1.0), lambda scan: scan.in_plane.gibbs),
    "scanSnr": ("scanNoise", (5.0, 40.0), lambda scan: scan.noise.snr),
    "scanBiasPercent": ("scanBias", (10.0, 80.0), lambda scan: scan.bias.peak_to_peak_percent),
    "scanMotionMm": ("scanMotion", (2.0, 8.0), lambda scan: scan.motion.poses[0].shift_mm[0]),
    "scanGhostPercent": ("scanGhosting", (5.0, 40.0), lambda scan: scan.ghosting.percent),
    "scanSpikePercent": ("scanSpikes", (5.0, 90.0), lambda scan: scan.spikes.spikes[0].percent),
    "scanFov": ("scanWrap", (90.0, 120.0), lambda scan: scan.wrap.field_of_view_mm),
    "scanField": ("scanContrast", (64.0, 1000.0), lambda scan: scan.contrast.to_mt),
}


def test_every_slider_sets_its_quantity_and_moves_the_picture(scanned):
    parameters, logic = scanned.parameters, scanned.logic
    parameters.live = False  # pictures are asked for one by one
    parameters.content = parameters.t1  # field strength changes T1 alone
    parameters.scanThickness = 8.0
    for name, (effect, values, quantity) in SLIDERS.items():
        scanned.ui.allOffButton.click()
        getattr(scanned.ui, f"{effect}CheckBox").checked = True
        pictures = []
        for value in values:
            getattr(scanned.ui, f"{name}Slider").value = value
            assert quantity(logic.scanParameters(parameters)) == pytest.approx(value), name
            assert logic.updatePicture(parameters).ready
            pictures.append(logic.shownPicture.array)
        assert not np.array_equal(*pictures), name
    untested = {name for name in vars(type(parameters)) if name.startswith("scan")} - {*SLIDERS, *EFFECTS}
    assert untested <= {"scanPreset", "scanMissing"}


def test_the_seed_box_draws_other_noise(scanned):
    scanned.parameters.live = False
    scanned.ui.scanNoiseCheckBox.checked = True
    pictures = []
    for seed in (11, 12, 11):
        scanned.ui.seedSpinBox.value = seed
        assert scanned.parameters.seed == seed and scanned.logic.updatePicture(scanned.parameters).ready
        pictures.append(scanned.logic.shownPicture.array)
    assert np.array_equal(pictures[0], pictures[2]) and not np.array_equal(pictures[0], pictures[1])


def test_thick_slices_and_noise_are_those_of_the_whole_volume_to_the_bit(scanned):
    scanned.logic.setPreset(scanned.parameters, "0.3T_permanent")
    scanned.parameters.live, scanned.parameters.scanThickness = False, 9.0
    volume = scanned.logic.imageVolume(scanned.parameters.content)
    scan = scanned.logic.scanParameters(scanned.parameters, missing=False)
    whole = apply_scan({Sequence.T2F: volume}, scan, grid="original", threads=1)[Sequence.T2F].array
    for index in (2, 3, 4):
        scanned.logic.goToSlice(scanned.parameters, index)
        assert scanned.logic.updatePicture(scanned.parameters).ready
        assert np.array_equal(scanned.logic.shownPicture.array, whole[index])


def test_a_coronal_image_is_scanned_in_its_own_plane(host, theatre):
    from seg_scene import add_image

    theatre.logic.prepareParameters(theatre.parameters)
    array = np.zeros((60, 8, 50), np.float32)
    array[10:50, 1:7, 8:42] = np.random.default_rng(3).uniform(100, 200, (40, 6, 34))
    theatre.parameters.content = add_image("coronal flair", array, spacing=(1.0, 6.0, 1.0))
    theatre.parameters.method, theatre.parameters.live = "scanner", False
    theatre.logic.switchAllOff(theatre.parameters)
    theatre.parameters.scanInPlane, theatre.parameters.scanPixel = True, 3.0
    theatre.logic.goToSlice(theatre.parameters, 4)
    assert theatre.logic.updatePicture(theatre.parameters).ready
    picture = theatre.logic.shownPicture
    assert picture.piece.axis == 1 and picture.array.shape == (60, 50)
    rough = np.abs(np.diff(picture.array[20:40, 15:35], axis=0)).mean()
    assert rough < 0.5 * np.abs(np.diff(array[20:40, 4, 15:35], axis=0)).mean(), "blurred within the coronal plane"


def test_field_strength_changes_a_t1_image(host, scanned):
    scanned.parameters.content = scanned.parameters.t1
    scanned.ui.scanContrastCheckBox.checked = True
    scanned.ui.scanFieldSlider.value = 64
    rest(host, scanned)
    assert not np.array_equal(scanned.logic.shownPicture.array, original(scanned))


@pytest.mark.parametrize("preset", ["3T_research", "1.5T_ssa", "0.3T_permanent", "64mT"])
def test_a_preset_sets_the_knobs_to_a_scan_that_the_core_draws(theatre, preset):
    theatre.parameters.seed = 11
    theatre.ui.presetSelector.setCurrentIndex(theatre.ui.presetSelector.findData(preset))
    theatre.ui.presetButton.click()
    drawn = draw_scan(preset, np.random.default_rng(11))
    scan = theatre.logic.scanParameters(theatre.parameters)
    assert scan.slices.thickness_mm == pytest.approx(drawn.slices.thickness_mm, abs=0.05)
    assert scan.noise.snr == pytest.approx(drawn.noise.snr, abs=0.5)
    pixel = (drawn.in_plane.phase_mm + drawn.in_plane.read_mm) / 2
    assert scan.in_plane.phase_mm == pytest.approx(pixel, abs=0.025)
    assert theatre.ui.scanSnrSlider.value == pytest.approx(scan.noise.snr)
    for name in EFFECTS.values():
        assert (getattr(scan, name) is None) == (getattr(drawn, name) is None), name
    assert theatre.ui.presetSelector.currentData == preset


def test_sliders_carry_units_and_rest_while_their_effect_is_off(theatre):
    theatre.ui.allOffButton.click()
    assert not theatre.ui.scanThicknessSlider.enabled
    assert theatre.ui.scanThicknessSlider.toolTip == "Switch the effect on first."
    suffixes = {name: getattr(theatre.ui, f"{name}Slider").suffix for name in ("scanThickness", "scanField", "scanFov")}
    assert suffixes == {"scanThickness": " mm", "scanField": " mT", "scanFov": " mm"}
    theatre.ui.scanSlicesCheckBox.checked = True
    assert theatre.ui.scanThicknessSlider.enabled and "half its height" in theatre.ui.scanThicknessSlider.toolTip


def test_the_seed_names_the_noise(host, scanned):
    scanned.ui.scanNoiseCheckBox.checked = True
    pictures = []
    for seed in (5, 6, 5):
        scanned.parameters.seed = seed
        rest(host, scanned)
        pictures.append(scanned.logic.shownPicture.array)
    assert np.array_equal(pictures[0], pictures[2]) and not np.array_equal(pictures[0], pictures[1])


def test_in_plane_effects_are_those_of_the_whole_volume(host, scanned):
    scanned.ui.scanInPlaneCheckBox.checked = True
    scanned.ui.scanPixelSlider.value = 2.5
    rest(host, scanned)
    volume = scanned.logic.imageVolume(scanned.parameters.content)
    scan = scanned.logic.scanParameters(scanned.parameters)
    whole = apply_scan({Sequence.T2F: volume}, scan, grid="original", threads=1)[Sequence.T2F]
    index = scanned.logic.shownPicture.piece.index
    np.testing.assert_allclose(scanned.logic.shownPicture.array, whole.array[index], rtol=1e-4, atol=1e-2)


def test_a_scan_that_folds_the_head_over_is_refused_in_words_but_shown_without_stripes(host, scanned):
    scanned.parameters.scanWrap, scanned.parameters.scanFov = True, 100.0
    rest(host, scanned)
    report = scanned.logic.verdict(scanned.parameters)
    assert not report.passed and scanned.ui.guardLabel.text.startswith("Anatomy guard refuses: ")
    assert scanned.ui.guardLabel.toolTip.splitlines() == list(report.reasons)
    import slicer

    shown = slicer.util.arrayFromVolume(scanned.parameters.stylised)[0]
    assert np.array_equal(shown, scanned.logic.shownPicture.array)


def test_a_missing_sequence_is_told_and_taken_along(theatre):
    theatre.ui.scanMissingSelector.setCurrentIndex(theatre.ui.scanMissingSelector.findText("t1c"))
    assert theatre.logic.scanParameters(theatre.parameters).missing.sequences == ("t1c",)
    assert "T1Gd is left out" in theatre.ui.scannerLabel.text


def test_nothing_was_shown_as_an_unexpected_error(host, scanned):
    assert errors(host) == []
