"""Carries the cardiac study out: hearts read, stylizers and segmenters trained fold by fold, stacks segmented."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation import evaluate_case
from ssaglioma.experiments.cardiac_design import DICE, HAUSDORFF, SETTINGS, CardiacProtocol, CardiacRow
from ssaglioma.experiments.cardiac_hearts import Hearts
from ssaglioma.experiments.cardiac_stylizers import Stylizers
from ssaglioma.experiments.design import Row, StudyContext
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.heart_images import to_native
from ssaglioma.experiments.ledger import CaseScores, Ledger
from ssaglioma.experiments.sealed_labels import SealedLabels
from ssaglioma.experiments.study import Study
from ssaglioma.inference.device import choose_device, keep_freed_memory
from ssaglioma.labels import CARDIAC_LGE
from ssaglioma.training.adversarial_styles import StyledTrainer, StyleMining
from ssaglioma.training.config import TrainingConfig
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume, read_labelmap, write_volume

SCHEME = CARDIAC_LGE
_STYLISING, _TIMED_STEPS = 0.35, 3


class CardiacStudy(Study):
    """The study of one source folder (bSSFP with labels) and one target folder (LGE)."""

    def __init__(self, context: StudyContext) -> None:
        keep_freed_memory()
        if not isinstance(context.protocol, CardiacProtocol):
            raise TypeError(f"The cardiac study needs a CardiacProtocol, found {type(context.protocol).__name__}")
        self.context, self.protocol = context, context.protocol
        self.device = choose_device(context.device)
        self.hearts = Hearts(context.source, context.target, self.protocol, context.excluded)
        self.stylizers = Stylizers(self.hearts, self.protocol, context.output / "stylizers", self.device)

    def bind(self, ledger: Ledger) -> None:
        """Seal the labels of the target."""
        self.labels = SealedLabels(self.hearts.target_labels, ledger)

    @property
    def cases(self) -> tuple[str, ...]:
        """Patients with both contrasts and labels of the target."""
        return self.labels.cases

    @property
    def data_facts(self) -> Mapping[str, Any]:
        """Patients of the source, and what stands in for T2 in setting 1."""
        return {"source": list(self.hearts.source_cases), "stand_in": f"sample cases, {self.protocol.stand_in}"}

    def train(self, row: Row, task: FoldTask, progress: ProgressCallback = no_progress) -> Mapping[str, Any]:
        """Train the fold's stylizer, unless another row has, and the row's segmenter."""
        setting = SETTINGS[row.name]
        trainer = self._trainer(setting, task, self._folder(row, task), _part(progress, 0.0, _STYLISING))
        trainer.run(_part(progress, _STYLISING if setting.method else 0.0, 1.0))
        steps = self.protocol.epochs * self.protocol.steps_per_epoch
        return {
            "steps": steps,
            "training_cases": len(trainer.cases),
            "style_cases": 0 if trainer.bank is None else len(set(trainer.bank.slices.cases)),
            "loss": trainer.history[-1]["loss"],
            "training_seconds": sum(epoch["seconds"] for epoch in trainer.history),
        }

    def predict(self, row: Row, task: FoldTask, progress: ProgressCallback = no_progress) -> dict[str, Path]:
        """Segment the LGE stacks of the tested patients."""
        folder = self._folder(row, task)
        trainer = self._trainer(SETTINGS[row.name], task, folder, no_progress, styled=False)
        network = trainer.build()
        from ssaglioma.training.starting_point import StartingPoint

        StartingPoint.from_run(folder).load_into(network)
        network = network.to(self.device).eval()
        written = {}
        (folder / "predictions").mkdir(exist_ok=True)
        for number, name in enumerate(task.test):
            progress(number / len(task.test), f"Segmenting {name}")
            volume, grid, squares = self.hearts.target_stack(name)
            labelmap = to_native(_probabilities(network, squares, self.device), grid, volume, SCHEME)
            written[name] = folder / "predictions" / f"{name}.nii.gz"
            write_volume(labelmap, written[name])
        return written

    def score(self, predictions: Mapping[str, Path], references: Mapping[str, Path]) -> CaseScores:
        """Return Dice, Hausdorff distance in voxels as the work has it, and its 95th percentile in mm."""
        return {
            name: score_heart(read_labelmap(references[name], SCHEME), read_labelmap(path, SCHEME))
            for name, path in predictions.items()
        }

    def seconds(self, rows: Sequence[Row], tasks: Sequence[FoldTask]) -> Mapping[str, float]:
        """Time steps of a segmenter without styles and with each method, and of the stylizers' training."""
        protocol, found = self.protocol, {}
        segmenter: dict[str | None, float] = {}
        for method in {SETTINGS[row.name].method for row in rows}:
            segmenter[method] = self._step_seconds(method, tasks[0])
        paid: set[str] = set()
        for row in rows:
            setting = SETTINGS[row.name]
            each = segmenter[setting.method] * protocol.epochs * protocol.steps_per_epoch
            key = f"{setting.method}-{setting.stylizer}"
            if setting.method and key not in paid:
                paid.add(key)
                each += self.stylizers.training_seconds(setting, tasks[0])
            found[row.name] = each * len(tasks)
        return found

    def analyse(self, rows: Sequence[Row], tasks: Sequence[FoldTask], output: Path) -> Mapping[str, Any]:
        """Compare histograms of stylised slices with those of content and style (figures 7 and 8)."""
        from ssaglioma.experiments.cardiac_histograms import histogram_analysis

        return histogram_analysis(self, rows, tasks)

    def _folder(self, row: Row, task: FoldTask) -> Path:
        return self.context.output / "runs" / row.name / task.name

    def _step_seconds(self, method: str | None, task: FoldTask) -> float:
        import tempfile

        setting = CardiacRow(method, iterations=_TIMED_STEPS)
        with tempfile.TemporaryDirectory(prefix="ssaglioma-estimate-") as folder:
            trainer = self._trainer(setting, task, Path(folder), no_progress, styled=False)
            trainer.bank = None if method is None else self.stylizers.untrained_bank(setting, task)
            trainer.config = replace(trainer.config, epochs=2, steps_per_epoch=_TIMED_STEPS)
            moments = [time.process_time()]
            trainer.run(lambda fraction, message: moments.append(time.process_time()))
        return float(np.median(np.diff(moments)))

    def _trainer(
        self, setting: CardiacRow, task: FoldTask, folder: Path, progress: ProgressCallback, styled: bool = True
    ) -> StyledTrainer:
        protocol = self.protocol
        bank = self.stylizers.bank(setting, task, progress) if setting.method and styled else None
        mining = StyleMining(
            iterations=setting.iterations,
            step=protocol.step,
            consistency=protocol.consistency,
            pairing=setting.pairing,
        )
        config = TrainingConfig(
            network=protocol.network,
            channels=("bssfp",),
            epochs=protocol.epochs,
            steps_per_epoch=protocol.steps_per_epoch,
            batch_size=protocol.batch_size,
            optimizer=protocol.optimizer,
            learning_rate=protocol.learning_rate,
            warmup_steps=min(50, protocol.steps_per_epoch),
            channel_dropout=0.0,
            precision="fp32",
            seed=task.seed,
        )
        cases = [self.hearts.source_case(name) for name in self.hearts.training_sources(task)]
        if not cases:
            raise DatasetError(f"No source patient is left for {task.name}", expected="labelled bSSFP stacks")
        return StyledTrainer(config, cases, folder, self.device, SCHEME, workers=0, bank=bank, mining=mining)


