"""What moves the weights: optimizer, learning rate of a step, and the precision that it is computed in."""

from __future__ import annotations

import torch

from ssaglioma.inference.device import bfloat16_pays
from ssaglioma.training.config import TrainingConfig


def make_optimizer(config: TrainingConfig, network: torch.nn.Module) -> torch.optim.Optimizer:
    """Return the configured optimizer over all parameters of a network."""
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            network.parameters(), config.learning_rate, 0.99, weight_decay=config.weight_decay, nesterov=True
        )
    if config.optimizer == "adam":
        return torch.optim.Adam(
            network.parameters(), config.learning_rate, weight_decay=config.weight_decay, amsgrad=True
        )
    return torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)


def learning_rate(config: TrainingConfig, epoch: int, step: int) -> float:
    """Return the rate of a step: linear warm-up, then (1 - epoch / epochs) ** decay_power."""
    warm = min(1.0, (step + 1) / max(config.warmup_steps, 1))
    return config.learning_rate * warm * (1 - epoch / config.epochs) ** config.decay_power


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Return the data type that the network computes in, None for that of its weights."""
    if precision == "bf16" or (precision == "auto" and bfloat16_pays(device)):
        return torch.bfloat16
    return None
