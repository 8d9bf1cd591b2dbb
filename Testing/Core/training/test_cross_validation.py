"""Cross-validation: what a study is, which scores are made anew, and what the tables say."""

import json
from dataclasses import replace

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.training import cross_validation
from ssaglioma.training.conditions import Condition, conditions
from ssaglioma.training.cross_report import ablation_table, comparison, false_ml, study_document, study_table
from ssaglioma.training.cross_validation import CrossValidation, Study, read_scores, score_together
from ssaglioma.training.folds import read_folds, site_folds, site_of


def rows_of(*dice, empty="none"):
    regions = ("WT", "TC", "ET")
    scores = {"hd95_mm": 4.0, "lesion_dice": 0.5, "empty": empty, "volume_prediction_ml": 2.0}
    return [
        {"case": f"case-{index}", "fold": 0, "regions": {name: {**scores, "dice": value} for name in regions}}
        for index, value in enumerate(dice)
    ]


@pytest.fixture
def study(cases_folder, tmp_path):
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps({"folds": [["case-0"], ["case-1"]]}))
    return Study("tiny", str(cases_folder), str(folds), ("--epochs", "1"))


def test_a_study_is_read_with_its_variables_filled_in(tmp_path, monkeypatch):
    monkeypatch.setenv("WORK", "/somewhere")
    path = tmp_path / "study.json"
    path.write_text(json.dumps({"name": "a", "data": "$WORK/glioma", "train": "--add $WORK/b --epochs 3"}))
    assert Study.read(path) == Study("a", "/somewhere/glioma", "five", ("--add", "/somewhere/b", "--epochs", "3"))


@pytest.mark.parametrize("values", [["a"], {"name": "a", "data": "b", "epochs": 3}, {"name": "a"}])
def test_a_file_that_is_no_study_is_named(tmp_path, values):
    path = tmp_path / "study.json"
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match=r"study\.json.*cannot be read"):
        Study.read(path)


def test_a_study_may_not_set_what_the_folds_decide():
    with pytest.raises(DatasetError, match="sets.*--fold"):
        Study("a", "b", train=("--fold=1",))


def test_a_folder_holds_one_study_for_ever(study, tmp_path):
    CrossValidation(study, tmp_path / "out")
    CrossValidation(study, tmp_path / "out")
    with pytest.raises(DatasetError, match="holds another study"):
        CrossValidation(replace(study, train=("--epochs", "2")), tmp_path / "out")


def test_every_allowed_subset_of_sequences_is_a_condition():
    found = conditions(["clean", "1.5T_ssa"], subsets=True)
    assert [one.name for one in found[:3]] == ["clean", "1.5T_ssa", "clean-without-t1n"]
    assert len(found) == 2 + 11
    assert all(not {Sequence.T1C, Sequence.T2F} <= set(one.missing) for one in found)
    with pytest.raises(DatasetError, match="'9T'"):
        Condition("9T")


def test_scores_are_made_once_for_the_same_weights(study, tmp_path, monkeypatch, package_folder):
    work = CrossValidation(study, tmp_path / "out")
    run = tmp_path / "out" / "fold0"
    run.mkdir()
    (run / "package").symlink_to(package_folder)
    (run / "scores.json").write_text(json.dumps({"cases": rows_of(0.5)}))
    asked = []

    def validate(package, cases, **options):
        asked.append((cases[0].name, options["scanner"], options["without"]))
        return {"cases": rows_of(0.4)}

    monkeypatch.setattr(cross_validation, "validate_package", validate)
    assert work.trained() == [0]
    for _ in range(2):
        work.score(0, Condition())
        work.score(0, Condition("1.5T_ssa"))
    assert asked == [("case-0", "1.5T_ssa", ())]
    path = run / "scores-1.5T_ssa.json"
    path.write_text(path.read_text().replace(json.loads(path.read_text())["weights_sha256"], "of other weights"))
    work.score(0, Condition("1.5T_ssa"))
    assert len(asked) == 2
    assert [row["regions"]["WT"]["dice"] for row in read_scores(tmp_path / "out", "clean")] == [0.5]
    with pytest.raises(DatasetError, match="no scores '64mT'"):
        read_scores(tmp_path / "out", "64mT")


