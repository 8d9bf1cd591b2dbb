"""Small brain-like slices: an ellipse with texture, exactly 0 around it, odd sizes."""

import numpy as np
import pytest
import torch

from ssaglioma.labels import Sequence
from ssaglioma.volume import Volume


def make_slice(shape=(45, 39), seed=0, scale=400.0, waves=5.0):
    generator = np.random.default_rng(seed)
    y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    inside = (y / 0.9) ** 2 + (x / 0.8) ** 2 < 1
    values = scale * (1.5 + np.sin(waves * y) * np.cos(waves * x) + generator.normal(0, 0.05, shape))
    return np.where(inside, values, 0.0).astype(np.float32)


def make_case(sequences=(Sequence.T1N, Sequence.T2F), slices=5, seed=3, spacing=(4.0, 1.0, 1.5), scale=1.0):
    """Return volumes whose first slice is empty and whose middle one is the largest."""
    volumes = {}
    for number, sequence in enumerate(sequences):
        array = np.stack([make_slice(seed=seed + number) for _ in range(slices)]) * scale
        for index in range(slices):
            array[index, :, : 4 * abs(index - slices // 2)] = 0
        array[0] = 0
        volumes[sequence] = Volume(array, spacing, (3.0, -2.0, 7.0))
    return volumes


@pytest.fixture
def content():
    return make_slice()


@pytest.fixture
def style():
    return make_slice((51, 40), seed=7, scale=60.0, waves=11.0)


@pytest.fixture
def slice_of():
    return make_slice


@pytest.fixture
def case_of():
    return make_case


@pytest.fixture(autouse=True)
def _same_weights_every_time():
    torch.manual_seed(11)
