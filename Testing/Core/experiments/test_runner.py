"""Rows are carried out fold by fold, each once, on the same folds, and go on after a kill."""

from dataclasses import replace

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.experiments.catalogue import EXPERIMENTS, find_experiment
from ssaglioma.experiments.design import BUDGETS, with_changes
from ssaglioma.experiments.runner import ExperimentRun


def test_all_rows_see_identical_folds(experiment, context):
    run = ExperimentRun(experiment, context)
    run.run()
    folds = {row: [entry[1:] for entry in run.study.log if entry[0] == row] for row in ("plain", "better")}
    assert folds["plain"] == folds["better"] and len(folds["plain"]) == 3


def test_a_run_that_was_killed_goes_on_with_what_is_left(experiment, context):
    run = ExperimentRun(experiment, context)
    run.study.stop_at = ("better", 1)
    with pytest.raises(KeyboardInterrupt):
        run.run()
    assert [entry[0] for entry in run.study.log] == ["plain", "better", "plain"]
    again = ExperimentRun(experiment, context)
    results = again.run()
    assert [(entry[0], entry[2]) for entry in again.study.log] == [("better", 1), ("plain", 2), ("better", 2)]
    assert [len(found) for found in results.values()] == [3, 3]
    whole = ExperimentRun(experiment, replace(context, output=context.output.parent / "whole"))
    expected = whole.run()
    assert {row: [one.scores for one in found] for row, found in results.items()} == {
        row: [one.scores for one in found] for row, found in expected.items()
    }


def test_rows_can_be_carried_out_one_at_a_time(experiment, context):
    assert [len(found) for found in ExperimentRun(experiment, context, row_names=("better",)).run().values()] == [0, 3]
    assert [len(found) for found in ExperimentRun(experiment, context, row_names=("plain",)).run().values()] == [3, 3]


def test_the_estimate_counts_what_is_left(experiment, context):
    run = ExperimentRun(experiment, context)
    assert run.estimate() == {"plain": 180.0, "better": 180.0}
    run.study.stop_at = ("better", 1)
    with pytest.raises(KeyboardInterrupt):
        run.run()
    assert run.estimate() == {"plain": 60.0, "better": 120.0}


def test_a_result_of_another_row_is_not_taken(experiment, context):
    run = ExperimentRun(experiment, context)
    run.run()
    results = context.output / "results"
    (results / "better" / "seed1-fold0.json").write_bytes((results / "plain" / "seed1-fold0.json").read_bytes())
    with pytest.raises(DatasetError, match="is of another run"):
        run.results()


def test_progress_rises_to_one(experiment, context):
    told = []
    ExperimentRun(experiment, context).run(lambda fraction, message: told.append(fraction))
    assert told == sorted(told) and told[-1] == 1.0


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_every_experiment_names_its_work_and_has_all_budgets(name):
    found = find_experiment(name)
    assert set(found.budgets) == set(BUDGETS)
    assert any(work in found.citation for work in ("arXiv:2501.04734", "Heras Rivera et al. 2024", "Rahman & Gu"))
    assert found.budgets["small"].folds == 3 and found.notes
    assert all(set(row.published) <= {score.name for score in found.scores} for row in found.rows)


@pytest.mark.parametrize(
    ("row", "classes", "average"),
    [("dann", (0.847, 0.897, 0.893), 0.879), ("baseline", (0.519, 0.726, 0.701), 0.649)],
)
def test_published_averages_of_transfer_are_the_means_of_their_classes(row, classes, average):
    printed = find_experiment("transfer-methods").row(row).published["dice"]
    assert tuple(printed[name] for name in ("NCR", "ED", "ET")) == classes
    assert printed["average"] == average == pytest.approx(sum(classes) / 3, abs=6e-4)


def test_published_cardiac_averages_are_the_means_of_their_classes():
    for row in find_experiment("cardiac-lge").rows:
        for score, tolerance in (("dice", 6e-4), ("hd_voxel", 0.04)):
            printed = row.published[score]
            assert printed["average"] == pytest.approx(sum(printed[n] for n in ("MYO", "LV", "RV")) / 3, abs=tolerance)


def test_values_of_a_protocol_are_set_by_text():
    protocol = find_experiment("cardiac-lge").budgets["small"]
    changed = with_changes(protocol, {"epochs": "3", "keep_detail": "false", "seeds": "1,2", "learning_rate": "1e-3"})
    assert (changed.epochs, changed.keep_detail, changed.seeds, changed.learning_rate) == (3, False, (1, 2), 1e-3)
    with pytest.raises(DatasetError, match="no value 'epoch'"):
        with_changes(protocol, {"epoch": "3"})
    with pytest.raises(DatasetError, match="'many'"):
        with_changes(protocol, {"epochs": "many"})


def test_an_unknown_experiment_or_row_is_named(experiment):
    with pytest.raises(DatasetError, match="'cardiac'"):
        find_experiment("cardiac")
    with pytest.raises(DatasetError, match="no row 'best'"):
        experiment.chosen_rows(("best",))
