"""Doing less: a first look everywhere with few slices or tiles, a second one only where the first saw something.

In 2D the first look takes a slice every 4 mm, in 3D the fewest tiles of the plan that cover the brain. The result of
the first look is a whole, coarser segmentation: the preview. What lies between two looks that saw nothing stays as the
first look has it. What this costs in Dice is measured on held-out cases (Testing/benchmarks/bench_shortcuts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Preview = Callable[[np.ndarray], None]
"""Takes the logits (R, Z, Y, X) of the first look; they are worked on after the call."""

SURE_BACKGROUND = -20.0
"""Logit of a region where no network needs to look: outside the brain."""

_UNSURE_LOGIT = float(np.log(0.8 / 0.2))


@dataclass(frozen=True)
class Looks:
    """How a first look is followed by a second.

    Attributes
    ----------
    every_mm : float
        How far apart the slices of the first look are at most (2D); 0 looks at every slice at once.
    quiet, least_voxels
        A slice or tile saw something where at least so many voxels of the brain have a region's probability above
        `quiet`; 0 voxels look everywhere again.
    doubtful_mm2 : float
        A slice is doubtful where at least such an area of the brain has a probability of 0.2 to 0.8 for some region.
        Where mirroring is asked for, the doubtful slices alone are mirrored (2D); 0 mirrors all.

    Raises
    ------
    ValueError
        If a number makes no sense.
    """

    every_mm: float = 4.0
    quiet: float = 0.3
    least_voxels: int = 10
    doubtful_mm2: float = 150.0

    def __post_init__(self) -> None:
        if not 0 <= self.every_mm <= 20 or not 0 < self.quiet <= 0.5 or min(self.least_voxels, self.doubtful_mm2) < 0:
            raise ValueError(f"The looks make no sense: {self!r}")

    @property
    def quiet_logit(self) -> float:
        """`quiet` as a logit."""
        return float(np.log(self.quiet / (1 - self.quiet)))

    def saw_something(self, logits: np.ndarray, brain: np.ndarray) -> bool:
        """Tell whether the logits (R, ...) of a place, in the brain (...), ask for a second look."""
        return int(((logits > self.quiet_logit).any(axis=0) & brain).sum()) >= self.least_voxels

    def doubtful(self, logits: np.ndarray, brain: np.ndarray, pixel_mm2: float) -> np.ndarray:
        """Tell of each slice of logits (B, R, Y, X), in the brain (B, Y, X), whether mirroring it may change much."""
        unsure = (np.abs(logits) < _UNSURE_LOGIT).any(axis=1) & brain
        return np.asarray(unsure.sum(axis=(1, 2)) * pixel_mm2 >= self.doubtful_mm2)

    def every(self, slice_mm: float) -> int:
        """Return of how many slices the first look takes one; thick slices are all looked at."""
        return max(1, int(self.every_mm / slice_mm + 0.01))


FULL = Looks(every_mm=0.0, least_voxels=0, doubtful_mm2=0.0)
"""The full sliding window."""


def first_slices(depth: int, every: int) -> list[int]:
    """Return the slices of the first look: every so many, the last one too.

    >>> first_slices(10, 4)
    [0, 4, 8, 9]
    """
    slices = list(range(0, depth, every))
    return slices if slices[-1] == depth - 1 else [*slices, depth - 1]


def second_slices(looked: Seq[int], loud: Seq[bool]) -> list[int]:
    """Return the slices between two that were looked at, at least one of which saw something.

    Parameters
    ----------
    looked : sequence of int
        Rising.
    loud : sequence of bool
        For each slice looked at, whether it saw something.
    """
    return [
        index
        for place in range(len(looked) - 1)
        if loud[place] or loud[place + 1]
        for index in range(looked[place] + 1, looked[place + 1])
    ]


def fill_between(volume: np.ndarray, known: Iterable[int]) -> None:
    """Fill the slices (axis 1) that are not known linearly from the known ones beside them, in place."""
    places = sorted(known)
    for before, after in pairwise(places):
        for index in range(before + 1, after):
            share = np.float32((index - before) / (after - before))
            volume[:, index] = (1 - share) * volume[:, before] + share * volume[:, after]


def covering(starts: Seq[int], edge: int) -> list[int]:
    """Return the fewest of a row of tiles, by their first voxels, that cover what all of them cover.

    >>> covering([0, 48, 96, 144], 96)
    [0, 96, 144]
    """
    chosen = [starts[0]]
    while chosen[-1] != starts[-1]:
        chosen.append(max(start for start in starts if chosen[-1] < start <= chosen[-1] + edge))
    return chosen
