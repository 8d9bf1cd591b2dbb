"""`ssaglioma experiment`: what it lists, and what it says when it is asked wrongly."""

import json

import pytest

from ssaglioma.cli.main import main
from ssaglioma.experiments.catalogue import EXPERIMENTS


def test_the_list_names_all_experiments_and_rows(capsys):
    assert main(["experiment", "--list"]) == 0
    told = capsys.readouterr().out
    for experiment in EXPERIMENTS.values():
        assert experiment.name in told and all(row.name in told and row.title in told for row in experiment.rows)


def test_programs_get_the_list_as_json(capsys):
    assert main(["experiment", "--list", "--progress", "json"]) == 0
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(event["experiments"]) == set(EXPERIMENTS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "No experiment was named"),
        (["cardiac"], "'cardiac' is not known"),
        (["cardiac-lge"], "lacks --source, --target, --output"),
        (["cardiac-lge", "--set", "epochs"], "--set is 'epochs'"),
        (["cardiac-lge", "--set", "epochs=0"], "protocol's epochs is 0"),
        (["cardiac-lge", "--folds", "1"], "protocol's folds is 1"),
        (["cardiac-lge", "--seeds", "3", "3"], r"protocol's seeds is (3, 3)"),
        (["cardiac-lge", "--source", "nowhere", "--target", "nowhere", "--output", "out"], "'nowhere' does not exist"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["experiment", *words]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "nothing is written"


def test_an_unknown_row_is_refused_before_anything_is_written(tmp_path, capsys):
    words = ["experiment", "cardiac-lge", "--source", str(tmp_path), "--target", str(tmp_path)]
    assert main([*words, "--output", str(tmp_path / "out"), "--rows", "4-rain"]) == 2
    assert "no row '4-rain'" in capsys.readouterr().err and not (tmp_path / "out").exists()
