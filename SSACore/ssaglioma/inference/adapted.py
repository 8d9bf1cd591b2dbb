"""A torch engine that adapts itself to each patient, and takes the adaptation back where it goes too far."""

from __future__ import annotations

import itertools
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ssaglioma.adaptation.test_time import (
    AdaptationConfig,
    affine_parameters,
    changes_too_much,
    episode,
    minimise_entropy,
)
from ssaglioma.errors import ModelPackageError
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.inference.looks import Preview
from ssaglioma.inference.model_grid import model_shape, neighbours, slice_axis, slices_first, to_shape
from ssaglioma.inference.regions import THRESHOLD
from ssaglioma.inference.sliding_window import tile_starts
from ssaglioma.packages import ModelPackage
from ssaglioma.types import ProgressCallback, Spacing, no_progress

_BATCH = 4
_BEFORE, _LEARNT = 0.35, 0.65


@dataclass(frozen=True)
class AdaptationOutcome:
    """What an adaptation did to one patient's result.

    Attributes
    ----------
    entropy : tuple of float
        Mean entropy of the doubtful voxels before each step, in nats; empty where there was no doubt.
    reasons : tuple of str
        Why it was taken back; empty if the adapted result stands.
    """

    entropy: tuple[float, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the adapted result stands."""
        return bool(self.entropy) and not self.reasons

    @property
    def note(self) -> str:
        """What the user is told, as one sentence."""
        if not self.entropy:
            return "The model was not adapted to this patient, because it had no doubt."
        if self.reasons:
            return f"The adaptation to this patient was taken back: {'; '.join(self.reasons)}."
        return (
            "The model was adapted to this patient's images; the result may be better or worse than without "
            "(--adapt), and its confidences are higher than they should be."
        )


class AdaptedEngine(TorchEngine):
    """Segments with a network that was adapted to the image at hand; the next image meets the old network again.

    Parameters
    ----------
    package, settings
        See `TorchEngine`: device, mirror, threads ...
    config : AdaptationConfig, optional

    Attributes
    ----------
    outcome : AdaptationOutcome or None
        Of the last prediction; `notes` tells it in words.

    Raises
    ------
    ModelPackageError
        If the network's norms have no scale and shift, or it was imported from nnU-Net, whose own steps are kept.
    """

    def __init__(self, package: ModelPackage, *, config: AdaptationConfig | None = None, **settings: Any) -> None:
        super().__init__(package, **settings)
        if package.card.plan is not None:
            raise ModelPackageError(
                f"The model {package.card.name!r} was imported from nnU-Net and cannot be adapted to a patient",
                expected="a model of this project",
                remedy="Leave --adapt away, or choose another --model",
            )
        affine_parameters(self.network)
        self.config = config or AdaptationConfig()
        self.outcome: AdaptationOutcome | None = None

    def predict(
        self,
        array: np.ndarray,
        spacing_zyx_mm: Spacing,
        progress: ProgressCallback = no_progress,
        preview: Preview | None = None,
    ) -> np.ndarray:
        """Return region probabilities (R, Z, Y, X) as `PackageEngine.predict`; `outcome` tells how they came about."""
        before = self.plain(array, spacing_zyx_mm, lambda share, text: progress(_BEFORE * share, text), preview)
        return self.adapt(array, before, spacing_zyx_mm, progress)

    def plain(
        self,
        array: np.ndarray,
        spacing_zyx_mm: Spacing,
        progress: ProgressCallback = no_progress,
        preview: Preview | None = None,
    ) -> np.ndarray:
        """Return the probabilities that the network as it is now gives."""
        return super().predict(array, spacing_zyx_mm, progress, preview)

    def adapt(
        self,
        array: np.ndarray,
        before: np.ndarray,
        spacing_zyx_mm: Spacing,
        progress: ProgressCallback = no_progress,
    ) -> np.ndarray:
        """Adapt to an image (C, Z, Y, X) whose probabilities (R, Z, Y, X) without adaptation are known."""
        progress(_BEFORE, "Adapting to these images")
        tiles = self._tiles(array, before, spacing_zyx_mm)
        after, self.outcome = before, AdaptationOutcome()
        if tiles:
            with torch.inference_mode(False), torch.enable_grad(), episode(self.network) as parameters:
                entropy = minimise_entropy(self.network, parameters, tiles, self.config)
                after = self.plain(
                    array, spacing_zyx_mm, lambda share, text: progress(_LEARNT + (1 - _LEARNT) * share, text)
                )
            self.outcome = AdaptationOutcome(entropy, self._reasons(before, after, spacing_zyx_mm))
        self.notes = (self.outcome.note,)
        return after if self.outcome.kept else before

    def _reasons(self, before: np.ndarray, after: np.ndarray, spacing: Spacing) -> tuple[str, ...]:
        old, new = (
            dict(zip(self.package.card.regions, probabilities > THRESHOLD)) for probabilities in (before, after)
        )
        return changes_too_much(old, new, float(np.prod(spacing)), self.config)

    def _tiles(
        self, array: np.ndarray, before: np.ndarray, spacing_zyx_mm: Spacing
    ) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return the tiles with the most doubtful voxels, in batches of images and brains, on the engine's device."""
        card = self.package.card
        axis = slice_axis(card, spacing_zyx_mm)
        image, spacing = slices_first(array, spacing_zyx_mm, axis)
        doubt, _ = slices_first(self._doubtful(array, before), spacing_zyx_mm, axis)
        shape = model_shape(card, image.shape[1:], spacing)
        flat = len(self.patch) == 2
        edges = (1, *self.patch) if flat else self.patch
        slice_mm = spacing[0] * image.shape[1] / shape[0]
        image, doubt = _padded(to_shape(image, shape), edges), _padded(to_shape(doubt, shape), edges)
        shown = neighbours(shape[0], slice_mm, card.slice_offsets_mm) if flat else None
        places = _most_doubtful(doubt[0], edges, self.config.tiles)
        made = []
        for first in range(0, len(places), _BATCH):
            part = places[first : first + _BATCH]
            images = torch.from_numpy(np.stack([_tile(image, place, shown) for place in part]))
            brains = torch.from_numpy(np.stack([_own(image, place, flat).any(axis=0, keepdims=True) for place in part]))
            made.append((images.to(self.device), brains.to(self.device)))
        return made

    def _doubtful(self, array: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Return the number of doubtful regions of each voxel of the brain, (1, Z, Y, X) of float32."""
        low, high = self.config.uncertain
        brain = (array != 0).any(axis=0)
        return (((before > low) & (before < high)).sum(axis=0) * brain).astype(np.float32)[None]


def _own(image: np.ndarray, place: tuple[slice, ...], flat: bool) -> np.ndarray:
    """Return which voxels of a tile are not 0, (C, [Z,] Y, X)."""
    found = np.asarray(image[(slice(None), *place)] != 0)
    return found[:, 0] if flat else found


def _tile(image: np.ndarray, place: tuple[slice, ...], shown: np.ndarray | None) -> np.ndarray:
    """Return what the network is shown of a tile: of a slice, its neighbours too (K * C, Y, X), slice by slice."""
    if shown is None:
        return np.ascontiguousarray(image[(slice(None), *place)], np.float32)
    rows = np.moveaxis(image[(slice(None), shown[place[0].start], *place[1:])], 1, 0)
    return np.ascontiguousarray(rows.reshape(-1, *rows.shape[2:]), np.float32)


def _padded(image: np.ndarray, edges: Seq[int]) -> np.ndarray:
    """Pad (C, Z, Y, X) with zeros, evenly on both sides, up to the tile."""
    missing = [max(edge - size, 0) for size, edge in zip(image.shape[1:], edges)]
    return np.pad(image, [(0, 0), *((one // 2, one - one // 2) for one in missing)])


def _most_doubtful(doubt: np.ndarray, edges: Seq[int], most: int) -> list[tuple[slice, ...]]:
    """Return where the tiles of a sliding window with the most doubt (Z, Y, X) lie; tiles without any are left out."""
    starts = [
        range(size) if edge == 1 else tile_starts(size, edge) for size, edge in zip(doubt.shape, edges, strict=True)
    ]
    found = []
    for corner in itertools.product(*starts):
        place = tuple(slice(start, start + edge) for start, edge in zip(corner, edges))
        if amount := float(doubt[place].sum()):
            found.append((amount, place))
    found.sort(key=lambda item: -item[0])
    return [place for _, place in found[:most]]
