"""Training against a domain classifier: whose gradient is turned, when, and what of it is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_domains import CONFIG, CPU, changed_parts, weights_of

from ssaglioma.adaptation import (
    DomainRatio,
    DomainTask,
    Stage,
    transfer_approach,
)
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.checkpoint import read_checkpoint
from ssaglioma.training.loop import CHECKPOINT
from ssaglioma.training.package import package_run
from ssaglioma.training.transfer import TransferTrainer
from ssaglioma.training.transfer_stage import StageTrainer


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
