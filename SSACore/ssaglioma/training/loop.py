"""The training loop: one fold of one region network, resumable at every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.inference.device import bfloat16_pays
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.networks import CONFIGURATIONS, PlainConvUNet, build_network
from ssaglioma.training.augmentation import Augmentation
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.checkpoint import load_checkpoint, save_checkpoint
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.history import write_history
from ssaglioma.training.losses import RegionLoss, region_targets
from ssaglioma.training.sampling import PatchSampler
from ssaglioma.types import ProgressCallback, no_progress

CHECKPOINT = "checkpoint.safetensors"
_POLY_POWER = 0.9
_ANCHORS = ("t1c", "t2f")


class PatchBatches(Dataset):
    """Batch number -> (image (B, C, *patch), labels (B, *patch)); the same number gives the same batch."""

    def __init__(self, cases: Seq[TrainingCase], config: TrainingConfig, first_step: int, steps: int) -> None:
        network = CONFIGURATIONS[config.network]
        anchors = tuple(config.channels.index(name) for name in _ANCHORS if name in config.channels)
        self._sampler = PatchSampler(cases, network.patch, config.foreground_fraction)
        self._augment = Augmentation(network.patch, config.channel_dropout, anchors)
        self._config, self._first, self._steps = config, first_step, steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        generator = np.random.default_rng([self._config.seed, self._first + index])
        places = self._sampler.draw_batch(generator, self._config.batch_size)
        pairs = [self._augment(*self._sampler.cut(place), seed=int(generator.integers(2**31))) for place in places]
        images, labels = zip(*pairs)
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels))


@dataclass
class Trainer:
    """Trains one network in a folder; call `run` again to resume.

    Attributes
    ----------
    config : TrainingConfig
    cases : sequence of TrainingCase
        Training cases only; held-out cases never enter.
    folder : Path
        Receives `checkpoint.safetensors`, `history.csv` and `history.json`.
    device : torch.device
    scheme : LabelScheme
        Gives the regions that the network learns, in order.
    workers : int
        Processes that prepare batches; 0 prepares them in this one.
    should_stop : callable
        Asked after every epoch; true ends the run after its checkpoint (Pause).
    """

    config: TrainingConfig
    cases: Seq[TrainingCase]
    folder: Path
    device: torch.device
    scheme: LabelScheme = GLIOMA
    workers: int = 1
    should_stop: Callable[[], bool] = lambda: False
    history: list[dict[str, Any]] = field(default_factory=list)

    def run(self, progress: ProgressCallback = no_progress) -> PlainConvUNet:
        """Train from the last checkpoint, or from fresh weights, and return the network.

        Raises
        ------
        DatasetError
            If there is no training case, or the loss is no longer finite.
        ModelPackageError
            If the folder holds a run with another configuration, or a damaged checkpoint.
        """
        if not self.cases:
            raise DatasetError("There is no training case", expected="at least one case with labels")
        self.folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(self.config.seed)
        network = build_network(
            self.config.network, in_channels=len(self.config.channels), out_channels=len(self.scheme.regions)
        ).to(self.device)
        optimizer = _optimizer(self.config, network)
        first = self._resume(network, optimizer)
        write_history(self.folder, self.history)  # a kill may have come between checkpoint and history
        loader = self._loader(first)
        batches = iter(loader)
        for epoch in range(first, self.config.epochs):
            row = self._epoch(epoch, network, optimizer, batches, progress)
            self.history.append(row)
            facts = {"epoch": epoch + 1, "history": self.history, "config": self.config.to_json()}
            save_checkpoint(self.folder / CHECKPOINT, network, optimizer, facts)
            write_history(self.folder, self.history)
            if self.should_stop():
                break
        return network

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return len(self.history) >= self.config.epochs

    def _resume(self, network: PlainConvUNet, optimizer: torch.optim.Optimizer) -> int:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return 0
        facts = load_checkpoint(path, network, optimizer)
        if TrainingConfig.from_json(facts["config"]) != self.config:
            raise ModelPackageError(
                f"The folder {str(self.folder)!r} holds a run with another configuration, {facts['config']!r}",
                expected=f"{self.config.to_json()!r}",
                remedy="Choose an empty output folder, or repeat the options that the run began with",
            )
        self.history = list(facts["history"])
        return int(facts["epoch"])

    def _loader(self, first_epoch: int) -> DataLoader:
        per_epoch = self.config.steps_per_epoch
        steps = (self.config.epochs - first_epoch) * per_epoch
        dataset = PatchBatches(self.cases, self.config, first_epoch * per_epoch, steps)
        return DataLoader(dataset, batch_size=None, num_workers=self.workers)

    def _epoch(
        self,
        epoch: int,
        network: PlainConvUNet,
        optimizer: torch.optim.Optimizer,
        batches: Any,
        progress: ProgressCallback,
    ) -> dict[str, Any]:
        network.train()
        loss_function = RegionLoss(batch_dice=CONFIGURATIONS[self.config.network].dims == 2)
        regions = [self.scheme.region_values(name) for name in self.scheme.regions]
        dtype = _autocast_dtype(self.config.precision, self.device)
        began, losses = time.monotonic(), []
        for index in range(self.config.steps_per_epoch):
            step = epoch * self.config.steps_per_epoch + index
            rate = _learning_rate(self.config, epoch, step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            image, labels = (tensor.to(self.device) for tensor in next(batches))
            with torch.autocast(self.device.type, dtype=dtype, enabled=dtype is not None):
                logits = network.forward_scales(image)
            loss = loss_function(logits, region_targets(labels, regions))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.config.gradient_clip)
            optimizer.step()
            losses.append(float(loss.detach()))
            done = (step + 1) / (self.config.epochs * self.config.steps_per_epoch)
            progress(done, f"Epoch {epoch + 1} of {self.config.epochs}, loss {losses[-1]:.3f}")
        mean = float(np.mean(losses))
        if not np.isfinite(mean):
            raise DatasetError(
                f"The loss became {mean} in epoch {epoch + 1}",
                remedy="Lower the learning rate; the last checkpoint is kept",
            )
        return {"epoch": epoch + 1, "loss": mean, "learning_rate": rate, "seconds": time.monotonic() - began}


def _optimizer(config: TrainingConfig, network: PlainConvUNet) -> torch.optim.Optimizer:
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            network.parameters(), config.learning_rate, 0.99, weight_decay=config.weight_decay, nesterov=True
        )
    return torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)


def _learning_rate(config: TrainingConfig, epoch: int, step: int) -> float:
    warm = min(1.0, (step + 1) / max(config.warmup_steps, 1))
    return config.learning_rate * warm * (1 - epoch / config.epochs) ** _POLY_POWER


def _autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    if precision == "bf16" or (precision == "auto" and bfloat16_pays(device)):
        return torch.bfloat16
    return None
