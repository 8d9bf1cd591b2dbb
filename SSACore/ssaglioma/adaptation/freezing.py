"""Freezing parts of a network: their weights and their normalisation statistics stay bit for bit as they are."""

from __future__ import annotations

from collections.abc import Collection

from torch import nn


def parameter_groups(network: nn.Module) -> dict[str, list[str]]:
    """Return the names of the parameters of each part: 'encoder', 'decoder' and what else is attached."""
    groups: dict[str, list[str]] = {}
    for name, _ in network.named_parameters():
        groups.setdefault(name.split(".")[0], []).append(name)
    return groups


def freeze(network: nn.Module, parts: Collection[str]) -> None:
    """Let exactly the named parts take no gradient, in place; all others learn again.

    An optimizer passes over parameters without a gradient, weight decay and momentum included,
    so it may hold all of them. Running statistics of batch norms are another matter: call
    `train_mode` instead of `network.train()`.

    Raises
    ------
    ValueError
        If the network has no such part, or no part would be left to learn.
    """
    groups = parameter_groups(network)
    unknown = sorted(set(parts) - set(groups))
    if unknown or set(parts) >= {"encoder", "decoder"}:
        raise ValueError(f"Cannot freeze {sorted(parts)}: the parts are {sorted(groups)}, and one has to learn")
    frozen = {name for part in parts for name in groups[part]}
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in frozen)
        if name in frozen:
            parameter.grad = None


def train_mode(network: nn.Module, frozen: Collection[str]) -> None:
    """Put the network in training mode, but the frozen parts in evaluation mode.

    A frozen part then normalises with the statistics that it was trained with, and drops nothing out.
    """
    network.train()
    for part in frozen:
        network.get_submodule(part).eval()
