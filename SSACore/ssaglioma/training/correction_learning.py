"""Learning from the corrections folder: fine-tune with replay, check on held-out cases, install or refuse.

The network goes on from the installed model's weights. Half of the patches (by default) come from earlier
cases, which keeps what was learned before (experience replay). The new model is scored beside the old one
on cases that neither saw in this round, and takes its place only if it is not worse.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ssaglioma.adaptation import DomainRatio, Stage
from ssaglioma.adaptation.check import SafetyLimits, Verdict, compare_scores
from ssaglioma.adaptation.corrections import GatheredCorrections, check_apart, gather_corrections
from ssaglioma.adaptation.report import LearningReport
from ssaglioma.labels import LABEL_SCHEMES, LabelScheme
from ssaglioma.packages import ModelCard, ModelPackage, write_package
from ssaglioma.packages.shelf import PackageShelf
from ssaglioma.training.checkpoint import read_checkpoint, segmentation_weights
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.correction_cases import case_on_model_grid
from ssaglioma.training.loop import CHECKPOINT
from ssaglioma.training.starting_point import StartingPoint, check_trainable
from ssaglioma.training.transfer_stage import StageTrainer
from ssaglioma.training.validation import validate_package
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case
from ssaglioma.volume.atomic import atomic_path

REPORT_FILES = ("report.json", "report.txt")
_STAGE = "corrections"
_TRAINED, _BEFORE = 0.7, 0.85


@dataclass(frozen=True)
class CorrectionPlan:
    """How to learn from corrections; the defaults suit a few cases and 2 cores.

    Attributes
    ----------
    epochs, steps_per_epoch, batch_size, learning_rate, seed
        As in `TrainingConfig`; the rate is a fifth of a fresh run's.
    ratio : DomainRatio
        Patches of replayed cases (source) to those of corrected ones (target).
    frozen : tuple of str
        Parts of the network that stay as they are.
    limits : SafetyLimits
        How much worse the new model may be.
    precision : str
        As in `TrainingConfig`.
    """

    epochs: int = 10
    steps_per_epoch: int = 20
    batch_size: int = 8
    learning_rate: float = 3e-4
    seed: int = 1
    ratio: DomainRatio = field(default=DomainRatio())
    frozen: tuple[str, ...] = ()
    limits: SafetyLimits = field(default=SafetyLimits())
    precision: str = "auto"

    def config(self, card: ModelCard) -> TrainingConfig:
        """Return the configuration of a run that goes on from a model with this card."""
        check_trainable(card)
        return TrainingConfig(
            network=card.network,
            channels=card.channels,
            slice_offsets_mm=card.slice_offsets_mm,
            augmentation="nnunet" if len(card.slice_offsets_mm) == 1 else "quick",
            epochs=self.epochs,
            steps_per_epoch=self.steps_per_epoch,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            warmup_steps=min(10, self.epochs * self.steps_per_epoch // 4),
            channel_dropout=0.1 if card.missing_channels == "zero" else 0.0,
            precision=self.precision,
            seed=self.seed,
        )


@dataclass
class CorrectionLearner:
    """One round of learning from corrections; call `run` again to resume after a stop.

    Attributes
    ----------
    shelf : PackageShelf
        Its installed model is the one that learns.
    corrections : Path
        Corrections folder.
    replay : sequence of Case
        Labelled cases of the earlier training; may be empty, which the report then warns about.
    held_out : sequence of Case
        Labelled cases for the check; never trained on.
    folder : Path
        Receives the run, the new model (`candidate`), `report.json` and `report.txt`.
    device : torch.device
    plan : CorrectionPlan
    workers, should_stop
        As in `Trainer`.
    """

    shelf: PackageShelf
    corrections: Path
    replay: Seq[Case]
    held_out: Seq[Case]
    folder: Path
    device: torch.device
    plan: CorrectionPlan = field(default=CorrectionPlan())
    workers: int = 0
    should_stop: Callable[[], bool] = lambda: False

    def run(self, progress: ProgressCallback = no_progress) -> LearningReport | None:
        """Learn, check, and install the new model or refuse it; None if the training was paused.

        Raises
        ------
        DatasetError
            If no correction can be used, or a held-out case is missing, unlabelled or trained on.
        ModelPackageError
            If the shelf is damaged, or the folder holds another round.
        """
        package = self.shelf.current()
        gathered = gather_corrections(self.corrections, package.card)
        check_apart([*gathered.cases, *self.replay], self.held_out)
        trainer = self._trainer(package, gathered)
        trainer.run(partial(_share, progress, 0.0, _TRAINED))
        if not trainer.finished:
            return None
        candidate = self._candidate(package, gathered, trainer.folder)
        verdict, scores = self._check(package, candidate, progress)
        candidate = write_package(candidate.folder, _with_scores(candidate.card, verdict), candidate.weights())
        report = LearningReport(
            model=package.card.name,
            version_before=package.card.version,
            version_after=candidate.card.version,
            corrected_cases=len(gathered.used),
            replayed_cases=len(self.replay),
            correction_minutes=gathered.minutes,
            training_minutes=sum(row["seconds"] for row in trainer.history) / 60,
            left_out=gathered.left_out,
            verdict=verdict,
            limits=self.plan.limits,
        )
        self._conclude(report, candidate, scores)
        progress(1.0, "Installed" if report.installed else "Not installed")
        return report

    def _trainer(self, package: ModelPackage, gathered: GatheredCorrections) -> StageTrainer:
        card = package.card
        corrected = [case_on_model_grid(case, card) for case in gathered.cases]
        earlier = [case_on_model_grid(case, card) for case in self.replay]
        return StageTrainer(
            self.plan.config(card),
            [*earlier, *corrected],
            self.folder / "run",
            self.device,
            _scheme_of(card),
            self.workers,
            self.should_stop,
            stage=Stage(_STAGE, "both" if earlier else "target", frozen=self.plan.frozen, balanced=bool(earlier)),
            source=earlier,
            target=corrected,
            start=StartingPoint.from_package(package),
            ratio=self.plan.ratio,
        )

    def _candidate(self, package: ModelPackage, gathered: GatheredCorrections, run: Path) -> ModelPackage:
        weights = segmentation_weights(read_checkpoint(run / CHECKPOINT)[1])
        card = replace(
            package.card,
            version=f"{package.card.version.partition('+')[0]}+corrected.{self.shelf.next_number()}",
            training_data=f"{package.card.training_data.partition(' Then ')[0]} Then learned from {len(gathered.used)} "
            f"corrected cases of this site, with {len(self.replay)} earlier ones replayed.",
            scores={},
            missing_cost={},
        )
        arrays = {name: value.cpu().numpy() for name, value in weights.items()}
        return write_package(self.folder / "candidate", card, arrays)

    def _check(
        self, package: ModelPackage, candidate: ModelPackage, progress: ProgressCallback
    ) -> tuple[Verdict, dict[str, Any]]:
        scores = {}
        for name, model, begin, end in (("before", package, _TRAINED, _BEFORE), ("after", candidate, _BEFORE, 1.0)):
            scores[name] = validate_package(
                model,
                self.held_out,
                device=str(self.device),
                progress=partial(_share, progress, begin, end),
            )
        regions = package.card.regions
        return compare_scores(scores["before"], scores["after"], regions, self.plan.limits), scores

    def _conclude(self, report: LearningReport, candidate: ModelPackage, scores: dict[str, Any]) -> None:
        texts = (json.dumps({**report.to_json(), "scores": scores}, indent=1) + "\n", report.to_text())
        for name, text in zip(REPORT_FILES, texts):
            with atomic_path(self.folder / name) as temporary:
                Path(temporary).write_text(text, encoding="utf-8")
        if report.installed:
            change = report.verdict.mean_change
            self.shelf.install(candidate, f"learned from {report.corrected_cases} cases, mean Dice {change:+.3f}")
        else:
            self.shelf.refuse(" ".join(report.verdict.reasons))


def _share(progress: ProgressCallback, begin: float, end: float, fraction: float, message: str) -> None:
    progress(begin + (end - begin) * fraction, message)


def _scheme_of(card: ModelCard) -> LabelScheme:
    """Return the card's label scheme with the regions that the network gives, in its order."""
    scheme = LABEL_SCHEMES[card.labels]
    return LabelScheme(scheme.name, scheme.values, {region: scheme.regions[region] for region in card.regions})


def _with_scores(card: ModelCard, verdict: Verdict) -> ModelCard:
    means = {
        region: {"mean": change.mean_after, "cases": len(change.after)} for region, change in verdict.regions.items()
    }
    made_by = "check after learning from corrections, on held-out cases of the site"
    return replace(card, scores={"made_by": made_by, "mean_dice": means, "check": verdict.to_json()})
