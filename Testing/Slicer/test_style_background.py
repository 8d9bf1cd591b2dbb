"""Work in child processes: learned methods, the model's view, whole volumes; refusal, cancelling, nothing left over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import slicer
from seg_scene import live_children
from style_scene import RUN_SECONDS, columns, errors, install_package, original, rest, shown

from ssaglioma.style import create_stylizer


def finish(host, panel) -> str:
    """Wait for the end of what runs, and return the status line."""
    rest(host, panel)
    assert host.wait_until(lambda: not panel.logic.busy and not panel.logic.pictureWanted, seconds=RUN_SECONDS)
    rest(host, panel)
    return panel.ui.statusLabel.text


def left_over() -> list[Path]:
    return [path for path in Path(slicer.app.temporaryPath).glob("ssaglioma-style-*") if path.is_dir()]


def test_a_volume_is_stylised_as_the_core_does_it_and_keeps_its_place(host, stage):
    stage.parameters.strength, stage.parameters.force = 0.7, True
    stage.ui.applyButton.click()
    assert not stage.ui.applyButton.enabled and not stage.ui.cancelButton.isHidden()
    text = finish(host, stage)
    assert text == "Added: patch-t2f (histogram, 0.70)."
    (node,) = stage.logic.appliedNodes()
    content = stage.parameters.content
    sequence = stage.logic.contrastOf(stage.parameters, content)
    style = stage.logic.styleVolume(stage.parameters, sequence)
    volume = stage.logic.imageVolume(content)
    expected = create_stylizer("histogram").stylize(volume, style, 0.7).array
    np.testing.assert_allclose(stage.logic.imageVolume(node).array, np.rint(expected), atol=1.01)
    assert stage.logic.imageVolume(node).same_grid(volume)
    assert live_children() == [] and left_over() == [] and errors(host) == []


def test_all_four_contrasts_are_stylised_in_one_go(host, stage):
    stage.ui.forceCheckBox.checked = True
    stage.ui.applyAllButton.click()
    text = finish(host, stage)
    assert text.startswith("Added: ") and len(stage.logic.appliedNodes()) == 4, text
    names = [node.GetName() for node in stage.logic.appliedNodes()]
    assert names == [f"patch-{value} (histogram, 1.00)" for value in ("t1n", "t1c", "t2w", "t2f")]
    for node, field in zip(stage.logic.appliedNodes(), ("t1", "t1gd", "t2", "flair")):
        before = stage.logic.imageVolume(getattr(stage.parameters, field))
        assert stage.logic.imageVolume(node).same_grid(before)
        assert not np.array_equal(stage.logic.imageVolume(node).array, before.array)


@pytest.mark.slow
def test_the_scanner_is_applied_to_all_four_and_leaves_out_a_missing_one(host, stage):
    stage.logic.switchAllOff(stage.parameters)
    stage.parameters.method, stage.parameters.scanMissing, stage.parameters.strength = "scanner", "t1c", 0.5
    stage.parameters.scanNoise, stage.parameters.scanSnr = True, 10.0
    stage.ui.applyAllButton.click()
    assert finish(host, stage).startswith("Added: ")
    nodes = stage.logic.appliedNodes()
    assert [node.GetName() for node in nodes] == [f"patch-{one} (scanner, 0.50)" for one in ("t1n", "t2w", "t2f")]
    before = stage.logic.imageVolume(stage.parameters.flair).array
    noise = stage.logic.imageVolume(nodes[2]).array - before
    inside = before > before[before > 0].mean()
    assert noise[inside].std() == pytest.approx(0.5 * before[before > 0].mean() / 10, rel=0.2)


def test_cancel_ends_the_child_and_leaves_the_scene_as_it_was(host, stage):
    nodes = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    stage.ui.applyAllButton.click()
    assert stage.logic.applying and live_children() != []
    stage.ui.cancelButton.click()
    assert stage.ui.statusLabel.text == "Cancelled. Nothing was changed."
    assert not stage.logic.busy and live_children() == [] and left_over() == []
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == nodes


def test_closing_the_scene_ends_the_child(host, stage):
    stage.ui.applyAllButton.click()
    slicer.mrmlScene.Clear(0)
    host.process_events(0.1)
    assert live_children() == [] and left_over() == [] and errors(host) == []


@pytest.mark.slow
def test_a_learned_picture_comes_when_ready_is_refused_and_the_model_looks_at_it(
    host, stage, tiny_adaconv, quick_model
):
    install_package(stage, tiny_adaconv)
    stage.refresh()
    selector = stage.ui.methodSelector
    selector.setCurrentIndex(selector.findData("adaconv-tiny"))
    assert stage.parameters.bankStyle == "learned:adaconv-tiny:wild"
    rest(host, stage)
    assert np.array_equal(shown(stage), original(stage)), "the original is shown while the child works"
    finish(host, stage)
    picture = stage.logic.shownPicture
    assert picture is not None and not np.array_equal(picture.array, original(stage))
    assert stage.ui.guardLabel.text.startswith("Anatomy guard refuses: ")
    striped = shown(stage) != picture.array
    assert 0.2 < striped.mean() < 0.6, "a refused picture wears stripes"
    stage.ui.lookButton.click()
    finish(host, stage)
    masks = stage.logic.seenMasks(stage.logic.shownPicture.key)
    assert masks is not None and not np.array_equal(*masks)
    stage.ui.strengthSlider.value = 0.5
    rest(host, stage)
    half = stage.logic.shownPicture.array
    np.testing.assert_allclose(half, original(stage) + 0.5 * (picture.array - original(stage)), rtol=1e-4, atol=0.01)
    stage.ui.strengthSlider.value = 1.0
    stage.ui.forceCheckBox.checked = True
    rest(host, stage)
    assert np.array_equal(shown(stage), stage.logic.shownPicture.array), "accepted for teaching: no stripes"
    stage.ui.forceCheckBox.checked = False
    stage.ui.applyButton.click()
    text = finish(host, stage)
    assert text.startswith("The result is refused, because it changes the anatomy: "), text
    assert stage.logic.appliedNodes() == [] and errors(host) == []
    assert stage.logic.pictureProcess in {child.pid for child in live_children()} and len(left_over()) == 1
    stage.logic.stopAll()
    assert live_children() == [] and left_over() == []


@pytest.mark.slow
def test_a_newer_wish_ends_the_child_of_an_older_one(host, stage, tiny_adaconv):
    install_package(stage, tiny_adaconv)
    stage.logic.chooseMethod(stage.parameters, "adaconv-tiny")
    assert host.wait_until(lambda: live_children() != [], seconds=30)
    stage.ui.methodSelector.setCurrentIndex(stage.ui.methodSelector.findData("nyul"))
    finish(host, stage)
    assert live_children() == [] and left_over() == []
    assert stage.logic.shownPicture is not None and errors(host) == []


def test_the_model_sees_both_slices_and_its_dice_fall_when_the_tumor_fades(host, stage, quick_model):
    stage.ui.lookButton.click()
    assert not stage.ui.lookButton.enabled and stage.ui.lookButton.toolTip == "A model is at work already."
    finish(host, stage)
    before, after = stage.logic.seenMasks(stage.logic.shownPicture.key)
    flair = original(stage)
    expected = np.where(flair > 0.8 * np.percentile(np.stack([flair, flair]), 99.9), 2, 0)
    assert np.array_equal(before, expected) and after.shape == before.shape
    truth = stage.logic.labelsSlice(stage.parameters, stage.logic.shownPicture.piece)
    dice = 2 * ((truth > 0) & (before > 0)).sum() / ((truth > 0).sum() + (before > 0).sum())
    assert f"WT {dice:.2f} → " in stage.ui.seenLabel.text and "to the labels" in stage.ui.seenLabel.text
    views = [
        getattr(stage.parameters, field).GetDisplayNode().GetNthViewNodeID(0) for field in ("seenBefore", "seenAfter")
    ]
    assert views == ["vtkMRMLSliceNodeSSAContent", "vtkMRMLSliceNodeSSAResult"]
    stage.parameters.strength = 0.2
    rest(host, stage)
    assert stage.ui.seenLabel.text.endswith("(of an earlier picture)")


REFUSES = """
import json, sys
import ssaglioma
from ssaglioma.volume import read_volume, write_volume
from pathlib import Path

