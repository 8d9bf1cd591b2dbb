"""Training of a slice segmenter on stylised source slices, the style made harder as it learns (Luo et al. 2020).

The loop of "Adversarial Style Mining", as the cardiac studies with RAIN have it: a batch of source slices is shown K
times; each time in the styles that the segmenter's own gradient has moved to, from a random point of the target's
styles, and each time the segmenter takes a step. Stylised and original slices enter together. Stylizers without a
style space (AdaConv, AdaIN) show each batch once, in the style of random target slices.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from ssaglioma.adaptation import LatentTap
from ssaglioma.errors import DatasetError
from ssaglioma.networks import CONFIGURATIONS, SegmentationNetwork, build_network
from ssaglioma.style.epsilon_search import ascent_move
from ssaglioma.training.batches import PatchBatches
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.class_loss import class_loss, class_numbers
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import Trainer
from ssaglioma.training.slice_augmentation import SliceAugmentation
from ssaglioma.training.style_bank import StyleBank

PAIRINGS = ("random", "same_patient")


@dataclass(frozen=True)
class StyleMining:
    """How styles are chosen and made harder.

    Attributes
    ----------
    iterations : int
        K, times that a batch is shown; 1 for a fresh random style each time, without a search.
    step : float
        The point moves by step / loss * gradient (Luo et al. 20, cardiac studies 20 to 120).
    longest_step : float
        Largest norm of one move, in units of sqrt(latent) * mean |xi|; ours, against a division by a small loss.
    warmup_fraction : float
        Share of the run, at its start, without a search (the cardiac code warms up in this way).
    consistency : float
        Weight of the mean squared difference of deep features, stylised against original (cardiac code 2e-3).
    pairing : str
        'random': any target slice. 'same_patient': the slice of the content's own patient nearest in height.
    """

    iterations: int = 5
    step: float = 20.0
    longest_step: float = 3.0
    warmup_fraction: float = 0.2
    consistency: float = 2e-3
    pairing: str = "random"

    def __post_init__(self) -> None:
        proper = self.iterations >= 1 and self.step > 0 and self.longest_step > 0 and self.consistency >= 0
        if not proper or not 0 <= self.warmup_fraction <= 1 or self.pairing not in PAIRINGS:
            raise DatasetError(f"The search for styles is {self!r}", expected=f"positive numbers, one of {PAIRINGS}")


class StyledBatches(PatchBatches):
    """Step -> (image, labels, style slices (B,), noise (B, latent), turn): K steps in a row share one batch."""

    def __init__(
        self,
        cases: list[TrainingCase],
        config: TrainingConfig,
        first_step: int,
        steps: int,
        bank: StyleBank | None,
        mining: StyleMining,
    ) -> None:
        super().__init__(cases, config, first_step, steps)
        self._augment = SliceAugmentation(CONFIGURATIONS[config.network].patch)  # type: ignore[assignment]
        self._slices = None if bank is None else bank.slices
        self._noise_size = 0 if bank is None else bank.noise_size
        self._mining = mining
        self._depths = [len(case.labels) for case in cases]

    def __getitem__(self, index: int) -> tuple[torch.Tensor, ...]:
        step = self._first + index
        group, turn = group_and_turn(step, self._config, self._mining, self._noise_size > 0)
        generator = np.random.default_rng([self._config.seed, group])
        places = self._sampler.draw_batch(generator, self._config.batch_size)
        image, labels = self._stack([(self._sampler, place) for place in places], generator)
        if self._slices is None:
            return image, labels
        if self._mining.pairing == "same_patient":
            heights = [int(place.slice_index or 0) / max(self._depths[place.case] - 1, 1) for place in places]
            names = [self._sampler.cases[place.case].name for place in places]
            chosen = [self._slices.nearest(name, height) for name, height in zip(names, heights)]
        else:
            chosen = generator.integers(len(self._slices.cases), size=len(places)).tolist()
        noise = generator.standard_normal((len(places), self._noise_size), dtype=np.float32)
        return image, labels, torch.tensor(chosen), torch.from_numpy(noise), torch.tensor(turn)


def group_and_turn(step: int, config: TrainingConfig, mining: StyleMining, searched: bool) -> tuple[int, int]:
    """Return the batch that a step shows and how often it was shown before; epochs begin with a new batch."""
    epoch, within = divmod(step, config.steps_per_epoch)
    warm = epoch < round(mining.warmup_fraction * config.epochs)
    turns = mining.iterations if searched and not warm else 1
    return epoch * config.steps_per_epoch + within // turns, within % turns


@dataclass
class StyledTrainer(Trainer):
    """Trains a network of classes (softmax) on source slices, with or without styles of a target.

    `cases` hold one channel with values 0..1 and class numbers as labels.

    Attributes
    ----------
    bank : StyleBank or None
        Styles of the target; None trains on the slices as they are.
    mining : StyleMining
    """

    bank: StyleBank | None = field(kw_only=True, default=None)
    mining: StyleMining = field(kw_only=True, default_factory=StyleMining)

    def build(self) -> SegmentationNetwork:
        """Return the network with one output for the background and one for each label."""
        outputs = 1 + len(self.scheme.values)
        return build_network(self.config.network, in_channels=len(self.config.channels), out_channels=outputs)

    def batches(self, first_step: int, steps: int) -> Dataset:
        """Return batches of slices with the styles that they are to be shown in."""
        self._points: torch.Tensor | None = None
        self._loss = 1.0
        return StyledBatches(list(self.cases), self.config, first_step, steps, self.bank, self.mining)

    def identity(self) -> dict[str, Any]:
        """Return the cases, the stylizer and the search."""
        names = [case.name for case in self.cases]
        bank = None if self.bank is None else {**self.bank.identity(), "mining": asdict(self.mining)}
        return {**super().identity(), "classes": self.scheme.name, "cases": names, "styles": bank}

    def losses(
        self, network: SegmentationNetwork, batch: tuple[torch.Tensor, ...], progress: float
    ) -> dict[str, torch.Tensor]:
        """Return the loss on stylised and original slices together, and what it is made of."""
        image, labels, *styles = batch
        classes = class_numbers(labels, self.scheme)
        if self.bank is None:
            return {"loss": class_loss(network(image), classes)}
        stylised = self.bank.stylised(image, self._moved(*styles))
        with LatentTap(network, CONFIGURATIONS[self.config.network].latent[0]) as tap:
            logits = network(torch.cat([stylised, image]))
        first, second = tap.features.flatten(2).norm(dim=2).chunk(2)
        consistency = (first - second).square().mean()
        segmentation = class_loss(logits, torch.cat([classes, classes]))
        self._loss = max(float(segmentation.detach()), 1e-3)
        return {
            "loss": segmentation + self.mining.consistency * consistency,
            "segmentation_loss": segmentation,
            "consistency": consistency,
        }

    def _moved(self, chosen: torch.Tensor, noise: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
        """Return the points of this step: fresh ones, or those of the last step moved up its gradient."""
        assert self.bank is not None
        gradient = None if self._points is None else self._points.grad
        if int(turn) == 0 or gradient is None or self._points is None:
            points = self.bank.points(chosen, noise).detach()
        else:
            limit = self.mining.longest_step * self.bank.longest
            points = (self._points + ascent_move(self._loss, gradient, limit, self.mining.step)).detach()
        searched = self.bank.has_space and self.mining.iterations > 1
        self._points = points.requires_grad_(searched)
        return self._points
