"""Recipes of transfer on tiny cases of two looks: each is paused, goes on, and ends with a scored model."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ssaglioma.cli.train_recipe import known_recipes
from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.packages import read_package
from ssaglioma.training.checkpoint import read_checkpoint, segmentation_weights
from ssaglioma.training.job_export import export_job
from ssaglioma.training.recipe_run import RunHooks, carry_out
from ssaglioma.training.run_report import read_report
from ssaglioma.training.run_request import RunRequest, read_request
from ssaglioma.volume import Volume, read_labelmap, read_volume, write_volume
from ssaglioma.volume.corrections import CorrectionNotes, save_correction

SHORT = {"epochs": 2, "steps_per_epoch": 1, "batch_size": 2}
SPACING = (3.0, 1.0, 1.0)
FROM_MODEL = ("frozen_decoder", "frozen_encoder")
FROM_BOTH = ("combined", "dann", "dann_without_reversal")


@pytest.fixture
def target_folder(images_of, tmp_path):
    """Two cases of another hospital: darker, with other names."""
    for seed in (7, 8):
        name = f"ssa-{seed}"
        images, labels = images_of(seed=seed)
        (tmp_path / "target" / name).mkdir(parents=True)
        for sequence, image in zip(SEQUENCE_ORDER, images):
            dark = (1000 * (image / 1000) ** 2).astype(np.float32)
            write_volume(Volume(dark, SPACING), tmp_path / "target" / name / f"{name}-{sequence.value}.nii.gz")
        write_volume(Volume(labels, SPACING), tmp_path / "target" / name / f"{name}-seg.nii.gz")
    return tmp_path / "target"


@pytest.fixture
def corrections_folder(images_of, tmp_path):
    """Two corrected cases, one of them twice, and one without T1Gd and FLAIR."""

    def save(key, seed, sequences=SEQUENCE_ORDER):
        images, labels = images_of(seed=seed)
        volumes = {name: Volume(image, SPACING) for name, image in zip(SEQUENCE_ORDER, images) if name in sequences}
        truth = Volume(labels, SPACING)
        prediction = truth.with_array(np.where(labels == 3, 2, labels).astype(np.uint8))
        notes = CorrectionNotes("tiny-test", "0.0.1", minutes=4.0)
        save_correction(tmp_path / "corrections", key, volumes, prediction=prediction, corrected=truth, notes=notes)

    save("key-1", 21)
    save("key-2", 22)
    save("key-2", 22)
    save("key-3", 23, sequences=(SEQUENCE_ORDER[0], SEQUENCE_ORDER[2]))
    return tmp_path / "corrections"


@pytest.fixture
def request_of(cases_folder, target_folder, corrections_folder, package_folder):
    """Makes the request of a recipe with what it needs."""
    given = {"source": cases_folder, "target": target_folder, "corrections": corrections_folder}

    def make(name, **changes):
        recipe = next(one for one in known_recipes() if one.name == name)
        values = {key: str(folder) for key, folder in given.items() if key in recipe.needed}
        values |= {"model": str(package_folder)} if "model" in recipe.needed else {}
        values |= {"device": "cpu", "workers": 0, "options": SHORT}
        return RunRequest(name, **{**values, **changes})

    return make


def paused_and_resumed(request, folder):
    """Carry out a run with a pause after its first epoch; return the report and the numbers of each epoch."""
    told, starts = [], []
    pause = RunHooks(should_stop=lambda: True, epoch=told.append, first_step=starts.append)
    assert carry_out(request, folder, pause) is None
    assert [row["epoch"] for row in told] == [1] and not (folder / "report.json").exists()
    report = carry_out(request, folder, RunHooks(epoch=told.append, first_step=starts.append))
    assert starts[0] < 0.5 < starts[1], "the clock of the time left begins anew where it goes on"
    assert [row["epoch"] for row in told] == [1, 2] and read_report(folder) == report
    assert all(np.isfinite(row["loss"]) and 0 <= row["dice_WT"] <= 1 for row in told), "each epoch was watched"
    assert (folder / "examples" / "epoch-0002.png").is_file()
    assert all(0 <= row.after <= 1 and row.cases == 1 for row in report.rows)
    return report, told


def trained_weights(folder):
    return {name: value.numpy() for name, value in segmentation_weights(read_checkpoint(folder)[1]).items()}


def test_the_registry_has_the_recipes_of_transfer_after_the_built_in_ones():
    names = [recipe.name for recipe in known_recipes()]
    assert names[:3] == ["from_scratch", "fine_tune", "style_augmentation"]
    assert set(names[3:]) >= {*FROM_MODEL, *FROM_BOTH, "corrections"}
    assert all(recipe.sentence.endswith(".") and len(recipe.sentence) < 110 for recipe in known_recipes())


@pytest.mark.parametrize("name", ["frozen_decoder", pytest.param("frozen_encoder", marks=pytest.mark.slow)])
def test_the_frozen_part_stays_bit_for_bit_and_the_other_learns(request_of, package_folder, tmp_path, name):
    frozen = name.removeprefix("frozen_")
    report, _ = paused_and_resumed(request_of(name), tmp_path / "run")
    before = read_package(package_folder).weights()
    after = trained_weights(tmp_path / "run" / "run" / "checkpoint.safetensors")
    same = {key.split(".")[0] for key in before if np.array_equal(before[key], after[key])}
    changed = {key.split(".")[0] for key in before if not np.array_equal(before[key], after[key])}
    assert frozen in same - changed and changed == {"encoder", "decoder"} - {frozen}
    assert report.compared_with == "tiny-test 0.0.1" and report.held_out[0].startswith("ssa-")
    assert f"1 cases of this site, {frozen} frozen" in read_package(tmp_path / "run" / "package").card.training_data


@pytest.mark.parametrize(
    "name", ["dann", *(pytest.param(name, marks=pytest.mark.slow) for name in ("combined", "dann_without_reversal"))]
)
def test_two_hospitals_are_trained_on_and_the_second_is_judged(request_of, tmp_path, name):
    report, told = paused_and_resumed(request_of(name), tmp_path / "run")
    package = read_package(tmp_path / "run" / "package")
    assert len(report.held_out) == 1 and report.held_out[0].startswith("ssa-") and report.compared_with == ""
    assert "3 source and 1 target cases" in package.card.training_data
    tensors = read_checkpoint(next((tmp_path / "run" / "run").glob("*/checkpoint.safetensors")))[1]
    has_classifier = any("domain_classifier" in key for key in tensors)
    assert has_classifier == (name != "combined") and not any("domain" in key for key in package.weights())
    if has_classifier:
        assert all(row["domain_loss"] > 0 and 0 <= row["domain_accuracy"] <= 1 for row in told)
        assert {row["grl_weight"] for row in told} == {1.0 if name == "dann" else 0.0}
        assert told[0]["loss"] == pytest.approx(told[0]["segmentation_loss"] + 0.02 * told[0]["domain_loss"], rel=1e-5)


@pytest.mark.slow
def test_options_of_the_reversal_reach_the_loss(request_of, tmp_path):
    options = {**SHORT, "epochs": 1, "domain_weight": 0.5, "schedule": "ganin"}
    told = []
    carry_out(request_of("dann", options=options), tmp_path / "run", RunHooks(epoch=told.append))
    assert told[0]["grl_weight"] == 0.0, "the schedule of Ganin et al. begins at 0"
    assert told[0]["loss"] == pytest.approx(told[0]["segmentation_loss"] + 0.5 * told[0]["domain_loss"], rel=1e-5)


def test_corrections_are_learned_with_earlier_cases_beside_them(request_of, tmp_path):
    report, _ = paused_and_resumed(request_of("corrections"), tmp_path / "run")
    card = read_package(tmp_path / "run" / "package").card
    assert "learned from 2 corrected cases of this site, with 2 earlier ones replayed" in card.training_data
    assert report.notes == ("Left out: key-3, because it has neither T1Gd nor FLAIR.",)
    assert report.compared_with == "tiny-test 0.0.1" and report.held_out[0].startswith("case-")


def test_a_case_that_was_corrected_is_not_held_out_under_its_own_name(request_of, corrections_folder, cases_folder):
    images = {name: read_volume(cases_folder / "case-1" / f"case-1-{name.value}.nii.gz") for name in SEQUENCE_ORDER}
    labels = read_labelmap(cases_folder / "case-1" / "case-1-seg.nii.gz", GLIOMA)
    notes = CorrectionNotes("tiny-test", "0.0.1", minutes=1.0)
    save_correction(corrections_folder, "key-9", images, prediction=labels, corrected=labels, notes=notes)
    request = replace(request_of("corrections"), held_out=("case-1",))
    with pytest.raises(DatasetError, match="held-out case 'case-1' is trained on .as 'key-9'"):
        carry_out(request, corrections_folder.parent / "run")


def test_no_correction_at_all_is_told(request_of, tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match="No corrected case .*Correct and save a case first"):
        carry_out(replace(request_of("corrections"), corrections=str(tmp_path / "none")), tmp_path / "run")


def test_an_exported_job_keeps_the_records_of_the_corrections(request_of, corrections_folder, tmp_path):
    from ssaglioma.volume.corrections import read_corrections

    job = export_job(request_of("corrections"), tmp_path / "job")
    assert read_request(job).corrections == "data/corrections"
    there = read_corrections(job / "data" / "corrections")
    assert [one.record for one in there] == [one.record for one in read_corrections(corrections_folder)]
    listed = {row["file"] for row in json.loads((job / "dataset.json").read_text())["files"]}
    assert "data/corrections/key-2-r2/correction.json" in listed


def test_one_hospital_alone_is_refused(request_of, cases_folder):
    request = request_of("dann", target=str(cases_folder))
    with pytest.raises(DatasetError, match="0 source and 2 target cases"):
        carry_out(request, cases_folder.parent / "run")
