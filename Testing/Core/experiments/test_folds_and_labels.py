"""Folds are the same for all rows; labels of the target stay sealed until they may be read."""

import json
from dataclasses import replace

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.experiments.fold_tasks import FoldTask, fold_tasks, patient_folds
from ssaglioma.experiments.ledger import Ledger
from ssaglioma.experiments.runner import ExperimentRun
from ssaglioma.experiments.sealed_labels import SealedLabels
from ssaglioma.training.style_provenance import patient_of

VISITS = [f"BraTS-SSA-{patient:05d}-00{visit}" for patient in range(9) for visit in range(2)]


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "run")


@pytest.fixture
def labels(tmp_path, ledger):
    for name in VISITS:
        (tmp_path / name).write_text("label")
    return SealedLabels({name: tmp_path / name for name in VISITS}, ledger)


@pytest.fixture
def task():
    return fold_tasks(VISITS, 3, (1,))[0]


def test_folds_depend_on_names_and_seed_alone():
    first, again = patient_folds(VISITS, 3, 5), patient_folds(reversed(VISITS), 3, 5)
    assert first == again != patient_folds(VISITS, 3, 6)


def test_each_case_is_tested_once_a_seed_and_visits_of_a_patient_stay_together():
    for seed in (1, 2):
        tasks = [task for task in fold_tasks(VISITS, 3, (1, 2)) if task.seed == seed]
        assert sorted(name for task in tasks for name in task.test) == VISITS
        assert [len(task.test) for task in tasks] == [6, 6, 6]
        for task in tasks:
            assert not {patient_of(name) for name in task.training} & {patient_of(name) for name in task.test}


def test_a_task_that_trains_on_whom_it_tests_is_refused():
    with pytest.raises(DatasetError, match="trains and tests on .*00001"):
        FoldTask(1, 0, ("BraTS-SSA-00001-000",), ("BraTS-SSA-00001-001",))


def test_more_folds_than_patients_are_refused():
    with pytest.raises(DatasetError, match="9 patients in 18 cases"):
        patient_folds(VISITS, 10, 1)


def test_no_target_label_is_handed_out_before_the_protocol_is_fixed(labels, task, tmp_path):
    predicted = {name: tmp_path / name for name in task.test}
    for asked in (
        lambda: labels.for_training(task.training, task),
        lambda: labels.for_scoring(predicted, task),
        lambda: labels.for_analysis(task.training, [], []),
    ):
        with pytest.raises(DatasetError, match="before the hyper-parameters were fixed"):
            asked()


def test_labels_of_tested_patients_are_not_trained_on(labels, ledger, task):
    ledger.fix({"learning_rate": 0.1})
    assert set(labels.for_training(task.training, task)) == set(task.training)
    other_visit = task.test[0]
    with pytest.raises(DatasetError, match="tests these patients"):
        labels.for_training([*task.training, other_visit], task)


def test_a_case_is_scored_only_after_its_prediction_is_on_disk(labels, ledger, task, tmp_path):
    ledger.fix({})
    predictions = {name: tmp_path / f"{name}.nii" for name in task.test}
    with pytest.raises(DatasetError, match="not predicted"):
        labels.for_scoring(predictions, task)
    for path in predictions.values():
        path.write_text("prediction")
    assert set(labels.for_scoring(predictions, task)) == set(task.test)
    with pytest.raises(DatasetError, match="not its cases"):
        labels.for_scoring({**predictions, task.training[0]: tmp_path}, task)


def test_labels_are_analysed_only_after_all_rows_are_done(labels, ledger, task):
    ledger.fix({})
    with pytest.raises(DatasetError, match="not finished"):
        labels.for_analysis(task.training, ["row"], [task])
    ledger.write("row", task, {name: {} for name in task.test}, {})
    assert labels.for_analysis(task.training, ["row"], [task])


def test_hyper_parameters_cannot_be_changed_once_they_are_fixed(experiment, context):
    ExperimentRun(experiment, context).run()
    changed = replace(context, protocol=replace(context.protocol, folds=2))
    with pytest.raises(DatasetError, match="folds was 3, is 2"):
        ExperimentRun(experiment, changed).run()


def test_a_protocol_that_somebody_rewrote_no_longer_opens_the_labels(labels, ledger, task):
    ledger.fix({"learning_rate": 0.1})
    path = ledger.folder / "protocol.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "digest": "another"}))
    with pytest.raises(DatasetError, match="before the hyper-parameters were fixed"):
        labels.for_training(task.training, task)
