"""The registry of recipes: what a screen may rely on, and how another room adds to it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ssaglioma.cli import train_recipe
from ssaglioma.errors import DatasetError
from ssaglioma.training import recipes as registry
from ssaglioma.training.recipes import NETWORKS, Recipe, RecipeOption, find_recipe, recipes, register
from ssaglioma.training.run_request import RunRequest, read_request, write_request


@pytest.fixture
def own_registry(monkeypatch):
    """Recipes that a test registers are gone after it; those of the experiments are there before."""
    train_recipe.known_recipes()
    monkeypatch.setattr(registry, "_RECIPES", dict(registry._RECIPES))


def a_recipe(**changes):
    values = {
        "name": "new",
        "title": "New",
        "sentence": "Does something new.",
        "needed": ("source",),
        "optional": (),
        "held_out_from": "source",
        "options": (RecipeOption("alpha", 0.5, "Alpha", "A number.", least=0.0),),
        "train": print,
    }
    return Recipe(**{**values, **changes})


def test_the_built_in_recipes_are_there_and_say_what_they_need():
    listed = {recipe.name: recipe for recipe in recipes()}
    assert {"from_scratch", "fine_tune", "style_augmentation"} <= set(listed)
    assert listed["fine_tune"].needed == ("target", "model") and listed["fine_tune"].held_out_from == "target"
    assert all(recipe.sentence.endswith(".") for recipe in listed.values())


def test_starting_a_command_and_listing_recipes_imports_neither_torch_nor_statistics():
    script = """
import sys
import ssaglioma.cli.main
ssaglioma.cli.main.build_parser("train")
from ssaglioma.cli.train_recipe import known_recipes
print(len(known_recipes()) >= 9, "torch" in sys.modules, "scipy.stats" in sys.modules)
"""
    folder = str(Path(registry.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": folder}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "False"]


def test_defaults_of_a_new_training_are_those_of_its_configuration():
    from ssaglioma.networks import CONFIGURATIONS
    from ssaglioma.training.config import TrainingConfig

    values, config = find_recipe("from_scratch").values({}), TrainingConfig()
    assert values == {name: getattr(config, name) for name in values}
    assert set(NETWORKS) <= set(CONFIGURATIONS)


def test_fine_tuning_is_gentler_than_a_fresh_start():
    fresh, tuned = (find_recipe(name).values({})["learning_rate"] for name in ("from_scratch", "fine_tune"))
    assert tuned <= fresh / 3


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", "0", "at least 1"),
        ("epochs", "2.5", "a whole number"),
        ("epochs", "many", "a whole number"),
        ("learning_rate", "nan", "a number"),
        ("learning_rate", -1, "at least"),
        ("network", "huge", "one of"),
        ("warp", 1, "has no option 'warp'"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(name, value, words):
    with pytest.raises(DatasetError, match=words):
        find_recipe("from_scratch").values({name: value})


def test_texts_become_numbers():
    values = find_recipe("fine_tune").values({"epochs": "3", "learning_rate": "1e-4"})
    assert values["epochs"] == 3 and values["learning_rate"] == 1e-4


@pytest.mark.usefixtures("own_registry")
def test_a_registered_recipe_is_listed_last_and_registering_it_twice_changes_nothing():
    recipe = a_recipe()
    assert register(recipe) is recipe and register(a_recipe()) == recipe
    assert recipes()[-1] == recipe and json.loads(json.dumps(recipe.to_json()))["options"][0]["kind"] == "float"
    with pytest.raises(DatasetError, match="There is a recipe 'new' already"):
        register(a_recipe(title="Another"))


def test_a_recipe_that_holds_out_what_it_does_not_need_is_refused():
    with pytest.raises(DatasetError, match="source or target, whichever it needs"):
        a_recipe(held_out_from="target")
    with pytest.raises(DatasetError, match="needs \\['moon'\\]"):
        a_recipe(needed=("source", "moon"))


@pytest.mark.usefixtures("own_registry")
def test_modules_of_another_room_register_without_being_named_here(tmp_path, monkeypatch):
    room = tmp_path / "a_room_of_recipes"
    room.mkdir()
    (room / "__init__.py").write_text("")
    (room / "recipes_other.py").write_text(
        "from ssaglioma.training.recipes import Recipe, register\n"
        "register(Recipe('other', 'Other', 'Made elsewhere.', ('source', 'target'), (), 'target', (), print))\n"
    )
    (room / "tables.py").write_text("raise RuntimeError('only modules of recipes are imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(train_recipe, "_EXPERIMENTS", room.name)
    assert train_recipe.known_recipes()[-1].name == "other" and find_recipe("other").needed == ("source", "target")


def test_a_request_says_what_is_missing():
    with pytest.raises(DatasetError, match="'Fine-tune' needs a folder of labelled cases of this hospital"):
        RunRequest("fine_tune", model="x")
    with pytest.raises(DatasetError, match="needs a model to start from"):
        RunRequest("fine_tune", target="x")
    with pytest.raises(DatasetError, match="There is no recipe 'magic'"):
        RunRequest("magic", source="x")
    with pytest.raises(DatasetError, match="The model's name is '../x'"):
        RunRequest("from_scratch", source="x", name="../x")


def test_a_request_comes_back_from_its_file_and_another_one_is_not_written_over_it(tmp_path):
    request = RunRequest("from_scratch", source="data", held_out=("a", "b"), options={"epochs": "3"})
    write_request(tmp_path, request)
    assert read_request(tmp_path) == request
    write_request(
        tmp_path, RunRequest("from_scratch", source="data", held_out=("a", "b"), device="cuda", options={"epochs": 3})
    )
    assert read_request(tmp_path).device == "cuda"
    other = RunRequest("from_scratch", source="data", options={"epochs": 4})
    write_request(tmp_path, other)
    assert read_request(tmp_path) == other, "before the first checkpoint a job may be changed"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint.safetensors").touch()
    with pytest.raises(DatasetError, match="holds another training"):
        write_request(tmp_path, RunRequest("from_scratch", source="data", options={"epochs": 5}))


def test_relative_folders_of_a_job_are_taken_from_the_jobs_own_folder(tmp_path):
    (tmp_path / "data").mkdir()
    request = RunRequest("style_augmentation", source="data", style="/elsewhere", model="glioma-2d-small")
    moved = request.under(tmp_path)
    assert (moved.source, moved.style, moved.model) == (str(tmp_path / "data"), "/elsewhere", "glioma-2d-small")


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "recipe": 3}'])
def test_a_job_file_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(DatasetError, match=r"no training|There is no recipe"):
        read_request(tmp_path)