def score_heart(reference: Volume, prediction: Volume) -> dict[str, dict[str, float | None]]:
    """Return the scores of one stack by class.

    The Hausdorff distance counts pixels of 1 mm in the plane and slices as 1 apart, as MedPy's `hd` without a spacing
    does on the work's grid. A class that is missed, or made up, has the diagonal of the stack for distance.
    """
    axis = int(np.argmax(reference.spacing_zyx_mm))
    z, y, x = (1.0 if index == axis else value for index, value in enumerate(reference.spacing_zyx_mm))
    options: dict[str, Any] = {"convention": "voxel_directed", "lesionwise": None, "regions": tuple(SCHEME.values)}
    flat, other = (replace(one, spacing_zyx_mm=(z, y, x)) for one in (reference, prediction))
    in_voxels = evaluate_case(flat, other, SCHEME, hd_penalty=_diagonal(flat), **options)
    in_mm = evaluate_case(reference, prediction, SCHEME, hd_penalty=_diagonal(reference), **options)
    found: dict[str, dict[str, float | None]] = {}
    for name in SCHEME.values:
        dice, distance, far = in_voxels[name]["dice"], in_voxels[name]["hd_mm"], in_mm[name]["hd95_mm"]
        missed = float(in_voxels[name]["empty"] not in ("none", "both"))
        found[name] = {DICE: _number(dice), HAUSDORFF: _number(distance), "hd95_mm": _number(far), "missed": missed}
    return found


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _diagonal(volume: Volume) -> float:
    return float(np.sqrt(sum((size * step) ** 2 for size, step in zip(volume.shape, volume.spacing_zyx_mm))))


def _probabilities(network: torch.nn.Module, squares: np.ndarray, device: torch.device) -> np.ndarray:
    with torch.inference_mode():
        made = [
            torch.softmax(network(torch.from_numpy(one[None, None]).to(device)).float(), 1).cpu() for one in squares
        ]
    return torch.cat(made).numpy()


def _part(progress: ProgressCallback, low: float, high: float) -> ProgressCallback:
    return lambda fraction, message: progress(low + (high - low) * fraction, message)
