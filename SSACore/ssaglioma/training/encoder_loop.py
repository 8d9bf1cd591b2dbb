"""The training loop of an encoder of MR slices; resumable at every epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ssaglioma.errors import DatasetError
from ssaglioma.style.encoder_heads import EncoderTask, normalise_activations
from ssaglioma.style.encoders import build_encoder
from ssaglioma.training.encoder_config import EncoderTrainingConfig
from ssaglioma.training.encoder_slices import EncoderBatch, EncoderSlices
from ssaglioma.training.epoch_loop import EpochLoop, Scalars
from ssaglioma.training.optimization import cosine_rate, descend
from ssaglioma.types import ProgressCallback, no_progress

_JUDGED = 8
_LOSSES = ("picture", "contrast", "scanner", "region")
_HELD_OUT_STEP = 10**9
"""Batches of held-out slices are numbered from here, so that none is a training batch."""


@dataclass
class EncoderTrainer:
    """Trains one encoder in a folder; call `run` again to resume.

    Attributes
    ----------
    config : EncoderTrainingConfig
    slices : EncoderSlices
        Of training patients.
    folder : Path
        Receives `checkpoint.safetensors`, `history.csv` and `history.json`.
    held_out : EncoderSlices or None
        The same contrasts of other patients; the history tells how well they are told.
    device : torch.device
    should_stop : callable
        Asked after every epoch; true ends the run after its checkpoint (Pause).
    """

    config: EncoderTrainingConfig
    slices: EncoderSlices
    folder: Path
    held_out: EncoderSlices | None = None
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    should_stop: Callable[[], bool] = lambda: False
    history: list[dict[str, Any]] = field(default_factory=list)

    def run(self, progress: ProgressCallback = no_progress) -> EncoderTask:
        """Train from the last checkpoint, or from fresh weights; once all is done, plain convolutions remain.

        Their activations are normalised.

        Raises
        ------
        DatasetError
            If the held-out contrasts differ, or the loss is no longer finite.
        ModelPackageError
            If the folder holds a run with another configuration, or a damaged checkpoint.
        """
        if self.held_out is not None and self.held_out.names != self.slices.names:
            raise DatasetError(f"The held-out contrasts are {self.held_out.names}", expected=f"{self.slices.names}")
        torch.manual_seed(self.config.seed)
        task = self._build().to(self.device)
        optimizer = torch.optim.AdamW(task.parameters(), self.config.learning_rate, weight_decay=1e-4)
        EpochLoop(self.config, self.folder, task, optimizer, self.history, progress, self.should_stop).run(
            lambda step: self._step(step, task, optimizer),
            rate=lambda step: cosine_rate(self.config, self.config.warmup_steps, step),
            judged=lambda: self._judged(task),
        )
        task.eval()
        if self.finished:
            task.fold()
            normalise_activations(task, self.slices.pictures(_JUDGED, self.config.crop).to(self.device))
        return task

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return len(self.history) >= self.config.epochs

    def _build(self) -> EncoderTask:
        encoder = build_encoder(self.config.encoder, frozen=False)
        return EncoderTask(encoder, contrasts=len(self.slices.names), regions=self.slices.region_count)

    def _step(self, step: int, task: EncoderTask, optimizer: torch.optim.Optimizer) -> Scalars:
        losses = encoder_losses(task, self.slices.batch(self.config, step))
        loss = torch.stack([getattr(self.config, f"{name}_weight") * losses[name] for name in _LOSSES]).sum()
        descend(loss, task, optimizer, self.config.gradient_clip)
        return {name: float(losses[name].detach()) for name in _LOSSES} | {"loss": float(loss.detach())}

    @torch.no_grad()
    def _judged(self, task: EncoderTask) -> dict[str, float]:
        """Return what held-out slices of a fixed draw show; nothing without them."""
        if self.held_out is None:
            return {}
        task.eval()
        rows = []
        for number in range(_JUDGED):
            batch = self.held_out.batch(self.config, _HELD_OUT_STEP + number)
            found = task(batch.picture.to(self.device))
            right = (found["contrast"].argmax(1).cpu() == batch.contrast).float().mean()
            inside = batch.picture > 0
            error = (found["picture"].cpu().clamp(0, 1) - batch.picture.clamp(0, 1)).abs()[inside].mean()
            scanner = (found["scanner"].cpu() - batch.scanner).abs().mean()
            rows.append([float(error), float(right), float(scanner)])
        names = ("held_out_picture_error", "held_out_contrast_accuracy", "held_out_scanner_error")
        return {name: float(value) for name, value in zip(names, np.mean(rows, axis=0))}


def encoder_losses(task: EncoderTask, batch: EncoderBatch) -> dict[str, torch.Tensor]:
    """Return 'picture', 'contrast', 'scanner' and 'region' losses of a batch; unlabelled slices have no region's."""
    device = next(task.parameters()).device
    picture = batch.picture.to(device)
    found = task(picture)
    region = found["regions"].new_zeros(())
    if batch.labelled.any():
        chosen = batch.labelled.to(device)
        region = functional.binary_cross_entropy_with_logits(found["regions"][chosen], batch.regions.to(device)[chosen])
    return {
        "picture": functional.l1_loss(found["picture"], picture),
        "contrast": functional.cross_entropy(found["contrast"], batch.contrast.to(device)),
        "scanner": functional.mse_loss(found["scanner"], batch.scanner.to(device)),
        "region": region,
    }
