"""Adapting a network to one patient's images while it segments them: less entropy by the norms' scale and shift alone.

Wang et al. 2021 (TENT), with the changes that the task asks for: the norms are instance norms, whose statistics are the
image's own already, so only their affine numbers move; the entropy is that of sigmoids, over doubtful voxels of the
brain; the network is the old one again for the next patient. Less entropy is not more truth, and small enhancing parts
are the first to vanish: `changes_too_much` tells when to throw the adapted result away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from ssaglioma.errors import DatasetError, ModelPackageError

_NORMS = (_InstanceNorm, _BatchNorm, nn.GroupNorm, nn.LayerNorm)
_ML_PER_MM3 = 1e-3


@dataclass(frozen=True)
class AdaptationConfig:
    """How far a network may be adapted to one patient.

    Attributes
    ----------
    steps : int
        1 to 10 steps of Adam.
    learning_rate : float
    tiles : int
        Slices (2D) or boxes (3D) that are looked at, those with the most doubt.
    uncertain : tuple of 2 floats
        Voxels whose probability lies between these count.
    most_change : float
        Share of its volume that a region may gain or lose.
    least_ml : float
        A region smaller than this is taken as this large when its change is judged.
    most_components : tuple of 2 floats
        Components allowed: the first number times those before, plus the second.
    """

    steps: int = 5
    learning_rate: float = 1e-3
    tiles: int = 12
    uncertain: tuple[float, float] = (0.05, 0.95)
    most_change: float = 0.5
    least_ml: float = 0.2
    most_components: tuple[float, float] = (2.0, 3.0)

    def __post_init__(self) -> None:
        _require(1 <= self.steps <= 10, "steps", self.steps, "1 to 10")
        _require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        _require(self.tiles >= 1, "tiles", self.tiles, "1 or more")
        low, high = self.uncertain
        _require(0 <= low < 0.5 < high <= 1, "uncertain", self.uncertain, "a lower and an upper probability around 0.5")
        _require(self.most_change > 0, "most_change", self.most_change, "above 0")


def affine_parameters(network: nn.Module) -> list[nn.Parameter]:
    """Return scale and shift of every norm of a network.

    Raises
    ------
    ModelPackageError
        If its norms have none, as those of Ren et al. 2024.
    """
    found = [
        parameter
        for module in network.modules()
        if isinstance(module, _NORMS)
        for parameter in (module.weight, module.bias)
        if parameter is not None
    ]
    if not found:
        raise ModelPackageError(
            "This network cannot be adapted to a patient: its norms have no scale and shift",
            expected="a network with affine norms",
            remedy="Leave --adapt away, or choose another --model",
        )
    return found


def doubtful_entropy(
    logits: torch.Tensor, brain: torch.Tensor, uncertain: tuple[float, float]
) -> tuple[torch.Tensor, int]:
    """Return the sum of the binary entropies (nats) of doubtful voxels of the brain, and their number.

    H = log(1 + e^x) - x sigmoid(x).

    Parameters
    ----------
    logits : Tensor, shape (B, R, ...)
    brain : Tensor of bool, shape (B, 1, ...)
    """
    probabilities = torch.sigmoid(logits.detach())
    chosen = (probabilities > uncertain[0]) & (probabilities < uncertain[1]) & brain
    values = logits[chosen]
    entropy = functional.softplus(values) - values * torch.sigmoid(values)
    return entropy.sum(), int(chosen.sum())


@contextmanager
def episode(network: nn.Module) -> Iterator[list[nn.Parameter]]:
    """Yield the affine parameters, ready to learn; afterwards all is as it was, whatever happened."""
    parameters = affine_parameters(network)
    kept = [parameter.detach().clone() for parameter in parameters]
    asked = {parameter: parameter.requires_grad for parameter in network.parameters()}
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)
    try:
        yield parameters
    finally:
        with torch.no_grad():
            for parameter, value in zip(parameters, kept):
                parameter.copy_(value)
        for parameter, learns in asked.items():
            parameter.requires_grad_(learns)
            parameter.grad = None


def minimise_entropy(
    network: nn.Module,
    parameters: Seq[nn.Parameter],
    tiles: Seq[tuple[torch.Tensor, torch.Tensor]],
    config: AdaptationConfig,
) -> tuple[float, ...]:
    """Take the steps and return the mean entropy of the doubtful voxels before each of them, in nats.

    Parameters
    ----------
    tiles : sequence of (images (B, C, ...), brain (B, 1, ...) of bool)
        On the network's device; a step looks at all of them.
    """
    optimizer = torch.optim.Adam(parameters, lr=config.learning_rate, betas=(0.9, 0.999))
    seen: list[float] = []
    for _ in range(config.steps):
        optimizer.zero_grad()
        total, voxels = 0.0, 0
        for images, brain in tiles:
            loss, count = doubtful_entropy(network(images), brain, config.uncertain)
            if count:
                loss.backward()
            total, voxels = total + float(loss.detach()), voxels + count
        if not voxels:
            break
        seen.append(total / voxels)
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad /= voxels
        optimizer.step()
    return tuple(seen)


def changes_too_much(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], voxel_mm3: float, config: AdaptationConfig
) -> tuple[str, ...]:
    """Return why an adapted result must be thrown away, a phrase for each reason; empty if it may stay.

    Parameters
    ----------
    before, after : mapping of region to bool ndarray (Z, Y, X)

    Raises
    ------
    DatasetError
        If the regions differ.
    """
    if set(before) != set(after):
        raise DatasetError(f"The regions after are {sorted(after)!r}", expected=f"{sorted(before)!r}")
    reasons = []
    for region, old in before.items():
        had, has = (float(mask.sum()) * voxel_mm3 * _ML_PER_MM3 for mask in (old, after[region]))
        if abs(has - had) > config.most_change * max(had, config.least_ml):
            reasons.append(f"{region} went from {had:.1f} to {has:.1f} ml")
        pieces, now = _components(old), _components(after[region])
        factor, more = config.most_components
        if now > factor * pieces + more:
            reasons.append(f"{region} fell from {pieces} into {now} pieces")
    return tuple(reasons)


def _components(mask: np.ndarray) -> int:
    return int(ndimage.label(mask, structure=np.ones((3,) * mask.ndim, bool))[1])


def _require(condition: bool, name: str, value: object, expected: str) -> None:
    if not condition:
        raise DatasetError(f"{name} of the adaptation is {value!r}", expected=expected)
