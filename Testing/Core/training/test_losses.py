import math

import pytest
import torch

from ssaglioma.training.losses import RegionLoss, deep_supervision_weights, region_targets


def test_deep_supervision_weights_are_those_of_nnunet():
    assert deep_supervision_weights(5) == pytest.approx([8 / 15, 4 / 15, 2 / 15, 1 / 15, 0])
    assert deep_supervision_weights(1) == [1.0]


def test_region_targets_overlap_as_the_regions_do():
    labels = torch.tensor([[[0, 1, 2, 3, 255]]])
    targets = region_targets(labels, [(1, 2, 3), (1, 3), (3,)])
    assert targets[0, :, 0].int().tolist() == [[0, 1, 1, 1, 0], [0, 1, 0, 1, 0], [0, 0, 0, 1, 0]]


def test_loss_equals_the_value_worked_out_by_hand():
    logits = torch.zeros(1, 1, 2, 2)  # probability 0.5 everywhere
    target = torch.tensor([[[[1, 1], [0, 0]]]], dtype=torch.bool)
    entropy = math.log(2)
    dice = (2 * 0.5 * 2 + 1e-5) / (0.5 * 4 + 2 + 1e-5)
    loss = RegionLoss(batch_dice=True)([logits], target)
    assert float(loss) == pytest.approx(entropy + 1 - dice, abs=1e-6)


def test_pooling_over_the_batch_changes_dice_as_nnunet_defines_it():
    logits = torch.stack([torch.full((1, 2, 2), 20.0), torch.full((1, 2, 2), -20.0)])
    target = torch.tensor([[[[1, 1], [1, 1]]], [[[1, 0], [0, 0]]]], dtype=torch.bool)
    pooled = RegionLoss(batch_dice=True)([logits], target)
    single = RegionLoss(batch_dice=False)([logits], target)
    entropy = 20 / 8
    assert float(pooled) == pytest.approx(entropy + 1 - 2 * 4 / (4 + 5), abs=1e-3)
    assert float(single) == pytest.approx(entropy + 0.5, abs=1e-3)


def test_perfect_logits_cost_next_to_nothing_at_every_scale():
    target = torch.zeros(1, 2, 8, 8, dtype=torch.bool)
    target[:, :, :4] = True
    logits = [(target.float() * 2 - 1) * 30, (target[:, :, ::2, ::2].float() * 2 - 1) * 30]
    assert float(RegionLoss(batch_dice=True)(logits, target)) < 1e-4