words = dict(zip(sys.argv[2:], sys.argv[3:]))
print(json.dumps({"event": "version", "version": ssaglioma.__version__}), flush=True)
content, output = Path(words["--content"]), Path(words["--output"])
for file in content.glob("*.nii"):
    volume = read_volume(file)
    output.mkdir(exist_ok=True)
    write_volume(volume.with_array(volume.array * 2), output / file.name)
guard = {"verdict": "refused", "reasons": ["edges moved 3.0 mm (limit 0.5)"]}
print(json.dumps({"event": "result", "output": str(output), "guard": guard}), flush=True)
"""
"""A child that speaks the core's protocol: twice the images, refused by the guard."""


def test_a_refused_volume_is_not_added_unless_refusals_are_accepted(host, stage, monkeypatch):
    import sys

    from SSASlicerLib import processes

    monkeypatch.setattr(processes, "command_line", lambda words: [sys.executable, "-c", REFUSES, *words])
    stage.ui.applyAllButton.click()
    text = finish(host, stage)
    assert text.startswith("The result is refused, because it changes the anatomy: edges moved 3.0 mm"), text
    assert "#d03030" in stage.ui.statusDot.text and stage.logic.appliedNodes() == [] and left_over() == []
    stage.ui.forceCheckBox.checked = True
    stage.ui.applyAllButton.click()
    assert finish(host, stage).startswith("Added: ") and len(stage.logic.appliedNodes()) == 4
    np.testing.assert_allclose(
        stage.logic.imageVolume(stage.logic.appliedNodes()[3]).array,
        2 * stage.logic.imageVolume(stage.parameters.flair).array,
    )
    assert live_children() == [] and errors(host) == []


