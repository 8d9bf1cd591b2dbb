"""Models that do not fit, are gone or were damaged, in SSAGliomaSeg's panel: named, with what to do."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from seg_refusals import BLOCKED
from seg_scene import (
    add_four,
    choose,
    level,
    scene_state,
    status,
)
from slicerhost.qtlayer import dialogs

from ssaglioma.packages.resources import locate


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({"t1n": 0.01, "t2w": 0.02, "t1n+t2w": 0.07}, "T1, T2 missing: this cost 0.07 of mean Dice"),
        ({"t1n": 0.01, "t2w": 0.02}, "T1, T2 missing: the result is less accurate."),
    ],
)
def test_a_model_that_can_do_without_t1_and_t2_says_what_both_cost(widget, own_model, mended, costs, words):
    own_model(missing_cost=costs)
    nodes = add_four()
    choose(widget, {field: nodes[field] for field in ("t1gd", "flair")})
    assert level(widget) == "warning"
    assert words in status(widget)
    mended()


def test_a_model_without_t1gd_and_flair_is_refused(widget, refused, mended):
    nodes = add_four()
    choose(widget, {field: nodes[field] for field in ("t1", "t2")})
    refused("T1Gd, .*FLAIR missing", "Expected T1Gd or FLAIR at least", "Choose the missing images")
    mended({field: nodes[field] for field in ("t1", "t2", "flair")})


@pytest.fixture
def own_model(widget, tmp_path):
    """Adds a copy of the shipped model under another name, through the panel; `card` changes entries of its card."""

    def add(name="mine", **card):
        folder = shutil.copytree(locate("Models/glioma-2d-small"), tmp_path / name)
        values = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps({**values, "name": name, "title": name, **card}))
        dialogs.answer_next(str(folder))
        widget.ui.importModelButton.click()
        return widget.logic.userModelsFolder() / name

    yield add
    shutil.rmtree(widget.logic.userModelsFolder(), ignore_errors=True)
    widget.sections[1]._fillModels()


def test_a_model_that_needs_all_sequences_refuses_three(widget, own_model, refused, mended):
    own_model(missing_channels="refuse")
    nodes = add_four()
    choose(widget, {field: nodes[field] for field in ("t1", "t1gd", "flair")})
    assert widget.parameters.model == "mine"
    refused("T2 missing", "Expected all four sequences", "Choose the missing images")
    mended(nodes)


def test_a_model_that_is_gone_is_named_and_another_can_be_chosen(widget, own_model, refused, mended):
    folder = own_model()
    nodes = add_four()
    mended(nodes)
    shutil.rmtree(folder)
    widget.refresh()
    refused("The model 'mine' is not here", "Expected one of glioma-2d-small", "Choose another model")
    widget.sections[1]._fillModels()
    widget.refresh()
    assert widget.ui.modelSelector.currentIndex == -1, "a model that is not used must not be shown as chosen"
    widget.ui.modelSelector.setCurrentIndex(0)
    assert widget.parameters.model == "glioma-2d-small"
    mended()


def test_without_any_model_the_panel_says_so(widget, refused, monkeypatch, tmp_path):
    import ssaglioma.packages

    choose(widget, add_four())
    monkeypatch.setattr(ssaglioma.packages, "list_packages", list)
    widget.refresh()
    text = refused("There is no model here", "Add a model from its folder")
    assert "Expected" not in text


def test_a_folder_that_is_no_model_is_not_added(widget, tmp_path):
    choose(widget, add_four())
    dialogs.answer_next(str(tmp_path))
    widget.ui.importModelButton.click()
    assert re.search(r"is no model package.*Expected a folder with model\.safetensors and card\.json", status(widget))
    assert level(widget) == BLOCKED and widget.ui.applyButton.enabled and widget.ui.modelSelector.count == 1
    assert not widget.logic.userModelsFolder().exists()


def test_a_model_with_a_changed_byte_is_not_added(widget, tmp_path):
    folder = shutil.copytree(locate("Models/glioma-2d-small"), tmp_path / "bad")
    _change_last_byte(folder)
    dialogs.answer_next(str(folder))
    widget.ui.importModelButton.click()
    assert re.search(r"model\.safetensors' is damaged: its SHA-256 is", status(widget))
    assert widget.ui.modelSelector.count == 1 and widget.parameters.model == ""


def test_a_model_that_was_damaged_later_is_found_by_the_run(widget, own_model, apply, mended):
    folder = own_model()
    _change_last_byte(folder)
    choose(widget, add_four())
    before = scene_state()
    text = apply()
    assert re.search(r"model\.safetensors' is damaged", text) and level(widget) == BLOCKED, text
    assert scene_state() == before and widget.parameters.result is None
    widget.ui.modelSelector.setCurrentIndex(0)
    mended()


def _change_last_byte(folder) -> None:
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
