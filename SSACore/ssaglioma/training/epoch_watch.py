"""How the network does after each epoch on a few fixed held-out patches: Dice of each region, and a picture.

As nnU-Net's pseudo Dice, pooled over the patches; it shows the course of a training and chooses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.labels import LabelScheme
from ssaglioma.networks import SegmentationNetwork
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.losses import region_targets
from ssaglioma.training.pictures import write_picture
from ssaglioma.training.sampling import PatchSampler

PATCHES = 8
DICE_PREFIX = "dice_"
_SEED = 20240517
_COLOURS = np.array([[0, 0, 0], [215, 60, 60], [70, 160, 230], [240, 200, 60]], np.float32)
_BACKGROUND_CHANNEL = -1


class HeldOutWatch:
    """Scores a network on held-out patches; call it with the network and the record of the epoch.

    Parameters
    ----------
    cases : sequence of TrainingCase
        Held-out ones, at the voxel size that the network is trained at.
    patch : tuple of int
    scheme : LabelScheme
        Gives the regions, in the network's order.
    slice_offsets_mm : tuple of float
        Slices that a 2D network sees; see `TrainingConfig`.
    pictures : Path
        Receives `epoch-0001.png` and so on: image, reference, prediction side by side.
    """

    def __init__(
        self,
        cases: Seq[TrainingCase],
        patch: tuple[int, ...],
        scheme: LabelScheme,
        pictures: Path,
        slice_offsets_mm: tuple[float, ...] = (0.0,),
    ) -> None:
        sampler = PatchSampler(cases, patch, 1.0, slice_offsets_mm)
        places = sampler.draw_batch(np.random.default_rng(_SEED), PATCHES)
        pairs = [sampler.cut(place) for place in places]
        self._images = torch.from_numpy(np.stack([image for image, _ in pairs]))
        sequences = self._images.shape[1] // len(slice_offsets_mm)
        self._shown = slice_offsets_mm.index(0.0) * sequences + _BACKGROUND_CHANNEL
        labels = torch.from_numpy(np.stack([labels for _, labels in pairs]))
        self._scheme, self._regions = scheme, list(scheme.regions)
        self._targets = region_targets(labels, [scheme.region_values(name) for name in self._regions])
        self._inside = labels != OUTSIDE
        self._pictures = pictures

    def __call__(self, network: SegmentationNetwork, record: Mapping[str, Any]) -> dict[str, float | None]:
        """Return {'dice_WT': ..., ...}; None for a region that neither the patches nor the network hold."""
        device = next(network.parameters()).device
        was_training = network.training
        network.eval()
        with torch.no_grad():
            found = torch.stack([self._segmented(network, image[None].to(device)) for image in self._images])
        network.train(was_training)
        found &= self._inside[:, None]
        truth = self._targets
        self._draw(truth, found, int(record["epoch"]))
        return {
            f"{DICE_PREFIX}{region}": _dice(truth[:, index], found[:, index])
            for index, region in enumerate(self._regions)
        }

    def _segmented(self, network: SegmentationNetwork, image: torch.Tensor) -> torch.Tensor:
        """Return the regions (R, *patch) of one patch (1, C, *patch) as a segmentation would show them."""
        probabilities = torch.sigmoid(network(image).float())[0].cpu().numpy()
        labels = regions_to_labels(probabilities, self._regions, self._scheme)
        return torch.from_numpy(np.stack([self._scheme.mask(labels, name) for name in self._regions]))

    def _draw(self, truth: torch.Tensor, found: torch.Tensor, epoch: int) -> None:
        """Write the patch with the most tumour, at its slice with the most tumour."""
        chosen = int(truth[:, 0].flatten(1).sum(1).argmax())
        image, masks = self._images[chosen], (truth[chosen], found[chosen])
        if image.ndim == 4:
            middle = int(masks[0][0].flatten(1).sum(1).argmax())
            image, masks = image[:, middle], (masks[0][:, middle], masks[1][:, middle])
        grey = _grey(image[self._shown].numpy())
        panels = [np.repeat(grey[..., None], 3, axis=2), *(_painted(grey, mask.numpy()) for mask in masks)]
        write_picture(np.concatenate(panels, axis=1), self._pictures / f"epoch-{epoch:04d}.png")


def _dice(truth: torch.Tensor, found: torch.Tensor) -> float | None:
    total = int(truth.sum()) + int(found.sum())
    return 2 * int((truth & found).sum()) / total if total else None


def _grey(image: np.ndarray) -> np.ndarray:
    """Return 0..255 inside the brain and black around it, where normalised images are exactly 0."""
    inside = image != 0
    if not inside.any():
        return np.zeros(image.shape, np.float32)
    low, high = np.percentile(image[inside], (1, 99.5))
    return np.where(inside, np.clip((image - low) / max(high - low, 1e-6), 0, 1) * 255, 0).astype(np.float32)


def _painted(grey: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the picture with the regions over it, the later (inner) ones on top."""
    painted = np.repeat(grey[..., None], 3, axis=2)
    for index, mask in enumerate(masks):
        colour = _COLOURS[1 + index % (len(_COLOURS) - 1)]
        painted[mask] = 0.5 * painted[mask] + 0.5 * colour
    return painted
