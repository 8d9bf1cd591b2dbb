"""Transfer between domains: each approach of `adaptation.approaches`, carried out on source and target cases.

The step from one domain to the other is that of Heras Rivera et al. 2024. Every stage is a run of the
training loop in its own folder, so a stop or a power cut costs at most one epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch

from ssaglioma.adaptation import DomainRatio, Stage, TransferApproach
from ssaglioma.adaptation.approaches import SOURCE_STAGE
from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.networks import SegmentationNetwork
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.copies import CopySource
from ssaglioma.training.loop import EpochWatch
from ssaglioma.training.starting_point import StartingPoint
from ssaglioma.training.transfer_stage import StageTrainer, without_labels
from ssaglioma.types import ProgressCallback, no_progress


@dataclass
class TransferTrainer:
    """Carries out one approach in a folder, a sub-folder for each stage; call `run` again to resume.

    Attributes
    ----------
    approach : TransferApproach
    config : TrainingConfig
        Of every stage that starts with fresh weights.
    source, target : sequence of TrainingCase
        Training cases of the two domains; held-out cases never enter.
    folder : Path
    device : torch.device
    fine_tuning : TrainingConfig or None
        Of the stages that start from another's weights; None takes `config`.
    source_folder : Path or None
        Run of the stage on the source alone, which approaches may share; None is `folder / 'source'`.
    ratio : DomainRatio
        Patches of each domain in balanced stages; in the others each case counts the same.
    stylised : CopySource or None
        Copies of cases in another look, as in `Trainer`; a source run that is shared never sees them.
    scheme, workers, should_stop, watch
        As in `Trainer`; each stage is watched.

    Raises
    ------
    DatasetError
        If a domain that the approach sees has no case, or the domains share one.
    ModelPackageError
        If `fine_tuning` is for another network or other channels.
    """

    approach: TransferApproach
    config: TrainingConfig
    source: Seq[TrainingCase]
    target: Seq[TrainingCase]
    folder: Path
    device: torch.device
    fine_tuning: TrainingConfig | None = None
    source_folder: Path | None = None
    ratio: DomainRatio = field(default=DomainRatio())
    scheme: LabelScheme = GLIOMA
    workers: int = 1
    should_stop: Callable[[], bool] = lambda: False
    finished: bool = False
    watch: EpochWatch | None = None
    stylised: CopySource | None = None

    def __post_init__(self) -> None:
        shared = sorted({case.name for case in self.source} & {case.name for case in self.target})
        if shared:
            raise DatasetError(
                f"Cases are in the source and in the target: {shared[:5]}",
                expected="domains of different patients",
                remedy="Remove them from one of the two",
            )
        for stage in self.approach.stages:
            if (stage.domain != "target" and not self.source) or (stage.domain != "source" and not self.target):
                raise DatasetError(
                    f"The approach {self.approach.name!r} has {len(self.source)} source and {len(self.target)} "
                    "target cases",
                    expected=f"at least one of each domain in stage {stage.name!r} ({stage.domain})",
                )
        later = self.fine_tuning or self.config
        if (later.network, later.channels) != (self.config.network, self.config.channels):
            raise ModelPackageError(
                f"Fine-tuning is configured for {later.network!r}, {later.channels!r}",
                expected=f"{self.config.network!r}, {self.config.channels!r} as in the first stage",
            )

    @property
    def result_folder(self) -> Path:
        """Folder of the last stage's run, which `package_run` makes a model package of."""
        return self.stage_folder(self.approach.stages[-1])

    def stage_folder(self, stage: Stage) -> Path:
        """Return the folder of a stage's run."""
        if stage.name == SOURCE_STAGE and self.source_folder is not None:
            return self.source_folder
        return self.folder / stage.name

    def run(self, progress: ProgressCallback = no_progress) -> SegmentationNetwork:
        """Carry out the stages in turn and return the network of the last one that was reached.

        `finished` tells afterwards whether that was the last of the approach.

        Raises
        ------
        DatasetError, ModelPackageError
            As `Trainer.run` does.
        """
        self.finished, start = False, None
        stages = self.approach.stages
        for index, stage in enumerate(stages):
            trainer = self._trainer(stage, start)
            network = trainer.run(partial(_report, progress, index, len(stages)))
            if not trainer.finished:
                return network
            start = StartingPoint.from_run(trainer.folder)
        self.finished = True
        return network

    def _trainer(self, stage: Stage, start: StartingPoint | None) -> StageTrainer:
        source = [] if stage.domain == "target" else list(self.source)
        target = [] if stage.domain == "source" else list(self.target)
        if not stage.target_labels:
            target = [without_labels(case) for case in target]
        config = self.config if start is None else (self.fine_tuning or self.config)
        return StageTrainer(
            config,
            [*source, *target],
            self.stage_folder(stage),
            self.device,
            self.scheme,
            self.workers,
            self.should_stop,
            watch=self.watch,
            stylised=None if stage.name == SOURCE_STAGE and self.source_folder is not None else self.stylised,
            stage=stage,
            source=source,
            target=target,
            start=start,
            ratio=self.ratio if stage.balanced or stage.domain != "both" else DomainRatio(len(source), len(target)),
        )


def _report(progress: ProgressCallback, stage: int, stages: int, fraction: float, message: str) -> None:
    progress((stage + fraction) / stages, message)


def transfer_config(config: TrainingConfig) -> TrainingConfig:
    """Return a configuration with the optimizer, rate and loss of Heras Rivera et al. 2024 and batch size 1.

    Adam with AMSGrad at 6e-5, falling by (1 - epoch / epochs) ** 0.75, no weight decay, no warm-up. The
    network, the epochs and all else stay; they state neither number of epochs nor seed.
    """
    return replace(
        config,
        batch_size=1,
        optimizer="adam",
        learning_rate=6e-5,
        decay_power=0.75,
        weight_decay=0.0,
        warmup_steps=0,
        loss="mse_bce",
    )
