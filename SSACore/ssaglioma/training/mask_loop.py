"""The training loop of a brain mask on synthetic heads; resumable at every epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.networks import SegmentationNetwork, build_network
from ssaglioma.preprocessing.mask_input import scaled
from ssaglioma.synthesis.heads import HeadMap, Ranges, SyntheticHead, draw_head_scan, make_head_scan
from ssaglioma.training.epoch_loop import EpochLoop, Scalars
from ssaglioma.training.losses import RegionLoss
from ssaglioma.training.mask_config import MaskTrainingConfig
from ssaglioma.training.optimization import cosine_rate, descend
from ssaglioma.types import ProgressCallback, no_progress

_JUDGED = 8
_HELD_OUT_STEP = 10**9
"""Held-out scans are numbered from here, so that none is a training scan."""


@dataclass(frozen=True)
class MaskBatch:
    """Scaled images and targets, float32, all (B, 1, Z, Y, X); `tumour` is the share of tumour, a part of `brain`."""

    image: torch.Tensor
    brain: torch.Tensor
    tumour: torch.Tensor


class SyntheticHeads(Dataset):
    """Step number -> `MaskBatch`, from a first step to the run's last; the same number gives the same batch."""

    def __init__(self, heads: Sequence[HeadMap], config: MaskTrainingConfig, first_step: int) -> None:
        self._heads, self._config, self._first = heads, config, first_step

    def __len__(self) -> int:
        return self._config.epochs * self._config.steps_per_epoch - self._first

    def __getitem__(self, index: int) -> MaskBatch:
        number = (self._config.seed, self._first + index)
        return mask_batch(self._heads, self._config.ranges, number, self._config.batch_size)


@dataclass
class MaskTrainer:
    """Trains one brain mask in a folder; call `run` again to resume.

    Attributes
    ----------
    config : MaskTrainingConfig
    heads : sequence of HeadMap
        To train on.
    folder : Path
        Receives `checkpoint.safetensors`, `history.csv` and `history.json`.
    held_out : sequence of HeadMap
        Other people's heads; the history tells the Dice on a fixed draw of them. May be empty.
    device : torch.device
    initial_weights : mapping of str to ndarray, optional
        A network's, to begin with instead of fresh ones.
    workers : int
        Processes that make scans beside the training; 0 makes them in between. It changes the time alone.
    should_stop : callable
        Asked after every epoch; true ends the run after its checkpoint (Pause).
    """

    config: MaskTrainingConfig
    heads: Sequence[HeadMap]
    folder: Path
    held_out: Sequence[HeadMap] = ()
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    initial_weights: Mapping[str, np.ndarray] | None = None
    workers: int = 0
    should_stop: Callable[[], bool] = lambda: False
    history: list[dict[str, Any]] = field(default_factory=list)

    def run(self, progress: ProgressCallback = no_progress) -> SegmentationNetwork:
        """Train from the last checkpoint, or from the initial or fresh weights, and return the network.

        Raises
        ------
        DatasetError
            If there is no head, or the loss is no longer finite.
        ModelPackageError
            If the folder holds a run with another configuration, or a damaged checkpoint, or the initial weights are
            another network's.
        """
        if not self.heads:
            raise DatasetError("There is no head to train on", expected="at least one label map of a whole head")
        config = self.config
        torch.manual_seed(config.seed)
        network = self._build()
        optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=1e-4)
        loop = EpochLoop(config, self.folder, network, optimizer, self.history, progress, self.should_stop)
        scans = SyntheticHeads(self.heads, config, loop.next_step)
        batches = iter(DataLoader(scans, batch_size=None, num_workers=self.workers))
        loop.run(
            lambda step: self._step(next(batches), network, optimizer),
            rate=lambda step: cosine_rate(config, config.warmup_steps, step),
            judged=lambda: self._judged(network),
        )
        return network.eval()

    def _build(self) -> SegmentationNetwork:
        network = build_network(self.config.network, in_channels=1, out_channels=1)
        if self.initial_weights is not None:
            weights = {name: torch.from_numpy(np.array(value)) for name, value in self.initial_weights.items()}
            try:
                network.load_state_dict(weights)
            except RuntimeError as error:
                raise ModelPackageError(
                    f"The initial weights are not those of {self.config.network!r}",
                    expected="a brain-mask model of the same network",
                ) from error
        return network.to(self.device)

    def _step(self, batch: MaskBatch, network: SegmentationNetwork, optimizer: torch.optim.Optimizer) -> Scalars:
        scales = network.forward_scales(batch.image.to(self.device))
        loss = RegionLoss(batch_dice=False)(scales, batch.brain.to(self.device))
        loss = loss + self.config.tumour_weight * tumour_loss(scales[0], batch.tumour.to(self.device))
        descend(loss, network, optimizer, self.config.gradient_clip)
        return {"loss": float(loss.detach())}

    @torch.no_grad()
    def _judged(self, network: SegmentationNetwork) -> dict[str, float]:
        """Return mean Dice and lost tumour on a fixed draw of held-out heads; nothing without them."""
        if not self.held_out:
            return {}
        network.eval()
        dice, kept, whole = [], 0.0, 0.0
        for number in range(_JUDGED):
            batch = mask_batch(self.held_out, self.config.ranges, (self.config.seed, _HELD_OUT_STEP + number), 1)
            found = (network(batch.image.to(self.device)).cpu() > 0).float()
            wanted = (batch.brain > 0.5).float()
            dice.append(float(2 * (found * wanted).sum() / (found.sum() + wanted.sum()).clamp(min=1)))
            kept, whole = kept + float((found * batch.tumour).sum()), whole + float(batch.tumour.sum())
        return {"held_out_dice": float(np.mean(dice)), "held_out_tumour_lost": 1 - kept / max(whole, 1.0)}


def mask_batch(heads: Sequence[HeadMap], ranges: Ranges, number: tuple[int, int], size: int) -> MaskBatch:
    """Return the batch of a seed and a step; the same numbers give the same batch."""
    generator = np.random.default_rng(number)
    made = []
    for _ in range(size):
        head = heads[int(generator.integers(len(heads)))]
        made.append(_drawn(head, ranges, generator))
    return MaskBatch(*(torch.from_numpy(np.stack(arrays))[:, None] for arrays in zip(*made)))


def tumour_loss(logits: torch.Tensor, tumour: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of tumour voxels (all of them brain); 0 where there is none."""
    entropy = functional.softplus(-logits.float()) * tumour
    return entropy.sum() / tumour.sum().clamp(min=1.0)


def _drawn(head: HeadMap, ranges: Ranges, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scan: SyntheticHead = make_head_scan(head, draw_head_scan(generator, ranges))
    image = np.zeros_like(scan.image)
    image[scan.scanned] = scaled(scan.image[scan.scanned])
    return image, scan.brain, scan.tumour