def test_the_chosen_model_looks_and_a_new_one_is_listed_at_once(host, stage, quick_model, monkeypatch):
    import json
    import shutil

    from SSASlicerLib import processes

    shipped = stage.logic.modelPackages()[0].folder
    own = stage.logic.userPackagesFolder() / "own-model"
    own.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(shipped, own)
    card = json.loads((own / "card.json").read_text(encoding="utf-8"))
    (own / "card.json").write_text(json.dumps({**card, "name": "own-model", "title": "A model of ours"}))
    stage.refresh()
    assert stage.ui.modelSelector.count == 2
    stage.ui.modelSelector.setCurrentIndex(1)
    assert stage.ui.modelSelector.currentText == "A model of ours" and stage.parameters.model == "own-model"
    asked, quick = [], processes.command_line
    monkeypatch.setattr(processes, "command_line", lambda words: asked.append(words) or quick(words))
    stage.ui.lookButton.click()
    finish(host, stage)
    assert [words[words.index("--model") + 1] for words in asked] == [str(own)] * 2
    assert stage.ui.seenLabel.text.startswith("Dice to the labels: WT ") and errors(host) == []


def test_the_model_looks_again_by_itself_when_asked_to(host, stage, quick_model):
    stage.ui.lookLiveCheckBox.checked = True
    stage.parameters.labels = None
    stage.parameters.strength = 0.0
    rest(host, stage)
    finish(host, stage)
    assert stage.ui.seenLabel.text.startswith("Dice to the mask before: WT 1.00")


@pytest.mark.slow
def test_the_curve_over_strength_is_computed_for_the_whole_volume(host, stage, quick_model):
    stage.logic.switchAllOff(stage.parameters)
    stage.parameters.method = "scanner"
    stage.parameters.scanNoise, stage.parameters.scanSnr = True, 2.0
    stage.ui.curveButton.click()
    finish(host, stage)
    table = columns(stage.parameters.curveTable)
    np.testing.assert_allclose(table["Strength"], (0, 0.25, 0.5, 0.75, 1))
    volume = stage.logic.imageVolume(stage.parameters.flair).array
    truth = stage.logic.labelsVolume(stage.parameters).array > 0
    mask = volume > 0.8 * np.percentile(volume, 99.9)
    assert table["WT"][0] == pytest.approx(2 * (truth & mask).sum() / (truth.sum() + mask.sum()), abs=1e-6)
    assert table["WT"][-1] < table["WT"][0]
    assert stage.logic.shownChart() is stage.parameters.curveChart and errors(host) == []


def test_a_model_that_fails_says_so_in_the_status_line(host, stage, monkeypatch):
    import sys

    from SSASlicerLib import processes

    monkeypatch.setattr(processes, "command_line", lambda arguments: [sys.executable, "-c", "raise SystemExit(3)"])
    stage.ui.lookButton.click()
    finish(host, stage)
    assert not stage.logic.looking and stage.ui.seenLabel.isHidden()
    assert "#d03030" in stage.ui.statusDot.text and errors(host) == []
