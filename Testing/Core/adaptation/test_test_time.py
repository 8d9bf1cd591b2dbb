"""Adaptation to one patient: what learns, what it minimises, that nothing stays, and when it is thrown away."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ssaglioma.adaptation.test_time import (
    AdaptationConfig,
    affine_parameters,
    changes_too_much,
    doubtful_entropy,
    episode,
    minimise_entropy,
)
from ssaglioma.errors import DatasetError, ModelPackageError


@pytest.fixture
def network():
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), nn.InstanceNorm2d(6, affine=True), nn.LeakyReLU(), nn.Conv2d(6, 3, 1)
    ).eval()


@pytest.fixture
def tiles():
    generator = torch.Generator().manual_seed(2)
    brain = torch.zeros(2, 1, 16, 16, dtype=torch.bool)
    brain[..., 2:14, 2:14] = True
    return [(torch.randn(2, 2, 16, 16, generator=generator), brain)]


def ball(*shape, filled):
    mask = np.zeros(shape, bool)
    mask.ravel()[:filled] = True
    return mask


def test_only_scale_and_shift_of_the_norms_learn(network):
    assert [tuple(one.shape) for one in affine_parameters(network)] == [(6,), (6,)]


def test_a_network_without_affine_norms_is_refused():
    with pytest.raises(ModelPackageError, match="no scale and shift"):
        affine_parameters(nn.Sequential(nn.Conv2d(1, 2, 1), nn.InstanceNorm2d(2)))


def test_the_entropy_of_doubtful_voxels_in_the_brain_is_that_of_the_hand():
    logits = torch.tensor([0.0, np.log(3.0), 20.0, 0.0]).reshape(1, 1, 4)
    brain = torch.tensor([True, True, True, False]).reshape(1, 1, 4)
    total, count = doubtful_entropy(logits, brain, (0.05, 0.95))
    by_hand = np.log(2) - (0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert count == 2
    assert float(total) == pytest.approx(by_hand, rel=1e-6)


def test_the_steps_lower_the_entropy_and_afterwards_the_network_is_the_old_one(network, tiles):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with episode(network) as parameters:
        seen = minimise_entropy(network, parameters, tiles, AdaptationConfig(steps=10, learning_rate=0.05))
        moved = [not torch.equal(value, before[name]) for name, value in network.state_dict().items()]
    assert len(seen) == 10 and seen[-1] < seen[0]
    assert moved == [False, False, True, True, False, False]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(one.requires_grad and one.grad is None for one in network.parameters())


def test_the_old_network_comes_back_after_an_error_too(network):
    before = network[1].weight.detach().clone()

    def fail():
        with episode(network) as parameters, torch.no_grad():
            parameters[0].fill_(7)
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        fail()
    assert torch.equal(network[1].weight, before)


def test_without_doubt_nothing_is_learnt(network, tiles):
    images, brain = tiles[0]
    with episode(network) as parameters:
        assert minimise_entropy(network, parameters, [(images, brain & False)], AdaptationConfig()) == ()


@pytest.mark.parametrize(("filled", "says"), [(400, None), (601, "WT went from 0.4 to 0.6 ml"), (199, "0.4 to 0.2 ml")])
def test_a_region_may_change_by_half_and_no_more(filled, says):
    found = changes_too_much(
        {"WT": ball(10, 10, 10, filled=400)}, {"WT": ball(10, 10, 10, filled=filled)}, 1.0, AdaptationConfig()
    )
    assert found == () if says is None else says in found[0]


def test_a_small_region_may_vanish_or_come_within_a_tenth_of_a_millilitre():
    empty, small = ball(10, 10, 10, filled=0), ball(10, 10, 10, filled=99)
    assert changes_too_much({"ET": empty}, {"ET": small}, 1.0, AdaptationConfig()) == ()
    assert changes_too_much({"ET": ball(10, 10, 10, filled=300)}, {"ET": empty}, 1.0, AdaptationConfig())


def test_a_region_that_falls_to_pieces_is_told():
    scattered = np.zeros((21, 20, 20), bool)
    scattered[::4, 0:20:4, 0] = True
    solid = ball(21, 20, 20, filled=int(scattered.sum()))
    (reason,) = changes_too_much({"ET": solid}, {"ET": scattered}, 1.0, AdaptationConfig())
    assert reason == "ET fell from 1 into 30 pieces"


def test_impossible_settings_are_refused():
    with pytest.raises(DatasetError, match=r"steps of the adaptation is 11"):
        AdaptationConfig(steps=11)
    with pytest.raises(DatasetError, match="uncertain"):
        AdaptationConfig(uncertain=(0.6, 0.9))
    with pytest.raises(DatasetError, match="regions after"):
        changes_too_much({"WT": ball(1, filled=1)}, {}, 1.0, AdaptationConfig())
