"""Stylised copies for rows of an experiment: made by a method, a network trained for the fold, or the simulator."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.glioma_cases import GliomaCases
from ssaglioma.experiments.glioma_design import (
    CYCLEGAN,
    GATYS,
    NO_COPIES,
    SIMULATOR,
    TRAINED_COPIES,
    GliomaProtocol,
    GliomaRow,
)
from ssaglioma.experiments.sealed_labels import SealedLabels
from ssaglioma.experiments.simulator_copies import SimulatorStylizer
from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages.package import find_package_of
from ssaglioma.style import Stylizer, create_stylizer
from ssaglioma.style.cyclegan import CycleGanStylizer
from ssaglioma.style.encoders import build_encoder
from ssaglioma.style.packaged import load_decoder, load_encoder
from ssaglioma.style.registry import METHODS
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.cyclegan_loop import CycleGanConfig, CycleGanTrainer
from ssaglioma.training.style_augmentation import StyleAugmentation, StylisedSet, plan_copies
from ssaglioma.training.style_config import default_config
from ssaglioma.training.style_copies import make_copies, stylizers_for
from ssaglioma.training.style_loop import StyleTrainer
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case, read_volume, to_canonical

_SLICES_PER_CASE, _LEAST_SHARE, _TIMED_STEPS = 4, 0.5, 3
ENCODER = "mri-encoder"


class Copies:
    """Makes the copies that a row trains with; nothing of a tested patient goes into them.

    Parameters
    ----------
    data : GliomaCases
    protocol : GliomaProtocol
    folder : Path
        Of the stylizers' trainings.
    device : torch.device
    labels : SealedLabels
    """

    def __init__(
        self, data: GliomaCases, protocol: GliomaProtocol, folder: Path, device: torch.device, labels: SealedLabels
    ) -> None:
        self._data, self._protocol, self._folder = data, protocol, folder
        self._device, self._labels = device, labels

    def made(
        self,
        plan: GliomaRow,
        task: FoldTask,
        source: Sequence[TrainingCase],
        target: Sequence[TrainingCase],
        progress: ProgressCallback = no_progress,
    ) -> StylisedSet | None:
        """Return the copies of a row, None without any.

        Where the row trains on target cases, these get the look of the source, as in arXiv:2501.04734; where it does
        not, source cases get the look of the target, whose labels are then not needed.
        """
        if plan.copies == NO_COPIES:
            return None
        contents, styles, direction = self._sides(task, source, target)
        method = plan.copies if plan.copies in METHODS else "histogram"  # the plan is drawn alike for all
        strength = self._protocol.copy_strength
        wanted = StyleAugmentation(
            self._protocol.copy_probability, (method,), (strength, strength), direction, seed=task.seed
        )
        sides = (contents, styles) if direction == "to_target" else (styles, contents)
        recipes = [replace(one, method=plan.copies) for one in plan_copies(wanted, *sides, SEQUENCE_ORDER)]
        stylizers = {plan.copies: self._stylizer(plan.copies, direction, task, progress)}
        training = target if target else source
        copies = make_copies(recipes, training, stylizers, self._data.cache, SEQUENCE_ORDER, progress)
        return StylisedSet(copies, self._protocol.copy_probability, folds=task.folds, fold=0)

    def training_seconds(self, method: str) -> float:
        """Time steps of a stylizer's training on noise and return the processor seconds of the whole, 0 for none."""
        if method not in (*TRAINED_COPIES, CYCLEGAN):
            return 0.0
        generator = np.random.default_rng(0)
        noise = [generator.random((192, 160), dtype=np.float32) + 0.01 for _ in range(4)]
        with tempfile.TemporaryDirectory(prefix="ssaglioma-estimate-") as folder:
            sides = {"t1c": noise}, {"t1c": noise}
            trainer: StyleTrainer | CycleGanTrainer
            if method == CYCLEGAN:
                trainer = self._cyclegan(0, *sides, Path(folder))
            else:
                trainer = self._trainer(method, 0, *sides, Path(folder))
            short: Any = replace(trainer.config, epochs=1, steps_per_epoch=_TIMED_STEPS)
            trainer.config = short
            moments = [time.process_time()]
            trainer.run(lambda fraction, message: moments.append(time.process_time()))
        return (
            float(np.median(np.diff(moments)[:_TIMED_STEPS])) * self._protocol.style_epochs * self._protocol.style_steps
        )

    def _sides(
        self, task: FoldTask, source: Sequence[TrainingCase], target: Sequence[TrainingCase]
    ) -> tuple[list[Case], list[Case], str]:
        """Return contents, styles and direction; the content's cases carry labels, those of the style none."""
        adult = self._data.source_files()
        if target:
            names = [case.name for case in target]
            labels = self._labels.for_training(names, task)
            contents = [replace(self._data.target_case(name), reference=labels[name]) for name in names]
            return contents, [replace(case, reference=None) for case in adult], "to_source"
        known = {case.name for case in source}
        styles = [self._data.target_case(name) for name in task.training]
        return [case for case in adult if case.name in known], styles, "to_target"

    def _stylizer(self, method: str, direction: str, task: FoldTask, progress: ProgressCallback) -> Stylizer:
        if method == SIMULATOR:
            return SimulatorStylizer(self._protocol.scanner)
        if method == GATYS:
            encoder = find_package_of("encoder", ENCODER)
            return create_stylizer(method, network=build_encoder(encoder.card.encoder, load_encoder(encoder)))
        if method not in (*TRAINED_COPIES, CYCLEGAN):
            return stylizers_for([method])[method]
        content = _slices(self._data.source_files())
        style = _slices([self._data.target_case(name) for name in task.training])
        shared = sorted(set(content) & set(style))
        if method == CYCLEGAN:
            alike, wanted = ({name: one[name] for name in shared} for one in (content, style))
            trainer = self._cyclegan(task.seed, alike, wanted, self._folder / method / task.name)
            network_of_both = trainer.run(progress)
            to_target = direction == "to_target"
            return CycleGanStylizer(generator=network_of_both.to_style if to_target else network_of_both.to_content)
        both = {name: [*content[name], *style[name]] for name in shared}
        network = self._trainer(method, task.seed, both, both, self._folder / method / task.name).run(progress)
        return create_stylizer(method, network=network)

    def _cyclegan(self, seed: int, content: dict[str, list], style: dict[str, list], folder: Path) -> CycleGanTrainer:
        config = CycleGanConfig(
            epochs=self._protocol.style_epochs, steps_per_epoch=self._protocol.style_steps, seed=seed
        )
        return CycleGanTrainer(config, content, style, folder, self._device)

    def _trainer(
        self, method: str, seed: int, content: dict[str, list], style: dict[str, list], folder: Path
    ) -> StyleTrainer:
        encoder = find_package_of("encoder", ENCODER)
        config = replace(
            default_config(method, encoder.card.encoder),
            epochs=self._protocol.style_epochs,
            steps_per_epoch=self._protocol.style_steps,
            seed=seed,
        )
        return StyleTrainer(
            config,
            content,
            style,
            load_encoder(encoder),
            folder,
            decoder_weights=load_decoder(encoder),
            device=self._device,
        )


def _slices(cases: Sequence[Case]) -> dict[str, list[np.ndarray]]:
    """Return a few axial slices of each case by contrast."""
    found: dict[str, list[np.ndarray]] = {}
    for case in cases:
        for sequence, path in case.sequences.items():
            stack = to_canonical(read_volume(path)).array
            area = (stack != 0).sum(axis=(1, 2))
            full = np.flatnonzero(area >= _LEAST_SHARE * area.max()) if area.any() else np.array([], int)
            if len(full):
                chosen = full[np.unique(np.linspace(0, len(full) - 1, _SLICES_PER_CASE).round().astype(int))]
                found.setdefault(sequence.value, []).extend(stack[index].astype(np.float32) for index in chosen)
    return found
