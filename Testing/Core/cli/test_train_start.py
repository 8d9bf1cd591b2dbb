"""`ssaglioma train --from PACKAGE`: a fold's training goes on from a model."""

import json

import pytest

from ssaglioma.cli.main import main
from ssaglioma.packages import read_package

QUICK = ["--epochs", "1", "--steps-per-epoch", "1", "--batch-size", "2", "--precision", "fp32", "--workers", "0"]


@pytest.fixture
def train(cases_folder, tmp_path):
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps({"folds": [["case-0"], ["case-1", "case-2"]]}))

    def run(name, *options, fold="0"):
        where = [str(cases_folder), "--output", str(tmp_path / name), "--folds", str(folds), "--fold", fold]
        return main(["train", *where, "--threads", "1", *QUICK, *options])

    return run


@pytest.fixture
def first(train, tmp_path):
    """A model of fold 0."""
    assert train("first") == 0
    return str(tmp_path / "first" / "package")


def test_training_goes_on_from_a_models_weights(train, first, tmp_path, capsys):
    """With a learning rate of next to nothing the weights stay those of the model (float16 in its package)."""
    assert train("second", "--from", first, "--learning-rate", "1e-12", "--channel-dropout", "0.6", "--seed", "5") == 0
    before, after = read_package(first).weights(), read_package(tmp_path / "second" / "package").weights()
    assert all(abs(before[name] - after[name]).max() < 1e-6 for name in before)
    assert train("fresh", "--learning-rate", "1e-12", "--seed", "5") == 0
    fresh = read_package(tmp_path / "fresh" / "package").weights()
    assert any(abs(before[name] - fresh[name]).max() > 1e-3 for name in before)


def test_cases_that_the_model_may_have_seen_cannot_be_held_out(train, first, capsys):
    assert train("second", "--from", first, fold="1") == 2
    error = capsys.readouterr().err
    assert "took no part in its training: ['case-1', 'case-2']" in error and "['case-0']" in error


def test_another_network_is_refused(train, first, capsys):
    assert train("second", "--from", first, "--network", "nnunet_2d") == 2
    assert "has the network 'small_2d'" in capsys.readouterr().err


def test_a_run_from_scratch_is_not_resumed_from_a_model(train, first, tmp_path, capsys):
    assert train("first", "--from", first) == 2
    assert "holds a run of another kind" in capsys.readouterr().err
