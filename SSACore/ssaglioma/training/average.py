"""The running mean of a network's weights, which is often better on unseen cases than the last weights.

avg <- decay * avg + (1 - decay) * weights after every step (Polyak & Juditsky 1992; as in Tarvainen & Valpola 2017,
arXiv:1703.01780). At the start the decay is (1 + steps) / (10 + steps) where that is less, so that the mean forgets
the first, random weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch


class WeightAverage:
    """Exponential mean of the floating-point tensors of a network.

    Parameters
    ----------
    network : torch.nn.Module
        Its present weights are the first mean.
    decay : float
        Share of the mean that is kept at each step, 0 to 1.
    """

    def __init__(self, network: torch.nn.Module, decay: float) -> None:
        self._decay = decay
        self.weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}

    def update(self, network: torch.nn.Module, step: int) -> None:
        """Take in the weights after a step; the first is number 0."""
        decay = min(self._decay, (1 + step) / (10 + step))
        for name, tensor in network.state_dict().items():
            mean = self.weights[name]
            if tensor.is_floating_point():
                mean.lerp_(tensor.detach(), 1 - decay)
            else:
                mean.copy_(tensor)

    def restore(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Go on from the mean of a checkpoint."""
        for name, mean in self.weights.items():
            mean.copy_(weights[name])

    @contextmanager
    def in_place(self, network: torch.nn.Module) -> Iterator[None]:
        """Give the network the mean for a `with` block, and its own weights back afterwards."""
        own = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        network.load_state_dict(self.weights)
        try:
            yield
        finally:
            network.load_state_dict(own)
