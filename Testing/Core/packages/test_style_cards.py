"""Packages of stylizers and encoders lie beside segmenters, and no command takes one for another."""

import json

import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.packages import (
    BuiltInStyle,
    ModelCard,
    StyleCard,
    find_package,
    find_package_of,
    list_all_packages,
    list_packages,
    read_any_package,
    read_package,
    write_package,
)

WEIGHTS = {"network.a": np.arange(6, dtype=np.float32) / 7}


def make_card(**changes):
    values = {
        "kind": "stylizer",
        "name": "rain-test",
        "version": "1",
        "title": "t",
        "method": "rain",
        "encoder": "mri_small",
        "contrasts": ("t2f", "t1n"),
        "content_domain": "3 T",
        "style_domain": "1.5 T",
        "training_data": "d",
        "licence": "l",
        "intended_use": "u",
        "options": {"hidden": 8},
        "styles": (BuiltInStyle("1.5T_ssa", {"t2f": 60}, "look", "public"),),
    }
    return StyleCard(**{**values, **changes})


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A stylizer and an encoder whose names come before that of the only segmenter."""
    card = ModelCard(
        name="z-segmenter",
        version="1",
        title="t",
        network="small_2d",
        channels=("t1n", "t1c", "t2w", "t2f"),
        labels="glioma",
        regions=("WT", "TC", "ET"),
        spacing_zyx_mm=(None, 1.0, 1.0),
        slice_axis="axial",
        patch=(192, 160),
        missing_channels="zero",
        training_data="d",
        licence="l",
        intended_use="u",
    )
    write_package(tmp_path / "Models" / "z", card, {"w": np.ones(3, np.float32)})
    write_package(tmp_path / "Models" / "a", make_card(name="a-stylizer"), WEIGHTS)
    write_package(tmp_path / "Models" / "b", make_card(name="b-encoder", kind="encoder", method=None), WEIGHTS)
    monkeypatch.setenv("SSAGLIOMA_RESOURCES", str(tmp_path))
    return tmp_path / "Models"


def test_a_stylizers_card_comes_back_as_it_was_written(tmp_path):
    package = write_package(tmp_path / "m", make_card(contrasts=("FLAIR", "T1")), WEIGHTS)
    read = read_any_package(tmp_path / "m")
    assert read.card == package.card and read.kind == "stylizer"
    assert read.card.contrasts == ("t2f", "t1n") and read.card.style().cases == {"t2f": 60}
    assert read.verify() == ["model.safetensors"]
    np.testing.assert_allclose(read.weights()["network.a"], WEIGHTS["network.a"], atol=1e-3)


def test_a_segmenter_is_found_first_whatever_lies_beside_it(shelf):
    assert find_package().card.name == "z-segmenter"
    assert [package.card.name for package in list_packages()] == ["z-segmenter"]
    assert [package.kind for package in list_all_packages()] == ["segmenter", "stylizer", "encoder"]


@pytest.mark.parametrize("kind", ["stylizer", "encoder"])
def test_every_kind_is_found_by_kind_and_by_name(shelf, kind):
    first = find_package_of(kind)
    assert first.kind == kind
    assert find_package_of(kind, first.card.name) == first
    assert find_package_of(None, first.card.name) == first
    assert find_package_of(kind, str(first.folder)).card == first.card


def test_a_stylizer_is_no_segmenter(shelf):
    message = r"'a-stylizer' is a stylizer\. Expected the package of a segmenter.*ssaglioma stylize"
    for look_up in (find_package, lambda name: read_package(shelf / "a")):
        with pytest.raises(ModelPackageError, match=message):
            look_up("a-stylizer")


def test_a_segmenter_is_no_stylizer(shelf):
    with pytest.raises(ModelPackageError, match=r"'z-segmenter' is a segmenter.*ssaglioma segment"):
        find_package_of("stylizer", "z-segmenter")
    with pytest.raises(ModelPackageError, match=r"'b-encoder' is an encoder"):
        find_package_of("stylizer", str(shelf / "b"))


def test_an_unknown_name_lists_those_of_the_kind(shelf):
    with pytest.raises(ModelPackageError, match=r"'gone' was not found.*\['a-stylizer'\]"):
        find_package_of("stylizer", "gone")


def test_a_kind_that_does_not_ship_is_said_so(shelf):
    (shelf / "b" / "card.json").unlink()
    with pytest.raises(ModelPackageError, match="no encoder here"):
        find_package_of("encoder")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "painter"}, "kind is 'painter'"),
        ({"method": None}, "method is None"),
        ({"kind": "encoder"}, "method is 'rain'"),
        ({"contrasts": ()}, "contrasts is"),
        ({"contrasts": ("T1 and T2",)}, "contrast is 'T1 and T2'"),
        ({"contrasts": ("t1n",)}, r"styles is \['t2f'\]"),
        ({"slice_axis": "up"}, "slice_axis is 'up'"),
        ({"format": 7}, "format is 7"),
        ({"name": "a b"}, "name is 'a b'"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(ModelPackageError, match=message):
        make_card(**change)


def test_styles_need_cases_and_names_of_their_own():
    with pytest.raises(ModelPackageError, match="style 'x' is"):
        BuiltInStyle("x", {"t2f": 0}, "", "")
    style = BuiltInStyle("x", {"t2f": 1}, "", "")
    with pytest.raises(ModelPackageError, match="each name once"):
        make_card(styles=(style, style))
    with pytest.raises(ModelPackageError, match=r"no built-in style 'y'.*\['x'\]"):
        make_card(styles=(style,)).style("y")
    with pytest.raises(ModelPackageError, match=r"no built-in style\."):
        make_card(styles=()).style()


def test_unknown_and_missing_keys_of_a_card_are_named(tmp_path):
    write_package(tmp_path / "m", make_card(), WEIGHTS)
    path = tmp_path / "m" / "card.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "wings": 2}))
    with pytest.raises(ModelPackageError, match=r"unknown keys \['wings'\]"):
        read_any_package(tmp_path / "m")
    del values["title"]
    path.write_text(json.dumps(values))
    with pytest.raises(ModelPackageError, match="not a whole card"):
        read_any_package(tmp_path / "m")
