"""A case within the memory that there is: planned before the start, and done in smaller steps where that failed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ssaglioma.errors import SSAGliomaError
from ssaglioma.inference.available_memory import available_gib, resident_gib
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.inference.memory import (
    CaseSize,
    MemoryStep,
    first_that_fits,
    is_out_of_memory,
    steps_of,
    too_little,
    work_gib,
)
from ssaglioma.inference.segment import peak_memory_gib
from ssaglioma.labels import Sequence
from ssaglioma.packages import list_packages
from ssaglioma.preprocessing import bounding_box
from ssaglioma.volume import Volume, to_canonical

T = TypeVar("T")
GPU_LEFT = "The memory of the GPU ran out: the processor computed instead."


@dataclass(frozen=True)
class MemoryPlan:
    """What a case will take of memory.

    Attributes
    ----------
    steps : tuple of MemoryStep
        The ways to run the model, the usual one first.
    needed_gib : tuple of float
        Peak of this process in each of them.
    chosen : int
        Index of the first that fits.
    limit_gib : float or None
        What this process may take in all; None where it is not known.
    peak_before_gib : float
        Peak of this process before the segmentation.
    """

    steps: tuple[MemoryStep, ...]
    needed_gib: tuple[float, ...]
    chosen: int
    limit_gib: float | None
    peak_before_gib: float = 0.0

    @property
    def predicted_gib(self) -> float:
        """Peak of this process in the chosen way, or before it, if that was higher."""
        return max(self.needed_gib[self.chosen], self.peak_before_gib)


def plan_memory(
    engine: PackageEngine,
    images: Mapping[Sequence, Volume],
    limit_gib: float | None = None,
    *,
    home_voxels: int = 0,
    may_drop_probabilities: bool = True,
) -> MemoryPlan:
    """Choose how a loaded model segments images that were read, within a limit or what the computer has left.

    Parameters
    ----------
    limit_gib : float, optional
        Most that this process may take in all (`--memory-limit`).
    home_voxels : int
        Of the native grid that the result of raw images is brought to.

    Raises
    ------
    DeviceError
        If there is too little for any way of working; it says how much is needed.
    """
    steps = steps_of(engine.package, engine.slices_at_once, may_drop_probabilities=may_drop_probabilities)
    held = resident_gib() or 0.0
    size = replace(size_of(images), home_voxels=home_voxels)
    needed = tuple(held + work_gib(engine.package, engine.name, size, step) for step in steps)
    left = available_gib()
    limits = [value for value in (limit_gib, None if left is None else held + left) if value is not None]
    limit = min(limits, default=None)
    chosen = first_that_fits(needed, limit)
    if chosen is None:
        assert limit is not None  # without a limit the first way fits
        raise too_little(min(needed), limit, _smaller_model(engine, size, limit - held))
    return MemoryPlan(steps, needed, chosen, limit, peak_memory_gib() or 0.0)


def _smaller_model(engine: PackageEngine, size: CaseSize, left_gib: float) -> str:
    """The shipped model for the same labels that needs the least, if that fits; empty if none does."""
    needs = {}
    for package in list_packages():
        if package.card.labels == engine.package.card.labels and package.card.name != engine.package.card.name:
            last = steps_of(package, engine.slices_at_once)[-1]
            needs[package.card.name] = work_gib(package, engine.name, size, last)
    return min((name for name, need in needs.items() if need <= left_gib), key=lambda name: needs[name], default="")


def size_of(images: Mapping[Sequence, Volume]) -> CaseSize:
    """Return the sizes of images that were read and lie on one grid."""
    first = to_canonical(next(iter(images.values())))
    filled = np.zeros(first.shape, bool)
    for volume in images.values():
        array = to_canonical(volume).array
        if array.shape == filled.shape:
            filled |= array != 0
    box = tuple(place.stop - place.start for place in bounding_box(filled)) if filled.any() else first.shape
    per_voxel = max(volume.array.itemsize for volume in images.values())
    return CaseSize(len(images), first.shape, per_voxel, box, first.spacing_zyx_mm)


def run_steadily(engine: PackageEngine, plan: MemoryPlan, work: Callable[[bool], T]) -> T:
    """Do `work(keep_probabilities)` as planned; where memory runs out all the same, in the next smaller way.

    Where a GPU is too small for the smallest way, the processor does it. What is given up stands in the engine's
    `notes`.

    Raises
    ------
    DeviceError
        If memory runs out in the smallest way, too.
    """
    given = told = engine.notes
    left = list(plan.steps[plan.chosen :])
    try:
        while left:
            step = left.pop(0)
            _set(engine, step)
            cost = step.cost(plan.steps[0])
            engine.notes = (*told, f"Memory is short: {cost}.") if cost else told
            try:
                return work(step.keep_probabilities)
            except SSAGliomaError:
                raise
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                if not left and type(error).__name__ == "OutOfMemoryError":  # torch's: the GPU's memory
                    if not engine.leave_gpu():
                        raise
                    told, left = (*given, GPU_LEFT), list(plan.steps[plan.chosen :])
            gc.collect()
        raise too_little(plan.needed_gib[-1], plan.limit_gib or 0.0)
    finally:
        engine.notes = given
        _set(engine, plan.steps[0])


def _set(engine: PackageEngine, step: MemoryStep) -> None:
    engine.at_once, engine.patch = step.at_once, step.patch
