"""Gradient reversal, schedules, domain classifier and sampling, against numbers worked out by hand."""

import math

import numpy as np
import pytest
import torch

from ssaglioma.adaptation import (
    DomainClassifier,
    DomainRatio,
    LatentTap,
    domain_loss,
    ganin_learning_rate,
    grl_weight,
    reverse_gradient,
)
from ssaglioma.adaptation.domain import DOMAIN_LOSS_WEIGHT
from ssaglioma.networks import DRUNet


def test_the_gradient_comes_back_as_minus_lambda_times_itself():
    x = torch.tensor([1.0, -2.0, 5.0], requires_grad=True)
    (3 * reverse_gradient(x, 2.0)).sum().backward()
    assert x.grad.tolist() == [-6.0, -6.0, -6.0]


def test_reversal_changes_no_value_going_forwards():
    x = torch.randn(2, 3, 4)
    assert torch.equal(reverse_gradient(x, 0.7), x)


def test_reversal_of_a_squared_sum_is_minus_lambda_times_the_plain_gradient():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    reverse_gradient(x, 0.5).pow(2).sum().backward()
    assert x.grad.tolist() == [-1.0, -2.0]


def test_lambda_0_lets_no_gradient_through():
    x = torch.ones(2, requires_grad=True)
    reverse_gradient(x, 0.0).sum().backward()
    assert not x.grad.any()


def test_the_classifier_descends_where_the_features_ascend():
    # One feature f = w x, one logit v f; with x = 1, w = 1, v = 2 and target 1: dBCE/dlogit = sigmoid(2) - 1.
    w, v = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    logit = v * reverse_gradient(w * 1.0, 3.0)
    torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.tensor(1.0)).backward()
    slope = 1 / (1 + math.exp(-2)) - 1
    assert float(v.grad) == pytest.approx(slope * 1.0)
    assert float(w.grad) == pytest.approx(-3 * slope * 2.0)


@pytest.mark.parametrize(("progress", "expected"), [(0, 0), (0.1, 0.46211716), (0.5, 0.98661430), (1, 0.99990920)])
def test_the_ganin_schedule_rises_from_0_towards_1(progress, expected):
    assert grl_weight("ganin", progress) == pytest.approx(expected, abs=1e-7)
    assert grl_weight("ganin", progress, peak=3) == pytest.approx(3 * expected, abs=1e-6)


@pytest.mark.parametrize("progress", [0, 0.3, 1])
def test_the_constant_schedule_stays(progress):
    assert grl_weight("constant", progress, peak=0.25) == 0.25


@pytest.mark.parametrize(("progress", "expected"), [(0, 0.01), (0.3, 0.01 / 4**0.75), (1, 0.01 / 11**0.75)])
def test_the_ganin_learning_rate_falls(progress, expected):
    assert ganin_learning_rate(0.01, progress) == pytest.approx(expected)


@pytest.mark.parametrize("progress", [-0.01, 1.01, float("nan")])
def test_progress_outside_the_run_is_refused(progress):
    with pytest.raises(ValueError, match="between 0 and 1"):
        grl_weight("ganin", progress)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(ValueError, match="constant.*ganin.*'linear'"):
        grl_weight("linear", 0.5)


def test_the_published_head_sees_the_published_shapes():
    classifier, shapes = DomainClassifier(dims=3, in_channels=12), []
    for layer in classifier.features:
        layer.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    assert classifier(torch.randn(2, 12, 4, 6, 4)).shape == (2,)
    assert [shapes[index] for index in (0, 2, 3, 5, 6)] == [
        (64, 2, 4, 2),
        (64, 1, 2, 1),
        (128, 3, 4, 3),
        (128, 1, 2, 1),
        (128, 1, 2, 1),
    ]
    assert [layer.in_features for layer in classifier.head if hasattr(layer, "in_features")] == [256, 64]


@pytest.mark.parametrize("shape", [(2, 8, 6, 4), (1, 8, 14, 14), (3, 8, 7, 9)])
def test_the_head_takes_slices_of_other_sizes(shape):
    assert DomainClassifier(dims=2, in_channels=8)(torch.randn(shape)).shape == shape[:1]


