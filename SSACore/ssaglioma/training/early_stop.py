"""When a training has stopped getting better: nnU-Net's running mean of the scores, watched for a number of epochs."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any

from ssaglioma.training.epoch_watch import DICE_PREFIX

_KEPT = 0.9
"""Share of the running mean that is kept at each epoch (Isensee et al. 2021)."""


def epoch_score(row: Mapping[str, Any]) -> float:
    """Return the mean Dice that the watch found in an epoch, or minus the training loss where nothing was watched."""
    dice = [value for name, value in row.items() if name.startswith(DICE_PREFIX) and value is not None]
    return float(sum(dice) / len(dice)) if dice else -float(row["loss"])


def stalled_epochs(history: Seq[Mapping[str, Any]]) -> int:
    """Return how many epochs have passed since the running mean of the scores was highest."""
    best, since, mean = float("-inf"), 0, None
    for row in history:
        score = epoch_score(row)
        mean = score if mean is None else _KEPT * mean + (1 - _KEPT) * score
        since = 0 if mean > best else since + 1
        best = max(best, mean)
    return since
