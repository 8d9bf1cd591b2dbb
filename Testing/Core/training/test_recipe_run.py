"""Runs of recipes on tiny cases: what is held out, what is written, pause and resume, refusal of a worse model."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from ssaglioma.errors import DatasetError, DeviceError, ModelPackageError
from ssaglioma.packages import read_package, write_package
from ssaglioma.training import recipe_run
from ssaglioma.training.budget import measure_budget
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import Trainer
from ssaglioma.training.recipe_context import split_held_out
from ssaglioma.training.recipe_run import RunHooks, carry_out, make_context
from ssaglioma.training.run_folder import newest_example, read_run
from ssaglioma.training.run_report import read_report
from ssaglioma.training.run_request import RunRequest
from ssaglioma.volume import Case, find_cases

SHORT = {"epochs": 2, "steps_per_epoch": 1, "batch_size": 1}
HELD_OUT = "case-2"


@pytest.fixture
def scratch(cases_folder):
    """A request for a new network."""
    return RunRequest(
        "from_scratch", source=str(cases_folder), held_out=(HELD_OUT,), device="cpu", workers=0, options=SHORT
    )


@pytest.fixture
def tuning(cases_folder, package_folder):
    """A request for fine-tuning."""
    return RunRequest(
        "fine_tune",
        target=str(cases_folder),
        model=str(package_folder),
        held_out=(HELD_OUT,),
        device="cpu",
        workers=0,
        options=SHORT,
    )


def cases_named(*names):
    return [Case(name, {}, "labels") for name in names]


def weights(folder):
    return read_package(folder / "package").weights()


def test_a_new_network_is_trained_packaged_and_scored_on_what_it_never_saw(scratch, tmp_path):
    told = []
    report = carry_out(scratch, tmp_path / "run", RunHooks(epoch=told.append))
    assert report.held_out == (HELD_OUT,) and report.accepted and report.compared_with == ""
    assert [row.region for row in report.rows] == ["WT", "TC", "ET"]
    assert all(0 <= row.after <= 1 and row.before is None and row.cases == 1 for row in report.rows)
    assert read_report(tmp_path / "run") == report
    card = read_package(tmp_path / "run" / "package").card
    assert card.name == scratch.name and HELD_OUT in card.training_data.split("held out")[1]
    assert card.scores["mean_dice"]["WT"]["mean"] == report.rows[0].after
    assert [row["epoch"] for row in told] == [1, 2] and all(np.isfinite(row["loss"]) for row in told)
    assert all(0 <= told[-1][f"dice_{region}"] <= 1 for region in ("WT", "TC", "ET"))
    history = json.loads((tmp_path / "run" / "run" / "history.json").read_text())
    assert history == told
    picture = np.array(Image.open(newest_example(tmp_path / "run")))
    assert newest_example(tmp_path / "run").name == "epoch-0002.png"
    assert picture.shape == (192, 3 * 160, 3) and picture.std() > 0


@pytest.mark.slow
def test_a_paused_run_that_goes_on_ends_where_an_unbroken_one_does(scratch, tmp_path):
    carry_out(scratch, tmp_path / "whole")
    assert carry_out(scratch, tmp_path / "broken", RunHooks(should_stop=lambda: True)) is None
    assert not (tmp_path / "broken" / "report.json").exists()
    assert carry_out(scratch, tmp_path / "broken") is not None
    whole, broken = weights(tmp_path / "whole"), weights(tmp_path / "broken")
    assert all(np.array_equal(whole[name], broken[name]) for name in whole)


def test_fine_tuning_starts_from_the_models_weights_and_keeps_its_plan(tuning, tmp_path, package_folder):
    tuning = replace(tuning, options={**SHORT, "epochs": 1, "learning_rate": 1e-8})
    report = carry_out(tuning, tmp_path / "run")
    before, after = read_package(package_folder), read_package(tmp_path / "run" / "package")
    first, then = before.weights(), after.weights()
    assert max(float(np.abs(first[name] - then[name]).max()) for name in first) < 2e-3  # half precision on disk
    kept = ("network", "channels", "regions", "spacing_zyx_mm", "patch", "slice_axis", "missing_channels", "labels")
    assert all(getattr(before.card, name) == getattr(after.card, name) for name in kept)
    assert after.card.name == "my-glioma-model" and report.compared_with == "tiny-test 0.0.1"
    assert all(row.before is not None and row.change == pytest.approx(row.after - row.before) for row in report.rows)


def test_what_was_measured_with_the_earlier_weights_says_so_in_the_new_card(tuning, tmp_path, package_folder):
    package = read_package(package_folder)
    fitted = {"regions": {}, "held_out": {}, "made_by": "five folds"}
    known = write_package(tmp_path / "known", replace(package.card, expected_dice=fitted), package.weights())
    request = replace(tuning, model=str(known.folder), options={**SHORT, "epochs": 1})
    report = carry_out(request, tmp_path / "run")
    card = read_package(tmp_path / "run" / "package").card
    assert card.expected_dice["made_by"] == "five folds; with the weights before the last training"
    assert card.lesion_confidence == {} and "earlier weights" in report.notes[-1]
    carry_out(replace(request, model=str(tmp_path / "run" / "package")), tmp_path / "again")
    assert read_package(tmp_path / "again" / "package").card.expected_dice == card.expected_dice


def scores(dice):
    """A document as `validate_package` gives it."""
    row = {"dice": dice, "empty": "none", "volume_reference_ml": 1.2, "volume_prediction_ml": 1.0}
    return {"cases": [{"case": HELD_OUT, "regions": {region: dict(row) for region in ("WT", "TC", "ET")}}]}


@pytest.mark.parametrize(("after", "accepted"), [(0.55, True), (0.7, True), (0.4, False)])
def test_a_model_that_is_worse_on_held_out_cases_is_refused(tuning, tmp_path, monkeypatch, after, accepted):
    answers = iter([scores(0.55), scores(after)])
    monkeypatch.setattr(recipe_run, "validate_package", lambda *_args, **_options: next(answers))
    report = carry_out(replace(tuning, options={**SHORT, "epochs": 1}), tmp_path / "run")
    assert report.accepted == accepted and bool(report.reasons) == (not accepted)
    text = (tmp_path / "run" / "report.txt").read_text()
    assert ("ACCEPTED" in text) == accepted and ("REFUSED: tiny-test 0.0.1 stays in use" in text) == (not accepted)
    assert text.splitlines()[2].split(":")[0] in (tmp_path / "run" / "report.html").read_text()
    if not accepted:
        assert "fell from 0.550 to 0.400" in report.reasons[0]


def test_style_augmentation_trains_on_copies_in_the_look_of_others(cases_folder, tmp_path):
    request = RunRequest(
        "style_augmentation",
        source=str(cases_folder),
        style=str(cases_folder),
        held_out=(HELD_OUT,),
        device="cpu",
        workers=0,
        options={**SHORT, "epochs": 1},
    )
    carry_out(request, tmp_path / "run")
    words = read_package(tmp_path / "run" / "package").card.training_data
    assert "2 stylised copies (histogram)" in words and HELD_OUT not in words.split("held out")[0]


def test_held_out_patients_are_in_no_other_part_of_a_run(cases_folder, package_folder, tmp_path):
    request = RunRequest(
        "fine_tune", source=str(cases_folder), target=str(cases_folder), model=str(package_folder), device="cpu"
    )
    context = make_context(request, tmp_path, RunHooks())
    held_out = {case.name for case in context.held_out}
    assert len(held_out) == 1 and not held_out & {case.name for case in (*context.source, *context.target)}
    assert not {case.name for case in context.source} & {case.name for case in context.target}


def test_a_split_keeps_patients_together_and_does_not_change_with_order():
    names = [f"BraTS-SSA-{patient:05d}-{visit:03d}" for patient in range(10) for visit in range(2)]
    training, held_out = split_held_out(cases_named(*names), ())
    assert len(held_out) == 4 and len({case.name[:-4] for case in held_out}) == 2
    assert not {case.name[:-4] for case in held_out} & {case.name[:-4] for case in training}
    again = split_held_out(cases_named(*reversed(names)), ())[1]
    assert {case.name for case in again} == {case.name for case in held_out}


def test_all_visits_of_a_named_patient_are_held_out():
    names = ("BraTS-SSA-00001-000", "BraTS-SSA-00001-001", "BraTS-SSA-00002-000")
    held_out = split_held_out(cases_named(*names), names[:1])[1]
    assert [case.name for case in held_out] == list(names[:2])


@pytest.mark.parametrize(
    ("names", "held_out", "words"),
    [
        (("one",), (), "1 patient.*Add cases of other patients"),
        (("one", "two"), ("one", "two"), "2 patient.s., 2 of them held out"),
        (("one", "two"), ("three",), "not in the folder: .'three'"),
    ],
)
def test_too_few_or_unknown_cases_are_refused(names, held_out, words):
    with pytest.raises(DatasetError, match=words):
        split_held_out(cases_named(*names), held_out)


def test_a_case_without_labels_is_named(cases_folder):
    (cases_folder / "case-1" / "case-1-seg.nii.gz").unlink()
    with pytest.raises(DatasetError, match="1 cases have no labelmap: .'case-1'"):
        split_held_out(find_cases(cases_folder), ())


def test_a_gpu_that_fails_in_the_midst_of_a_training_is_told_and_nothing_is_lost(scratch, tmp_path, monkeypatch):
    steps = []
    real = Trainer.losses

    def lost(trainer, network, batch, progress):
        """As a real training on a GPU that falls off the bus in its second epoch."""
        steps.append(progress)
        if len(steps) == 2:
            raise getattr(torch, "AcceleratorError", RuntimeError)("CUDA error: unspecified launch failure\nmore")
        return real(trainer, network, batch, progress)

    monkeypatch.setattr(Trainer, "losses", lost)
    with pytest.raises(DeviceError, match="GPU failed.*unspecified launch failure.*last finished epoch is kept"):
        carry_out(scratch, tmp_path / "run")
    monkeypatch.undo()
    told = []
    assert carry_out(scratch, tmp_path / "run", RunHooks(epoch=told.append)).accepted
    assert [row["epoch"] for row in told] == [2], "the first epoch was not lost"


def test_a_full_disk_at_a_checkpoint_is_told_in_words_and_the_earlier_one_stays(scratch, tmp_path, monkeypatch):
    from safetensors import SafetensorError

    from ssaglioma.errors import SSAGliomaError
    from ssaglioma.training import checkpoint

    carry_out(scratch, tmp_path / "run", RunHooks(should_stop=lambda: True))
    kept = (tmp_path / "run" / "run" / "checkpoint.safetensors").read_bytes()

    def full(*_args, **_options):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(SSAGliomaError, match="checkpoint.*cannot be written.*Free some space.*Resume"):
        carry_out(scratch, tmp_path / "run")
    assert (tmp_path / "run" / "run" / "checkpoint.safetensors").read_bytes() == kept


def test_a_model_that_is_missing_is_told_before_anything_is_trained(tuning, tmp_path):
    with pytest.raises(ModelPackageError, match="absent"):
        carry_out(replace(tuning, model=str(tmp_path / "absent")), tmp_path / "run")
    assert read_run(tmp_path / "run").state == "none"


def test_the_budget_is_measured_and_counts_all_steps():
    config = TrainingConfig(batch_size=1, epochs=2, steps_per_epoch=10)
    budget = measure_budget(config, torch.device("cpu"), workers=0)
    assert budget.steps == 20 and budget.device == "cpu" and budget.memory_gib is None
    assert budget.seconds == pytest.approx(20 * (budget.step_seconds + budget.prepare_seconds), rel=0.01)
    assert budget.step_seconds > 0 and budget.prepare_seconds > 0


@pytest.mark.gpu
def test_the_budget_of_a_gpu_tells_its_memory():
    budget = measure_budget(TrainingConfig(batch_size=1), torch.device("cuda"))
    assert budget.device == "cuda" and budget.memory_gib > 0 and budget.seconds > 0


@pytest.mark.gpu
def test_a_run_on_a_gpu_goes_on_on_the_cpu(scratch, tmp_path):
    assert carry_out(replace(scratch, device="cuda"), tmp_path / "run", RunHooks(should_stop=lambda: True)) is None
    assert carry_out(scratch, tmp_path / "run").accepted