def test_a_latent_too_small_for_the_head_is_named():
    with pytest.raises(ValueError, match=r"\(4, 3\).*4 or more.*larger patch"):
        DomainClassifier(dims=2, in_channels=2)(torch.randn(1, 2, 4, 3))


def test_the_domain_loss_is_the_mean_cross_entropy_with_the_target_as_1():
    classifier = DomainClassifier(dims=2, in_channels=2)
    latent, is_target = torch.randn(3, 2, 4, 4), torch.tensor([True, False, True])
    loss, logits = domain_loss(classifier, latent, is_target, None)
    shares = [1 / (1 + math.exp(-value)) for value in logits.tolist()]
    expected = -(math.log(shares[0]) + math.log(1 - shares[1]) + math.log(shares[2])) / 3
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-5)
    assert DOMAIN_LOSS_WEIGHT == 0.02


def test_without_reversal_the_features_get_the_opposite_gradient_and_the_classifier_the_same():
    classifier = DomainClassifier(dims=2, in_channels=2)
    start, is_target = torch.randn(2, 2, 5, 5), torch.tensor([True, False])
    gradients = {}
    for weight in (None, 1.0):
        classifier.zero_grad()
        latent = start.clone().requires_grad_()
        domain_loss(classifier, latent, is_target, weight)[0].backward()
        gradients[weight] = (latent.grad, classifier.head[1].weight.grad.clone())
    assert gradients[None][0].any()
    assert torch.equal(gradients[1.0][0], -gradients[None][0])
    assert torch.equal(gradients[1.0][1], gradients[None][1])


def test_the_tap_holds_the_latent_features_and_lets_go_of_the_network():
    network = DRUNet(dims=2, in_channels=1, out_channels=2, width=2, depth=3)
    with LatentTap(network, "encoder.levels.2") as tap:
        network(torch.randn(1, 1, 16, 12))
    assert tap.features.shape == (1, 16, 4, 3) and tap.features.requires_grad
    assert not network.encoder.levels[2]._forward_hooks


def test_a_tap_that_saw_nothing_says_so():
    with pytest.raises(RuntimeError, match="has not been run"):
        _ = LatentTap(torch.nn.Sequential(torch.nn.Linear(1, 1)), "0").features


def test_a_batch_of_four_holds_two_of_each_domain():
    draws = [DomainRatio().draw(np.random.default_rng(seed), 4) for seed in range(30)]
    assert {int(draw.sum()) for draw in draws} == {2}
    assert len({tuple(draw) for draw in draws}) == 6, "the order is random: all six are drawn"


def test_three_to_one_gives_one_target_in_four():
    assert {int(DomainRatio(3, 1).draw(np.random.default_rng(seed), 4).sum()) for seed in range(20)} == {1}


def test_a_single_patch_is_of_either_domain_and_the_ratio_holds_on_average():
    counts = [int(DomainRatio().draw(np.random.default_rng([5, step]), 1).sum()) for step in range(2000)]
    assert np.mean(counts) == pytest.approx(0.5, abs=0.04)


def test_a_fraction_left_over_is_drawn():
    counts = [int(DomainRatio(1, 2).draw(np.random.default_rng([1, step]), 4).sum()) for step in range(2000)]
    assert set(counts) == {2, 3} and np.mean(counts) == pytest.approx(8 / 3, abs=0.04)


@pytest.mark.parametrize(("source", "target", "expected"), [(1, 0, 0), (0, 1, 5)])
def test_one_domain_alone_is_a_ratio_too(source, target, expected):
    assert DomainRatio(source, target).draw(np.random.default_rng(0), 5).sum() == expected


def test_the_same_seed_draws_the_same_domains():
    first, second = (DomainRatio(1, 2).draw(np.random.default_rng([3, 9]), 7) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("values", [(-1, 1), (0, 0)])
def test_a_ratio_of_nothing_is_refused(values):
    with pytest.raises(ValueError, match="not both 0"):
        DomainRatio(*values)
