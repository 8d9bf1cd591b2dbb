"""The recipes of transfer from the Train tab: each is started there, one is paused, and all end with a judged model."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from train_scene import NAMES, SHORT, choose_recipe, processes_of, table_texts, wait_for, wait_for_epoch

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.volume import read_volume
from ssaglioma.volume.corrections import CorrectionNotes, save_correction

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")]

MODEL_RECIPES = ("frozen_decoder", "frozen_encoder", "corrections")


@pytest.fixture
def hospital(tiny_cases, tmp_path):
    """Two labelled cases of another hospital."""
    for number, name in enumerate(NAMES[:2]):
        other = tmp_path / "hospital" / f"ssa-{number}"
        other.mkdir(parents=True)
        for file in (tiny_cases / name).iterdir():
            shutil.copy(file, other / file.name.replace(name, other.name))
    return tmp_path / "hospital"


@pytest.fixture
def corrected(tiny_cases, tmp_path):
    """A corrections folder with one case, as SSAGliomaSeg writes it."""
    case = tiny_cases / NAMES[0]
    images = {one: read_volume(case / f"{NAMES[0]}-{one.value}.nii.gz") for one in SEQUENCE_ORDER}
    truth = read_volume(case / f"{NAMES[0]}-seg.nii.gz")
    guess = truth.with_array(np.zeros_like(truth.array))
    notes = CorrectionNotes("glioma-2d-small", "0.1.0", minutes=3.0)
    save_correction(tmp_path / "fixed", "key-1", images, prediction=guess, corrected=truth, notes=notes)
    return tmp_path / "fixed"


@pytest.mark.parametrize(
    "name", ["frozen_decoder", "frozen_encoder", "combined", "dann", "dann_without_reversal", "corrections"]
)
def test_a_recipe_runs_from_the_desk_to_its_result(
    host, desk, tiny_cases, hospital, corrected, shipped, tmp_path, name
):
    folders = {"source": tiny_cases, "target": hospital, "corrections": corrected}
    ui, parameters = desk.ui, desk.parameters
    choose_recipe(desk, name)
    for field in set(desk.logic.recipe(parameters).needed) & set(folders):
        getattr(ui, f"train{field.capitalize()}Path").currentPath = str(folders[field])
    if name in MODEL_RECIPES:
        ui.trainModelSelector.setCurrentIndex(ui.trainModelSelector.findData(shipped))
    parameters.heldOut, parameters.device = NAMES[-1] if name == "corrections" else "ssa-1", "cpu"
    for option, value in {**SHORT, "epochs": 3 if name == "dann" else 1}.items():
        desk.logic.setOption(parameters, option, value)
    ui.trainRunPath.currentPath = str(tmp_path / "run")
    desk.tab.refresh()
    assert ui.trainStartButton.enabled, ui.trainStartButton.toolTip
    ui.trainStartButton.click()
    if name == "dann":
        wait_for_epoch(host, desk, 1)
        ui.trainPauseButton.click()
        if wait_for(host, desk, "paused", "done").state == "paused":
            ui.trainResumeButton.click()
    wait_for(host, desk, "done")
    assert [row[0] for row in table_texts(ui.trainResultTable)] == ["WT", "TC", "ET"]
    assert all((row[1] != "-") == (name in MODEL_RECIPES) for row in table_texts(ui.trainResultTable))
    epochs = [row["epoch"] for row in desk.logic.trainingState(parameters).epochs]
    assert epochs == list(range(1, len(epochs) + 1)) and not ui.trainExampleLabel.isHidden()
    assert (Path(parameters.runFolder) / "package" / "card.json").is_file()
    assert host.wait_until(lambda: processes_of(tmp_path / "run") == [], seconds=30), "nothing is left behind"
    assert host.messages.texts("error") == []
