"""Synthetic cases made while training: the same numbers in a resumed run, a window that moves, no half-made case."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.synthesis.case import DrawOptions
from ssaglioma.training.cases import OUTSIDE
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.fresh import FreshCases, FreshCasesConfig
from ssaglioma.training.loop import Trainer
from ssaglioma.volume import Volume, write_volume

sys.path.insert(0, str(Path(__file__).parents[1] / "synthesis"))
from small_heads import head_volume


@pytest.fixture(scope="module")
def anatomy(tmp_path_factory):
    path = tmp_path_factory.mktemp("anatomy") / "head.nii.gz"
    head = head_volume()
    write_volume(Volume(head.array, head.spacing_zyx_mm), path)
    return path


@pytest.fixture(scope="module")
def config(anatomy):
    return FreshCasesConfig((anatomy,), window=2, step=1, seed=5)


@pytest.fixture(scope="module")
def first_epochs(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fresh")
    with FreshCases(config, folder, SEQUENCE_ORDER) as fresh:
        return folder, fresh.cases(0), fresh.cases(1)


def test_the_window_moves_by_its_step_and_old_cases_go(first_epochs, config):
    folder, first, second = first_epochs
    assert [case.name for case in first] == ["synthetic-0", "synthetic-1"]
    assert [case.name for case in second] == ["synthetic-1", "synthetic-2"]
    gone = folder / f"fresh-{config.request(0).digest}"
    assert not gone.exists() and (folder / f"fresh-{config.request(2).digest}").is_dir()
    assert not list(folder.glob(".unfinished-*"))


def test_a_case_is_normalised_and_labelled_like_a_real_one(first_epochs):
    case = first_epochs[2][0]
    inside = case.labels != OUTSIDE
    assert case.image.shape == (4, *case.labels.shape) and case.image.dtype == np.float16
    for channel in case.image:
        assert abs(float(channel[inside].astype(np.float64).mean())) < 0.02
        assert float(channel[inside].astype(np.float64).std()) == pytest.approx(1, abs=0.02)
        assert (channel[~inside] == 0).all()
    assert {1, 2, 3} & set(np.unique(case.labels)) and set(np.unique(case.labels)) <= {0, 1, 2, 3, OUTSIDE}


def test_a_run_trains_on_made_cases_alone_and_a_resumed_one_sees_the_same(first_epochs, config, tmp_path):
    folder = first_epochs[0]
    training = TrainingConfig(epochs=2, steps_per_epoch=1, batch_size=2, precision="fp32", seed=5)
    losses = {}
    for name, pause in (("whole", False), ("paused", True)):
        for _ in range(2):
            with FreshCases(config, folder, SEQUENCE_ORDER) as fresh:
                trainer = Trainer(training, [], tmp_path / name, torch.device("cpu"), workers=0, fresh=fresh)
                trainer.should_stop = lambda pause=pause: pause
                trainer.run()
        losses[name] = [row["loss"] for row in trainer.history]
    assert losses["whole"] == pytest.approx(losses["paused"]) and len(losses["whole"]) == 2


def test_a_failure_while_making_a_case_reaches_the_run(config, tmp_path):
    lost = dataclasses.replace(config, anatomies=(tmp_path / "nothing.nii.gz",))
    with FreshCases(lost, tmp_path, SEQUENCE_ORDER) as fresh, pytest.raises(DatasetError, match="nothing.nii.gz"):
        fresh.cases(0)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


@pytest.mark.parametrize(
    "change",
    [{"anatomies": ()}, {"window": 0}, {"step": 3}, {"jobs": 0}, {"options": DrawOptions(variant="post_operative")}],
)
def test_impossible_settings_are_refused(config, change):
    with pytest.raises(DatasetError, match="Fresh cases"):
        dataclasses.replace(config, **change)
