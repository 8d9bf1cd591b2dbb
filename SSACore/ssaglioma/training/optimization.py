"""What moves the weights: optimizer, learning rate of a step, and the precision that it is computed in."""

from __future__ import annotations

import math

import torch

from ssaglioma.inference.device import bfloat16_pays
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.config_json import SteppedConfig


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


def cosine_rate(config: SteppedConfig, warmup_steps: int, step: int) -> float:
    """Return the rate of a step: linear warm-up times a cosine that falls to 0 at the end."""
    warm = min(1.0, (step + 1) / warmup_steps)
    total = config.epochs * config.steps_per_epoch
    return config.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / total))


def descend(
    loss: torch.Tensor, network: torch.nn.Module, optimizer: torch.optim.Optimizer, gradient_clip: float | None
) -> None:
    """Take one step down a loss; `gradient_clip` is the largest norm of the gradient, None for no limit."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    if gradient_clip is not None:
        torch.nn.utils.clip_grad_norm_(network.parameters(), gradient_clip)
    optimizer.step()


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Return the data type that the network computes in, None for that of its weights."""
    if precision == "bf16" or (precision == "auto" and bfloat16_pays(device)):
        return torch.bfloat16
    return None
