"""A distance of two sets of cases with its uncertainty: bootstrap over cases, and what halves of one set differ by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_LEVEL = 0.95

Distances = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Distances (K,) between two lists of case numbers; one number may stand several times. NaN where there is none."""


@dataclass(frozen=True)
class Estimate:
    """A distance between two sets.

    Attributes
    ----------
    value : float
    low, high : float or None
        95 % interval when the cases of both sets are drawn again (`interval`). None with fewer than two cases.
    floor : float or None
        Mean distance of random halves of one set, the larger of the two sets': a distance near it shows no shift.
        Halves are smaller than the sets, so the floor is rather too high.
    """

    value: float
    low: float | None = None
    high: float | None = None
    floor: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """Return plain JSON values."""
        return {"value": self.value, "low": self.low, "high": self.high, "floor": self.floor}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Estimate:
        """Build an estimate from parsed JSON."""
        return cls(**{name: values[name] for name in ("value", "low", "high", "floor")})


@dataclass(frozen=True, eq=False)
class Draws:
    """The cases that each bootstrap draw takes, and the halves; drawn once, so that all distances share them.

    Attributes
    ----------
    again : mapping of set to ndarray of int, shape (draws, cases of the set)
    halves : mapping of set to ndarray of int, shape (splits, cases of the set)
        Permutations: the first half against the rest.
    """

    again: Mapping[str, np.ndarray]
    halves: Mapping[str, np.ndarray]


def draw_cases(
    members: Mapping[str, np.ndarray], *, draws: int, splits: int, tied: tuple[str, str] | None, seed: int
) -> Draws:
    """Draw cases of each set.

    Parameters
    ----------
    members : mapping of set to ndarray of int
        Numbers of its cases.
    tied : pair of sets, optional
        Sets of equal length whose cases belong together: the second takes the draws of the first.
    """
    generator = np.random.default_rng(seed)
    again: dict[str, np.ndarray] = {}
    halves: dict[str, np.ndarray] = {}
    for name, cases in members.items():
        picks = generator.integers(len(cases), size=(draws, len(cases)))
        if tied is not None and name == tied[1]:
            picks = np.asarray(np.searchsorted(members[tied[0]], again[tied[0]]))
        again[name] = cases[picks]
        halves[name] = generator.permuted(np.tile(cases, (splits, 1)), axis=1)
    return Draws(again, halves)


def estimate(
    distances: Distances, members: Mapping[str, np.ndarray], draws: Draws, first: str, second: str
) -> tuple[list[Estimate | None], np.ndarray]:
    """Return the estimates of all K distances between two sets (None: not to be had), and the draws (draws, K)."""
    values = distances(members[first], members[second])
    again = np.stack([distances(one, other) for one, other in zip(draws.again[first], draws.again[second])])
    floors = np.stack([_floor(distances, draws.halves[name]) for name in (first, second)])
    enough = min(len(members[first]), len(members[second])) > 1
    found: list[Estimate | None] = []
    for number, value in enumerate(values):
        if not np.isfinite(value):
            found.append(None)
            continue
        low, high = interval(again[:, number], float(value)) if enough else (None, None)
        known = floors[:, number][np.isfinite(floors[:, number])]
        found.append(Estimate(float(value), low, high, float(known.max()) if len(known) else None))
    return found, again


def interval(values: np.ndarray, middle: float) -> tuple[float | None, float | None]:
    """Return the 95 % percentile interval of draws, moved so that their mean falls on `middle`.

    Drawing again makes a distance larger on average: near 0 all draws may lie above the value. Only their spread is
    used. No end lies below 0 unless draws do. None twice if no draw is a number.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None, None
    low, high = np.quantile(finite, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    moved = middle - float(finite.mean())
    return max(float(low) + moved, min(0.0, float(finite.min()))), float(high) + moved


def _floor(distances: Distances, halves: np.ndarray) -> np.ndarray:
    """Mean distances (K,) of halves; NaN where they cannot be had."""
    middle = halves.shape[1] // 2
    if middle == 0:
        return np.full(len(distances(halves[0], halves[0])), np.nan)
    table = np.stack([distances(one[:middle], one[middle:]) for one in halves])
    known = np.isfinite(table)
    return np.where(known.any(axis=0), np.where(known, table, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)
