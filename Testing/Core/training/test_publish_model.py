"""From a cross-validated study to the package that ships."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from ssaglioma.cli.train_start import check_unseen
from ssaglioma.errors import DatasetError
from ssaglioma.packages import read_package
from ssaglioma.training.cross_validation import CrossValidation, Study

SCRIPT = Path(__file__).parents[3] / "scripts" / "publish_model.py"


def scores_of(case, dice):
    values = {"dice": dice, "hd95_mm": 5.0, "lesion_dice": 0.5, "volume_reference_ml": 3.0, "volume_prediction_ml": 2.0}
    region = {**values, "empty": "none"}
    return [{"case": case, "regions": dict.fromkeys(("WT", "TC", "ET"), region)}]


@pytest.fixture
def publish(monkeypatch):
    specification = importlib.util.spec_from_file_location("publish_model", SCRIPT)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["publish_model.py", *map(str, words)])
        return script.main()

    return run


@pytest.fixture
def study_folder(cases_folder, tmp_path, package_folder):
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps({"folds": [["case-0"], ["case-1"]]}))
    work = CrossValidation(Study("tiny", str(cases_folder), str(folds)), tmp_path / "study")
    for fold, dice in enumerate((0.8, 0.6)):
        run = work.folder / f"fold{fold}"
        run.mkdir()
        (run / "package").symlink_to(package_folder)
        (run / "scores.json").write_text("{}")
        for condition, loss in (("clean", 0.0), ("1.5T_ssa", 0.1), ("clean-without-t1n", 0.05)):
            document = {"fold": fold, "cases": scores_of(f"case-{fold}", dice - loss)}
            (run / f"scores-{condition}.json").write_text(json.dumps(document))
    return work.folder


def test_the_card_tells_all_folds_and_what_a_missing_sequence_costs(publish, study_folder, tmp_path, capsys):
    words = (study_folder, "--name", "glioma-2d", "--title", "Glioma, 2D", "--output", tmp_path / "model")
    assert publish(*words, "--ship", "1") == 0
    card = read_package(tmp_path / "model").card
    assert card.name == "glioma-2d" and card.scores["shipped_fold"] == 1 and card.missing_cost == {"t1n": 0.05}
    assert card.scores["mean_dice"]["WT"] == {"mean": pytest.approx(0.7), "cases": 2}
    assert card.scores["mean_dice_through_scanners"]["1.5T_ssa"]["WT"] == pytest.approx(0.6)
    check_unseen(card, ["case-1"])
    with pytest.raises(DatasetError, match="case-0"):
        check_unseen(card, ["case-0"])
    assert "| case-0 | 0 | 0.800 |" in capsys.readouterr().out


def test_a_model_of_all_cases_claims_no_case_as_unseen(publish, study_folder, tmp_path):
    words = (study_folder, "--name", "glioma-2d", "--title", "Glioma, 2D", "--output", tmp_path / "model")
    assert publish(*words, "--ship", "all", "--run", study_folder / "fold0") == 0
    with pytest.raises(DatasetError, match="case-1"):
        check_unseen(read_package(tmp_path / "model").card, ["case-1"])


@pytest.mark.parametrize(("ship", "words"), [("7", "'7' is not trained"), ("all", "--ship all without --run")])
def test_weights_that_are_not_there_are_not_shipped(publish, study_folder, tmp_path, ship, words, capsys):
    output = tmp_path / "model"
    assert publish(study_folder, "--name", "a", "--title", "a", "--output", output, "--ship", ship) == 2
    assert words in capsys.readouterr().err and not output.exists()
