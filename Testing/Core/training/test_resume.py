"""A run that was stopped or killed goes on as if nothing had happened."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import ssaglioma
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.training.cases import load_training_cases
from ssaglioma.training.checkpoint import read_checkpoint
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import CHECKPOINT, Trainer
from ssaglioma.volume import find_cases

CONFIG = TrainingConfig(epochs=3, steps_per_epoch=2, batch_size=2, precision="fp32")
KILLS = 10


@pytest.fixture
def training_cases(cases_folder, tmp_path):
    return load_training_cases(find_cases(cases_folder), tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)


def trainer(cases, folder, config=CONFIG, **more):
    return Trainer(config, cases, folder, torch.device("cpu"), workers=0, **more)


def losses(rows):
    return [row["loss"] for row in rows]


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_paused_run_ends_with_the_same_losses_and_weights(training_cases, tmp_path, optimizer):
    config = replace(CONFIG, optimizer=optimizer, learning_rate=1e-3)
    whole = trainer(training_cases, tmp_path / "whole", config)
    expected = whole.run().state_dict()
    for _ in range(3):
        part = trainer(training_cases, tmp_path / "parts", config, should_stop=lambda: True)
        network = part.run()
    assert part.finished and losses(part.history) == losses(whole.history)
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in expected.items())


def test_another_seed_gives_another_run(training_cases, tmp_path):
    first, second = (
        trainer(training_cases, tmp_path / "a"),
        trainer(training_cases, tmp_path / "b", replace(CONFIG, seed=2)),
    )
    first.run(), second.run()
    assert losses(first.history) != losses(second.history)


def test_a_folder_of_another_configuration_is_refused_and_left_alone(training_cases, tmp_path):
    trainer(training_cases, tmp_path, replace(CONFIG, epochs=1)).run()
    before = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(ModelPackageError, match="another configuration.*Choose an empty output folder"):
        trainer(training_cases, tmp_path).run()
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_a_damaged_checkpoint_is_named(training_cases, tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"\x00" * 100)
    with pytest.raises(ModelPackageError, match=r"checkpoint\.safetensors' cannot be read.*Delete it to begin again"):
        trainer(training_cases, tmp_path).run()


def test_no_case_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="no training case"):
        trainer([], tmp_path).run()


def test_the_learning_rate_falls_as_nnunets(training_cases, tmp_path):
    config = replace(CONFIG, epochs=2, steps_per_epoch=1, optimizer="sgd", learning_rate=0.01, warmup_steps=0)
    run = trainer(training_cases, tmp_path, config)
    run.run()
    assert [row["learning_rate"] for row in run.history] == pytest.approx([0.01, 0.00536], abs=1e-5)


def test_a_case_file_that_changed_is_read_again(cases_folder, tmp_path):
    cases = find_cases(cases_folder)
    load_training_cases(cases, tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)
    before = set((tmp_path / "cache").iterdir())
    load_training_cases(cases, tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)
    assert set((tmp_path / "cache").iterdir()) == before
    os.utime(cases[0].sequences[SEQUENCE_ORDER[0]], (1, 1))
    load_training_cases(cases, tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)
    assert len(set((tmp_path / "cache").iterdir()) - before) == 1


def test_a_case_without_labels_or_sequence_is_named(cases_folder, tmp_path):
    (cases_folder / "case-1" / "case-1-t2w.nii.gz").unlink()
    with pytest.raises(DatasetError, match=r"'case-1' lacks \['t2w'\]"):
        load_training_cases(find_cases(cases_folder), tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)
    (cases_folder / "case-0" / "case-0-seg.nii.gz").unlink()
    with pytest.raises(DatasetError, match="'case-0' has no labelmap"):
        load_training_cases(find_cases(cases_folder), tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)


@pytest.mark.slow
def test_ten_kills_at_random_moments_lose_at_most_one_epoch_and_no_file(cases_folder, tmp_path):
    # The epochs are many enough for ten kills; each start needs a few seconds for imports.
    options = ["--epochs", "80", "--steps-per-epoch", "1", "--batch-size", "2", "--precision", "fp32", "--workers", "0"]
    command = [
        sys.executable,
        "-m",
        "ssaglioma",
        "train",
        str(cases_folder),
        "--fold",
        "all",
        "--threads",
        "1",
        "--progress",
        "json",
        *options,
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    done = subprocess.run(
        [*command, "--output", str(whole)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    generator, began, epochs = random.Random(1), 0, 0
    for _ in range(KILLS):
        # From the start of the process (imports, first reading) into its third new epoch or so.
        moment = generator.uniform(0, 1)
        child = subprocess.Popen([*command, "--output", str(parts)], env=environment, stdout=subprocess.PIPE, stderr=-3)
        reader = threading.Thread(target=_count_begun_epochs, args=(child.stdout, counted := []), daemon=True)
        reader.start()
        if moment < 0.3:
            time.sleep(moment * 10)
        else:
            _wait_for_epoch(parts, epochs + 1, child)
            time.sleep(generator.uniform(0, 0.6))
        seen = _epochs(parts)
        child.send_signal(signal.SIGKILL)
        child.wait()
        reader.join()
        began = max([began, *counted])
        after = _epochs(parts)
        assert after >= seen >= epochs, "an epoch that was on disk was lost"
        assert after >= began - 1, f"epoch {began} had begun, but only {after} are kept"
        history = parts / "history.json"
        if history.exists():
            assert after - 1 <= len(json.loads(history.read_text())) <= after
        epochs = after
    assert epochs > 0
    done = subprocess.run(
        [*command, "--output", str(parts)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = losses(json.loads((whole / "history.json").read_text()))
    assert losses(json.loads((parts / "history.json").read_text())) == expected
    first, second = read_checkpoint(whole / CHECKPOINT)[1], read_checkpoint(parts / CHECKPOINT)[1]
    assert all(torch.equal(first[name], second[name]) for name in first)


def _count_begun_epochs(stream, counted):
    """Append the number of each epoch that the process says it is in."""
    for line in stream:
        if found := re.search(rb"Epoch (\d+) of", line):
            counted.append(int(found.group(1)))


def _epochs(folder):
    path = folder / CHECKPOINT
    return int(read_checkpoint(path)[0]["epoch"]) if path.exists() else 0


def _wait_for_epoch(folder, epoch, child):
    deadline = time.monotonic() + 120
    while _epochs(folder) < epoch:
        assert child.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "no epoch in two minutes"
        time.sleep(0.1)
