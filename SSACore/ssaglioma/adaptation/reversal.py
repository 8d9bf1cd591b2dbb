"""Gradient reversal (Ganin et al. 2016, arXiv:1505.07818): identity forwards, minus lambda times the gradient back."""

from __future__ import annotations

from typing import Any

import torch


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, features: torch.Tensor, grl_weight: float) -> torch.Tensor:
        context.grl_weight = grl_weight
        return features.view_as(features)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -context.grl_weight * gradients[0], None


def reverse_gradient(features: torch.Tensor, grl_weight: float) -> torch.Tensor:
    """Return the features unchanged; their gradient arrives multiplied by -grl_weight (any shape).

    What follows still learns to lower its loss, what came before learns to raise it.
    """
    return _Reversal.apply(features, float(grl_weight))
