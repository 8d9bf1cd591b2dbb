"""The Train tab before a training: recipes of the registry, options, folders and their check."""

from __future__ import annotations

import json
import shutil

import pytest
from train_scene import NAMES, choose_recipe, table_texts


def recipe_names(desk) -> list[str]:
    selector = desk.ui.trainRecipeSelector
    return [selector.itemData(index) for index in range(selector.count)]


def shown(desk, *names: str) -> list[bool]:
    return [not getattr(desk.ui, f"train{name}Path").isHidden() for name in names]


def test_the_recipes_of_the_cores_registry_are_listed(desk):
    from ssaglioma.training.recipes import recipes

    assert recipe_names(desk) == [recipe.name for recipe in recipes()]
    assert {"from_scratch", "frozen_decoder", "combined", "dann", "dann_without_reversal", "corrections"} <= set(
        recipe_names(desk)
    )
    choose_recipe(desk, "fine_tune")
    assert desk.parameters.recipe == "fine_tune" and "lower learning rate" in desk.ui.trainRecipeLabel.text
    assert shown(desk, "Source", "Target", "Style", "Corrections") == [True, True, False, False]
    assert desk.ui.trainModelLabel.text == "Start from"
    choose_recipe(desk, "style_augmentation")
    assert shown(desk, "Source", "Target", "Style", "Corrections") == [True, False, True, False]
    assert desk.ui.trainModelLabel.text == "Compare with"
    choose_recipe(desk, "corrections")
    assert shown(desk, "Source", "Target", "Style", "Corrections") == [True, False, False, True]
    choose_recipe(desk, "dann")
    assert shown(desk, "Source", "Target", "Style", "Corrections") == [True, True, False, False]
    assert {"domain_weight": 0.02, "schedule": "constant"}.items() <= desk.logic.optionValues(desk.parameters).items()


def test_the_desk_lists_what_the_command_line_lists(desk, capsys):
    from ssaglioma.cli.main import main

    assert main(["train", "--list-recipes", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["recipes"]
    assert recipe_names(desk) == [recipe["name"] for recipe in listed]
    for recipe in listed:
        choose_recipe(desk, recipe["name"])
        assert desk.ui.trainRecipeLabel.text == recipe["sentence"]
        assert list(desk.logic.optionValues(desk.parameters)) == [option["name"] for option in recipe["options"]]


def test_a_recipe_that_another_room_registers_needs_no_change_of_the_desk(host, desk, monkeypatch):
    from train_scene import close_desk, open_desk

    from ssaglioma.training import recipes as registry

    monkeypatch.setattr(registry, "_RECIPES", dict(registry._RECIPES))
    option = registry.RecipeOption("reversal", "yes", "Reversal", "With or without.", ("yes", "no"))
    values = {"needed": ("source", "target", "corrections"), "optional": (), "held_out_from": "target"}
    registry.register(registry.Recipe("mine", "Mine", "Learns both.", options=(option,), train=print, **values))
    close_desk(host)
    again = open_desk(host)
    choose_recipe(again, "mine")
    assert shown(again, "Source", "Target", "Style", "Corrections") == [True, True, False, True]
    assert again.ui.trainRecipeLabel.text == "Learns both." and again.ui.trainModelSelector.isHidden()
    form, editors = next(part for part in again.tab.parts if hasattr(part, "_forms"))._forms["mine"]
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


def test_the_check_shows_each_case_with_its_picture_and_patients_who_are_on_both_sides(host, desk, own_cases, tmp_path):
    (own_cases / "case-1" / "case-1-t2w.nii.gz").unlink()
    hospital = tmp_path / "hospital"
    shutil.copytree(own_cases / "case-0", hospital / "case-0")
    choose_recipe(desk, "combined")
    desk.ui.trainSourcePath.currentPath, desk.ui.trainTargetPath.currentPath = str(own_cases), str(hospital)
    desk.ui.trainCheckButton.click()
    assert not desk.ui.trainCheckButton.enabled and desk.ui.trainCheckButton.toolTip == "A check is under way."
    assert host.wait_until(lambda: not desk.logic.checking, seconds=240)
    host.process_events(0.1)
    rows = {(row.folder, row.name): row for row in desk.logic.checkRows if row.name}
    assert [rows["source", name].level for name in NAMES] == ["ok", "error", "ok"]
    assert rows["source", "case-1"].text == "Missing: T2" and rows["target", "case-0"].level == "ok"
    whole = {
        name: [row.text for row in desk.logic.checkRows if (row.folder, row.name) == (name, "")]
        for name in ("source", "target")
    }
    assert whole["source"] == [f"Patients are in {str(hospital)!r} too: case-0"], "no case is held out of the source"
    assert whole["target"][0].startswith("One patient only") and "too: case-0" in whole["target"][1]
    texts = table_texts(desk.ui.trainCheckTable)
    assert ["", "case-1", "✗ Missing: T2"] in texts and texts[0][1] == "(folder)"
    place = [text[1] for text in texts].index("case-0")
    assert not desk.ui.trainCheckTable.item(place, 0).icon().isNull()
    assert desk.ui.trainCheckLabel.text == "Cases checked: 4. Problems that must be mended: 2."
    assert desk.ui.trainCheckButton.enabled and host.messages.texts("error") == []


@pytest.mark.usefixtures("failing_child")
def test_a_check_that_fails_says_why(host, desk, tmp_path):
    desk.ui.trainSourcePath.currentPath = str(tmp_path)
    desk.ui.trainCheckButton.click()
    assert host.wait_until(lambda: not desk.logic.checking, seconds=120)
    host.process_events(0.1)
    assert "No case was found" in desk.panel.ui.statusLabel.text and desk.ui.trainCheckTable.isHidden()
