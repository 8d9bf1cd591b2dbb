"""The stylizers of the cardiac study, trained for each fold on its training patients alone."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.experiments.cardiac_design import STAND_IN, CardiacProtocol, CardiacRow
from ssaglioma.experiments.cardiac_hearts import Hearts
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.labels import Sequence
from ssaglioma.packages.package import find_package_of
from ssaglioma.packages.resources import SAMPLE_CASES, locate
from ssaglioma.style.building import TrainedNetwork, build_style_network, start_decoder
from ssaglioma.style.packaged import load_decoder, load_encoder
from ssaglioma.training.style_bank import StyleBank, style_slices
from ssaglioma.training.style_config import StyleTrainingConfig, default_config
from ssaglioma.training.style_loop import StyleTrainer
from ssaglioma.training.style_provenance import check_trained_cases
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import find_cases, read_volume, to_canonical

_TIMED_STEPS, _EVERY, _LEAST_SHARE = 3, 4, 0.5


class Stylizers:
    """Makes the style banks of rows; a fold's stylizer is trained once and shared by its rows.

    Parameters
    ----------
    hearts : Hearts
    protocol : CardiacProtocol
    folder : Path
        Of the trainings.
    device : torch.device
    """

    def __init__(self, hearts: Hearts, protocol: CardiacProtocol, folder: Path, device: torch.device) -> None:
        self._hearts, self._protocol, self._folder, self._device = hearts, protocol, folder, device

    def bank(self, setting: CardiacRow, task: FoldTask, progress: ProgressCallback = no_progress) -> StyleBank:
        """Return the styles of a row: LGE slices of training patients, through its stylizer, trained if need be.

        Raises
        ------
        DatasetError
            If the encoder's package names a patient whom the task tests.
        ModelPackageError
            If the package is missing or of another kind.
        """
        folder = self._folder / f"{setting.method}-{setting.stylizer}" / task.name
        return self._bank(self._trainer(setting, task, folder).run(progress), task)

    def untrained_bank(self, setting: CardiacRow, task: FoldTask) -> StyleBank:
        """Return the same with a network that has learned nothing, to time steps with."""
        encoder = find_package_of("encoder", self._protocol.encoder)
        config = self._config(str(setting.method), encoder.card.encoder, task.seed)
        network = build_style_network(config.method, config.encoder, load_encoder(encoder), config.network_options)
        decoder = load_decoder(encoder)
        if decoder is not None:
            start_decoder(network, decoder)
        return self._bank(network, task)

    def training_seconds(self, setting: CardiacRow, task: FoldTask) -> float:
        """Time a few steps and return the processor seconds of one stylizer's training."""
        with tempfile.TemporaryDirectory(prefix="ssaglioma-estimate-") as folder:
            trainer = self._trainer(setting, task, Path(folder))
            trainer.config = replace(trainer.config, epochs=1, steps_per_epoch=_TIMED_STEPS)
            moments = [time.process_time()]
            trainer.run(lambda fraction, message: moments.append(time.process_time()))
        step = float(np.median(np.diff(moments)[:_TIMED_STEPS]))
        return step * self._protocol.style_epochs * self._protocol.style_steps

    def _bank(self, network: TrainedNetwork, task: FoldTask) -> StyleBank:
        images = [(name, self._hearts.target_stack(name)[2]) for name in self._hearts.training_targets(task)]
        return StyleBank(network, style_slices(images), self._device)

    def _trainer(self, setting: CardiacRow, task: FoldTask, folder: Path) -> StyleTrainer:
        encoder = find_package_of("encoder", self._protocol.encoder)
        check_trained_cases(encoder.card.name, encoder.card.trained_cases, task.folds, 0)
        content = [
            picture
            for name in self._hearts.training_sources(task)
            for picture in self._hearts.source_case(name).image[0]
            if picture.any()
        ]
        return StyleTrainer(
            self._config(str(setting.method), encoder.card.encoder, task.seed),
            content,
            stand_in_slices(self._protocol.stand_in) if setting.stylizer == STAND_IN else self._targets(task),
            load_encoder(encoder),
            folder,
            decoder_weights=load_decoder(encoder),
            device=self._device,
        )

    def _targets(self, task: FoldTask) -> list[np.ndarray]:
        return [
            picture
            for name in self._hearts.training_targets(task)
            for picture in self._hearts.target_stack(name)[2]
            if picture.any()
        ]

    def _config(self, method: str, encoder: str, seed: int) -> StyleTrainingConfig:
        protocol = self._protocol
        return replace(
            default_config(method, encoder),
            epochs=protocol.style_epochs,
            steps_per_epoch=protocol.style_steps,
            content_crop=protocol.style_crop,
            style_crop=protocol.style_crop,
            keep_detail=protocol.keep_detail,
            seed=seed,
        )


def stand_in_slices(contrast: str) -> list[np.ndarray]:
    """Return axial slices (Y, X) of a contrast of the shipped sample cases: synthetic brains, nobody's own images.

    Raises
    ------
    DatasetError
        If no sample case has the contrast.
    SequenceError
        If the contrast is not known.
    """
    sequence = Sequence.parse(contrast)
    found: list[np.ndarray] = []
    for case in find_cases(locate(SAMPLE_CASES)):
        if sequence in case.sequences:
            stack = to_canonical(read_volume(case.sequences[sequence])).array
            area = (stack != 0).sum(axis=(1, 2))
            full = np.flatnonzero(area >= _LEAST_SHARE * area.max())
            found += [stack[index].astype(np.float32) for index in full[:: max(1, _EVERY * len(full) // 128)]]
    if not found:
        raise DatasetError(f"No sample case has the contrast {contrast!r}", expected="one of t1n, t1c, t2w, t2f")
    return found
