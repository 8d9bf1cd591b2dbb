"""Carries out experiments on glioma: approaches of transfer, networks, epochs and stylised copies, fold by fold."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ssaglioma.adaptation import TransferApproach, transfer_approach
from ssaglioma.errors import DatasetError
from ssaglioma.evaluation import evaluate_case
from ssaglioma.experiments.design import Row, StudyContext
from ssaglioma.experiments.epoch_tests import epoch_tests
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.experiments.glioma_cases import GliomaCases
from ssaglioma.experiments.glioma_copies import Copies
from ssaglioma.experiments.glioma_design import (
    DICE,
    HD95,
    NO_COPIES,
    REN,
    SOLID,
    GliomaOpener,
    GliomaProtocol,
    GliomaRow,
)
from ssaglioma.experiments.glioma_predictions import predict_cases
from ssaglioma.experiments.ledger import CaseScores, Ledger
from ssaglioma.experiments.ren_pipeline import DISJOINT, PREPARATION, TRAINED_WITH, predict_as_published
from ssaglioma.experiments.sealed_labels import SealedLabels
from ssaglioma.experiments.study import Study
from ssaglioma.inference.device import choose_device, keep_freed_memory
from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.preprocessing.ren_intensity import CHANNELS
from ssaglioma.training.budget import measure_budget
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.transfer import TransferTrainer
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import read_labelmap

HD_PENALTY_MM = 374.0


class GliomaStudy(Study):
    """The study of labelled source cases and labelled target cases of other patients.

    Parameters
    ----------
    context : StudyContext
    design : GliomaOpener
        Rows, and the classes that are scored.
    """

    def __init__(self, context: StudyContext, design: GliomaOpener) -> None:
        keep_freed_memory()
        if not isinstance(context.protocol, GliomaProtocol):
            raise TypeError(f"A study of glioma needs a GliomaProtocol, found {type(context.protocol).__name__}")
        self.context, self.protocol, self.design = context, context.protocol, design
        self.rows, self.classes = design.rows, design.classes
        self.device = choose_device(context.device)
        self.published = self.protocol.preparation == REN
        ways = (PREPARATION, CHANNELS) if self.published else (None, SEQUENCE_ORDER)
        self.data = GliomaCases(context.source, context.target, context.output / "cache", context.excluded, *ways)

    def bind(self, ledger: Ledger) -> None:
        """Seal the labels of the target."""
        self._ledger = ledger
        self.labels = SealedLabels(self.data.target_labels, ledger)
        self.copies = Copies(self.data, self.protocol, self.context.output / "stylizers", self.device, self.labels)

    def check(self, rows: Sequence[Row]) -> None:
        """Raise if a row leaves cases out and none was named."""
        lacking = [row.name for row in rows if self.rows[row.name].without_excluded and not self.context.excluded]
        if lacking:
            raise DatasetError(
                f"The rows {lacking} leave outliers out, and none was named",
                expected="--exclude IDS",
                remedy="Name them, or choose other rows with --rows",
            )
        other = [row.name for row in rows if self.published and not self.rows[row.name].plain]
        if other:
            raise DatasetError(
                f"The rows {other} have copies, 3D networks or members, and the preparation is {REN!r}",
                expected="rows of one network alone",
                remedy="Add --set preparation=own, or choose other rows with --rows",
            )

    @property
    def cases(self) -> tuple[str, ...]:
        """Target cases."""
        return self.data.target_names

    @property
    def data_facts(self) -> Mapping[str, Any]:
        """Cases of the source."""
        return {"source": list(self.data.source_names)}

    def train(self, row: Row, task: FoldTask, progress: ProgressCallback = no_progress) -> Mapping[str, Any]:
        """Train a row's stages; the stage on the source alone is shared by rows of the same network and epochs."""
        plan = self.rows[row.name]
        if plan.members:
            return {"members": len(plan.members)}
        trainer = self._trainer(plan, task, self._folder(row, task), progress)
        trainer.run(progress)
        if not trainer.finished:
            raise DatasetError(f"The training of {row.name!r} stopped early in {str(trainer.folder)!r}")
        facts = _stage_facts([trainer.stage_folder(stage) for stage in trainer.approach.stages])
        sees_source = any(stage.domain != "target" for stage in trainer.approach.stages)
        sees_target = any(stage.domain != "source" for stage in trainer.approach.stages)
        config = trainer.config
        return {
            **facts,
            "steps": facts["epochs"] * config.steps_per_epoch,
            "training_cases": sees_source * len(trainer.source) + sees_target * len(trainer.target),
            "target_cases": sees_target * len(trainer.target),
        }

    def predict(self, row: Row, task: FoldTask, progress: ProgressCallback = no_progress) -> dict[str, Path]:
        """Segment the tested cases by the row's model, or by the mean of its members' probabilities."""
        plan = self.rows[row.name]
        names = plan.members or (row.name,)
        runs = [self._result_folder(name, task) for name in names]
        missing = [str(run) for run in runs if not run.is_dir()]
        if missing:
            raise DatasetError(
                f"The row {row.name!r} averages rows that are not trained yet: {missing}",
                remedy=f"Carry these rows out first: {', '.join(plan.members)}",
            )
        cases = [self.data.target_case(name) for name in task.test]
        folder = self._folder(row, task) / "predictions"
        if self.published:
            return predict_as_published(runs[0], cases, folder, self.device, progress)
        return predict_cases(
            runs,
            cases,
            folder,
            device=str(self.device),
            mirror=self.protocol.mirror,
            smallest_lesion_mm3=self.protocol.smallest_lesion_mm3,
            progress=progress,
        )

    def score(self, predictions: Mapping[str, Path], references: Mapping[str, Path]) -> CaseScores:
        """Return Dice and HD95 of each class."""
        found = {}
        for name, path in predictions.items():
            scores = evaluate_case(
                read_labelmap(references[name], GLIOMA),
                read_labelmap(path, GLIOMA),
                GLIOMA,
                convention="voxel_directed",
                hd_penalty=HD_PENALTY_MM,
                regions=self.classes,
                lesionwise=None,
                name=name,
            )
            found[name] = {
                one: {
                    DICE: float(str(values["dice"])),
                    HD95: float(str(values["hd95_mm"])),
                    "missed": float(values["empty"] not in ("none", "both")),
                }
                for one, values in scores.items()
            }
        return found

    def seconds(self, rows: Sequence[Row], tasks: Sequence[FoldTask]) -> Mapping[str, float]:
        """Time steps of each network and add up the stages; a source stage that is shared is counted once."""
        steps: dict[str, float] = {}
        paid: set[str] = set()
        found = {}
        for row in rows:
            plan = self.rows[row.name]
            if plan.members:
                found[row.name] = 0.0
                continue
            config = self.config(plan, 1)
            if config.network not in steps:
                steps[config.network] = self._step_seconds(config)
            total = 0.0
            for number, stage in enumerate(transfer_approach(plan.approach).stages):
                one = steps[config.network] * (config if number == 0 else self.fine_tuning(config)).epochs
                one *= config.steps_per_epoch
                shared = stage.domain == "source" and plan.copies == NO_COPIES
                key = self._source_key(plan)
                if shared and key in paid:
                    continue
                if shared:
                    paid.add(key)
                    total += one * len(self.context.protocol.seeds)
                else:
                    total += one * len(tasks)
            found[row.name] = total + self.copies.training_seconds(plan.copies) * len(tasks)
        return found

    def analyse(self, rows: Sequence[Row], tasks: Sequence[FoldTask], output: Path) -> Mapping[str, Any]:
        """Test over numbers of epochs, where the work does and the rows are there."""
        found = epoch_tests(self.design, self._ledger, tasks)
        return {"tables": {"Paired t-tests over numbers of epochs (average Dice)": found}} if len(found) > 1 else {}

    def config(self, plan: GliomaRow, seed: int) -> TrainingConfig:
        """Return the configuration of a row's first stage."""
        protocol = self.protocol
        network = self.network_of(plan)
        flat = CONFIGURATIONS[network].dims == 2
        return TrainingConfig(
            network=network,
            epochs=plan.epochs or protocol.epochs,
            steps_per_epoch=protocol.steps_per_epoch if flat else protocol.steps_per_epoch_3d,
            batch_size=protocol.batch_size if flat else protocol.batch_size_3d,
            optimizer=protocol.optimizer,
            learning_rate=protocol.learning_rate,
            weight_decay=protocol.weight_decay,
            warmup_steps=0 if protocol.optimizer == "adam" else 25,
            decay_power=protocol.decay_power,
            loss=protocol.loss,
            augmentation=protocol.augmentation,
            seed=seed,
            **(TRAINED_WITH if self.published else {}),
        )

    def network_of(self, plan: GliomaRow) -> str:
        """Return the name of a row's network."""
        return self.protocol.network_3d if plan.network == SOLID else self.protocol.network

    def fine_tuning(self, config: TrainingConfig) -> TrainingConfig:
        """Return the configuration of later stages."""
        protocol = self.protocol
        return replace(config, epochs=protocol.fine_tuning_epochs, learning_rate=protocol.fine_tuning_rate)

    def _trainer(self, plan: GliomaRow, task: FoldTask, folder: Path, progress: ProgressCallback) -> TransferTrainer:
        config = self.config(plan, task.seed)
        approach = self._approach(plan)
        needs_target = any(stage.domain != "source" for stage in approach.stages)
        leave_out = self.context.excluded if plan.without_excluded else ()
        source = self.data.load_source(leave_out)
        names = [name for name in task.training if name not in leave_out]
        target = self.data.load_target(self.labels.for_training(names, task)) if needs_target else []
        stylised = self.copies.made(plan, task, source, target, progress)
        own = plan.copies != NO_COPIES and not needs_target
        shared = None if own else self.context.output / "runs" / "source" / self._source_key(plan) / f"seed{task.seed}"
        return TransferTrainer(
            approach,
            config,
            source,
            target,
            folder,
            self.device,
            fine_tuning=self.fine_tuning(config),
            source_folder=shared,
            scheme=DISJOINT if self.published else GLIOMA,
            workers=0,
            stylised=stylised,
        )

    def _approach(self, plan: GliomaRow) -> TransferApproach:
        approach = transfer_approach(plan.approach)
        stages = [
            stage
            if stage.task is None or not stage.target_labels
            else replace(stage, task=replace(stage.task, loss_weight=self.protocol.domain_weight))
            for stage in approach.stages
        ]
        return replace(approach, stages=tuple(stages))

    def _source_key(self, plan: GliomaRow) -> str:
        return f"{self.network_of(plan)}-{plan.epochs or self.protocol.epochs}" + (
            "-without" if plan.without_excluded else ""
        )

    def _result_folder(self, row: str, task: FoldTask) -> Path:
        """Return the run of a row's last stage."""
        plan = self.rows[row]
        last = self._approach(plan).stages[-1]
        if last.domain == "source" and plan.copies == NO_COPIES:
            return self.context.output / "runs" / "source" / self._source_key(plan) / f"seed{task.seed}"
        return self.context.output / "runs" / row / task.name / last.name

    def _folder(self, row: Row, task: FoldTask) -> Path:
        return self.context.output / "runs" / row.name / task.name

    def _step_seconds(self, config: TrainingConfig) -> float:
        began, wall = time.process_time(), time.perf_counter()
        budget = measure_budget(config, self.device, workers=0)
        busy = min(1.0, (time.process_time() - began) / max(time.perf_counter() - wall, 1e-9))
        return budget.seconds / budget.steps * busy


def _stage_facts(folders: Sequence[Path]) -> dict[str, float]:
    """Return what the stages of a row took together; a shared stage counts in every row that begins with it."""
    histories = [json.loads((folder / "history.json").read_text(encoding="utf-8")) for folder in folders]
    return {
        "epochs": sum(len(rows) for rows in histories),
        "training_seconds": sum(row["seconds"] for rows in histories for row in rows),
        "loss": histories[-1][-1]["loss"],
    }
