"""Each approach takes real steps on tiny cases and changes what it should, nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_domains import CONFIG, CPU, changed_parts, weights_of

from ssaglioma.adaptation import (
    APPROACHES,
    PAPER_APPROACHES,
    DomainRatio,
    DomainTask,
    Stage,
    transfer_approach,
)
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.loop import CHECKPOINT
from ssaglioma.training.starting_point import StartingPoint
from ssaglioma.training.transfer import TransferTrainer, transfer_config
from ssaglioma.training.transfer_stage import DomainBatches, without_labels


@pytest.fixture(scope="session")
def source_run(source, target, tmp_path_factory):
    """A finished run on the source alone, shared by the approaches that begin with it."""
    folder = tmp_path_factory.mktemp("source-run")
    trainer = TransferTrainer(transfer_approach("baseline"), CONFIG, source, target, folder, CPU, workers=0)
    trainer.run()
    return trainer.result_folder


def test_the_paper_compares_six_approaches():
    assert PAPER_APPROACHES == (
        "baseline",
        "combined",
        "fine_tuning",
        "fine_tuning_frozen_decoder",
        "dann",
        "dann_without_reversal",
    )
    assert set(APPROACHES) - set(PAPER_APPROACHES) == {"fine_tuning_frozen_encoder", "dann_unsupervised"}
    task = APPROACHES["dann"].stages[0].task
    assert (task.reversal, task.schedule, task.grl_weight, task.loss_weight) == (True, "constant", 1.0, 1 / 50)
    assert APPROACHES["dann_without_reversal"].stages[0].task == replace(task, reversal=False)


def test_the_paper_s_configuration_is_adam_with_its_own_decay():
    config = transfer_config(replace(CONFIG, epochs=10))
    assert (config.optimizer, config.learning_rate, config.decay_power) == ("adam", 6e-5, 0.75)
    assert (config.batch_size, config.weight_decay, config.loss) == (1, 0.0, "mse_bce")


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("fine_tuning", {"encoder", "decoder"}),
        ("fine_tuning_frozen_decoder", {"encoder"}),
        ("fine_tuning_frozen_encoder", {"decoder"}),
    ],
)
def test_fine_tuning_starts_from_the_source_run_and_changes_what_is_not_frozen(transfer, source_run, name, changed):
    before = weights_of(source_run)
    checkpoint = (source_run / CHECKPOINT).read_bytes()
    trainer = transfer(name, source_folder=source_run)
    trainer.run()
    assert trainer.finished
    assert changed_parts(before, weights_of(trainer.result_folder)) == changed
    assert (source_run / CHECKPOINT).read_bytes() == checkpoint, "the source run is shared and must not change"


def test_the_baseline_never_looks_at_the_target(transfer, target, source_run):
    garbage = [TrainingCase(case.name, case.image * 7, 3 - case.labels) for case in target]
    trainer = transfer("baseline", target=garbage)
    trainer.run()
    expected, found = weights_of(source_run), weights_of(trainer.result_folder)
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_fine_tuning_never_looks_at_the_source_again(transfer, source, source_run):
    found = []
    for folder, cases in (("a", source), ("b", source)):
        trainer = transfer("fine_tuning", folder, source=cases, source_folder=source_run)
        seen = trainer._trainer(trainer.approach.stages[1], StartingPoint.from_run(source_run))
        assert [case.name for case in seen.cases] == ["target-0", "target-1"]
        trainer.run()
        found.append(weights_of(trainer.result_folder))
    assert changed_parts(*found) == set(), "the same run twice gives the same weights"


def test_combined_sees_both_domains_by_their_numbers_of_cases(transfer):
    trainer = transfer("combined")
    stage = trainer._trainer(trainer.approach.stages[0], None)
    assert stage.ratio == DomainRatio(3, 2) and len(stage.cases) == 5
    trainer.run()
    assert trainer.finished


def test_labels_taken_away_leave_the_brain(target):
    bare = without_labels(target[0])
    assert set(np.unique(bare.labels)) == {0, OUTSIDE}
    assert np.array_equal(bare.labels == 0, (target[0].image != 0).any(0))


def test_domain_batches_name_the_domain_of_each_patch(source, target):
    # The source is labelled 1 alone and the target 3 alone, and every patch is forced to hold a label.
    one = [TrainingCase(c.name, c.image, np.where(c.labels == 2, 1, 0).astype(np.uint8)) for c in source]
    three = [TrainingCase(c.name, c.image, np.where(c.labels == 2, 3, 0).astype(np.uint8)) for c in target]
    config = replace(CONFIG, batch_size=4, foreground_fraction=1.0)
    batches = DomainBatches(one, three, DomainRatio(), config, 0, 3)
    for index in range(3):
        image, labels, is_target = batches[index]
        assert is_target.sum() == 2
        assert [bool((patch == 3).any()) for patch in labels] == is_target.tolist()
        assert [bool((patch == 1).any()) for patch in labels] == (~is_target).tolist()
        again = batches[index]
        assert torch.equal(image, again[0]) and torch.equal(is_target, again[2])


@pytest.mark.parametrize("name", ["dann", "fine_tuning_frozen_decoder"])
def test_a_paused_approach_ends_with_the_same_weights(transfer, name):
    config = replace(CONFIG, epochs=2)
    whole, runs = transfer(name, "whole", config=config), 0
    whole.run()
    parts = transfer(name, "parts", config=config, should_stop=lambda: True)
    while not parts.finished:
        parts = transfer(name, "parts", config=config, should_stop=lambda: True)
        parts.run()
        runs += 1
    # The pause is asked for after an epoch, so the end of the first stage runs on into the second.
    assert runs == 2 + len(whole.approach.stages) - 1
    assert changed_parts(weights_of(whole.result_folder), weights_of(parts.result_folder)) == set()


def test_a_run_of_other_cases_is_not_resumed(transfer, target):
    transfer("combined").run()
    with pytest.raises(ModelPackageError, match="run of another kind.*target-1.*empty output folder"):
        transfer("combined", target=target[:1]).run()


def test_a_case_in_both_domains_is_refused(transfer, source):
    with pytest.raises(DatasetError, match="in the source and in the target.*source-0"):
        transfer("combined", target=source[:1])


def test_an_approach_without_its_domain_is_refused(transfer):
    with pytest.raises(DatasetError, match="0 target cases.*'fine_tuning' \\(target\\)"):
        transfer("fine_tuning", target=[])
    transfer("baseline", target=[])


def test_fine_tuning_another_network_is_refused(transfer):
    with pytest.raises(ModelPackageError, match="'small_3d'.*'small_2d'"):
        transfer("fine_tuning", fine_tuning=replace(CONFIG, network="small_3d"))


def test_an_unknown_approach_names_the_known_ones():
    with pytest.raises(DatasetError, match="'cyclegan'.*baseline.*dann"):
        transfer_approach("cyclegan")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Stage("x", "target", task=DomainTask()),
        lambda: Stage("x", "neither"),
        lambda: Stage("x", "target", target_labels=False),
        lambda: DomainTask(schedule="linear"),
        lambda: DomainTask(loss_weight=-1),
    ],
)
def test_stages_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError):
        make()
