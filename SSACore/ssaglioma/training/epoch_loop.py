"""The frame of the small training loops: epochs of steps, resumed from the checkpoint and recorded after each epoch.

What a step computes is the trainer's own. `loop.Trainer` keeps a frame of its own: it trains in several processes,
keeps a mean of the weights and stops early.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.training.checkpoint import CHECKPOINT, resumed_facts, save_checkpoint
from ssaglioma.training.config_json import SteppedConfig
from ssaglioma.training.history import write_history
from ssaglioma.types import ProgressCallback, no_progress

Scalars = dict[str, float]


def _loss_in_words(scalars: Scalars) -> str:
    return f"loss {scalars['loss']:.3f}"


@dataclass
class EpochLoop:
    """One run in a folder; making it restores the last checkpoint of the folder, if there is one.

    Attributes
    ----------
    config : SteppedConfig
    folder : Path
        Receives `checkpoint.safetensors`, `history.csv` and `history.json`.
    network : Module
    optimizer : Optimizer
        Over the network's parameters.
    history : list of dict
        The trainer's own, filled in place: a row an epoch, with the means of the steps' scalars.
    progress : callable
    should_stop : callable
        Asked after every epoch; true ends the run after its checkpoint (Pause).

    Raises
    ------
    ModelPackageError
        If the folder holds a run with another configuration, or a damaged checkpoint.
    """

    config: SteppedConfig
    folder: Path
    network: torch.nn.Module
    optimizer: torch.optim.Optimizer
    history: list[dict[str, Any]]
    progress: ProgressCallback = no_progress
    should_stop: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = resumed_facts(self.folder, self.network, self.optimizer, self.config)
        self.history[:] = [] if facts is None else facts["history"]
        write_history(self.folder, self.history)  # a kill may have come between checkpoint and history

    @property
    def next_step(self) -> int:
        """Number of the step that comes next, counted from 0 over all epochs."""
        return len(self.history) * self.config.steps_per_epoch

    def run(
        self,
        step: Callable[[int], Scalars],
        rate: Callable[[int], float],
        judged: Callable[[], Scalars] = dict,
        in_words: Callable[[Scalars], str] = _loss_in_words,
    ) -> None:
        """Train until all epochs are done or the run is stopped.

        Parameters
        ----------
        step : callable
            Trains on the batch of that number and returns scalars by name.
        rate : callable
            Learning rate of a step.
        judged : callable
            Measures the network after each epoch; shares of 0..1 by name.
        in_words : callable
            What the progress says of a step's scalars.

        Raises
        ------
        DatasetError
            If a step's scalars are no longer finite.
        """
        per_epoch = self.config.steps_per_epoch
        for epoch in range(len(self.history) + 1, self.config.epochs + 1):
            began = time.monotonic()
            self.network.train()
            rows = []
            for number in range(self.next_step, self.next_step + per_epoch):
                for group in self.optimizer.param_groups:
                    group["lr"] = rate(number)
                rows.append(_finite(step(number), number))
                done = (number + 1) / (self.config.epochs * per_epoch)
                self.progress(done, f"Epoch {epoch} of {self.config.epochs}: {in_words(rows[-1])}")
            means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
            means["learning_rate"] = rate(self.next_step + per_epoch - 1)
            found = judged()
            self._record({"epoch": epoch, **found, **means, "seconds": time.monotonic() - began})
            if found:
                measures = ", ".join(f"{name.replace('_', ' ')} {value:.2%}" for name, value in found.items())
                self.progress(epoch / self.config.epochs, f"Epoch {epoch}: {measures}")
            if self.should_stop():
                break

    def _record(self, row: dict[str, Any]) -> None:
        self.history.append(row)
        facts = {"epoch": row["epoch"], "history": self.history, "config": self.config.to_json()}
        save_checkpoint(self.folder / CHECKPOINT, self.network, self.optimizer, facts)
        write_history(self.folder, self.history)


def _finite(scalars: Scalars, number: int) -> Scalars:
    if not np.isfinite(list(scalars.values())).all():
        raise DatasetError(
            f"The loss became {scalars!r} in step {number + 1}",
            expected="finite numbers",
            remedy="Lower the learning rate; the last checkpoint is kept",
        )
    return scalars
