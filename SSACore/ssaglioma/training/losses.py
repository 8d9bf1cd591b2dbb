"""Soft Dice plus cross-entropy on overlapping regions, at every decoder scale."""

from __future__ import annotations

import torch
from monai.losses import DiceLoss
from torch import nn
from torch.nn import functional

_SMOOTH = 1e-5


def deep_supervision_weights(scales: int) -> list[float]:
    """Return nnU-Net's weights: halved at each scale, the lowest scale 0, sum 1 (5 scales: 8 4 2 1 0 / 15)."""
    weights = [0.5**index for index in range(scales)]
    if scales > 1:
        weights[-1] = 0.0
    return [weight / sum(weights) for weight in weights]


class RegionLoss(nn.Module):
    """Binary cross-entropy and soft Dice on sigmoid regions, 1 : 1 (nnU-Net's region mode; Isensee et al. 2021).

    Shapes: each logits tensor and target (B, R, *spatial); targets are bool or float in 0..1.

    Parameters
    ----------
    batch_dice : bool
        Pool the sums over the batch first (nnU-Net: true in 2D, false in 3D).
    """

    def __init__(self, *, batch_dice: bool) -> None:
        super().__init__()
        self._dice = DiceLoss(sigmoid=True, batch=batch_dice, smooth_nr=_SMOOTH, smooth_dr=_SMOOTH)

    def forward(self, logits: list[torch.Tensor], target: torch.Tensor) -> torch.Tensor:
        """Return the weighted loss over the scales (full resolution first); 0 is perfect."""
        total = logits[0].new_zeros((), dtype=torch.float32)
        for weight, scale in zip(deep_supervision_weights(len(logits)), logits):
            if weight == 0:
                continue
            scaled = functional.interpolate(target.float(), size=scale.shape[2:], mode="nearest")
            values = scale.float()
            entropy = functional.binary_cross_entropy_with_logits(values, scaled)
            total = total + weight * (entropy + self._dice(values, scaled))
        return total


def region_targets(labels: torch.Tensor, regions: list[tuple[int, ...]]) -> torch.Tensor:
    """Return bool targets (B, R, *spatial) from label values (B, *spatial)."""
    return torch.stack([torch.isin(labels, torch.tensor(values, device=labels.device)) for values in regions], dim=1)
