"""A round of learning from corrections as a site does it: learn, be judged, take into use or be refused, go back."""

import json

import numpy as np
import pytest

from ssaglioma.cli.main import main
from ssaglioma.cli.train_recipe import known_recipes
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages import read_package, write_package
from ssaglioma.packages.shelf import PackageShelf
from ssaglioma.training.recipe_run import carry_out
from ssaglioma.training.run_request import RunRequest, write_request
from ssaglioma.volume import Volume
from ssaglioma.volume.corrections import CorrectionNotes, save_correction

SPACING = (3.0, 1.0, 1.0)
NOTES = CorrectionNotes("tiny-test", "0.0.1", minutes=6.5)


@pytest.fixture
def correct(images_of, tmp_path):
    """Saves a correction of a tiny case; with `wiped` it says that there is no tumour."""

    def save(key, seed, wiped=False):
        images, labels = images_of(seed=seed)
        truth = Volume(np.zeros_like(labels) if wiped else labels, SPACING)
        volumes = {name: Volume(image, SPACING) for name, image in zip(SEQUENCE_ORDER, images)}
        nothing = truth.with_array(np.zeros_like(labels))
        save_correction(tmp_path / "corrections", key, volumes, prediction=nothing, corrected=truth, notes=NOTES)

    return save


@pytest.fixture
def learn(cases_folder, tmp_path):
    """Carries out a round from a model with one case held out; returns its report and folder."""
    known_recipes()

    def run(folder, model, **options):
        request = RunRequest(
            "corrections",
            source=str(cases_folder),
            corrections=str(tmp_path / "corrections"),
            model=str(model),
            held_out=("case-2",),
            device="cpu",
            workers=0,
            options=options,
        )
        write_request(tmp_path / folder, request)
        return carry_out(request, tmp_path / folder), tmp_path / folder

    return run


@pytest.fixture
def eager_model(package_folder, tmp_path):
    """A model that marks every voxel of the brain, if only just: it is easily talked out of it."""
    package = read_package(package_folder)
    weights = package.weights()
    weights["decoder.seg_layers.4.weight"] *= 0
    weights["decoder.seg_layers.4.bias"] = np.full(3, 0.02, np.float32)
    return write_package(tmp_path / "eager", package.card, weights).folder


def test_a_worse_model_is_refused_and_cannot_be_taken_into_use(learn, eager_model, correct, tmp_path, capsys):
    correct("case-a", seed=1, wiped=True)
    report, folder = learn("run", eager_model, epochs=1, steps_per_epoch=3, batch_size=2, learning_rate=0.05)
    whole = report.rows[0]
    assert not report.accepted and whole.change < -0.1
    assert any(f"fell from {whole.before:.3f} to {whole.after:.3f}" in reason for reason in report.reasons)
    assert "REFUSED: tiny-test 0.0.1 stays in use" in (folder / "report.txt").read_text()
    assert main(["models", "install", str(folder), "--site", str(tmp_path / "site")]) == 2
    assert "is worse than 'tiny-test 0.0.1'" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_model_that_is_not_worse_is_taken_into_use_and_can_be_taken_back(
    learn, package_folder, correct, tmp_path, capsys
):
    correct("case-a", seed=1)
    report, folder = learn("run", package_folder, epochs=1, steps_per_epoch=1, batch_size=2, learning_rate=1e-8)
    assert report.accepted and report.learned_from.startswith("1 corrected case (6 min of correcting), with 2 earlier")
    assert report.cases[0].case == "case-2" and report.cases[0].reference_ml > 0
    assert (folder / "check" / "before" / "case-2-seg.nii.gz").is_file()
    page = (folder / "report.html").read_text()
    assert "ACCEPTED" in page and "AFTER  WT on FLAIR" in page
    site = str(tmp_path / "site")
    assert main(["models", "install", str(folder), "--site", site]) == 0
    shelf = PackageShelf(tmp_path / "site" / "my-glioma-model")
    learned, earlier = read_package(folder / "package").weights(), read_package(package_folder).weights()
    assert all(np.array_equal(value, learned[name]) for name, value in shelf.current().weights().items())
    assert main(["models", "roll-back", "my-glioma-model", "--site", site, "--progress", "json"]) == 0
    assert all(
        np.allclose(value, earlier[name], atol=1e-3, rtol=1e-3) for name, value in shelf.current().weights().items()
    )
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["model"] == "my-glioma-model" and told["folder"].endswith("v1")
    assert main(["models", "roll-back", "my-glioma-model", "--site", site]) == 2
    assert "has no earlier version" in capsys.readouterr().err


def test_a_site_has_to_be_named(capsys):
    assert main(["models", "install", "somewhere"]) == 2
    assert "--site DIR" in capsys.readouterr().err


@pytest.mark.slow
def test_useful_corrections_are_learned(learn, package_folder, correct):
    for number in (1, 2, 3):
        correct(f"case-a{number}", seed=20 + number)
    report, _ = learn("run", package_folder, epochs=2, steps_per_epoch=15, batch_size=4, learning_rate=2e-3)
    assert report.accepted and report.rows[0].change > 0.05
