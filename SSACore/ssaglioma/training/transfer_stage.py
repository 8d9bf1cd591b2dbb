"""One stage of a transfer approach: where it starts, what its batches hold, what its loss adds up to."""

from __future__ import annotations

import json
from collections.abc import Sequence as Seq
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from ssaglioma.adaptation import (
    DomainClassifier,
    DomainRatio,
    LatentTap,
    Stage,
    domain_loss,
    freeze,
    grl_weight,
    train_mode,
)
from ssaglioma.adaptation.domain import DOMAIN_CLASSIFIER
from ssaglioma.networks import CONFIGURATIONS, SegmentationNetwork
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.copies import CopySource
from ssaglioma.training.loop import PatchBatches, Trainer
from ssaglioma.training.sampling import PatchSampler


def without_labels(case: TrainingCase) -> TrainingCase:
    """Return the case as if nobody had labelled it: 0 where a channel holds signal, `OUTSIDE` elsewhere."""
    signal = (np.asarray(case.image) != 0).any(axis=0)
    return TrainingCase(case.name, case.image, np.where(signal, 0, OUTSIDE).astype(np.uint8))


class DomainBatches(PatchBatches):
    """Batch number -> (image, labels, is_target (B,) bool), with a fixed share of each domain.

    The share of forced foreground holds within each domain.
    """

    def __init__(
        self,
        source: Seq[TrainingCase],
        target: Seq[TrainingCase],
        ratio: DomainRatio,
        config: TrainingConfig,
        first_step: int,
        steps: int,
        stylised: CopySource | None = None,
    ) -> None:
        super().__init__(source, config, first_step, steps, stylised)
        patch = CONFIGURATIONS[config.network].patch
        self._target_sampler = PatchSampler(target, patch, config.foreground_fraction, config.slice_offsets_mm)
        self._ratio = ratio

    def __getitem__(self, index: int) -> tuple[torch.Tensor, ...]:
        generator = np.random.default_rng([self._config.seed, self._first + index])
        is_target = self._ratio.draw(generator, self._config.batch_size)
        samplers = {False: self._sampler, True: self._target_sampler}
        drawn = {
            flag: iter(samplers[flag].draw_batch(generator, int((is_target == flag).sum()))) for flag in (False, True)
        }
        places = [(samplers[flag], next(drawn[flag])) for flag in is_target.tolist()]
        return (*self._stack(places, generator), torch.from_numpy(is_target))


@dataclass
class StageTrainer(Trainer):
    """Trains one stage of an approach; `cases` are those of both domains.

    Attributes
    ----------
    stage : Stage
    source, target : sequence of TrainingCase
        Of the domains that the stage sees; the other one is empty.
    ratio : DomainRatio
        Patches of each domain, where both are seen.
    """

    stage: Stage = field(kw_only=True)
    source: Seq[TrainingCase] = field(kw_only=True)
    target: Seq[TrainingCase] = field(kw_only=True)
    ratio: DomainRatio = field(kw_only=True, default=DomainRatio())

    def build(self) -> SegmentationNetwork:
        """Return the network with the stage's starting weights, its classifier attached, its parts frozen.

        Raises
        ------
        ModelPackageError
            If the starting weights belong to another network.
        """
        network = super().build()
        if self.stage.task is not None:
            configuration = CONFIGURATIONS[self.config.network]
            classifier = DomainClassifier(dims=configuration.dims, in_channels=configuration.latent[1])
            network.add_module(DOMAIN_CLASSIFIER, classifier)
        freeze(network, self.stage.frozen)
        return network

    def batches(self, first_step: int, steps: int) -> Dataset:
        """Return batches of the stage's domain or domains."""
        if self.stage.domain != "both":
            return super().batches(first_step, steps)
        return DomainBatches(
            self.source, self.target, self.ratio, self.config, first_step, steps, stylised=self.stylised
        )

    def identity(self) -> dict[str, Any]:
        """Return the stage, its cases and its starting weights."""
        facts = {
            **super().identity(),
            "stage": asdict(self.stage),
            "source": [case.name for case in self.source],
            "target": [case.name for case in self.target],
            "ratio": asdict(self.ratio),
            "start": None if self.start is None else self.start.digest,
        }
        return json.loads(json.dumps(facts))

    def set_mode(self, network: SegmentationNetwork) -> None:
        """Put what is not frozen in training mode."""
        train_mode(network, self.stage.frozen)

    def losses(
        self, network: SegmentationNetwork, batch: tuple[torch.Tensor, ...], progress: float
    ) -> dict[str, torch.Tensor]:
        """Return the segmentation's loss, and with a domain task the sum of both and the classifier's accuracy."""
        image, labels, *more = batch
        task = self.stage.task
        if task is None:
            return super().losses(network, (image, labels), progress)
        is_target = more[0]
        module = CONFIGURATIONS[self.config.network].latent[0]
        with self.autocast(), LatentTap(network, module) as tap:
            logits = network.forward_scales(image)
        labelled = torch.ones_like(is_target) if self.stage.target_labels else ~is_target
        segmentation = logits[0].new_zeros((), dtype=torch.float32)
        if bool(labelled.any()):
            segmentation = self.segmentation_loss([scale[labelled] for scale in logits], labels[labelled])
        weight = grl_weight(task.schedule, progress, task.grl_weight) if task.reversal else None
        domain, answers = domain_loss(_classifier(network), tap.features, is_target, weight)
        return {
            "loss": segmentation + task.loss_weight * domain,
            "segmentation_loss": segmentation,
            "domain_loss": domain,
            "domain_accuracy": ((answers > 0) == is_target).float().mean(),
            "grl_weight": torch.tensor(weight or 0.0),
        }


def _classifier(network: SegmentationNetwork) -> DomainClassifier:
    module = network.get_submodule(DOMAIN_CLASSIFIER)
    if not isinstance(module, DomainClassifier):
        raise TypeError(f"The module {DOMAIN_CLASSIFIER!r} is a {type(module).__name__}, expected a DomainClassifier")
    return module
