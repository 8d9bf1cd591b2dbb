"""Engines behind one interface: a model package as a `Predictor`, on torch, ONNX Runtime or OpenVINO.

Nothing here imports an engine's library before it is chosen; segmentation on a CPU never imports torch.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from collections.abc import Sequence as Seq
from functools import partial

import numpy as np

from ssaglioma.inference.looks import FULL, Looks, Preview
from ssaglioma.inference.model_grid import model_shape, neighbours, slice_axis, slices_first, to_shape
from ssaglioma.inference.planned import predict_planned
from ssaglioma.inference.sliding_window import predict_slices, predict_volume
from ssaglioma.inference.threads import compute_threads
from ssaglioma.networks import configuration_of
from ssaglioma.packages import ModelPackage
from ssaglioma.types import ProgressCallback, Spacing, no_progress


class PackageEngine(ABC):
    """Runs a model package; each engine says how logits are computed.

    Parameters
    ----------
    package : ModelPackage
    mirror : bool
        Average the logits with those of the left-right mirrored image (twice the time; a 2D network with a first
        look mirrors the doubtful slices alone, see `Looks`).
        Brains are near symmetric left to right only, so other axes are not mirrored; an imported network
        of nnU-Net is mirrored along all axes that it was trained so (four or eight times the time).
    threads : int, optional
        On the CPU; `compute_threads()` by default.
    looks : Looks
        Whether a first, coarse look decides where a second one is needed; the full sliding window by default.

    Attributes
    ----------
    slices_at_once : int
        Of a 2D network, where memory is not short.
    notes : tuple of str
        What the user should know about the choice of this engine.
    at_once : int or None
        Tiles that go through the network together, to save memory; None takes all that come (`memory.MemoryStep`).
    patch : tuple of int
        Size of a tile: the card's, or a smaller one to save memory.
    """

    name = ""
    device_name = "cpu"
    slices_at_once = 2
    """On a processor more are no faster and take more memory."""

    def __init__(
        self, package: ModelPackage, *, mirror: bool = False, threads: int | None = None, looks: Looks = FULL
    ) -> None:
        self.package = package
        self.looks = looks
        self.mirror = mirror
        self.threads = threads or compute_threads()
        self.notes: tuple[str, ...] = ()
        self.at_once: int | None = None
        card = package.card
        self.patch: tuple[int, ...] = tuple(card.patch)
        self._configuration = configuration_of(card.network, card.architecture)
        self._mirror_axes = (self._configuration.dims - 1,) if card.plan is None else card.plan.mirror_axes

    def predict(
        self,
        array: np.ndarray,
        spacing_zyx_mm: Spacing,
        progress: ProgressCallback = no_progress,
        preview: Preview | None = None,
    ) -> np.ndarray:
        """Return region probabilities (R, Z, Y, X) in 0..1 for a normalised image (C, Z, Y, X), canonical axes.

        `preview` is given the same of the first look, where there are two.
        """
        card = self.package.card
        if card.plan is not None:
            return predict_planned(card, array, spacing_zyx_mm, self._forward, progress)
        axis = slice_axis(card, spacing_zyx_mm)
        image, spacing = slices_first(array, spacing_zyx_mm, axis)
        resampled = to_shape(image, model_shape(card, image.shape[1:], spacing))

        def back(logits: np.ndarray) -> np.ndarray:
            return np.moveaxis(sigmoid(to_shape(logits, image.shape[1:])), 1, 1 + axis)

        first = None if preview is None else lambda logits: preview(back(logits))
        if self._configuration.dims == 3:
            looks = None if self.looks == FULL else self.looks
            run = predict_volume(resampled, self.patch, self._forward, looks=looks, preview=first, progress=progress)
            return back(run)
        slice_mm, row_mm, column_mm = (
            mm * before / now for mm, before, now in zip(spacing, image.shape[1:], resampled.shape[1:])
        )
        shown = neighbours(resampled.shape[1], slice_mm, card.slice_offsets_mm)
        logits = predict_slices(
            resampled,
            self.patch,
            partial(self._forward_slices, row_mm * column_mm),
            shown=shown,
            batch_size=self.at_once or self.slices_at_once,
            looks=self.looks,
            slice_mm=slice_mm,
            preview=first,
            progress=progress,
        )
        return back(logits)

    def leave_gpu(self) -> bool:
        """Go on on the processor, where the GPU's memory is too small; False where it is the processor already."""
        return False

    @abstractmethod
    def logits(self, tiles: np.ndarray) -> np.ndarray:
        """Return the logits (B, R, *patch) of tiles (B, C, *patch), both float32."""

    def _forward(self, tiles: np.ndarray) -> np.ndarray:
        return mirrored(self._few_at_once, tiles, self._mirror_axes if self.mirror else ())

    def _forward_slices(self, pixel_mm2: float, tiles: np.ndarray) -> np.ndarray:
        """Return the logits of slices (B, C, Y, X), averaged with those of the mirrored ones where that may matter."""
        if not self.mirror or not self.looks.doubtful_mm2:
            return self._forward(tiles)
        logits = self._few_at_once(tiles)
        again = self.looks.doubtful(logits, (tiles != 0).any(axis=1), pixel_mm2)
        if again.any():
            flipped = np.ascontiguousarray(np.flip(tiles[again], -1))
            logits[again] = (logits[again] + np.flip(self._few_at_once(flipped), -1)) / 2
        return logits

    def _few_at_once(self, tiles: np.ndarray) -> np.ndarray:
        few = self.at_once or len(tiles)
        if len(tiles) <= few:
            return self.logits(tiles)
        return np.concatenate([self.logits(tiles[first : first + few]) for first in range(0, len(tiles), few)])


def mirrored(logits_of: Callable[[np.ndarray], np.ndarray], tiles: np.ndarray, axes: Seq[int]) -> np.ndarray:
    """Return the mean logits over tiles (B, C, *patch) mirrored along every subset of axes (0 is the first spatial)."""
    total = logits_of(tiles)
    subsets = [flips for count in range(1, len(axes) + 1) for flips in itertools.combinations(axes, count)]
    for flips in subsets:
        places = tuple(2 + axis for axis in flips)
        total = total + np.flip(logits_of(np.ascontiguousarray(np.flip(tiles, places))), places)
    return total / np.float32(1 + len(subsets)) if subsets else total


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)) in float32, never overflowing."""
    from scipy.special import expit

    return expit(np.asarray(logits, np.float32))
