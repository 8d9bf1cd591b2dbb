"""The training loop: one fold of one region network, resumable at every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Seq
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.networks import SegmentationNetwork, build_network
from ssaglioma.training.average import WeightAverage
from ssaglioma.training.batches import PatchBatches as PatchBatches
from ssaglioma.training.cases import TrainingCase, balanced
from ssaglioma.training.checkpoint import CHECKPOINT as CHECKPOINT
from ssaglioma.training.checkpoint import read_average, resumed_facts, save_checkpoint
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.copies import CopySource
from ssaglioma.training.distributed import Alone, check_group, check_same_start
from ssaglioma.training.early_stop import stalled_epochs
from ssaglioma.training.fresh import FreshCases
from ssaglioma.training.history import write_history
from ssaglioma.training.losses import loss_of, region_targets
from ssaglioma.training.optimization import autocast_dtype, learning_rate, make_optimizer
from ssaglioma.training.reproducible import deterministic_algorithms
from ssaglioma.training.starting_point import StartingPoint
from ssaglioma.types import ProgressCallback, no_progress

STEP_MESSAGE = "Epoch "
"""What the progress of a step begins with."""
EpochWatch = Callable[[SegmentationNetwork, Mapping[str, Any]], Mapping[str, float | None]]
"""Given the network and the record of each finished epoch; returns more numbers for that record."""


@dataclass
class Trainer:
    """Trains one network in a folder; call `run` again to resume.

    Other ways of training derive from it and replace the steps that differ: `build`, `batches`,
    `identity`, `set_mode` and `losses`.

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
    fresh : FreshCases or None
        Synthetic cases made on the fly; they give half of the patches, or all where `cases` is empty.
    made : sequence of TrainingCase
        Those of the present epoch.
    stylised : CopySource or None
        Copies of `cases` in another look, which take their place in a share of the patches.
    start : StartingPoint or None
        Weights to begin with; None draws fresh ones.
    watch : callable or None
        Given the network and the record of each epoch; what it returns goes into the record.
    group : Alone or Group or None
        The processes that train together; None is this one alone.
    log : callable or None
        Given the whole record of each epoch, after the checkpoint.
    """

    config: TrainingConfig
    cases: Seq[TrainingCase]
    folder: Path
    device: torch.device
    scheme: LabelScheme = GLIOMA
    workers: int = 1
    should_stop: Callable[[], bool] = lambda: False
    fresh: FreshCases | None = None
    made: Seq[TrainingCase] = ()
    history: list[dict[str, Any]] = field(default_factory=list)
    stylised: CopySource | None = None
    start: StartingPoint | None = field(kw_only=True, default=None)
    watch: EpochWatch | None = None
    group: Alone | None = field(kw_only=True, default=None)
    log: Callable[[Mapping[str, Any]], None] | None = field(kw_only=True, default=None)

    def run(self, progress: ProgressCallback = no_progress) -> SegmentationNetwork:
        """Train from the last checkpoint, or from fresh weights, and return the network.

        Raises
        ------
        DatasetError
            If there is no training case, or the loss is no longer finite.
        ModelPackageError
            If the folder holds a run with another configuration, or a damaged checkpoint.
        """
        if not self.cases and self.fresh is None:
            raise DatasetError("There is no training case", expected="at least one case with labels")
        check_group(self.together, self.config.batch_size, plain=type(self) is Trainer and self.fresh is None)
        self.folder.mkdir(parents=True, exist_ok=True)
        with deterministic_algorithms(self.config.deterministic):
            return self._run(progress)

    def _run(self, progress: ProgressCallback) -> SegmentationNetwork:
        torch.manual_seed(self.config.seed)
        network = self.build().to(self.device)
        optimizer = make_optimizer(self.config, network)
        first = self._resume(network, optimizer)
        check_same_start(self.together, first)
        trained = self.together.wrapped(network)
        average = self._average(network)
        if self.together.first:
            write_history(self.folder, self.history)  # a kill may have come between checkpoint and history
        batches: Iterator[Any] = iter(())
        for epoch in range(first, self.config.epochs):
            if self.stopped_early:
                break
            if self.fresh is not None:
                progress(epoch / self.config.epochs, f"Waiting for the synthetic cases of epoch {epoch + 1}")
                self.made = self.fresh.cases(epoch)
            if self.fresh is not None or epoch == first:
                batches = iter(self._loader(epoch))
            row = self._epoch(epoch, trained, (optimizer, average), batches, progress)
            self._close_epoch(epoch, row, network, optimizer, average)
            if self.together.agreed(self.should_stop()):
                break
        if average is not None:
            network.load_state_dict(average.weights)
        return network

    def _close_epoch(
        self,
        epoch: int,
        row: dict[str, Any],
        network: SegmentationNetwork,
        optimizer: torch.optim.Optimizer,
        average: WeightAverage | None,
    ) -> None:
        """Watch the network, and write checkpoint and history; the first process does so for all."""
        if self.together.first and self.watch is not None:
            with nullcontext() if average is None else average.in_place(network):
                row = {**row, **self.watch(network, row)}
        self.history.append(self.together.agreed(row))
        if self.together.first:
            facts = {
                "epoch": epoch + 1,
                "history": self.history,
                "config": self.config.to_json(),
                "identity": self.identity(),
            }
            mean = None if average is None else average.weights
            save_checkpoint(self.folder / CHECKPOINT, network, optimizer, facts, mean)
            write_history(self.folder, self.history)
            if self.log is not None:
                self.log(row)
        self.together.wait()

    @property
    def together(self) -> Alone:
        """The processes that train, or this one alone."""
        return Alone(self.device) if self.group is None else self.group

    @property
    def stopped_early(self) -> bool:
        """Whether the scores have not risen for as many epochs as the configuration is patient."""
        return 0 < self.config.patience <= stalled_epochs(self.history)

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the training stopped early."""
        return len(self.history) >= self.config.epochs or self.stopped_early

    def build(self) -> SegmentationNetwork:
        """Return the network as it is before the first step.

        Raises
        ------
        ModelPackageError
            If the starting weights belong to another network.
        """
        network = build_network(
            self.config.network, in_channels=self.config.inputs, out_channels=len(self.scheme.regions)
        )
        if self.start is not None:
            self.start.load_into(network)
        return network

    def batches(self, first_step: int, steps: int) -> Dataset:
        """Return the batches from a step on; each is a tuple of tensors, image and labels first."""
        return PatchBatches(balanced(self.cases, self.made), self.config, first_step, steps, self.stylised)

    def identity(self) -> dict[str, Any]:
        """Return what tells this kind of run from others, as JSON values; a run of another kind is not resumed."""
        stylised = {} if self.stylised is None else {"stylised": self.stylised.identity()}
        return stylised if self.start is None else {**stylised, "start": self.start.digest}

    def set_mode(self, network: SegmentationNetwork) -> None:
        """Put the network in training mode."""
        network.train()

    def losses(
        self, network: SegmentationNetwork, batch: tuple[torch.Tensor, ...], progress: float
    ) -> dict[str, torch.Tensor]:
        """Return scalars by name: 'loss' is lowered, the others are only recorded; progress is the share done."""
        image, labels = batch
        with self.autocast():
            logits = network.forward_scales(image)
        loss = self.segmentation_loss(logits, labels)
        if self.together.size > 1:  # the lowest head has weight 0, but every weight must have a gradient to share
            loss = loss + 0 * logits[-1].float().sum()
        return {"loss": loss}

    def segmentation_loss(self, logits: list[torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
        """Return the configured loss of region logits (B, R, *spatial), finest first, for labels (B, *spatial)."""
        regions = [self.scheme.region_values(name) for name in self.scheme.regions]
        total = self.together.total if self.together.size > 1 else None
        return loss_of(self.config, total)(logits, region_targets(labels, regions))

    def autocast(self) -> torch.autocast:
        """Return the context in which the network computes, in the configured precision."""
        dtype = autocast_dtype(self.config.precision, self.device)
        return torch.autocast(self.device.type, dtype=dtype, enabled=dtype is not None)

    def _resume(self, network: SegmentationNetwork, optimizer: torch.optim.Optimizer) -> int:
        facts = resumed_facts(self.folder, network, optimizer, self.config)
        if facts is None:
            return 0
        if facts.get("identity", {}) != self.identity():
            raise ModelPackageError(
                f"The folder {str(self.folder)!r} holds a run of another kind, {facts.get('identity', {})!r}",
                expected=f"{self.identity()!r}",
                remedy="Choose an empty output folder",
            )
        self.history = list(facts["history"])
        return int(facts["epoch"])

    def _average(self, network: SegmentationNetwork) -> WeightAverage | None:
        """Return the running mean of the weights, that of the checkpoint where a run is resumed."""
        if not self.config.average_decay:
            return None
        average = WeightAverage(network, self.config.average_decay)
        if self.history:
            average.restore(read_average(self.folder / CHECKPOINT))
        return average

    def _loader(self, first_epoch: int) -> DataLoader:
        per_epoch = self.config.steps_per_epoch
        steps = (1 if self.fresh is not None else self.config.epochs - first_epoch) * per_epoch
        batches = self.batches(first_epoch * per_epoch, steps)
        if isinstance(batches, PatchBatches):
            batches.share = (self.together.rank, self.together.size)
        return DataLoader(batches, batch_size=None, num_workers=self.workers)

    def _epoch(
        self,
        epoch: int,
        network: SegmentationNetwork,
        moved_by: tuple[torch.optim.Optimizer, WeightAverage | None],
        batches: Any,
        progress: ProgressCallback,
    ) -> dict[str, Any]:
        optimizer, average = moved_by
        self.set_mode(network)
        began = time.monotonic()
        sums: dict[str, list[float]] = {}
        total = self.config.epochs * self.config.steps_per_epoch
        for index in range(self.config.steps_per_epoch):
            step = epoch * self.config.steps_per_epoch + index
            rate = learning_rate(self.config, epoch, step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            batch = tuple(tensor.to(self.device) for tensor in next(batches))
            optimizer.zero_grad(set_to_none=True)  # before the forward pass, which can use that memory
            scalars = self.losses(network, batch, step / total)
            scalars["loss"].backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.config.gradient_clip)
            optimizer.step()
            if average is not None:
                average.update(network, step)
            for name, value in scalars.items():
                sums.setdefault(name, []).append(float(value.detach()))
            message = f"{STEP_MESSAGE}{epoch + 1} of {self.config.epochs}, loss {sums['loss'][-1]:.3f}"
            progress((step + 1) / total, message)
        means = self.together.means({name: float(np.mean(values)) for name, values in sums.items()})
        if not np.isfinite(means["loss"]):
            raise DatasetError(
                f"The loss became {means['loss']} in epoch {epoch + 1}",
                remedy="Lower the learning rate; the last checkpoint is kept",
            )
        return {"epoch": epoch + 1, **means, "learning_rate": rate, "seconds": time.monotonic() - began}
