"""Frozen parts keep every bit, running statistics included."""

import pytest
import torch

from ssaglioma.adaptation import freeze, parameter_groups, train_mode
from ssaglioma.networks import DRUNet, OptimizedUNet


@pytest.fixture
def network():
    torch.manual_seed(0)
    return DRUNet(dims=2, in_channels=1, out_channels=2, width=2, depth=3, dropout=0.2)


def take_steps(network, frozen, optimizer_of):
    """Two steps on random images, with an optimizer that holds all parameters."""
    freeze(network, frozen)
    train_mode(network, frozen)
    optimizer = optimizer_of(network.parameters())
    for _ in range(2):
        optimizer.zero_grad(set_to_none=True)
        network(torch.randn(2, 1, 16, 16)).pow(2).mean().backward()
        optimizer.step()


def changed_parts(before, after):
    return {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}


OPTIMIZERS = [
    pytest.param(lambda parameters: torch.optim.AdamW(parameters, 0.01, weight_decay=0.1), id="adamw"),
    pytest.param(lambda parameters: torch.optim.SGD(parameters, 0.01, 0.9, weight_decay=0.1), id="sgd"),
]


@pytest.mark.parametrize("optimizer_of", OPTIMIZERS)
@pytest.mark.parametrize(
    ("frozen", "changed"), [((), {"encoder", "decoder"}), (("decoder",), {"encoder"}), (("encoder",), {"decoder"})]
)
def test_a_step_changes_what_is_not_frozen_and_nothing_else(network, frozen, changed, optimizer_of):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    take_steps(network, frozen, optimizer_of)
    assert changed_parts(before, network.state_dict()) == changed


def test_plain_training_mode_would_move_the_frozen_statistics(network):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    freeze(network, ["decoder"])
    network.train()
    network(torch.randn(2, 1, 16, 16))
    moved = [name for name in before if not torch.equal(before[name], network.state_dict()[name])]
    assert any(name.startswith("decoder") and "running" in name for name in moved)


def test_a_frozen_part_drops_nothing_out(network):
    train_mode(network, ["encoder"])
    assert not network.encoder.training and network.decoder.training
    image = torch.randn(1, 1, 8, 8)
    assert torch.equal(network.encoder(image)[-1], network.encoder(image)[-1])


def test_thawing_lets_everything_learn_again(network):
    freeze(network, ["decoder"])
    freeze(network, [])
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_the_published_split_of_the_optimized_unet_is_encoder_and_decoder():
    groups = parameter_groups(OptimizedUNet(dims=2, in_channels=1, out_channels=3, width=1))
    assert set(groups) == {"encoder", "decoder"}
    assert {name.split(".")[1] for name in groups["encoder"]} == {"levels"}
    names = {name.split(".")[1] for name in groups["decoder"]}
    expected = {f"{kind}{level}" for kind in ("up", "block") for level in range(1, 7)}
    assert names == expected | {"head1", "head2", "head3"}


@pytest.mark.parametrize("parts", [["head"], ["encoder", "decoder"]])
def test_freezing_what_is_not_there_or_everything_is_refused(network, parts):
    with pytest.raises(ValueError, match="Cannot freeze"):
        freeze(network, parts)
