"""Batches of MR slices with what an encoder shall tell about them: contrast, blur, noise, regions."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.training.encoder_config import EncoderTrainingConfig
from ssaglioma.training.style_slices import Cut, SliceSet

REGION_STRIDE = 4
"""Regions are learned at a quarter of the resolution, that of relu3_1."""


@dataclass(frozen=True, eq=False)
class LabelledSlice:
    """One slice.

    Attributes
    ----------
    picture : ndarray (Y, X)
        Any intensity scale; exactly 0 is background.
    regions : ndarray of bool, shape (R, Y, X), or None
        None where nobody labelled it.
    """

    picture: np.ndarray
    regions: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class EncoderBatch:
    """A batch.

    Attributes
    ----------
    picture : Tensor, shape (B, 1, Y, X)
        Blurred and noisy; usually 0..1.
    contrast : Tensor of int64, shape (B,)
    scanner : Tensor, shape (B, 2)
        Blur and noise as shares of the largest.
    regions : Tensor, shape (B, R, Y / 4, X / 4)
        Share of each cell that belongs to the region.
    labelled : Tensor of bool, shape (B,)
        Whether the regions are known.
    """

    picture: torch.Tensor
    contrast: torch.Tensor
    scanner: torch.Tensor
    regions: torch.Tensor
    labelled: torch.Tensor


class EncoderSlices:
    """Slices by contrast; each contrast is drawn as often as the others, however few slices it has.

    Parameters
    ----------
    contrasts : mapping of str to sequence of LabelledSlice

    Raises
    ------
    DatasetError
        If there is no contrast, one is empty, or the numbers of regions differ.
    """

    def __init__(self, contrasts: Mapping[str, Seq[LabelledSlice]]) -> None:
        if not contrasts:
            raise DatasetError("There is no contrast to learn", expected="at least one set of slices")
        self.names = tuple(contrasts)
        self._sets = [SliceSet([one.picture for one in slices], name) for name, slices in contrasts.items()]
        self._regions = [[one.regions for one in slices] for slices in contrasts.values()]
        counts = {len(one) for slices in self._regions for one in slices if one is not None}
        if len(counts) > 1:
            raise DatasetError(f"The slices have {sorted(counts)} regions", expected="the same number for all")
        self.region_count = counts.pop() if counts else 1

    def batch(self, config: EncoderTrainingConfig, step: int) -> EncoderBatch:
        """Return the batch of a step; the same seed and step give the same batch."""
        generator = np.random.default_rng([config.seed, step])
        contrast = generator.integers(len(self._sets), size=config.batch_size)
        strengths = generator.random((config.batch_size, 2)) ** 2  # mostly little
        pictures, regions, labelled = [], [], []
        for index, strength in zip(contrast, strengths):
            cut = self._sets[index].draw(generator, 1, config.crop)[0]
            picture = self._sets[index].cut([cut], config.crop).numpy()[0, 0]
            pictures.append(_scanned(picture, strength, config, generator))
            known = self._regions[index][cut.picture]
            labelled.append(known is not None)
            regions.append(self._cells(known, cut, config.crop))
        return EncoderBatch(
            torch.from_numpy(np.stack(pictures))[:, None],
            torch.from_numpy(contrast.astype(np.int64)),
            torch.from_numpy(strengths.astype(np.float32)),
            torch.from_numpy(np.stack(regions)),
            torch.tensor(labelled),
        )

    def pictures(self, count: int, edge: int) -> torch.Tensor:
        """Return the middles of up to `count` slices of each contrast, (B, 1, edge, edge), values 0..1."""
        return torch.cat([one.whole(count, edge) for one in self._sets])

    def _cells(self, regions: np.ndarray | None, cut: Cut, edge: int) -> np.ndarray:
        small = edge // REGION_STRIDE
        if regions is None:
            return np.zeros((self.region_count, small, small), np.float32)
        parts = np.stack([cut_of(one.astype(np.float32), cut, edge) for one in regions])
        return parts.reshape(len(parts), small, REGION_STRIDE, small, REGION_STRIDE).mean(axis=(2, 4))


def cut_of(picture: np.ndarray, cut: Cut, edge: int) -> np.ndarray:
    """Return a cut (edge, edge) of any picture (Y, X), with 0 around pictures that are smaller."""
    before = [max(edge - size, 0) // 2 for size in picture.shape]
    after = [max(edge - size, 0) - first for size, first in zip(picture.shape, before)]
    padded = np.pad(picture, list(zip(before, after)))
    part = padded[cut.row : cut.row + edge, cut.column : cut.column + edge]
    return np.ascontiguousarray(part[:: -1 if cut.flip_y else 1, :: -1 if cut.flip_x else 1])


def _scanned(
    picture: np.ndarray, strength: np.ndarray, config: EncoderTrainingConfig, generator: np.random.Generator
) -> np.ndarray:
    """Return a picture blurred and with noise inside; what was background stays 0, as in stripped images."""
    inside = picture > 0
    blurred = ndimage.gaussian_filter(picture, strength[0] * config.largest_blur_px)
    noise = generator.standard_normal(picture.shape) * strength[1] * config.largest_noise
    return np.where(inside, (blurred + noise).clip(0, 2), 0).astype(np.float32)
