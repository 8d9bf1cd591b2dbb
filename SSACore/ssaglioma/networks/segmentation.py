"""What every segmentation network here offers, so that loops, engines and freezing treat them alike."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import nn


class SegmentationNetwork(nn.Module, ABC):
    """Image in, logits out; all weights lie in the two children `encoder` and `decoder`.

    The bottleneck belongs to the encoder. Logits become probabilities by a sigmoid for each
    region, or by a softmax where a model was trained so: the network itself ends before either.
    """

    encoder: nn.Module
    decoder: nn.Module

    @abstractmethod
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits at full resolution, (B, out_channels, *spatial)."""

    @abstractmethod
    def forward_scales(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits that enter the loss, full resolution first, each half the size of the one before."""


def check_dims(dims: int) -> None:
    """Raise `ValueError` unless a network is asked for in 2 or 3 dimensions."""
    if dims not in (2, 3):
        raise ValueError(f"dims must be 2 or 3, found {dims!r}")
