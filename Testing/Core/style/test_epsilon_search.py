"""The search along the segmenter's gradient: uphill at each iteration, differentiable, and by the published formula."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from ssaglioma.errors import DatasetError
from ssaglioma.style.epsilon_search import SearchConfig, search_epsilon
from ssaglioma.style.variational import build_adaconv_rain, build_rain


@pytest.fixture(params=[build_rain, build_adaconv_rain], ids=["rain", "adaconv_rain"])
def scene(request):
    """A stylizer on two channels, a small frozen segmenter with labels, and a start in the style space."""
    network = request.param().eval()
    contents = torch.rand(2, 1, 32, 32)
    segmenter = nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.Tanh(), nn.Conv2d(8, 3, 1)).requires_grad_(False)
    labels = torch.randint(0, 3, (1, 32, 32))

    def stylise(epsilon):
        return network(contents, epsilon).transpose(0, 1)

    def loss(pictures):
        return functional.cross_entropy(segmenter(pictures), labels)

    mean, deviation = network.style_distribution(torch.rand(1, 1, 32, 32))
    return network, stylise, loss, mean, deviation


@pytest.mark.parametrize("iterations", [1, 3, 5])
def test_each_iteration_raises_the_segmenters_loss(scene, iterations):
    _, stylise, loss, mean, deviation = scene
    result = search_epsilon(stylise, loss, mean, deviation, SearchConfig(iterations=iterations))
    assert len(result.losses) == len(result.epsilons) == iterations + 1
    assert all(later > earlier for earlier, later in zip(result.losses, result.losses[1:]))
    with torch.no_grad():
        fresh = [float(loss(stylise(epsilon))) for epsilon in result.epsilons]
    assert fresh == pytest.approx(result.losses, rel=1e-4)
    assert torch.equal(result.epsilons[0], mean)


def test_the_loss_is_differentiable_in_epsilon(scene):
    """Along its gradient the loss rises by gradient * length: a difference quotient in double precision."""
    network, _, _, mean, _ = scene
    network.double()
    epsilon = mean.detach().double().requires_grad_()
    contents = torch.rand(2, 1, 32, 32, dtype=torch.double)

    def value(point):
        return network(contents, point).square().mean()

    (gradient,) = torch.autograd.grad(value(epsilon), epsilon)
    direction = gradient / gradient.norm()
    with torch.no_grad():
        quotient = (value(epsilon + 1e-5 * direction) - value(epsilon - 1e-5 * direction)) / 2e-5
    assert float(quotient) == pytest.approx(float(gradient.norm()), rel=1e-3)


def test_pictures_of_the_found_style_still_carry_a_gradient(scene):
    _, stylise, loss, mean, deviation = scene
    found = search_epsilon(stylise, loss, mean, deviation, SearchConfig(iterations=2)).epsilon
    assert not found.requires_grad
    leaf = found.clone().requires_grad_()
    loss(stylise(leaf)).backward()
    assert float(leaf.grad.norm()) > 0


def test_the_search_leaves_no_gradient_on_any_weight(scene):
    network, stylise, loss, mean, deviation = scene
    search_epsilon(stylise, loss, mean, deviation)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_search_works_inside_no_grad(scene):
    _, stylise, loss, mean, deviation = scene
    with torch.no_grad():
        assert len(search_epsilon(stylise, loss, mean, deviation, SearchConfig(iterations=1)).losses) == 2


def test_a_published_step_by_hand():
    """Loss e^2 + 1 at e = 2: 5, gradient 4; 2 + 20 / 5 * 4 = 18. Nothing is halved or limited."""
    config = SearchConfig(iterations=1, step=20.0, halvings=0, longest_step=math.inf)
    result = search_epsilon(
        lambda e: e, lambda x: x.square().sum() + 1, torch.tensor([[2.0]]), torch.ones(1, 1), config
    )
    assert result.epsilon.item() == pytest.approx(18.0)
    assert result.losses == pytest.approx((5.0, 325.0))


def test_a_step_is_limited_by_the_spread_of_the_style():
    """Four numbers with mean |xi| of 0.5 and factor 3: at most 3 * 2 * 0.5 = 3 far."""
    deviation = torch.tensor([[0.5, -0.5, 0.25, -0.75]])
    config = SearchConfig(iterations=1, step=1e6)
    result = search_epsilon(lambda e: e, lambda x: (x + 1).square().sum(), torch.zeros(1, 4), deviation, config)
    assert float((result.epsilon - result.epsilons[0]).norm()) == pytest.approx(3.0)


def test_a_step_too_far_is_halved_until_the_loss_rises():
    """On sin(e) + 2 from 1 a step of 16 * cos(1) / loss overshoots the top; a shorter one does not."""
    config = SearchConfig(iterations=1, step=16.0, longest_step=1e6)
    result = search_epsilon(lambda e: e, lambda x: torch.sin(x).sum() + 2, torch.ones(1, 1), torch.ones(1, 1), config)
    whole = 16.0 * math.cos(1) / (math.sin(1) + 2)
    halvings = math.log2(whole / (result.epsilon.item() - 1))
    assert halvings == pytest.approx(round(halvings), abs=1e-4) and halvings >= 1
    assert result.losses[1] > result.losses[0]


def test_the_search_ends_at_a_summit():
    result = search_epsilon(lambda e: e, lambda x: 5 - x.square().sum(), torch.zeros(1, 2), torch.ones(1, 2))
    assert result.losses == (5.0,) and torch.equal(result.epsilon, torch.zeros(1, 2))


def test_the_search_ends_where_the_loss_vanishes():
    result = search_epsilon(lambda e: e, lambda x: x.square().sum() + 1e-5, torch.zeros(1, 1), torch.ones(1, 1))
    assert len(result.losses) == 1


def test_no_iteration_returns_the_start_with_its_loss():
    config = SearchConfig(iterations=0)
    result = search_epsilon(lambda e: e, lambda x: x.sum(), torch.full((1, 1), 3.0), torch.ones(1, 1), config)
    assert result.losses == (3.0,) and result.epsilon.item() == 3.0


def test_losses_that_cannot_be_climbed_are_refused():
    start, deviation = torch.zeros(1, 1), torch.ones(1, 1)
    with pytest.raises(DatasetError, match="nan and cannot be climbed"):
        search_epsilon(lambda e: e, lambda x: x.sum() * math.nan, start, deviation)
    with pytest.raises(DatasetError, match="cannot be climbed"):
        search_epsilon(lambda e: e.detach(), lambda x: x.sum() + 1, start, deviation)
    with pytest.raises(DatasetError, match="option step is 0"):
        SearchConfig(step=0)
