"""The frame that the small training loops share: it resumes, records and stops; the weights are a single number."""

import csv
import json
from dataclasses import dataclass

import pytest
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.training.checkpoint import CHECKPOINT, save_checkpoint
from ssaglioma.training.config_json import SteppedConfig
from ssaglioma.training.epoch_loop import EpochLoop


@dataclass(frozen=True)
class Short(SteppedConfig):
    epochs: int = 2
    steps_per_epoch: int = 2
    learning_rate: float = 0.5


@pytest.fixture
def loop_of(tmp_path):
    def make(**others):
        network = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.ones_(network.weight)
        return EpochLoop(Short(), tmp_path, network, torch.optim.SGD(network.parameters()), [], **others)

    return make


def run(loop, losses=(4.0, 2.0, 1.0, 0.5), **others):
    """Each step lowers the weight by the learning rate, and tells the loss of its number."""

    def step(number):
        loop.network.weight.grad = torch.ones_like(loop.network.weight)
        loop.optimizer.step()
        return {"loss": losses[number]}

    loop.run(step, rate=lambda number: Short.learning_rate / (number + 1), **others)


def test_each_step_has_its_rate_and_each_epoch_a_row(loop_of):
    told = []
    loop = loop_of(progress=lambda fraction, message: told.append((fraction, message)))
    run(loop, judged=lambda: {"held_out_dice": 0.25})
    assert loop.network.weight.item() == pytest.approx(1 - 0.5 * (1 + 1 / 2 + 1 / 3 + 1 / 4))
    rows = [(row["epoch"], row["loss"], row["learning_rate"]) for row in loop.history]
    assert rows == [(1, 3, 0.25), (2, 0.75, 0.125)]
    assert told[0] == (0.25, "Epoch 1 of 2: loss 4.000") and told[-1] == (1.0, "Epoch 2: held out dice 25.00%")


def test_a_stopped_run_goes_on_at_the_next_step(loop_of):
    run(loop_of(should_stop=lambda: True))
    loop = loop_of()
    assert loop.next_step == 2 and loop.network.weight.item() == pytest.approx(1 - 0.5 * (1 + 1 / 2))
    run(loop)
    assert [row["loss"] for row in loop.history] == [3, 0.75]


def test_a_run_of_an_earlier_version_goes_on_though_its_rows_have_fewer_columns(loop_of, tmp_path):
    old = loop_of()
    facts = {"epoch": 1, "history": [{"epoch": 1, "loss": 9.0}], "config": old.config.to_json()}
    save_checkpoint(tmp_path / CHECKPOINT, old.network, old.optimizer, facts)
    run(loop_of())
    with open(tmp_path / "history.csv", newline="", encoding="utf-8") as stream:
        first, second = csv.DictReader(stream)
    assert (first["loss"], first["seconds"]) == ("9.0", "") and float(second["seconds"]) >= 0
    assert len(json.loads((tmp_path / "history.json").read_text())) == 2


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_last_checkpoint(loop_of):
    with pytest.raises(DatasetError, match=r"The loss became \{'loss': nan\} in step 4.*the last checkpoint is kept"):
        run(loop_of(), losses=(1.0, 1.0, 1.0, float("nan")))
    assert loop_of().next_step == 2