def test_a_fold_is_trained_by_the_command_and_one_that_fails_stops_the_study(study, tmp_path, monkeypatch):
    work = CrossValidation(replace(study, train=("--from", "other/fold{fold}/package")), tmp_path / "out")
    called = []

    def run(words, **_options):
        called.append(words)
        return type("Done", (), {"returncode": 2})

    monkeypatch.setattr(cross_validation.subprocess, "run", run)
    with pytest.raises(DatasetError, match="fold 1 ended with code 2"):
        work.train(1, minutes=5)
    text = " ".join(called[0])
    assert "train " in text and "--fold 1 " in text and "--name tiny --from other/fold1/package --stop-after 5" in text
    assert json.loads((tmp_path / "out" / "folds.json").read_text()) == {"folds": [["case-0"], ["case-1"]]}


def test_a_study_is_opened_again_from_its_folder(study, tmp_path):
    CrossValidation(study, tmp_path / "out")
    again = CrossValidation.open(tmp_path / "out")
    assert again.study.train == study.train and again.folds.groups == (("case-0",), ("case-1",))
    with pytest.raises(DatasetError, match="holds no study"):
        CrossValidation.open(tmp_path)


def test_sites_are_told_by_names_and_each_is_held_out_whole():
    names = [name for group in read_folds().groups for name in group]
    folds = site_folds(names)
    assert [{site_of(name) for name in group} for group in folds.groups] == [
        {"2013"},
        {"BraTS2021"},
        {"CBICA"},
        {"TCIA"},
    ]
    assert sum(len(group) for group in folds.groups) == 24
    with pytest.raises(DatasetError, match="'somebody' does not tell a site"):
        site_of("somebody")


def test_a_region_that_a_reference_lacks_counts_as_false_volume_and_not_as_dice():
    rows = [*rows_of(0.8, 0.6), {**rows_of(1.0, empty="reference")[0], "case": "empty"}]
    found = study_document({"clean": rows})["clean"]["ET"]
    assert found["dice"]["count"] == 2 and found["dice"]["mean"] == pytest.approx(0.7)
    assert found["false_ml"] == false_ml(rows, "ET") == {"empty": 2.0}
    table = study_table({"clean": rows}).splitlines()
    assert len(table) == 2 + 3 and table[2].startswith("| clean (n=3) | Dice | 0.700 (0.600 to 0.800) |")


def test_the_ablation_is_paired_by_case_and_adjusted_for_its_comparisons():
    before, after = rows_of(0.5, 0.6, 0.7, 0.8, 0.4, 0.3), rows_of(0.6, 0.7, 0.8, 0.9, 0.5, 0.4)
    gain = comparison(after, before[:5])["WT"]
    assert gain.count == 5 and gain.mean_difference == pytest.approx(0.1)
    lines = ablation_table({"bare": before, "all": after}, "bare").splitlines()
    assert lines[0].startswith("| study | WT Dice | against bare |")
    assert lines[2].startswith("| bare | 0.550") and "+0.100" in lines[3]
    assert "n=6, p=0.094" in lines[3]  # three times Wilcoxon's 2 / 2**6


def test_models_of_two_studies_are_scored_together(study, tmp_path, package_folder):
    works = [CrossValidation(replace(study, name=name), tmp_path / name) for name in ("a", "b")]
    for work in works:
        (work.folder / "fold0").mkdir()
        (work.folder / "fold0" / "package").symlink_to(package_folder)
    found = score_together(works, tmp_path / "both", 0, Condition())
    assert [row["case"] for row in found["cases"]] == ["case-0"] and len(found["weights_sha256"]) == 2
    assert read_scores(tmp_path / "both", "clean")[0]["fold"] == 0
    other = CrossValidation(replace(study, name="c", folds="five"), tmp_path / "c")
    with pytest.raises(DatasetError, match="hold out different cases"):
        score_together([works[0], other], tmp_path / "both", 0, Condition())
