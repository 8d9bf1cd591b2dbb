"""Losses on regions: soft Dice plus cross-entropy (nnU-Net), squared error plus cross-entropy (Ren et al.)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from monai.losses import DiceLoss
from torch import nn
from torch.nn import functional

from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.training.config import TrainingConfig

Total = Callable[[torch.Tensor], torch.Tensor]
ENTROPIES = ("bce", "literal", "softmax")
_SMOOTH = 1e-5
_SQUARED_WEIGHT, _ENTROPY_WEIGHT = 0.4, 0.7


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
    scale_weights : tuple of float, optional
        Weight of each scale, full resolution first; None takes `deep_supervision_weights`.
    total : callable, optional
        Sum of a tensor over the processes that share a batch; `batch_dice` pools over all of them.
    """

    def __init__(
        self, *, batch_dice: bool, scale_weights: tuple[float, ...] | None = None, total: Total | None = None
    ) -> None:
        super().__init__()
        self._scale_weights = scale_weights
        self._total = total if batch_dice else None
        self._dice = DiceLoss(sigmoid=True, batch=batch_dice, smooth_nr=_SMOOTH, smooth_dr=_SMOOTH)

    def forward(self, logits: list[torch.Tensor], target: torch.Tensor) -> torch.Tensor:
        """Return the weighted loss over the scales (full resolution first); 0 is perfect."""
        total = logits[0].new_zeros((), dtype=torch.float32)
        for weight, scale in zip(self._scale_weights or deep_supervision_weights(len(logits)), logits):
            if weight == 0:
                continue
            scaled = functional.interpolate(target.float(), size=scale.shape[2:], mode="nearest")
            values = scale.float()
            entropy = functional.binary_cross_entropy_with_logits(values, scaled)
            total = total + weight * (entropy + self._dice_loss(values, scaled))
        return total

    def _dice_loss(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        if self._total is None:
            return self._dice(logits, target)
        found, axes = torch.sigmoid(logits), (0, *range(2, logits.ndim))
        sums = torch.stack([(found * target).sum(axes), found.sum(axes) + target.sum(axes)])
        both, all_voxels = self._total(sums)
        return (1 - (2 * both + _SMOOTH) / (all_voxels + _SMOOTH)).mean()


class SquaredErrorLoss(nn.Module):
    """0.4 x squared error of the probabilities + 0.7 x cross-entropy, summed over regions (Ren et al. 2024).

    The published code hands each region alone to a cross-entropy over classes, which is 0 for a single
    class. The readings are: 'literal' (that 0), 'bce' (binary cross-entropy of each region; the default)
    and 'softmax' (classes with a background of logit 0, once and not for each region; the regions must
    not overlap). The squared error takes sigmoid probabilities in all of them.

    Shapes: logits of each scale and target (B, R, *spatial); only the first scale enters.

    Parameters
    ----------
    entropy : str
        One of `ENTROPIES`.

    Raises
    ------
    ValueError
        For another reading, or for 'softmax' with regions that overlap.
    """

    def __init__(self, entropy: str = "bce") -> None:
        super().__init__()
        if entropy not in ENTROPIES:
            raise ValueError(f"entropy must be one of {ENTROPIES}, found {entropy!r}")
        self._entropy = entropy

    def forward(self, logits: list[torch.Tensor], target: torch.Tensor) -> torch.Tensor:
        """Return the loss of the finest scale; 0 is perfect."""
        values, wanted = logits[0].float(), target.float()
        regions = values.shape[1]
        squared = _SQUARED_WEIGHT * regions * functional.mse_loss(torch.sigmoid(values), wanted)
        if self._entropy == "literal":
            return squared
        if self._entropy == "bce":
            return squared + _ENTROPY_WEIGHT * regions * functional.binary_cross_entropy_with_logits(values, wanted)
        background = 1 - wanted.sum(1, keepdim=True)
        if bool((background < 0).any()):
            raise ValueError("The 'softmax' reading needs regions that do not overlap, expected NCR, ED and ET")
        classes = torch.cat([torch.zeros_like(values[:, :1]), values], dim=1)
        return squared + _ENTROPY_WEIGHT * functional.cross_entropy(classes, torch.cat([background, wanted], dim=1))


def loss_of(config: TrainingConfig, total: Total | None = None) -> nn.Module:
    """Return the loss that a configuration names; it takes logits of all scales and targets (B, R, *spatial).

    With `total`, which sums over the processes that share a batch, the loss is that of the whole batch.
    """
    if config.loss == "dice_bce":
        network = CONFIGURATIONS[config.network]
        return RegionLoss(batch_dice=network.dims == 2, scale_weights=network.scale_weights, total=total)
    return SquaredErrorLoss(config.loss.removeprefix("mse_"))


def region_targets(labels: torch.Tensor, regions: list[tuple[int, ...]]) -> torch.Tensor:
    """Return bool targets (B, R, *spatial) from label values (B, *spatial)."""
    return torch.stack([torch.isin(labels, torch.tensor(values, device=labels.device)) for values in regions], dim=1)
