"""The models of one hospital: what trainings leave there, and the way back."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.packages import read_package, write_package
from ssaglioma.packages.site_models import (
    can_roll_back,
    install_model,
    installed_digest,
    roll_back_model,
    site_packages,
)


@pytest.fixture
def shipped(package_folder):
    return read_package(package_folder)


@pytest.fixture
def trained(shipped, tmp_path):
    """A model that learned: other weights, another name."""
    weights = {name: value + 0.25 for name, value in shipped.weights().items()}
    return write_package(tmp_path / "trained", replace(shipped.card, name="ours", version="2"), weights)


def names(site):
    return [(package.card.name, package.card.version) for package in site_packages(site)]


def test_a_model_that_was_trained_from_another_can_be_rolled_back_to_it(shipped, trained, tmp_path):
    site = tmp_path / "site"
    installed = install_model(site, trained, "better", earlier=shipped)
    assert names(site) == [("ours", "2")] and can_roll_back(site, "ours")
    assert installed_digest(site, "ours") == trained.card.sha256["model.safetensors"]
    back = roll_back_model(site, "ours")
    assert back.card.name == "ours" and back.card.version == shipped.card.version
    found = back.weights()
    assert all(np.allclose(found[key], value, atol=1e-3) for key, value in shipped.weights().items())  # half precision
    assert names(site) == [("ours", shipped.card.version)] and not can_roll_back(site, "ours")
    assert installed.folder.is_dir()
    with pytest.raises(ModelPackageError, match="no earlier version"):
        roll_back_model(site, "ours")


def test_a_second_training_goes_on_the_same_shelf(shipped, trained, tmp_path):
    site = tmp_path / "site"
    install_model(site, trained, "first")
    assert not can_roll_back(site, "ours")
    third = write_package(tmp_path / "third", replace(trained.card, version="3"), trained.weights())
    install_model(site, third, "second", earlier=shipped)
    assert names(site) == [("ours", "3")]
    assert roll_back_model(site, "ours").card.version == "2"


def test_plain_packages_and_shelves_are_listed_and_damage_is_left_out(shipped, trained, tmp_path):
    site = tmp_path / "site"
    assert site_packages(site) == [] and installed_digest(site, "ours") == "" and not can_roll_back(site, "ours")
    shutil.copytree(shipped.folder, site / "tiny-test")
    install_model(site, trained, "first")
    (site / "broken").mkdir()
    (site / "broken" / "card.json").write_text("{")
    assert names(site) == [("ours", "2"), ("tiny-test", shipped.card.version)]
    (site / "ours" / "v1" / "model.safetensors").unlink()
    assert names(site) == [("tiny-test", shipped.card.version)]


def test_a_model_that_was_added_by_hand_is_not_covered(shipped, trained, tmp_path):
    shutil.copytree(trained.folder, tmp_path / "site" / "ours")
    with pytest.raises(ModelPackageError, match="was added to this computer already.*another name"):
        install_model(tmp_path / "site", trained, "x", earlier=shipped)
