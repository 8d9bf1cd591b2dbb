"""The loss of Ren et al. in its three readings, and the optimizer and scales that go with published networks."""

import math
from dataclasses import replace

import pytest
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.losses import RegionLoss, SquaredErrorLoss, loss_of


@pytest.fixture
def logits():
    """One voxel, two regions: probabilities 1/2 and 3/4."""
    return torch.tensor([0.0, math.log(3)]).reshape(1, 2, 1, 1)


@pytest.fixture
def target():
    return torch.tensor([True, False]).reshape(1, 2, 1, 1)


SQUARED = 0.4 * (0.5**2 + 0.75**2)


def test_read_literally_only_the_squared_error_is_left(logits, target):
    assert float(SquaredErrorLoss("literal")([logits], target)) == pytest.approx(SQUARED)


def test_the_binary_reading_adds_the_entropy_of_each_region(logits, target):
    expected = SQUARED + 0.7 * (math.log(2) + math.log(4))
    assert float(SquaredErrorLoss()([logits], target)) == pytest.approx(expected)


def test_the_softmax_reading_adds_a_background_class(logits, target):
    # Background, first and second class have exp(logit) 1, 1 and 3; the first is right.
    expected = SQUARED + 0.7 * math.log(5)
    assert float(SquaredErrorLoss("softmax")([logits], target)) == pytest.approx(expected)


def test_the_softmax_reading_refuses_regions_that_overlap(logits):
    with pytest.raises(ValueError, match="do not overlap"):
        SquaredErrorLoss("softmax")([logits], torch.ones(1, 2, 1, 1, dtype=torch.bool))


def test_coarser_scales_do_not_enter(logits, target):
    loss = SquaredErrorLoss()
    assert torch.equal(loss([logits, logits + 5], target), loss([logits], target))


def test_an_unknown_reading_is_refused():
    with pytest.raises(ValueError, match="'ce'"):
        SquaredErrorLoss("ce")


@pytest.mark.parametrize(
    ("name", "kind"), [("dice_bce", RegionLoss), ("mse_bce", SquaredErrorLoss), ("mse_literal", SquaredErrorLoss)]
)
def test_the_configuration_names_the_loss(name, kind):
    assert isinstance(loss_of(TrainingConfig(loss=name)), kind)


def test_an_unknown_loss_is_refused():
    with pytest.raises(DatasetError, match="loss is 'mse'.*dice_bce"):
        TrainingConfig(loss="mse")


def test_published_scale_weights_replace_nnunets(target):
    scales = [torch.zeros(1, 2, 4, 4), torch.ones(1, 2, 2, 2), torch.full((1, 2, 1, 1), 2.0)]
    wanted = target.expand(1, 2, 4, 4)
    alone = [float(RegionLoss(batch_dice=True)([scale], wanted)) for scale in scales]
    loss = RegionLoss(batch_dice=True, scale_weights=(8 / 15, 4 / 15, 2 / 15))
    assert float(loss(scales, wanted)) == pytest.approx((8 * alone[0] + 4 * alone[1] + 2 * alone[2]) / 15, rel=1e-6)
    futrega = loss_of(replace(TrainingConfig(), network="futrega_2d"))
    assert float(futrega(scales, wanted)) == pytest.approx(float(loss(scales, wanted)))
