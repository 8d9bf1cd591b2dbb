"""One model is installed, earlier ones stay, and every step can be taken back."""

import json
import shutil
from dataclasses import replace

import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.packages import read_package, write_package
from ssaglioma.packages.shelf import SHELF_FILE, PackageShelf


@pytest.fixture
def package(package_folder):
    return read_package(package_folder)


@pytest.fixture
def newer(package, tmp_path):
    weights = {name: value + 1 for name, value in package.weights().items()}
    return write_package(tmp_path / "newer", replace(package.card, version="0.0.2"), weights)


@pytest.fixture
def shelf(package, tmp_path):
    return PackageShelf.create(tmp_path / "shelf", package)


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_first_version_is_a_copy_of_the_package(shelf, package):
    assert shelf.current().card == package.card and shelf.current().folder == shelf.root / "v1"
    assert [row["action"] for row in shelf.history()] == ["installed"]


def test_opening_the_shelf_again_changes_nothing(shelf, package):
    before = files_of(shelf.root)
    assert PackageShelf.create(shelf.root, package).current().folder == shelf.root / "v1"
    assert files_of(shelf.root) == before


def test_a_new_version_is_installed_and_the_earlier_one_stays(shelf, newer):
    before = files_of(shelf.root / "v1")
    assert shelf.install(newer, "better").card.version == "0.0.2"
    assert shelf.current().folder == shelf.root / "v2"
    assert files_of(shelf.root / "v1") == before


def test_rolling_back_returns_to_the_earlier_version_bit_for_bit(shelf, newer, package):
    shelf.install(newer, "better")
    back = shelf.roll_back("it missed a tumour")
    assert back.folder == shelf.current().folder == shelf.root / "v1"
    assert back.card.sha256 == package.card.sha256
    assert [row["action"] for row in shelf.history()] == ["installed", "installed", "rolled back"]
    assert shelf.history()[-1]["note"] == "it missed a tumour"
    assert (shelf.root / "v2").is_dir()


def test_a_number_is_never_used_twice(shelf, newer):
    shelf.install(newer, "second")
    shelf.roll_back()
    assert shelf.install(newer, "third").folder == shelf.root / "v3"
    assert shelf.roll_back().folder == shelf.root / "v1"


def test_without_an_earlier_version_there_is_no_way_back(shelf):
    with pytest.raises(ModelPackageError, match="no earlier version"):
        shelf.roll_back()
    assert shelf.current().folder == shelf.root / "v1"


def test_a_damaged_earlier_version_keeps_the_present_one(shelf, newer):
    shelf.install(newer, "better")
    file = shelf.root / "v1" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelPackageError, match="damaged"):
        shelf.roll_back()
    assert shelf.current().card.version == "0.0.2"


def test_a_damaged_package_is_not_installed(shelf, newer):
    before = files_of(shelf.root)
    (newer.folder / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ModelPackageError, match="damaged"):
        shelf.install(newer, "broken")
    assert files_of(shelf.root) == before


def test_a_refusal_is_noted_with_its_reason(shelf):
    shelf.refuse("0.04 lower")
    assert shelf.history()[-1]["action"] == "refused" and shelf.history()[-1]["note"] == "0.04 lower"
    assert shelf.current().folder == shelf.root / "v1"


def test_an_unfinished_copy_is_no_version(shelf, newer):
    (shelf.root / ".writing-left").mkdir()
    shutil.copytree(shelf.root / "v1", shelf.root / "v2")  # renamed, but the power went before it was named
    assert shelf.current().folder == shelf.root / "v1"
    assert shelf.install(newer, "again").folder == shelf.root / "v3"


def test_another_model_needs_another_shelf(shelf, package, tmp_path):
    other = write_package(tmp_path / "other", replace(package.card, name="other"), package.weights())
    with pytest.raises(ModelPackageError, match="holds the model 'tiny-test'.*'other'"):
        PackageShelf.create(shelf.root, other)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", json.dumps({"format": 2, "installed": ["v1"], "history": []}), '{"format": 1']
)
def test_a_damaged_shelf_is_named(shelf, text):
    (shelf.root / SHELF_FILE).write_text(text)
    with pytest.raises(ModelPackageError, match="no shelf of models"):
        shelf.current()
