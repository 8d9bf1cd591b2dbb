"""The steps of an intake on their own: lay images on each other, find the brain, bring all to the model's grid."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.evaluation.quality import Finding
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.alignment import (
    Alignment,
    AlignmentError,
    AlignmentSettings,
    align,
    choose_reference,
    resampled,
)
from ssaglioma.preprocessing.bias import BiasSettings, estimate_bias
from ssaglioma.preprocessing.brain_mask import BrainMask
from ssaglioma.preprocessing.chain import BiasDivided, Chain, Resampled, Scaled, brightness_factor
from ssaglioma.preprocessing.grid import Grid, sampled
from ssaglioma.preprocessing.quality_gate import notes
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume

_MOST_POINTS = 20000


@dataclass
class StepLog:
    """What was done, in order, with seconds and figures.

    Attributes
    ----------
    steps : list of dict
        Each with 'step', 'seconds' and its figures.
    """

    steps: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Time a block; what is put into the dictionary goes into the log."""
        began = time.monotonic()
        figures: dict[str, Any] = {}
        yield figures
        self.steps.append({"step": name, "seconds": round(time.monotonic() - began, 3), **figures})

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by step."""
        total: dict[str, float] = {}
        for one in self.steps:
            total[one["step"]] = total.get(one["step"], 0.0) + one["seconds"]
        return total


@dataclass(frozen=True, eq=False)
class Aligned:
    """Images laid on one of them.

    Attributes
    ----------
    reference : Sequence
    images : mapping of Sequence to Alignment
        The reference among them.
    left_out : mapping of Sequence to str
        Why an image could not be laid on it.
    """

    reference: Sequence
    images: Mapping[Sequence, Alignment]
    left_out: Mapping[Sequence, str]

    @property
    def findings(self) -> list[Finding]:
        """What was left out, in red."""
        return notes([f"{text} It was left out" for text in self.left_out.values()], "red")


def align_images(
    volumes: Mapping[Sequence, Volume],
    settings: AlignmentSettings,
    *,
    wanted: frozenset[Sequence] = frozenset(),
    progress: ProgressCallback = no_progress,
) -> Aligned:
    """Lay all images on T1Gd, or on the one with the finest voxels.

    An image that cannot be laid on it is left out, and said so; one that the user named is an error.

    Raises
    ------
    AlignmentError
        If an image that the user named, or the reference itself, cannot be used.
    """
    reference = choose_reference(volumes)
    fixed = volumes[reference]
    done: dict[Sequence, Alignment] = {}
    left_out: dict[Sequence, str] = {}
    names = [sequence for sequence in SEQUENCE_ORDER if sequence in volumes]
    for number, sequence in enumerate(names):
        progress(number / len(names), f"Aligning {sequence.display_name} to {reference.display_name}")
        if sequence is reference:
            done[sequence] = Alignment(RigidTransform(np.eye(4)), fixed, None)
            continue
        try:
            done[sequence] = align(volumes[sequence], fixed, settings, name=f"The {sequence.display_name} image")
        except AlignmentError as error:
            if sequence in wanted:
                raise
            left_out[sequence] = f"{error.problem}."
    return Aligned(reference, done, left_out)


def given_mask(mask: Volume, aligned: Aligned, natives: Mapping[Sequence, Volume]) -> BrainMask:
    """Return a mask of the user's, on the grid of any input (the reference goes first), as one on the reference's grid.

    Raises
    ------
    GeometryError
        If it lies on the grid of no input.
    DatasetError
        If it is empty or no mask.
    """
    values = np.unique(mask.array)
    if len(values) != 2 or values[0] != 0:
        raise DatasetError(
            f"The brain mask holds the values {values[:6].tolist()!r}", expected="0 and one other value (the brain)"
        )
    fixed = natives[aligned.reference]
    for sequence in (aligned.reference, *aligned.images):
        if mask.same_grid(natives[sequence]):
            flat = mask.with_array((mask.array != 0).astype(np.uint8))
            if sequence is not aligned.reference:
                flat = resampled(flat, fixed, aligned.images[sequence].transform, order=0)
            volume_ml = float(flat.array.sum() * flat.voxel_volume_ml)
            return BrainMask(flat, "given", volume_ml, None, ())
    listing = "; ".join(f"{s.display_name}: {v.geometry_text()}" for s, v in natives.items())
    raise GeometryError(
        f"The brain mask ({mask.geometry_text()}) lies on the grid of no image ({listing})",
        expected="a mask on the grid of one of the images",
        remedy="Draw it on one of the images, or leave --brain-mask away",
    )


def brain_on(volume: Volume, transform: RigidTransform, brain: Volume) -> np.ndarray:
    """Return the brain (bool, Z, Y, X) on an image's own grid; the transform goes from the brain's points to its."""
    return sampled(brain, Grid.of(volume), transform.inverse(), order=0).array > 0


def coverage_percent(volume: Volume, transform: RigidTransform, brain: Volume) -> float:
    """Return how much of the brain lies inside an image's field of view."""
    index = np.argwhere(brain.array > 0)[:, ::-1]
    index = index[:: max(1, len(index) // _MOST_POINTS)]
    points = np.c_[index, np.ones(len(index))] @ brain.affine_lps.T
    inside = np.c_[transform.apply(points[:, :3]), np.ones(len(index))] @ np.linalg.inv(volume.affine_lps).T
    size = np.array(volume.shape[::-1])
    return float(100 * np.all((inside[:, :3] > -0.5) & (inside[:, :3] < size - 0.5), axis=1).mean())


def to_model_grid(
    volume: Volume,
    transform: RigidTransform,
    target: Grid,
    brain: np.ndarray,
    *,
    bias: BiasSettings | None,
) -> tuple[Volume, Chain, float | None]:
    """Return an image on the model's grid (with its background), the chain there, and its shading in percent.

    Parameters
    ----------
    transform : RigidTransform
        From points of the target to points of the image.
    brain : ndarray of bool, shape of the target
    bias : BiasSettings or None
        None leaves the coil's field as it is.
    """
    moving = Resampled(Grid.of(volume), target, tuple(transform.matrix_lps.ravel().tolist()))
    image = moving.forward(volume)
    steps: list[Any] = [moving]
    shading = None
    if bias is not None:
        divided = BiasDivided(estimate_bias(image, brain, bias))
        shading = divided.field.peak_to_peak_percent(brain)
        image = divided.forward(image)
        steps.append(divided)
    scaled = Scaled(brightness_factor(image.array[brain]))
    return scaled.forward(image), Chain((*steps, scaled)), shading
