"""The training loop of the small CycleGAN (Zhu et al. 2017); resumable at every epoch.

Least-squares losses, cycle weight 10 and identity weight 5, Adam 2e-4 with beta 0.5, the rate falling to 0 over the
second half, as published. Left out: the pool of 50 earlier pictures that the published judges are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ssaglioma.errors import DatasetError
from ssaglioma.style.cyclegan import DIVISOR, CycleGan
from ssaglioma.training.config_json import SteppedConfig
from ssaglioma.training.epoch_loop import EpochLoop
from ssaglioma.training.style_slices import Slices, SliceSet, paired_cuts, paired_sets
from ssaglioma.types import ProgressCallback, no_progress

_BETAS = (0.5, 0.999)


@dataclass(frozen=True)
class CycleGanConfig(SteppedConfig):
    """One training of a CycleGAN.

    Attributes
    ----------
    epochs, steps_per_epoch, batch_size : int
    crop : int
        Edge of the cuts in pixels, a multiple of 8 from 32 on.
    learning_rate, cycle_weight, identity_weight : float
    seed : int
    """

    _KIND = "CycleGAN training"

    epochs: int = 10
    steps_per_epoch: int = 100
    batch_size: int = 2
    crop: int = 128
    learning_rate: float = 2e-4
    cycle_weight: float = 10.0
    identity_weight: float = 5.0
    seed: int = 1

    def __post_init__(self) -> None:
        counts = self.epochs, self.steps_per_epoch, self.batch_size
        proper = min(counts) >= 1 and self.learning_rate > 0 and min(self.cycle_weight, self.identity_weight) >= 0
        if not proper or self.crop < 32 or self.crop % (2 * DIVISOR):
            raise DatasetError(f"The training is {self!r}", expected="positive numbers, a crop of 32, 40, 48 ...")


@dataclass
class CycleGanTrainer:
    """Trains one CycleGAN in a folder; call `run` again to resume.

    Attributes
    ----------
    config : CycleGanConfig
    content, style : sequence of ndarray (Y, X), or mapping of group to such a sequence
        As in `StyleTrainer`; no picture has a partner.
    folder : Path
    device : torch.device
    """

    config: CycleGanConfig
    content: Slices
    style: Slices
    folder: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    history: list[dict[str, Any]] = field(default_factory=list)

    def run(self, progress: ProgressCallback = no_progress) -> CycleGan:
        """Train from the last checkpoint, or from fresh weights, and return the network.

        Raises
        ------
        DatasetError
            If a set is empty or damaged, or the loss is no longer finite.
        ModelPackageError
            If the folder holds a run with another configuration, or a damaged checkpoint.
        """
        sets, config = paired_sets(self.content, self.style), self.config
        torch.manual_seed(config.seed)
        network = CycleGan().to(self.device)
        optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, betas=_BETAS)
        EpochLoop(config, self.folder, network, optimizer, self.history, progress).run(
            lambda step: self._step(network, optimizer, *self._batch(sets, step)),
            rate=lambda step: config.learning_rate * min(1.0, 2 * (1 - step // config.steps_per_epoch / config.epochs)),
            in_words=lambda row: f"cycle {row['cycle']:.3f}",
        )
        return network.eval()

    def _batch(self, sets: tuple[SliceSet, SliceSet], step: int) -> tuple[torch.Tensor, torch.Tensor]:
        crop = self.config.crop
        generator = np.random.default_rng([self.config.seed, step])
        drawn = paired_cuts(sets, generator, self.config.batch_size, (crop, crop))
        content, style = (one.cut(cuts, crop).to(self.device) for one, cuts in zip(sets, drawn))
        return content, style

    def _step(
        self, network: CycleGan, optimizer: torch.optim.Optimizer, content: torch.Tensor, style: torch.Tensor
    ) -> dict[str, float]:
        """Train the generators against the judges as they are, then the judges on what was made."""
        for parameter in network.judges:
            parameter.requires_grad_(False)
        made, back = network.to_style(content), network.to_content(style)
        fooled = _squares(network.style_judge(made), 1) + _squares(network.content_judge(back), 1)
        apart = functional.l1_loss
        cycle = apart(network.to_content(made), content) + apart(network.to_style(back), style)
        own = apart(network.to_style(style), style) + apart(network.to_content(content), content)
        optimizer.zero_grad(set_to_none=True)  # Adam passes over parameters without a gradient: the judges' here
        (fooled + self.config.cycle_weight * cycle + self.config.identity_weight * own).backward()
        optimizer.step()
        for parameter in network.judges:
            parameter.requires_grad_(True)
        judged = [
            (_squares(judge(real), 1) + _squares(judge(fake.detach()), 0)) / 2
            for judge, real, fake in ((network.style_judge, style, made), (network.content_judge, content, back))
        ]
        optimizer.zero_grad(set_to_none=True)
        torch.stack(judged).sum().backward()
        optimizer.step()
        values = {"fooled": fooled, "cycle": cycle, "identity": own, "judges": torch.stack(judged).sum()}
        return {name: float(value.detach()) for name, value in values.items()}


def _squares(judgement: torch.Tensor, wanted: float) -> torch.Tensor:
    return ((judgement - wanted) ** 2).mean()
