"""`ssaglioma train --stylise`: from the options to copies, records and a finished run; leaks never get that far."""

import json

import pytest
import torch

from ssaglioma.cli.main import main
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages import StyleCard, write_package
from ssaglioma.style import create_stylizer
from ssaglioma.style.variational import build_rain
from ssaglioma.training.style_provenance import Provenance, write_provenance
from ssaglioma.volume import Volume, find_cases, read_volume, write_volume

QUICK = ["--epochs", "1", "--steps-per-epoch", "1", "--batch-size", "2", "--precision", "fp32", "--workers", "0"]


@pytest.fixture
def data(tmp_path, images_of):
    """A folder `data` with four cases and the folds, and a folder `other` with two in another look."""
    for folder, names, power in (("data", ("p-1", "p-2", "p-3", "q-1"), 1.0), ("other", ("o-1", "q-1-r2"), 2.0)):
        for seed, name in enumerate(names):
            images, labels = images_of((6, 34, 31), seed + int(10 * power))
            target = tmp_path / folder / name
            target.mkdir(parents=True)
            for sequence, image in zip(SEQUENCE_ORDER, images):
                look = Volume(1000 * (image / 1000) ** power, (3.0, 1.0, 1.0))
                write_volume(look, target / f"{name}-{sequence.value}.nii.gz")
            write_volume(Volume(labels, (3.0, 1.0, 1.0)), target / f"{name}-seg.nii.gz")
    (tmp_path / "folds.json").write_text(json.dumps({"folds": [["q-1"], ["p-1"], ["p-2", "p-3"]]}))
    return tmp_path


@pytest.fixture
def train(data):
    def run(*options, fold="0"):
        folder = data / "run"
        where = [str(data / "data"), "--output", str(folder), "--folds", str(data / "folds.json"), "--fold", fold]
        return main(["train", *where, "--device", "cpu", "--threads", "1", *QUICK, *(str(one) for one in options)])

    return run


@pytest.fixture
def ready(data):
    """Writes a copy as `ssaglioma stylize` does: in a folder `ready`, under its content's name."""

    def write(content, style):
        found = {case.name: case for folder in ("data", "other") for case in find_cases(data / folder)}
        folder = data / "ready" / content
        folder.mkdir(parents=True)
        images = [{key: read_volume(path) for key, path in found[name].sequences.items()} for name in (content, style)]
        for key, volume in create_stylizer("histogram").stylize(*images).items():
            write_volume(volume, folder / f"{content}-{key.value}.nii.gz")
        write_volume(read_volume(found[content].reference), folder / f"{content}-seg.nii.gz")
        write_provenance(folder, Provenance(content, content, (style,), (style,), "histogram"))
        return folder

    return write


def test_a_fold_is_trained_on_copies_and_says_so(train, data, capsys):
    assert train("--stylise", "histogram,fourier", "--style-from", data / "other", "--style-share", "0.25") == 0
    said = capsys.readouterr().out
    assert "1 cases of" in said and "are of held-out patients: left out" in said  # q-1-r2, a revision of q-1
    assert "3 stylised copies take the place of 25% of their patches" in said
    record = json.loads((data / "run" / "stylised.json").read_text())
    assert sorted(record["copies"]) == ["p-1_nst1", "p-2_nst1", "p-3_nst1"] and record["probability"] == 0.25
    assert all(one["style_cases"] == ["o-1"] for one in record["copies"].values())
    card = json.loads((data / "run" / "package" / "card.json").read_text())
    assert "3 cases; 3 stylised copies" in card["training_data"] and "style from o-1" in card["training_data"]
    assert len(list((data / "run" / "cache" / "stylised").iterdir())) == 3


def test_target_cases_that_are_trained_on_get_the_style_of_the_source(train, data, capsys):
    options = ("--stylise", "histogram", "--style-from", data / "other", "--style-direction", "to_source")
    assert train(*options) == 2
    assert "There is no case to stylise 'to_source'" in capsys.readouterr().err
    assert train(*options, "--add", data / "other", fold="1") == 0
    record = json.loads((data / "run" / "stylised.json").read_text())
    lent = {one["content_case"]: one["style_cases"][0] for one in record["copies"].values()}
    assert set(lent) == {"o-1", "q-1-r2"} and set(lent.values()) <= {"q-1", "p-2", "p-3"}
    assert lent["q-1-r2"] != "q-1", "they are one patient"


def test_a_patient_who_is_held_out_cannot_be_added_under_another_name(train, data, capsys):
    assert train("--add", data / "other") == 2
    assert "'q-1-r2' is of the patient 'q-1', whom fold 0 holds out" in capsys.readouterr().err


def test_ready_made_copies_stay_in_their_folds(train, ready, data, capsys):
    ready("p-1", "o-1"), ready("p-2", "q-1"), ready("q-1", "o-1")
    assert train("--style-copies", data / "ready") == 0
    said = capsys.readouterr().out
    assert "1 show cases that are not trained on and 1 bear the style of held-out patients: left out" in said
    assert list(json.loads((data / "run" / "stylised.json").read_text())["copies"]) == ["p-1"]


def test_ready_made_copies_without_provenance_are_refused(train, ready, data, capsys):
    (ready("p-1", "o-1") / "stylised.json").unlink()
    assert train("--style-copies", data / "ready") == 2
    assert "stylised.json' does not exist" in capsys.readouterr().err


def test_a_style_package_makes_the_copies(train, data, capsys):
    torch.manual_seed(1)
    weights = {f"network.{name}": one.numpy() for name, one in build_rain("mri_small").state_dict().items()}
    words = dict.fromkeys(
        ("title", "content_domain", "style_domain", "training_data", "licence", "intended_use"), "test"
    )
    card = StyleCard(
        kind="stylizer", name="tiny", version="1", method="rain", encoder="mri_small", contrasts=("t2f",), **words
    )
    write_package(data / "tiny", card, weights)
    options = ("--style-from", data / "other", "--style-model", data / "tiny", "--stylise")
    assert train(*options, "histogram") == 2
    assert "is of the method 'rain'" in capsys.readouterr().err
    assert train(*options, "rain") == 0
    record = json.loads((data / "run" / "stylised.json").read_text())
    assert {one["method"] for one in record["copies"].values()} == {"rain"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--stylise", "histogram"), "--style-from is None"),
        (("--style-from", "."), "--stylise is None"),
        (("--style-share", "0.5"), "--style-share without copies"),
        (("--style-model", "x"), "--style-model without --stylise"),
        (("--stylise", "magic", "--style-from", "."), "'magic' is not known"),
        (("--stylise", "rain", "--style-from", "."), "'rain' needs a trained network"),
        (("--stylise", "nyul", "--style-from", ".", "--style-share", "2"), "probability is 2.0"),
        (("--stylise", "nyul", "--style-from", ".", "--style-direction", "up"), "direction is 'up'"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(train, options, words, capsys):
    assert train(*options) == 2
    assert words in capsys.readouterr().err
