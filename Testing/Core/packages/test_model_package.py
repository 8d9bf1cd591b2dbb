import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import Sequence
from ssaglioma.packages import ModelCard, find_package, read_package, write_package

WEIGHTS = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 7}
CARD = {
    "name": "my-model",
    "version": "1",
    "title": "t",
    "network": "small_2d",
    "channels": ["t1n", "t1c", "t2w", "t2f"],
    "labels": "glioma",
    "regions": ["WT", "TC", "ET"],
    "spacing_zyx_mm": [None, 1.0, 1.0],
    "slice_axis": "axial",
    "patch": [192, 160],
    "missing_channels": "zero",
    "training_data": "d",
    "licence": "l",
    "intended_use": "u",
}


@pytest.fixture
def folder(tmp_path):
    write_package(tmp_path / "m", ModelCard.from_json(CARD, "test"), WEIGHTS)
    return tmp_path / "m"


def edit_card(folder, **changes):
    path = folder / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_package_comes_back_as_it_was_written(folder):
    package = read_package(folder)
    assert package.card.name == "my-model" and package.card.spacing_zyx_mm == (None, 1.0, 1.0)
    assert np.allclose(package.weights()["a.weight"], WEIGHTS["a.weight"], atol=1e-3)
    assert package.weights()["a.weight"].dtype == np.float32
    assert package.verify() == ["model.safetensors"]


def test_full_precision_is_exact(tmp_path):
    package = write_package(tmp_path, ModelCard.from_json(CARD, "test"), WEIGHTS, half=False)
    assert np.array_equal(package.weights()["a.weight"], WEIGHTS["a.weight"])


def test_one_changed_byte_is_found(folder):
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelPackageError, match=r"model\.safetensors' is damaged: its SHA-256 is .*download the model"):
        read_package(folder)


def test_a_missing_file_is_named(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelPackageError, match="is no model package.*models list"):
        read_package(folder)


def test_a_card_that_is_no_json_is_named(folder):
    (folder / "card.json").write_text("{")
    with pytest.raises(ModelPackageError, match=r"card\.json' is damaged"):
        read_package(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wings": 2}, r"unknown keys \['wings'\]"),
        ({"labels": "liver"}, "labels is 'liver'"),
        ({"format": 9}, "format is 9"),
        ({"sha256": {}}, "no digest of model"),
        ({"slice_axis": "up"}, "slice_axis is 'up'"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(folder, change, message):
    edit_card(folder, **change)
    with pytest.raises(ModelPackageError, match=message):
        read_package(folder)


def test_a_card_with_missing_keys_is_refused(folder):
    path = folder / "card.json"
    values = json.loads(path.read_text())
    del values["network"]
    path.write_text(json.dumps(values))
    with pytest.raises(ModelPackageError, match="not a whole model card.*network"):
        read_package(folder)


def test_a_pickle_in_the_place_of_weights_is_never_loaded(folder, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "exploded"), "w"))

    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    package = read_package(folder, verify=False)
    with pytest.raises(ModelPackageError, match="damaged"):
        package.weights()
    assert not (tmp_path / "exploded").exists()


def test_an_unknown_model_name_lists_the_known_ones():
    with pytest.raises(ModelPackageError, match=r"'gigantic' was not found.*models list"):
        find_package("gigantic")


def test_a_folder_can_be_given_in_place_of_a_name(folder):
    assert find_package(str(folder)).card.name == "my-model"


def test_what_missing_sequences_cost_is_told_for_exactly_these():
    card = ModelCard.from_json({**CARD, "missing_cost": {"t1n": 0.01, "t1n+t2w": 0.05, "t2w": 0.02}}, "test")
    assert card.cost_without([Sequence.T2W, Sequence.T1N]) == 0.05
    assert card.cost_without([Sequence.T2W]) == 0.02
    assert card.cost_without([Sequence.T2F]) is None and card.cost_without([Sequence.T1N, Sequence.T2F]) is None


def test_an_old_card_without_doubt_reads_as_one_that_tells_nothing(folder):
    path = folder / "card.json"
    values = json.loads(path.read_text())
    for key in ("temperatures", "expected_dice", "lesion_confidence"):
        del values[key]
    path.write_text(json.dumps(values))
    card = read_package(folder).card
    assert (card.temperatures, card.expected_dice, card.lesion_confidence) == ({}, {}, {})


@pytest.mark.parametrize("broken", [{"WT": 0.0}, {"WT": -1.5}, {"liver": 1.0}])
def test_a_temperature_is_above_0_and_for_a_region_of_the_model(folder, broken):
    with pytest.raises(ModelPackageError, match="temperatures"):
        replace(read_package(folder).card, temperatures=broken)


def test_the_smallest_lesion_may_differ_between_regions(folder):
    card = replace(read_package(folder).card, smallest_lesion_mm3=50.0, smallest_lesions_mm3={"WT": 1000.0})
    assert card.smallest_voxels((5.0, 1.0, 1.0)) == {"WT": 200.0, "TC": 10.0, "ET": 10.0}
    with pytest.raises(ModelPackageError, match="smallest_lesions_mm3"):
        replace(card, smallest_lesions_mm3={"WT": -1.0})
