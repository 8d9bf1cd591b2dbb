"""Each approach takes real steps on tiny cases and changes what it should, nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ssaglioma.adaptation import (
    APPROACHES,
    PAPER_APPROACHES,
    DomainRatio,
    DomainTask,
    Stage,
    transfer_approach,
)
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.checkpoint import read_checkpoint, segmentation_weights
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import CHECKPOINT
from ssaglioma.training.package import package_run
from ssaglioma.training.starting_point import StartingPoint
from ssaglioma.training.transfer import TransferTrainer, transfer_config
from ssaglioma.training.transfer_stage import DomainBatches, StageTrainer, without_labels

CONFIG = TrainingConfig(epochs=1, steps_per_epoch=1, batch_size=2, precision="fp32", warmup_steps=0)
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def domain_of(images_of):
    """Makes cases of a domain: name of the domain, number, and a factor on all intensities."""

    def make(name, count, factor=1.0):
        cases = []
        for index in range(count):
            images, labels = images_of(seed=index)
            inside = np.stack(images) > 0
            image = np.where(inside, (np.stack(images) - 380) / 60 * factor, 0).astype(np.float16)
            labels = np.where(inside.any(0) | (labels > 0), labels, OUTSIDE).astype(np.uint8)
            cases.append(TrainingCase(f"{name}-{index}", image, labels))
        return cases

    return make


@pytest.fixture(scope="session")
def source(domain_of):
    return domain_of("source", 3)


@pytest.fixture(scope="session")
def target(domain_of):
    return domain_of("target", 2, factor=0.5)


@pytest.fixture
def transfer(source, target, tmp_path):
    def make(name, folder="run", **changes):
        approach = name if not isinstance(name, str) else transfer_approach(name)
        values = {"config": CONFIG, "source": source, "target": target, **changes}
        return TransferTrainer(approach, folder=tmp_path / folder, device=CPU, workers=0, **values)

    return make


@pytest.fixture(scope="session")
def source_run(source, target, tmp_path_factory):
    """A finished run on the source alone, shared by the approaches that begin with it."""
    folder = tmp_path_factory.mktemp("source-run")
    trainer = TransferTrainer(transfer_approach("baseline"), CONFIG, source, target, folder, CPU, workers=0)
    trainer.run()
    return trainer.result_folder


def weights_of(folder):
    return segmentation_weights(read_checkpoint(folder / CHECKPOINT)[1])


def changed_parts(before, after):
    return {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}


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


@pytest.fixture(scope="module")
def adversarial_runs(source, target, tmp_path_factory):
    """DANN with and without reversal, two steps each: name -> (history row, network's weights, all tensors)."""
    runs = {}
    for name in ("dann", "dann_without_reversal"):
        folder = tmp_path_factory.mktemp(name)
        config = replace(CONFIG, steps_per_epoch=2, optimizer="sgd")
        trainer = TransferTrainer(transfer_approach(name), config, source, target, folder, CPU, workers=0)
        trainer.run()
        facts, tensors = read_checkpoint(trainer.result_folder / CHECKPOINT)
        runs[name] = (facts["history"][0], weights_of(trainer.result_folder), tensors, trainer.result_folder)
    return runs


@pytest.mark.parametrize("name", ["dann", "dann_without_reversal"])
def test_the_total_is_the_segmentation_and_a_fiftieth_of_the_domain_loss(adversarial_runs, name):
    row = adversarial_runs[name][0]
    assert row["loss"] == pytest.approx(row["segmentation_loss"] + row["domain_loss"] / 50, rel=1e-5)
    assert 0 <= row["domain_accuracy"] <= 1
    assert row["grl_weight"] == (1.0 if name == "dann" else 0.0)


def test_reversal_changes_the_encoder_s_path(adversarial_runs):
    first, second = (adversarial_runs[name][1] for name in ("dann", "dann_without_reversal"))
    assert "encoder" in changed_parts(first, second)


def test_a_model_package_leaves_the_domain_classifier_out(adversarial_runs, tmp_path):
    tensors, folder = adversarial_runs["dann"][2:]
    assert any(name.startswith("network::domain_classifier.") for name in tensors)
    package = package_run(folder, tmp_path / "package", name="adapted", title="adapted", training_data="tiny cases")
    assert not any("classifier" in name for name in package.weights())
    assert TorchEngine(package, device="cpu").predict(np.zeros((4, 2, 32, 32), np.float32), (1, 1, 1)).shape[0] == 3


def gradients_of_one_step(stage, source, target, folder):
    trainer = StageTrainer(
        CONFIG, [*source, *target], folder, CPU, workers=0, stage=stage, source=source, target=target
    )
    torch.manual_seed(1)
    network = trainer.build()
    trainer.losses(network, trainer.batches(0, 1)[0], 0.0)["loss"].backward()
    return {name: p.grad for name, p in network.named_parameters() if p.grad is not None}


def test_with_no_segmentation_the_encoder_s_gradient_is_turned_round(source, target, tmp_path):
    # The batch has target patches alone and their labels are not used, so only the domain loss is left.
    parts = {}
    for reversal in (True, False):
        stage = Stage("x", "both", task=DomainTask(reversal=reversal), target_labels=False)
        trainer = StageTrainer(
            CONFIG,
            target,
            tmp_path,
            CPU,
            workers=0,
            stage=stage,
            source=source,
            target=target,
            ratio=DomainRatio(0, 1),
        )
        torch.manual_seed(1)
        network = trainer.build()
        losses = trainer.losses(network, trainer.batches(0, 1)[0], 0.0)
        assert float(losses["segmentation_loss"]) == 0
        losses["loss"].backward()
        parts[reversal] = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    turned, plain = parts[True], parts[False]
    assert {name.split(".")[0] for name in plain} == {"encoder", "domain_classifier"}
    for name, gradient in plain.items():
        sign = -1 if name.startswith("encoder") else 1
        assert torch.allclose(turned[name], sign * gradient, rtol=1e-4, atol=1e-9), name


def test_a_ganin_run_begins_without_adversary(source, target, tmp_path):
    ganin = Stage("x", "both", task=DomainTask(schedule="ganin"))
    off = Stage("x", "both", task=DomainTask(grl_weight=0))
    first = gradients_of_one_step(ganin, source, target, tmp_path)
    second = gradients_of_one_step(off, source, target, tmp_path)
    assert all(torch.equal(first[name], second[name]) for name in second)


def test_unsupervised_dann_gives_the_same_network_whatever_the_target_labels_are(transfer, target):
    generator = np.random.default_rng(0)
    garbage = [
        TrainingCase(case.name, case.image, generator.integers(0, 4, case.labels.shape).astype(np.uint8))
        for case in target
    ]
    found = []
    for folder, cases in (("true", target), ("garbage", garbage)):
        trainer = transfer("dann_unsupervised", folder, target=cases)
        trainer.run()
        found.append(weights_of(trainer.result_folder))
    assert changed_parts(*found) == set()


def test_supervised_dann_does_depend_on_the_target_labels(transfer, target):
    swapped = [TrainingCase(c.name, c.image, np.where(c.labels == 2, 1, c.labels)) for c in target]
    found = []
    for folder, cases in (("true", target), ("swapped", swapped)):
        trainer = transfer("dann", folder, target=cases)
        trainer.run()
        found.append(weights_of(trainer.result_folder))
    assert changed_parts(*found) == {"encoder", "decoder"}


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
