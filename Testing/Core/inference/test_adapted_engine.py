"""A model that adapts itself to a patient: which tiles it looks at, what it keeps, what it tells."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
import torch

from ssaglioma.adaptation.test_time import AdaptationConfig
from ssaglioma.cli.adapting import load_adapted
from ssaglioma.errors import DeviceError
from ssaglioma.inference.adapted import AdaptationOutcome, AdaptedEngine
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.packages import read_package

SPACING = (3.0, 1.0, 1.0)
GENTLE = AdaptationConfig(steps=2, learning_rate=1e-4, tiles=3, most_change=1e9, most_components=(1e9, 1e9))


@pytest.fixture
def image():
    array = np.random.default_rng(0).normal(size=(4, 5, 30, 26)).astype(np.float32)
    array[:, :, :3] = 0
    return array


@pytest.fixture
def engine_of(package_folder):
    return lambda config: AdaptedEngine(read_package(package_folder), device="cpu", config=config)


def test_the_adapted_result_differs_a_little_and_the_next_patient_meets_the_old_network(
    engine_of, package_folder, image
):
    plain = TorchEngine(read_package(package_folder), device="cpu").predict(image, SPACING)
    engine = engine_of(GENTLE)
    made = engine.predict(image, SPACING)
    assert engine.outcome.kept and len(engine.outcome.entropy) == 2
    assert 0 < np.abs(made - plain).max() < 0.1
    assert np.array_equal(engine.plain(image, SPACING), plain)
    assert np.allclose(engine.predict(image, SPACING), made, atol=1e-5)
    assert "was adapted to this patient" in engine.notes[0]


def test_a_result_that_changes_too_much_is_taken_back_and_told(engine_of, package_folder, image):
    plain = TorchEngine(read_package(package_folder), device="cpu").predict(image, SPACING)
    engine = engine_of(AdaptationConfig(steps=1, learning_rate=3.0, tiles=2, most_change=0.01, least_ml=1e-3))
    assert np.array_equal(engine.predict(image, SPACING), plain)
    assert not engine.outcome.kept and engine.outcome.reasons
    assert engine.notes[0].startswith("The adaptation to this patient was taken back: ")


def test_a_network_without_doubt_is_not_adapted(engine_of, image):
    engine = engine_of(GENTLE)
    sure = np.zeros((3, *image.shape[1:]), np.float32)
    assert engine.adapt(image, sure, SPACING) is sure
    assert "had no doubt" in engine.notes[0]


def test_it_looks_at_the_slices_with_the_most_doubt_in_the_brain(engine_of, image):
    before = np.zeros((3, *image.shape[1:]), np.float32)
    before[0, 1, 10:12, 5:8], before[1, 4, 10, 5] = 0.5, 0.3
    before[2, 2, :3] = 0.5  # outside the brain: no doubt of ours
    tiles = engine_of(AdaptationConfig(tiles=4))._tiles(image, before, SPACING)
    assert [tuple(images.shape) for images, _ in tiles] == [(2, 4, 192, 160)]
    shown = tiles[0][0][:, :, 81:111, 67:93].numpy()
    assert np.array_equal(shown[0], image[:, 1]) and np.array_equal(shown[1], image[:, 4])
    assert tiles[0][1].dtype == torch.bool and int(tiles[0][1].sum()) == 2 * 27 * 26


def test_the_outcome_is_told_in_one_sentence():
    assert AdaptationOutcome((0.4,), ("ET went from 2.0 to 0.1 ml",)).note == (
        "The adaptation to this patient was taken back: ET went from 2.0 to 0.1 ml."
    )


def test_only_torch_can_adapt(package_folder):
    args = argparse.Namespace(engine="onnxruntime", device="cpu", mirror=False)
    with pytest.raises(DeviceError, match="cannot learn"):
        load_adapted(read_package(package_folder), args)
    args.engine = "auto"
    assert isinstance(load_adapted(read_package(package_folder), args), AdaptedEngine)
