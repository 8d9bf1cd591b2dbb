"""Two domains of tiny cases, for the tests of transfer."""

import numpy as np
import pytest
import torch

from ssaglioma.adaptation import (
    transfer_approach,
)
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.checkpoint import read_checkpoint, segmentation_weights
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import CHECKPOINT
from ssaglioma.training.transfer import TransferTrainer

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


def weights_of(folder):
    return segmentation_weights(read_checkpoint(folder / CHECKPOINT)[1])


def changed_parts(before, after):
    return {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
