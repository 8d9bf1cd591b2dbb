"""The Train tab without a training: recipes, folders, options, check, states, curves, results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import slicer
from slicerhost.qtlayer import dialogs
from train_scene import HALF, NAMES, ROWS, processes_of, scene_case, site_folder, tiny_images, write_run

from ssaglioma.labels import Sequence
from ssaglioma.volume import find_cases, read_volume


def recipe_names(desk) -> list[str]:
    selector = desk.ui.trainRecipeSelector
    return [selector.itemData(index) for index in range(selector.count)]


def choose_recipe(desk, name: str) -> None:
    desk.ui.trainRecipeSelector.setCurrentIndex(desk.ui.trainRecipeSelector.findData(name))


def shown(desk, *names: str) -> list[bool]:
    return [not getattr(desk.ui, f"train{name}Path").isHidden() for name in names]


def table_texts(table) -> list[list[str]]:
    return [[table.item(row, column).text() for column in range(table.columnCount)] for row in range(table.rowCount)]


def test_the_recipes_of_the_cores_registry_are_listed(desk):
    from ssaglioma.training.recipes import recipes

    assert recipe_names(desk) == [recipe.name for recipe in recipes()]
    choose_recipe(desk, "fine_tune")
    assert desk.parameters.recipe == "fine_tune" and "lower learning rate" in desk.ui.trainRecipeLabel.text
    assert shown(desk, "Source", "Target", "Style", "Corrections") == [True, True, False, False]
    assert desk.ui.trainModelLabel.text == "Start from"
    choose_recipe(desk, "style_augmentation")
    assert shown(desk, "Source", "Target", "Style", "Corrections") == [True, False, True, False]
    assert desk.ui.trainModelLabel.text == "Compare with"


def test_a_recipe_that_another_room_registers_needs_no_change_of_the_desk(host, desk, monkeypatch):
    from train_scene import close_desk, open_desk

    from ssaglioma.training import recipes as registry

    monkeypatch.setattr(registry, "_RECIPES", dict(registry._RECIPES))
    option = registry.RecipeOption("reversal", "yes", "Reversal", "With or without.", ("yes", "no"))
    values = {"needed": ("source", "target", "corrections"), "optional": (), "held_out_from": "target"}
    registry.register(registry.Recipe("dann", "DANN", "Learns both.", options=(option,), train=print, **values))
    close_desk(host)
    again = open_desk(host)
    choose_recipe(again, "dann")
    assert shown(again, "Source", "Target", "Style", "Corrections") == [True, True, False, True]
    assert again.ui.trainRecipeLabel.text == "Learns both." and again.ui.trainModelSelector.isHidden()
    form, editors = next(part for part in again.tab.parts if hasattr(part, "_forms"))._forms["dann"]
    editors["reversal"].setCurrentIndex(1)
    assert again.logic.optionValues(again.parameters) == {"reversal": "no"} and not form.isHidden()


def test_options_are_kept_as_what_differs_from_the_recipe(desk):
    forms = next(part for part in desk.tab.parts if hasattr(part, "_forms"))._forms
    editors = forms["from_scratch"][1]
    editors["epochs"].value = 7
    editors["learning_rate"].text = "2e-4"
    editors["learning_rate"].editingFinished.emit()
    assert json.loads(desk.parameters.options) == {"epochs": 7, "learning_rate": 2e-4}
    editors["learning_rate"].text = "fast"
    editors["learning_rate"].editingFinished.emit()
    assert "The option 'learning_rate' is 'fast'. Expected a number" in desk.panel.ui.statusLabel.text
    assert editors["learning_rate"].text == "0.0002" and desk.logic.optionValues(desk.parameters)["epochs"] == 7
    choose_recipe(desk, "fine_tune")
    assert desk.logic.optionValues(desk.parameters)["epochs"] == 7, "options that both recipes have are kept"
    editors["epochs"].value = 60
    choose_recipe(desk, "from_scratch")


def test_start_says_what_is_missing(desk, tiny_cases, tmp_path):
    assert not desk.ui.trainStartButton.enabled and "a folder of labelled cases" in desk.ui.trainStartButton.toolTip
    desk.ui.trainSourcePath.currentPath = str(tmp_path / "absent")
    assert "absent does not exist" in desk.ui.trainStartButton.toolTip
    desk.ui.trainSourcePath.currentPath = str(tiny_cases)
    assert desk.ui.trainStartButton.toolTip == "Choose a folder for the training."
    desk.ui.trainRunPath.currentPath = str(tmp_path / "run")
    assert (
        desk.ui.trainStartButton.enabled and "does not stop when Slicer is closed" in desk.ui.trainStartButton.toolTip
    )
    desk.ui.trainNameEdit.text = "a/b"
    desk.ui.trainNameEdit.editingFinished.emit()
    assert "The model's name is 'a/b'" in desk.ui.trainStartButton.toolTip
    choose_recipe(desk, "fine_tune")
    assert not desk.ui.trainStartButton.enabled


def test_the_check_shows_each_case_with_its_picture(host, desk, own_cases):
    (own_cases / "case-1" / "case-1-t2w.nii.gz").unlink()
    desk.ui.trainSourcePath.currentPath = str(own_cases)
    desk.ui.trainCheckButton.click()
    assert not desk.ui.trainCheckButton.enabled and desk.ui.trainCheckButton.toolTip == "A check is under way."
    assert host.wait_until(lambda: not desk.logic.checking, seconds=120)
    host.process_events(0.1)
    rows = {row.name: row for row in desk.logic.checkRows}
    assert [rows[name].level for name in NAMES] == ["ok", "error", "ok"] and rows["case-1"].text == "Missing: T2"
    texts = table_texts(desk.ui.trainCheckTable)
    assert ["", "case-1", "✗ Missing: T2"] in texts and texts[0][1] == "(folder)"
    place = [text[1] for text in texts].index("case-0")
    assert not desk.ui.trainCheckTable.item(place, 0).icon().isNull()
    assert desk.ui.trainCheckLabel.text == "3 cases checked, 1 problems that must be mended."
    assert desk.ui.trainCheckButton.enabled and host.messages.texts("error") == []


def test_a_folder_without_cases_is_told(host, desk, tmp_path):
    desk.ui.trainSourcePath.currentPath = str(tmp_path)
    desk.ui.trainCheckButton.click()
    assert host.wait_until(lambda: not desk.logic.checking, seconds=120)
    host.process_events(0.1)
    assert "No case was found" in desk.panel.ui.statusLabel.text and desk.ui.trainCheckTable.isHidden()


def test_a_case_of_the_scene_is_written_into_the_folder(desk, own_cases):
    nodes = scene_case("Jane Doe")
    assert desk.ui.trainAddBox.isHidden()
    desk.ui.trainAddToggle.click()
    assert not desk.ui.trainAddBox.isHidden() and not desk.ui.trainAddButton.enabled
    desk.ui.trainGuessButton.click()
    assert [getattr(desk.parameters, field) for field in nodes] == list(nodes.values())
    assert desk.ui.trainAddButton.toolTip == "Choose the folder of the cases first."
    desk.ui.trainSourcePath.currentPath = str(own_cases)
    desk.ui.trainAddButton.click()
    new = next(case for case in find_cases(own_cases) if case.name not in NAMES)
    assert new.name.startswith("case-") and "Doe" not in new.name and len(new.sequences) == 4
    images, labels = tiny_images(5)
    assert np.array_equal(read_volume(new.reference).array, labels)
    assert np.allclose(read_volume(new.sequences[Sequence.T2F]).array, images[3])
    desk.ui.trainAddButton.click()
    assert f"The case {new.name!r} is in" in desk.panel.ui.statusLabel.text and len(find_cases(own_cases)) == 4


def test_images_on_other_grids_are_brought_to_that_of_t1gd(desk, own_cases):
    from seg_scene import add_image

    nodes = scene_case()
    coarse = add_image("coarse FLAIR", tiny_images(5)[0][3][::2], spacing=(6.0, 1.0, 1.0))
    for field, node in {**nodes, "flair": coarse}.items():
        setattr(desk.parameters, field, node)
    desk.parameters.source = str(own_cases)
    folder = desk.logic.addCase(desk.parameters)
    volumes = [read_volume(file) for file in folder.glob("*.nii.gz")]
    assert len(volumes) == 5 and all(volume.same_grid(volumes[0]) for volume in volumes)


def test_a_case_without_labels_or_with_an_empty_segmentation_is_refused(desk, own_cases):
    from ssaglioma.errors import SSAGliomaError

    nodes = scene_case()
    for field, node in nodes.items():
        setattr(desk.parameters, field, node)
    desk.parameters.source, desk.parameters.labels = str(own_cases), None
    assert desk.logic.caseProblem(desk.parameters) == "Choose the segmentation."
    desk.parameters.labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty")
    with pytest.raises(SSAGliomaError):
        desk.logic.addCase(desk.parameters)
    assert len(find_cases(own_cases)) == 3


def enabled(desk) -> str:
    """The first letters of the buttons that can be pressed."""
    return "".join(
        name[0] for name in ("Start", "Pause", "Resume", "Cancel") if getattr(desk.ui, f"train{name}Button").enabled
    )


@pytest.mark.parametrize(
    ("events", "words", "buttons"),
    [
        ([HALF], "ended by itself after epoch 3", "R"),
        ([HALF, {"event": "result", "finished": False}], "Paused after epoch 3. Resume goes on.", "R"),
        ([HALF, {"event": "error", "code": 130, "message": "Cancelled."}], "Cancelled after epoch 3", "R"),
        ([HALF, {"event": "error", "code": 3, "message": "The GPU failed."}], "The GPU failed.", "R"),
        ([HALF, {"event": "result", "finished": True, "accepted": True}], "Done.", ""),
    ],
)
def test_the_state_of_a_run_and_what_can_be_done_are_shown(desk, tmp_path, events, words, buttons):
    desk.ui.trainRunPath.currentPath = str(write_run(tmp_path / "run", *events))
    assert words in desk.ui.trainRunLabel.text and enabled(desk) == buttons
    assert desk.ui.trainEpochLabel.text == "Epoch 3: loss 0.667, Dice WT 0.60, TC 0.10, ET -"


def test_a_training_that_runs_is_found_again_paused_and_cancelled_with_all_its_children(host, desk, tmp_path, sleeper):
    folder = write_run(
        tmp_path / "run", HALF, request={"source": str(tmp_path), "options": {"epochs": 6}, "held_out": ("a", "b")}
    )
    child = sleeper(folder)
    assert host.wait_until(lambda: len(processes_of(folder)) == 2, seconds=30)
    desk.ui.trainRunPath.currentPath = str(folder)
    assert "Epoch 3 of 6, loss 0.667, 4 min left" in desk.ui.trainRunLabel.text and enabled(desk) == "PC"
    assert (desk.parameters.source, desk.parameters.heldOut) == (str(tmp_path), "a, b")
    assert desk.logic.optionValues(desk.parameters)["epochs"] == 6 and desk.ui.trainProgressBar.value == 500
    desk.ui.trainPauseButton.click()
    assert (folder / "pause").exists() and "Pausing after this epoch" in desk.ui.trainRunLabel.text
    assert enabled(desk) == "C" and desk.ui.trainPauseButton.toolTip == "It pauses soon."
    desk.ui.trainCancelButton.click()
    child.wait(10)
    assert processes_of(folder) == [] and not (folder / "lock.json").exists() and enabled(desk) == "R"
    assert host.messages.texts("error") == []


def test_a_training_on_another_computer_can_be_paused_but_not_killed_from_here(desk, tmp_path, sleeper):
    folder = write_run(tmp_path / "run", HALF)
    sleeper(folder)
    lock = json.loads((folder / "lock.json").read_text())
    (folder / "lock.json").write_text(json.dumps({**lock, "host": "elsewhere"}))
    desk.ui.trainRunPath.currentPath = str(folder)
    desk.ui.trainCancelButton.click()
    assert "runs on another computer, 'elsewhere'" in desk.panel.ui.statusLabel.text and processes_of(folder)


def test_choosing_a_folder_that_is_no_training_changes_nothing(desk, tmp_path):
    desk.parameters.source = "/some/where"
    desk.ui.trainRunPath.currentPath = str(tmp_path)
    assert desk.parameters.source == "/some/where" and "No training in this folder yet." in desk.ui.trainRunLabel.text


def test_curves_are_plots_of_a_table_that_follows_the_training(desk, tmp_path):
    folder = write_run(tmp_path / "run", HALF)
    assert not desk.ui.trainDiceButton.enabled
    desk.ui.trainRunPath.currentPath = str(folder)
    expected = [[row["epoch"], row["loss"], row["dice_WT"], row["dice_TC"], row["dice_ET"]] for row in ROWS]
    assert desk.logic.curveRows(desk.parameters) == expected
    desk.ui.trainDiceButton.click()
    chart = desk.parameters.diceChart
    series = [chart.GetNthPlotSeriesNode(index) for index in range(chart.GetNumberOfPlotSeriesNodes())]
    assert [one.GetYColumnName() for one in series] == ["dice_WT", "dice_TC", "dice_ET"]
    assert {one.GetTableNode() for one in series} == {desk.parameters.curveTable}
    assert desk.parameters.lossChart.GetNthPlotSeriesNode(0).GetYColumnName() == "loss"
    more = [*ROWS, {**ROWS[-1], "epoch": 4, "dice_ET": 0.4}]
    (folder / "run" / "history.json").write_text(json.dumps(more))
    desk.tab.refresh()
    assert desk.logic.curveRows(desk.parameters)[-1] == [4, ROWS[-1]["loss"], ROWS[-1]["dice_WT"], 0.1, 0.4]
    desk.ui.trainLossButton.click()
    assert desk.parameters.diceChart is chart, "the charts are made once"


def finished(folder: Path, package, *, accepted: bool, start: str = "", name: str = "ours") -> Path:
    """Write a folder as a finished training leaves it, with a model package."""
    from ssaglioma.packages import read_package, write_package
    from ssaglioma.training.run_report import RegionRow, RunReport, write_report

    request = {"name": name}
    if start:
        request |= {"recipe": "fine_tune", "source": "", "target": str(folder.parent / "cases"), "model": start}
    write_run(folder, HALF, {"event": "result", "finished": True, "accepted": accepted}, request=request)
    shipped = read_package(package)
    weights = {key: value + 0.125 for key, value in shipped.weights().items()}
    write_package(folder / "package", replace(shipped.card, name=name, version="9"), weights)
    rows = (RegionRow("WT", 0.8, 0.85, 4), RegionRow("ET", None, 0.5, 3))
    reasons = () if accepted else ("The mean Dice fell.",)
    write_report(folder, RunReport("fine_tune", name, "shipped 1", ("a", "b"), rows, accepted, reasons, 1.0))
    return folder


@pytest.fixture
def shipped():
    from ssaglioma.packages import find_package

    return str(find_package("glioma-2d-small").folder)


def seg_models(host) -> list[str]:
    """The models that SSAGliomaSeg lists when it is opened."""
    from seg_scene import MODULE, let_go

    panel = host.load_module(MODULE, enter=True)
    names = [panel.ui.modelSelector.itemData(index) for index in range(panel.ui.modelSelector.count)]
    let_go(host, panel)
    return names


def test_before_and_after_are_shown_and_the_model_goes_to_segmentation_and_back(host, desk, tmp_path, shipped):
    from ssaglioma.packages.site_models import site_packages

    desk.ui.trainRunPath.currentPath = str(finished(tmp_path / "run", shipped, accepted=True, start=shipped))
    assert table_texts(desk.ui.trainResultTable) == [
        ["WT", "0.800", "0.850", "+0.050", "4"],
        ["ET", "-", "0.500", "-", "3"],
    ]
    assert desk.parameters.resultTable.GetCellText(0, 3) == "+0.050"
    assert desk.ui.trainResultLabel.text == "Not worse than shipped 1 on a, b."
    assert desk.ui.trainUseButton.enabled and not desk.ui.trainRollBackButton.enabled
    desk.ui.trainUseButton.click()
    assert "lists the model ours now" in desk.panel.ui.statusLabel.text
    assert not desk.ui.trainUseButton.enabled and desk.ui.trainUseButton.toolTip == "This model is in use."
    assert [package.card.version for package in site_packages(site_folder())] == ["9"]
    desk.ui.trainRollBackButton.click()
    assert [package.card.version for package in site_packages(site_folder())] != ["9"]
    assert desk.ui.trainUseButton.enabled and not desk.ui.trainRollBackButton.enabled
    desk.ui.trainUseButton.click()
    host.leave_module()
    assert seg_models(host) == ["glioma-2d-small", "ours"] and host.messages.texts("error") == []


def test_a_segmentation_panel_that_was_open_before_lists_the_new_model_when_it_is_entered_again(
    host, desk, tmp_path, shipped
):
    from seg_scene import MODULE, let_go

    panel = host.load_module(MODULE, enter=True)
    assert panel.ui.modelSelector.findData("ours") < 0
    host.enter_module("SSAStyleTransfer")
    desk.parameters.runFolder = str(finished(tmp_path / "run", shipped, accepted=True))
    desk.logic.useModel(desk.parameters)
    host.enter_module("SSAGliomaSeg")
    assert panel.ui.modelSelector.findData("ours") > 0
    let_go(host, panel)


def test_a_model_that_is_worse_is_not_taken_into_use(desk, tmp_path, shipped):
    from ssaglioma.errors import DatasetError

    desk.ui.trainRunPath.currentPath = str(finished(tmp_path / "run", shipped, accepted=False, start=shipped))
    assert not desk.ui.trainUseButton.enabled and desk.ui.trainUseButton.toolTip == "Refused: The mean Dice fell."
    with pytest.raises(DatasetError, match="The mean Dice fell"):
        desk.logic.useModel(desk.parameters)
    assert not site_folder().exists()


def test_a_job_is_exported_and_its_result_comes_back(host, desk, tiny_cases, tmp_path, shipped):
    desk.ui.trainSourcePath.currentPath = str(tiny_cases)
    desk.ui.trainNameEdit.text = "ours"
    desk.ui.trainNameEdit.editingFinished.emit()
    assert desk.ui.trainExportButton.enabled and not desk.ui.trainImportButton.enabled
    dialogs.answer_next(str(tmp_path / "job"))
    desk.ui.trainExportButton.click()
    assert host.wait_until(lambda: not desk.logic.checking, seconds=120)
    host.process_events(0.1)
    assert "sh run.sh" in desk.panel.ui.statusLabel.text and (tmp_path / "job" / "run.sh").is_file()
    assert json.loads((tmp_path / "job" / "job.json").read_text())["name"] == "ours"

    desk.ui.trainRunPath.currentPath = str(tmp_path / "home")
    dialogs.answer_next(str(tmp_path / "job"))
    desk.ui.trainImportButton.click()
    assert "has no result" in desk.panel.ui.statusLabel.text
    dialogs.answer_next(str(finished(tmp_path / "back", shipped, accepted=True)))
    desk.ui.trainImportButton.click()
    assert "The result is taken over." in desk.panel.ui.statusLabel.text
    assert desk.ui.trainUseButton.enabled and "Done." in desk.ui.trainRunLabel.text


def test_choices_come_back_with_a_saved_scene(host, desk, tiny_cases, tmp_path):
    choose_recipe(desk, "style_augmentation")
    desk.ui.trainSourcePath.currentPath = str(tiny_cases)
    desk.ui.trainRunPath.currentPath = str(write_run(tmp_path / "run", HALF, request={"source": str(tiny_cases)}))
    desk.ui.trainHeldOutEdit.text = "case-1"
    desk.ui.trainHeldOutEdit.editingFinished.emit()
    desk.logic.setOption(desk.parameters, "epochs", 11)
    desk.ui.trainDeviceSelector.currentText = "cpu"
    desk.ui.trainDiceButton.click()
    kept = {"heldOut": "case-1", "device": "cpu", "runFolder": str(tmp_path / "run"), "options": '{"epochs": 11}'}
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(0)
    assert desk.tab.training is not None and desk.tab.training.runFolder == ""
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.process_events(0.1)
    parameters = desk.tab.training
    assert {name: getattr(parameters, name) for name in kept} == kept
    assert desk.ui.trainRunPath.currentPath == str(tmp_path / "run") and "epoch 3" in desk.ui.trainRunLabel.text
    assert parameters.diceChart.GetNthPlotSeriesNode(0).GetTableNode() is parameters.curveTable
    assert host.messages.texts("error") == []
