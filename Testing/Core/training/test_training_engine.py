"""Running mean of the weights, early stop, deterministic mode, TensorBoard, and several processes as one."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from ssaglioma.cli.main import main
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.packages import read_package
from ssaglioma.training.average import WeightAverage
from ssaglioma.training.batches import PatchBatches
from ssaglioma.training.checkpoint import read_average, read_checkpoint, segmentation_weights
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.distributed import Alone, check_group
from ssaglioma.training.early_stop import epoch_score, stalled_epochs
from ssaglioma.training.loop import CHECKPOINT, Trainer
from ssaglioma.training.losses import RegionLoss

CONFIG = TrainingConfig(epochs=2, steps_per_epoch=1, batch_size=2, precision="fp32", warmup_steps=0)
FEW = ["--epochs", "2", "--steps-per-epoch", "2", "--batch-size", "2", "--precision", "fp32", "--device", "cpu"]


def trainer(cases, folder, config=CONFIG, **more):
    return Trainer(config, cases, folder, torch.device("cpu"), workers=0, **more)


def rows(*scores):
    return [{"epoch": index + 1, "loss": 0.5, "dice_WT": score} for index, score in enumerate(scores)]


def test_the_mean_of_weights_follows_them():
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(network.weight)
    average = WeightAverage(network, decay=0.5)
    torch.nn.init.ones_(network.weight)
    average.update(network, 0)  # decay (1 + 0) / (10 + 0)
    assert average.weights["weight"].item() == pytest.approx(0.9)
    average.update(network, 1000)  # decay 0.5
    assert average.weights["weight"].item() == pytest.approx(0.95)
    with average.in_place(network):
        assert network.weight.item() == pytest.approx(0.95)
    assert network.weight.item() == 1


def test_the_mean_becomes_the_model_and_survives_a_pause(source_cases, tmp_path):
    config = replace(CONFIG, average_decay=0.9)
    whole = trainer(source_cases, tmp_path / "whole", config).run().state_dict()
    for _ in range(2):
        resumed = trainer(source_cases, tmp_path / "parts", config, should_stop=lambda: True).run().state_dict()
    packaged = segmentation_weights(read_checkpoint(tmp_path / "parts" / CHECKPOINT)[1])
    last = trainer(source_cases, tmp_path / "last").run().state_dict()
    assert all(torch.equal(resumed[name], tensor) for name, tensor in whole.items())
    assert all(torch.equal(packaged[name], tensor) for name, tensor in whole.items())
    assert not all(torch.equal(last[name], tensor) for name, tensor in whole.items())
    with pytest.raises(ModelPackageError, match="no mean of the weights"):
        read_average(tmp_path / "last" / CHECKPOINT)


def test_the_score_of_an_epoch_is_the_mean_dice_that_was_watched():
    assert epoch_score({"loss": 1.0, "dice_WT": 0.8, "dice_ET": 0.4, "dice_TC": None}) == pytest.approx(0.6)
    assert epoch_score({"loss": 1.5}) == -1.5


def test_epochs_without_a_rise_are_counted_on_the_running_mean():
    assert stalled_epochs(rows(0.1, 0.2, 0.3)) == 0
    assert stalled_epochs(rows(0.5, 0.4, 0.4)) == 2
    assert stalled_epochs(rows(0.5, 0.4, 0.9)) == 0  # 0.5, 0.49, 0.531


def test_a_training_ends_early_and_stays_ended(source_cases, tmp_path):
    config = replace(CONFIG, epochs=5, patience=1)
    watch = lambda network, row: {"dice_WT": 0.5}  # noqa: E731
    stopped = trainer(source_cases, tmp_path, config, watch=watch)
    stopped.run()
    assert stopped.finished and len(stopped.history) == 2
    again = trainer(source_cases, tmp_path, config, watch=watch)
    again.run()
    assert len(again.history) == 2


def test_deterministic_mode_is_on_in_every_step_and_off_afterwards(source_cases, tmp_path):
    seen = []
    watch = lambda network, row: seen.append(torch.are_deterministic_algorithms_enabled()) or {}  # noqa: E731
    config = replace(CONFIG, epochs=1, deterministic=True)
    first, second = (trainer(source_cases, tmp_path / name, config, watch=watch).run().state_dict() for name in "ab")
    assert seen == [True, True]
    assert not torch.are_deterministic_algorithms_enabled()
    assert all(torch.equal(first[name], tensor) for name, tensor in second.items())


def test_the_curves_go_to_tensorboard(tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="no TensorBoard here")
    from ssaglioma.training.tensorboard import FOLDER, TensorboardLog

    log = TensorboardLog(tmp_path)
    log({"epoch": 1, "loss": 0.75, "dice_WT": None})
    log({"epoch": 2, "loss": 0.5})
    log.close()
    events = reader.EventAccumulator(str(tmp_path / FOLDER)).Reload().Scalars("loss")
    assert [(event.step, event.value) for event in events] == [(1, 0.75), (2, 0.5)]


def test_shares_of_a_batch_together_are_the_batch(source_cases):
    config = replace(CONFIG, batch_size=4)
    whole = PatchBatches(source_cases, config, 0, 1)[0]
    parts = []
    for rank in range(2):
        batches = PatchBatches(source_cases, config, 0, 1)
        batches.share = (rank, 2)
        parts.append(batches[0])
    for position in range(2):
        assert torch.equal(whole[position][0::2], parts[0][position])
        assert torch.equal(whole[position][1::2], parts[1][position])


def test_dice_over_several_processes_is_that_of_the_whole_batch():
    torch.manual_seed(0)
    logits, target = torch.randn(4, 3, 6, 5), torch.rand(4, 3, 6, 5) > 0.5
    expected = RegionLoss(batch_dice=True)([logits], target)
    assert RegionLoss(batch_dice=True, total=lambda sums: sums)([logits], target) == pytest.approx(
        expected.item(), abs=1e-6
    )
    doubled = RegionLoss(batch_dice=True, total=lambda sums: 2 * sums)(
        [logits[:2].repeat(2, 1, 1, 1)], target[:2].repeat(2, 1, 1, 1)
    )
    assert doubled == pytest.approx(RegionLoss(batch_dice=True)([logits[:2]], target[:2]).item(), abs=1e-5)


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    class Three(Alone):
        size = 3

    with pytest.raises(DatasetError, match="batch of 8 cannot be shared by 3 processes"):
        check_group(Three(torch.device("cpu")), 8, plain=True)
    with pytest.raises(DatasetError, match="Start it without torchrun"):
        check_group(Three(torch.device("cpu")), 9, plain=False)


def test_the_budget_names_cases_machine_and_time(cases_folder, capsys):
    assert main(["train", str(cases_folder), "--fold", "all", "--budget", *FEW]) == 0
    assert "3 cases on this machine (cpu, " in capsys.readouterr().out


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(cases_folder, tmp_path):
    """2D, so that Dice is pooled over the whole batch; the runs differ by the order of float32 sums alone."""
    pytest.importorskip("lightning_fabric", reason="pip install 'ssaglioma[distributed]'")
    command = [
        "-m",
        "ssaglioma",
        "train",
        str(cases_folder),
        "--fold",
        "all",
        *FEW,
        "--workers",
        "0",
        "--progress",
        "none",
    ]
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for words, folder in (([sys.executable], "one"), (start, "two"), (start, "two")):  # the last resumes: nothing to do
        done = subprocess.run([*words, *command, "--output", str(tmp_path / folder)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
    one, two = (json.loads((tmp_path / name / "history.json").read_text()) for name in ("one", "two"))
    assert [row["loss"] for row in two] == pytest.approx([row["loss"] for row in one], rel=1e-4)
    first, second = (read_package(tmp_path / name / "package").weights() for name in ("one", "two"))
    assert max(abs(first[name] - second[name]).max() for name in first) < 5e-3


@pytest.mark.slow
def test_folds_run_as_jobs_of_their_own(cases_folder, tmp_path):
    pytest.importorskip("submitit", reason="pip install 'ssaglioma[cluster]'")
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps({"folds": [["case-0"], ["case-1", "case-2"]]}))
    few = ["--epochs", "1", *FEW[2:], "--workers", "0", "--folds", str(folds), "--output", str(tmp_path / "run")]
    done = main(
        ["train", str(cases_folder), "--fold", "each", "--submit", "local", "--submit-set", "timeout_min=10", *few]
    )
    assert done == 0
    for number in range(2):
        assert read_package(tmp_path / "run" / f"fold-{number}" / "package").card.network == "small_2d"
