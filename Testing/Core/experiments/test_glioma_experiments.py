"""Experiments on glioma: guards, shared source runs, copies without tested patients, and one small run."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ssaglioma.cli.main import main
from ssaglioma.errors import DatasetError
from ssaglioma.experiments.catalogue import find_experiment
from ssaglioma.experiments.design import StudyContext
from ssaglioma.experiments.glioma_cases import GliomaCases
from ssaglioma.experiments.glioma_design import GliomaProtocol, GliomaRow
from ssaglioma.experiments.runner import ExperimentRun
from ssaglioma.experiments.simulator_copies import SimulatorStylizer
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.volume import Volume, find_cases, read_volume, write_volume

TINY = GliomaProtocol(folds=2, network="small_2d", epochs=1, fine_tuning_epochs=1, steps_per_epoch=1, batch_size=1)


@pytest.fixture(scope="session")
def domains(images_of, tmp_path_factory):
    """Three source and four target cases; the target is darker."""
    root = tmp_path_factory.mktemp("domains")
    for domain, count, power in (("source", 3, 1.0), ("target", 4, 2.0)):
        for index in range(count):
            name, (images, labels) = f"{domain}-{index}", images_of(seed=index + 10 * (domain == "target"))
            folder = root / domain / name
            folder.mkdir(parents=True)
            for sequence, image in zip(SEQUENCE_ORDER, images):
                look = (1000 * (image / 1000) ** power).astype(np.float32)
                write_volume(Volume(look, (3.0, 1.0, 1.0)), folder / f"{name}-{sequence.value}.nii.gz")
            write_volume(Volume(labels, (3.0, 1.0, 1.0)), folder / f"{name}-seg.nii.gz")
    return root


@pytest.fixture
def context(domains, tmp_path):
    return StudyContext(domains / "source", domains / "target", tmp_path / "out", TINY, device="cpu")


def test_a_patient_in_both_domains_is_refused(domains, tmp_path):
    with pytest.raises(DatasetError, match="in the source and in the target"):
        GliomaCases(domains / "source", domains / "source", tmp_path)


def test_a_target_case_that_is_segmented_comes_without_its_labels(domains, tmp_path):
    data = GliomaCases(domains / "source", domains / "target", tmp_path)
    assert data.target_case("target-1").reference is None and len(data.source_names) == 3


def test_outliers_have_to_be_named_and_to_be_there(context):
    experiment = find_experiment("domain-shift")
    with pytest.raises(DatasetError, match="--exclude IDS"):
        ExperimentRun(experiment, context, row_names=("without_outliers-2",))
    with pytest.raises(DatasetError, match="target-9"):
        ExperimentRun(experiment, replace(context, excluded=("target-9",)))


def test_the_baseline_asks_for_no_target_label_and_others_for_those_of_training_cases(context, monkeypatch):
    run = ExperimentRun(find_experiment("transfer-methods"), context)
    run.fix()
    asked = []
    original = run.study.labels.for_training
    monkeypatch.setattr(
        run.study.labels, "for_training", lambda names, task: asked.append(names) or original(names, task)
    )
    task = run.tasks[0]
    trainers = {
        name: run.study._trainer(run.study.rows[name], task, context.output / name, lambda fraction, message: None)
        for name in ("baseline", "combined", "fine_tuning")
    }
    assert [sorted(names) for names in asked] == [sorted(task.training)] * 2
    assert trainers["baseline"].target == [] and len(trainers["combined"].target) == 2
    assert trainers["baseline"].result_folder == trainers["fine_tuning"].stage_folder(
        trainers["fine_tuning"].approach.stages[0]
    ), "the run on the source alone is shared"


def test_excluded_cases_are_tested_but_not_trained_on_in_their_rows(context):
    run = ExperimentRun(find_experiment("domain-shift"), replace(context, excluded=("target-0", "source-1")))
    run.fix()
    for task in run.tasks:
        made = run.study._trainer(
            GliomaRow("combined", without_excluded=True), task, context.output / "x", lambda fraction, message: None
        )
        names = {case.name for case in [*made.source, *made.target]}
        assert "target-0" not in names and "source-1" not in names
    assert any("target-0" in task.test for task in run.tasks)


@pytest.mark.parametrize(("approach", "shown"), [("fine_tuning", "target"), ("baseline", "source")])
def test_copies_show_and_bear_nobody_who_is_tested(context, approach, shown):
    run = ExperimentRun(find_experiment("style-augmentation"), context)
    run.fix()
    task = run.tasks[0]
    plan = GliomaRow(approach, copies="histogram")
    made = run.study._trainer(plan, task, context.output / "x", lambda fraction, message: None).stylised
    contents = {copy.provenance.content_case for copy in made.copies}
    styles = {style for copy in made.copies for style in copy.provenance.style_cases}
    assert all(name.startswith(shown) for name in contents) and not (contents | styles) & set(task.test)
    assert not any(name.startswith(shown) for name in styles)


def test_the_simulator_keeps_grid_background_and_labels_valid(domains):
    case = find_cases(domains / "source")[0]
    images = {name: read_volume(path) for name, path in case.sequences.items()}
    stylizer = SimulatorStylizer("1.5T_ssa")
    stylizer.reseed(3)
    first = stylizer.stylize(images)
    stylizer.reseed(3)
    again = stylizer.stylize(images)
    assert set(first) == set(images)
    for name, image in images.items():
        assert first[name].same_grid(image) and np.array_equal(first[name].array, again[name].array)
        assert not first[name].array[image.array == 0].any()
        assert not np.allclose(first[name].array, image.array)


def test_every_method_of_the_ablation_has_a_stylizer(context):
    run = ExperimentRun(find_experiment("style-augmentation"), context)
    for method in ("histogram", "nyul", "fourier", "gatys", "simulator"):
        stylizer = run.study.copies._stylizer(method, "to_target", run.tasks[0], lambda fraction, message: None)
        assert stylizer.method == method


@pytest.mark.slow
def test_a_small_run_of_two_rows_and_their_ensemble_writes_the_table(domains, tmp_path):
    words = ["experiment", "nnunet-2d-3d", "--source", str(domains / "source"), "--target", str(domains / "target")]
    words += ["--output", str(tmp_path / "out"), "--device", "cpu", "--folds", "2", "--no-estimate"]
    for setting in ("steps_per_epoch=1", "steps_per_epoch_3d=1", "batch_size=1", "batch_size_3d=1"):
        words += ["--set", setting]
    assert main([*words, "--rows", "2d-both-2", "3d-both-2", "ensemble-both-2", "2d-source-2"]) == 0
    table = json.loads((tmp_path / "out" / "table.json").read_text())
    counts = {
        cell["row"]: cell["summary"]["count"]
        for cell in table["cells"]
        if (cell["score"], cell["group"]) == ("dice", "average")
    }
    assert {name for name, count in counts.items() if count == 4} == {
        "2d-both-2",
        "3d-both-2",
        "ensemble-both-2",
        "2d-source-2",
    }
    sources = list(Path(tmp_path / "out" / "runs" / "source").iterdir())
    assert [folder.name for folder in sources] == ["small_2d-2"]
