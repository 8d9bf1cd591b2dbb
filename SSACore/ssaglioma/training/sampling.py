"""Which patch comes next: drawn from (seed, step) alone, so that a resumed run sees the same patches."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np

from ssaglioma.inference.model_grid import neighbours
from ssaglioma.training.cases import OUTSIDE, TrainingCase


@dataclass(frozen=True)
class Patch:
    """Where a patch lies: case number and index of its first voxel, (Y, X) with a slice number or (Z, Y, X)."""

    case: int
    start: tuple[int, ...]
    slice_index: int | None


class PatchSampler:
    """Draws patches, a share of them forced to contain tumour (nnU-Net's oversampling).

    Parameters
    ----------
    cases : sequence of TrainingCase
    patch : tuple of int
        (Y, X) for slices, (Z, Y, X) for volumes.
    foreground_fraction : float
        Share of each batch, counted from its end, that is centred on a tumour voxel whose
        class is drawn first (uniformly over the classes present).
    slice_offsets_mm : tuple of float
        See `TrainingConfig`; each patch holds these slices, one after the other.
    """

    def __init__(
        self,
        cases: Seq[TrainingCase],
        patch: tuple[int, ...],
        foreground_fraction: float,
        slice_offsets_mm: tuple[float, ...] = (0.0,),
    ) -> None:
        self.cases = cases
        self.patch = patch
        self.slice_offsets_mm = slice_offsets_mm
        self.foreground_fraction = foreground_fraction
        self._voxels = [_voxels_by_class(case.labels) for case in cases]

    def draw_batch(self, generator: np.random.Generator, batch_size: int) -> list[Patch]:
        """Draw the places of one batch."""
        first_forced = round(batch_size * (1 - self.foreground_fraction))
        return [self._draw(generator, forced=index >= first_forced) for index in range(batch_size)]

    def _draw(self, generator: np.random.Generator, forced: bool) -> Patch:
        case = int(generator.integers(len(self.cases)))
        shape = self.cases[case].labels.shape
        classes = self._voxels[case]
        if forced and classes:
            voxels = classes[list(classes)[int(generator.integers(len(classes)))]]
            voxel = int(voxels[int(generator.integers(len(voxels)))])
            centre = tuple(int(index) for index in np.unravel_index(voxel, shape))
        else:
            centre = tuple(int(generator.integers(size)) for size in shape)
        if len(self.patch) == 2:
            start = tuple(_start(c, p, s) for c, p, s in zip(centre[1:], self.patch, shape[1:]))
            return Patch(case, start, int(centre[0]))
        return Patch(case, tuple(_start(c, p, s) for c, p, s in zip(centre, self.patch, shape)), None)

    def cut(self, place: Patch, case: TrainingCase | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return image (C, *patch) float32 and labels (*patch) uint8, padded with 0 and `OUTSIDE`.

        In 2D the image is (slices * C, *patch), slice by slice, where the network sees more than one.
        With `case`, the patch is cut from there at the same place: a stylised copy has the labels of its content.
        """
        case = self.cases[place.case] if case is None else case
        image, labels = case.image, case.labels
        if place.slice_index is not None:
            shown = neighbours(len(labels), case.slice_mm, self.slice_offsets_mm)[place.slice_index]
            image, labels = image[:, shown].swapaxes(0, 1), labels[place.slice_index]
            image = image.reshape(-1, *labels.shape)
        inside, placed = [], []
        for start, edge, size in zip(place.start, self.patch, labels.shape):
            low, high = max(start, 0), min(start + edge, size)
            inside.append(slice(low, high))
            placed.append(slice(low - start, high - start))
        patch_image = np.zeros((image.shape[0], *self.patch), np.float32)
        patch_labels = np.full(self.patch, OUTSIDE, np.uint8)
        patch_image[(slice(None), *placed)] = image[(slice(None), *inside)]
        patch_labels[tuple(placed)] = labels[tuple(inside)]
        return patch_image, patch_labels


def _start(centre: int, edge: int, size: int) -> int:
    """Centre the patch on a voxel, but keep it inside the image; centre the image in a larger patch."""
    if edge >= size:
        return -((edge - size) // 2)
    return int(np.clip(centre - edge // 2, 0, size - edge))


def _voxels_by_class(labels: np.ndarray) -> dict[int, np.ndarray]:
    flat = labels.ravel()
    tumour = np.flatnonzero((flat != 0) & (flat != OUTSIDE))
    values = flat[tumour]
    return {int(value): tumour[values == value] for value in np.unique(values)}
