"""Every loss of the stylisations against values by hand."""

import math

import pytest
import torch
from scipy.stats import wasserstein_distance

from ssaglioma.style.losses import (
    boundary_loss,
    content_loss,
    gram_loss,
    histogram_loss,
    identity_error,
    kl_loss,
    statistics_loss,
    total_variation,
)


def test_content_loss_is_the_mean_square():
    assert content_loss(torch.tensor([1.0, 4.0]), torch.tensor([1.0, 2.0])).item() == 2.0


def test_statistics_loss_by_hand():
    """Means 1 and 3, deviations sqrt(2) and 0: 4 + (sqrt(2.00001) - sqrt(0.00001))^2; two layers give the double."""
    one, other = torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[[[3.0, 3.0]]]])
    expected = 4 + (math.sqrt(2 + 1e-5) - math.sqrt(1e-5)) ** 2
    assert statistics_loss([one], [other]).item() == pytest.approx(expected, rel=1e-5)
    assert statistics_loss([one, one], [other, other]).item() == pytest.approx(2 * expected, rel=1e-5)


def test_gram_loss_by_hand():
    """Gram of (1, 2), (3, 4) is 2.5, 5.5, 5.5, 12.5; against 0: the mean of the squares."""
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    expected = (2.5**2 + 2 * 5.5**2 + 12.5**2) / 4
    assert gram_loss([features], [torch.zeros(1, 2, 2)]).item() == pytest.approx(expected)


def test_kl_loss_by_hand():
    """psi 1 and 0, xi 2 and -1: 0.5 * ((1 + 4 - ln 4 - 1) + (0 + 1 - 0 - 1)) / 2, whatever the sign of xi."""
    mean, deviation = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, -1.0]])
    assert kl_loss(mean, deviation).item() == pytest.approx(0.5 * (4 - math.log(4)) / 2, abs=1e-5)
    assert kl_loss(mean, -deviation).item() == kl_loss(mean, deviation).item()


def test_kl_loss_agrees_with_torchs_divergence():
    mean, deviation = torch.randn(3, 5), torch.rand(3, 5) + 0.5
    normal = torch.distributions.Normal(mean, deviation)
    divergence = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0))
    assert kl_loss(mean, deviation).item() == pytest.approx(divergence.mean().item(), abs=1e-4)


def test_total_variation_by_hand():
    """Neighbours of 0 1 / 3 6: down 3 and 5, across 1 and 3."""
    picture = torch.tensor([[[[0.0, 1.0], [3.0, 6.0]]]])
    assert total_variation(picture, mean=False).item() == 12.0
    assert total_variation(picture).item() == 3.0


def test_identity_error_is_the_mean_absolute_difference():
    assert identity_error(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.9])).item() == pytest.approx(0.3)


def edge(column=8, height=1.0, size=17):
    picture = torch.zeros(1, 1, size, size)
    picture[..., column:] = height
    return picture


def test_the_same_edges_cost_nothing():
    assert boundary_loss(edge(), edge()).item() == 0.0
    texture = torch.rand(1, 1, 20, 20)
    assert boundary_loss(texture, texture).item() == pytest.approx(0.0, abs=1e-7)


def test_another_contrast_costs_almost_nothing_even_reversed():
    assert boundary_loss(edge(height=0.4), edge()).item() < 0.01
    assert boundary_loss(1 - edge(), edge()).item() == pytest.approx(0.0, abs=1e-6)


def test_a_moved_a_turned_or_a_lost_edge_costs_nearly_all():
    for wrong in (edge(column=12), edge().transpose(2, 3), torch.zeros(1, 1, 17, 17)):
        assert boundary_loss(wrong, edge()).item() > 0.7


def test_an_edge_moved_by_one_pixel_costs_less_than_one_moved_by_two():
    costs = [boundary_loss(edge(column=8 + move), edge()).item() for move in (0, 1, 2)]
    assert costs[0] < costs[1] < costs[2]


def test_gradients_of_the_boundary_loss_are_finite_on_flat_pictures():
    picture = torch.full((1, 1, 8, 8), 0.5, requires_grad=True)
    boundary_loss(picture, torch.zeros(1, 1, 8, 8)).backward()
    assert torch.isfinite(picture.grad).all()


def test_histogram_loss_is_the_mean_difference_of_quantiles():
    """A ramp and the same ramp 0.1 higher differ by 0.1 at every quantile; its half by half of each quantile."""
    ramp = torch.linspace(0.2, 0.8, 100).reshape(1, 1, 10, 10)
    assert histogram_loss(ramp + 0.1, ramp, ramp).item() == pytest.approx(0.1, abs=1e-6)
    assert histogram_loss(ramp / 2, ramp, ramp).item() == pytest.approx(0.25, abs=1e-6)
    assert histogram_loss(ramp.flip(-1).mT, ramp, ramp).item() == pytest.approx(0.0, abs=1e-6)


def test_histogram_loss_tends_to_wasserstein():
    one, other = torch.rand(1, 1, 64, 64) * 0.5 + 0.01, torch.rand(1, 1, 64, 64) ** 2 + 0.01
    expected = wasserstein_distance(one.flatten().numpy(), other.flatten().numpy())
    assert histogram_loss(one, one, other).item() == pytest.approx(expected, rel=0.05)


def test_histogram_loss_leaves_the_background_out_and_skips_pairs_without_a_foreground():
    """Only the content's foreground counts, whatever was painted outside; a pair with 63 pixels adds nothing."""
    content = torch.zeros(2, 1, 16, 16)
    content[0, 0, :8] = 0.5
    content[1, 0, 0, :1] = 0.5
    style = torch.full((2, 1, 16, 16), 0.75)
    made = torch.where(content > 0, content, 0.9)
    assert histogram_loss(made, content, style).item() == pytest.approx(0.25 / 2)


def test_histogram_loss_moves_intensities_towards_the_style():
    content, style = torch.rand(1, 1, 16, 16) * 0.4 + 0.1, torch.rand(1, 1, 16, 16) * 0.4 + 0.5
    made = content.clone().requires_grad_()
    histogram_loss(made, content, style).backward()
    assert made.grad is not None and (made.grad <= 0).all() and made.grad.any()
