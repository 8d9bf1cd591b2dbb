"""What the Train tab shows of a training in a folder, and what it does to one that another program started."""

from __future__ import annotations

import json

import pytest
import slicer
from train_scene import HALF, ROWS, choose_recipe, close_desk, enabled, open_desk, processes_of, write_run


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
    assert chart.GetXAxisRange() == (0.0, 72.0), "all 60 epochs that are planned, and room for the legend"
    assert desk.parameters.lossChart.GetNthPlotSeriesNode(0).GetYColumnName() == "loss"
    more = [*ROWS, {**ROWS[-1], "epoch": 4, "dice_ET": 0.4}]
    (folder / "run" / "history.json").write_text(json.dumps(more))
    desk.tab.refresh()
    assert desk.logic.curveRows(desk.parameters)[-1] == [4, ROWS[-1]["loss"], ROWS[-1]["dice_WT"], 0.1, 0.4]
    desk.ui.trainLossButton.click()
    assert desk.parameters.diceChart is chart, "the charts are made once"


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


def test_the_training_that_was_started_last_is_taken_up_when_slicer_is_opened_again(host, desk, tmp_path):
    folder = write_run(tmp_path / "run", HALF, request={"source": str(tmp_path), "held_out": ("a",), "name": "ours"})
    close_desk(host)
    slicer.mrmlScene.Clear(0)
    slicer.app.userSettings().setValue("SSAStyleTransfer/LastTraining", str(folder))
    again = open_desk(host)
    assert again.parameters.runFolder == str(folder) and again.ui.trainResumeButton.enabled
    assert (again.parameters.source, again.parameters.heldOut, again.parameters.modelName) == (
        str(tmp_path),
        "a",
        "ours",
    )
    assert again.panel.ui.statusLabel.text == f"The training in {folder} was found again."


def test_what_was_chosen_already_is_not_replaced_by_the_last_training(host, desk, tmp_path):
    folder = write_run(tmp_path / "run", HALF)
    slicer.app.userSettings().setValue("SSAStyleTransfer/LastTraining", str(folder))
    desk.parameters.source = str(tmp_path / "mine")
    assert not desk.logic.findLastTraining(desk.parameters) and desk.parameters.runFolder == ""
    desk.parameters.source = ""
    (folder / "job.json").write_text("{")
    assert not desk.logic.findLastTraining(desk.parameters) and desk.parameters.runFolder == ""
    (folder / "job.json").unlink()
    assert not desk.logic.findLastTraining(desk.parameters), "the folder holds no training any more"


def test_the_curves_come_into_the_modules_own_layout_where_it_is_shown(desk, tmp_path, monkeypatch):
    desk.ui.trainRunPath.currentPath = str(write_run(tmp_path / "run", HALF))
    plot = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotViewNode")
    monkeypatch.setattr(type(desk.logic), "viewsShown", True)
    monkeypatch.setattr(desk.logic, "plotNode", lambda: plot)
    layout = slicer.app.layoutManager().layout
    desk.ui.trainLossButton.click()
    assert plot.GetPlotChartNode() is desk.parameters.lossChart and slicer.app.layoutManager().layout == layout
    desk.ui.trainDiceButton.click()
    assert plot.GetPlotChartNode() is desk.parameters.diceChart and slicer.app.layoutManager().layout == layout
