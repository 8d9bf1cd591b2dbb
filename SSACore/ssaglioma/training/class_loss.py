"""Loss of networks that choose one class a voxel: cross-entropy plus soft Dice, 1 : 1."""

from __future__ import annotations

import torch
from monai.losses import DiceLoss
from torch.nn import functional

from ssaglioma.labels import LabelScheme
from ssaglioma.training.cases import OUTSIDE

_SMOOTH = 1e-5


def class_numbers(labels: torch.Tensor, scheme: LabelScheme) -> torch.Tensor:
    """Return class numbers (0 background, then the scheme's labels in order) for label numbers that are so already.

    Padding (`OUTSIDE`) becomes background.

    Raises
    ------
    ValueError
        If a number is beyond the scheme's classes.
    """
    numbers = torch.where(labels == OUTSIDE, 0, labels.long())
    if int(numbers.max()) > len(scheme.values):
        raise ValueError(f"Class numbers go up to {int(numbers.max())}, expected at most {len(scheme.values)}")
    return numbers


def class_loss(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return mean cross-entropy + soft Dice over the classes without background, sums pooled over the batch.

    Parameters
    ----------
    logits : Tensor, shape (B, 1 + labels, *spatial)
    classes : Tensor of int64, shape (B, *spatial)
    """
    dice = DiceLoss(softmax=True, to_onehot_y=True, include_background=False, batch=True, smooth_nr=_SMOOTH)
    values = logits.float()
    return functional.cross_entropy(values, classes) + dice(values, classes[:, None])
