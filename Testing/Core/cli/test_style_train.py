"""`ssaglioma style-train`: it pauses, resumes, packages, and keeps the held-out patients out."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ssaglioma.cli.main import main
from ssaglioma.packages import read_any_package
from ssaglioma.style.encoders import build_encoder
from ssaglioma.style.packaged import load_stylizer
from ssaglioma.training.style_package import PackageWords, package_encoder

SIZES = ("--epochs", 2, "--steps-per-epoch", 1, "--batch-size", 1, "--content-crop", 32, "--style-crop", 32)


def make_picture(seed, waves):
    generator = np.random.default_rng(seed)
    y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in (38, 41)), indexing="ij")
    values = 120 + 60 * np.sin(waves * x) + generator.normal(0, 9, y.shape)
    return Image.fromarray(np.where(y**2 + x**2 < 0.9, values, 0).clip(0, 255).astype(np.uint8))


@pytest.fixture
def folders(tmp_path):
    """Twelve pictures of content and of style; the folds hold out p0 and p1."""
    for name, waves in (("content", 4), ("style", 9)):
        (tmp_path / name).mkdir()
        for number in range(12):
            make_picture(number, waves).save(tmp_path / name / f"p{number}.png")
    (tmp_path / "folds.json").write_text(json.dumps({"folds": [["p0", "p1"], ["p2"]]}))
    return tmp_path


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    torch.manual_seed(0)
    weights, folder = build_encoder("mri_small").state_dict(), tmp_path_factory.mktemp("encoder")
    words = PackageWords(name="tiny-encoder", title="t", training_data="none")
    package_encoder(weights, folder, words=words, encoder="mri_small", contrasts=("t2f",))
    return folder


@pytest.fixture
def train(folders, encoder):
    def run(*words):
        places = ("--content", folders / "content", "--style", folders / "style", "--output", folders / "run")
        return main(
            ["style-train", "--method", "adain", "--encoder", str(encoder), *map(str, (*places, *SIZES, *words))]
        )

    return run


def test_a_paused_run_resumes_and_its_package_stylises(train, folders, capsys):
    package = ("--contrasts", "composite", "--package", folders / "package", "--style-name", "waves", "--device", "cpu")
    assert train("--stop-after", 0, *package) == 0
    assert "Paused" in capsys.readouterr().out and not (folders / "package").exists()
    assert train(*package, "--progress", "json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    result = events[-1]
    assert result["finished"] and result["epochs"] == 2
    messages = [event["message"] for event in events if event["event"] == "progress"]
    assert messages[-1].startswith("Epoch 2: identity error")
    made = read_any_package(folders / "package")
    assert made.card.contrasts == ("composite",) and made.card.style("waves").cases == {"composite": 12}
    assert made.card.scores["identity_error"] == result["identity_error"]
    picture = np.asarray(Image.open(folders / "content" / "p3.png"), np.float32)
    assert load_stylizer(made).stylize(picture).shape == picture.shape


def test_the_fold_is_held_out_of_content_and_style(train, folders, capsys):
    for name in ("content", "style"):  # a held-out picture that would stop the training if it entered
        Image.fromarray(np.full((38, 41), 255, np.uint8)).save(folders / name / "p0.png")
    words = ("--contrasts", "composite", "--fold", 0, "--folds", folders / "folds.json", "--package", folders / "p")
    assert train(*words) == 0
    assert "composite 10 to 10; 2 content slices held out" in capsys.readouterr().out
    card = read_any_package(folders / "p").card
    assert card.style().cases == {"composite": 10} and "fold 0" in card.training_data


def test_a_style_of_few_cases_is_no_built_in_style(train, folders, capsys):
    for number in range(5):
        (folders / "style" / f"p{number}.png").unlink()
    assert train("--contrasts", "t2f", "--package", folders / "p") == 0
    assert "leaves out t2f: fewer than 10 cases" in capsys.readouterr().err
    assert read_any_package(folders / "p").card.styles == ()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--package", "p"), "contrast of the images is not known"),
        (("--folds", "x.json"), "without --fold"),
        (("--fold", "7"), "no fold 7"),
        (("--encoder", "no-such"), "'no-such' was not found"),
        (("--batch-size", "0"), "batch_size is 0"),
        (("--style", "no-such-folder"), "'no-such-folder' does not exist"),
    ],
)
def test_wrong_options_end_before_any_training(train, folders, words, message, capsys):
    assert train(*words) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1 and not (folders / "run").exists()


def test_a_run_with_other_options_is_not_continued(train, capsys):
    assert train() == 0
    assert train("--learning-rate", "0.5") == 2
    assert "holds a run with another configuration" in capsys.readouterr().err
