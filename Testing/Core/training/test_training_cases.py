"""Training cases: bad ones are named, and a cache that a kill left half made is completed."""

import numpy as np
import pytest
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.training.cases import load_training_cases
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import Trainer
from ssaglioma.volume import find_cases


@pytest.fixture
def load(cases_folder, tmp_path):
    return lambda: load_training_cases(find_cases(cases_folder), tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)


def test_a_damaged_image_names_its_case_and_leaves_no_cache(load, cases_folder, tmp_path):
    file = cases_folder / "case-2" / "case-2-t2f.nii.gz"
    file.write_bytes(file.read_bytes()[:400])
    with pytest.raises(DatasetError, match="'case-2'.*t2f"):
        load()
    assert not list((tmp_path / "cache").glob("case-2*/*.npy"))


@pytest.mark.parametrize("name", ["image.npy", "labels.npy"])
def test_a_half_made_cache_is_completed(load, tmp_path, name):
    before = [(case.image.copy(), case.labels.copy()) for case in load()]
    next((tmp_path / "cache").glob(f"case-0*/{name}")).unlink()
    for (image, labels), case in zip(before, load()):
        assert np.array_equal(image, case.image) and np.array_equal(labels, case.labels)


def test_a_missing_sequence_is_refused_or_becomes_zeros(cases_folder, tmp_path):
    (cases_folder / "case-1" / "case-1-t2w.nii.gz").unlink()
    cases = find_cases(cases_folder)
    with pytest.raises(DatasetError, match="'case-1' lacks .'t2w'.*Leave it out"):
        load_training_cases(cases, tmp_path / "cache", SEQUENCE_ORDER, GLIOMA)
    loaded = load_training_cases(cases, tmp_path / "cache", SEQUENCE_ORDER, GLIOMA, incomplete=True)[1]
    present = [bool(channel.any()) for channel in loaded.image]
    assert present == [name.value != "t2w" for name in SEQUENCE_ORDER]
    fewer = [name for name in SEQUENCE_ORDER if name.value != "t2w"]
    assert len(load_training_cases(cases, tmp_path / "cache", fewer, GLIOMA)[1].image) == 3  # not that cache again


def test_a_history_that_a_kill_left_behind_its_checkpoint_is_caught_up(load, tmp_path):
    config = TrainingConfig(epochs=1, steps_per_epoch=1, batch_size=2, precision="fp32")
    run = tmp_path / "run"
    Trainer(config, load(), run, torch.device("cpu"), workers=0).run()
    expected = {name: (run / name).read_text() for name in ("history.json", "history.csv")}
    for name in expected:
        (run / name).unlink()
    Trainer(config, load(), run, torch.device("cpu"), workers=0).run()
    assert {name: (run / name).read_text() for name in expected} == expected
