"""Batches of patches, each drawn from the seed and its number alone; a process of a group prepares its own share."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Seq

import numpy as np
import torch
from torch.utils.data import Dataset

from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.training.augmentation import Augmentation
from ssaglioma.training.cases import TrainingCase
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.copies import CopySource
from ssaglioma.training.quick_augmentation import QuickAugmentation
from ssaglioma.training.sampling import Patch, PatchSampler

_ANCHORS = ("t1c", "t2f")
PatchChange = Callable[..., tuple[np.ndarray, np.ndarray]]
"""Takes the image and labels of a patch and a seed, and returns both."""


def augmentation_of(config: TrainingConfig, anchors: tuple[int, ...]) -> PatchChange:
    """Return the augmentation that a configuration names; of the `anchors` one channel is always kept."""
    if config.augmentation == "none":
        return _unchanged
    patch = CONFIGURATIONS[config.network].patch
    if config.augmentation == "nnunet":
        return Augmentation(patch, config.channel_dropout, anchors)
    return QuickAugmentation(patch, len(config.channels), config.augmentation, config.channel_dropout, anchors)


def _unchanged(image: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    return image, labels


class PatchBatches(Dataset):
    """Batch number -> (image (B, C, *patch), labels (B, *patch)); the same number gives the same batch.

    With stylised copies, some images are cut from them; places, labels and augmentation are as without.

    Attributes
    ----------
    share : tuple of 2 ints
        (i, n): of each batch the samples i, i + n, i + 2n ... are prepared. All of them are drawn, so that n
        processes together give what one gives alone.
    """

    def __init__(
        self,
        cases: Seq[TrainingCase],
        config: TrainingConfig,
        first_step: int,
        steps: int,
        stylised: CopySource | None = None,
    ) -> None:
        network = CONFIGURATIONS[config.network]
        anchors = tuple(config.channels.index(name) for name in _ANCHORS if name in config.channels)
        self._sampler = PatchSampler(cases, network.patch, config.foreground_fraction, config.slice_offsets_mm)
        self._augment = augmentation_of(config, anchors)
        self._config, self._first, self._steps = config, first_step, steps
        self._stylised = stylised
        self.share = (0, 1)

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[torch.Tensor, ...]:
        generator = np.random.default_rng([self._config.seed, self._first + index])
        places = self._sampler.draw_batch(generator, self._config.batch_size)
        return self._stack([(self._sampler, place) for place in places], generator)

    def _stack(
        self, places: Seq[tuple[PatchSampler, Patch]], generator: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        seeds = [int(generator.integers(2**31)) for _ in places]
        cases = [sampler.cases[place.case] for sampler, place in places]
        if self._stylised is not None:
            cases = self._stylised.drawn(cases, generator)
        drawn = list(zip(places, cases, seeds))[self.share[0] :: self.share[1]]
        pairs = [self._augment(*sampler.cut(place, case), seed=seed) for (sampler, place), case, seed in drawn]
        images, labels = zip(*pairs)
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels))
