"""How honest probabilities are: calibration error, Brier score, reliability diagram, and one temperature to mend them.

Guo et al. 2017 (temperature, expected calibration error); Brier 1950. A temperature leaves every label as it is, for it
keeps 0.5 where it was. Voxels are counted by logit first (`LogitCounts`): with logits of 16 bits nothing is lost, and a
fit over twenty cases takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ssaglioma.errors import DatasetError

BINS = 15
"""Bins of equal width between 0 and 1; a probability on an edge belongs to the upper one."""
UNCERTAIN = (0.05, 0.95)
_TEMPERATURES = (0.2, 20.0)
_CODES = 1 << 16
_AT_ONCE = 1 << 18


@dataclass(frozen=True, eq=False)
class LogitCounts:
    """Voxels counted by logit, those of the region and the others apart.

    Attributes
    ----------
    logits : ndarray of float64, shape (U,)
        Ascending, each once.
    inside, outside : ndarray of float64, shape (U,)
        Voxels, or their weights, that belong to the region and that do not.
    """

    logits: np.ndarray
    inside: np.ndarray
    outside: np.ndarray

    @classmethod
    def of(cls, logits: np.ndarray, truth: np.ndarray) -> LogitCounts:
        """Count the voxels of logits (any shape; rounded to 16 bits) and of a bool mask of the same shape.

        Raises
        ------
        DatasetError
            If the shapes differ, there is no voxel, or a logit is not finite.
        """
        if logits.shape != truth.shape or not logits.size:
            raise DatasetError(
                f"The logits have shape {logits.shape!r}, the reference {truth.shape!r}",
                expected="the same shape, with at least one voxel",
            )
        halves = logits.astype(np.float16).ravel()
        if not np.isfinite(halves).all():
            raise DatasetError("A logit is not finite in 16 bits", expected="logits between -65504 and 65504")
        codes = halves.view(np.uint16)
        belongs = truth.ravel().astype(bool)
        counts = [np.bincount(codes[chosen], minlength=_CODES).astype(float) for chosen in (belongs, ~belongs)]
        used = np.flatnonzero(counts[0] + counts[1])
        values = used.astype(np.uint16).view(np.float16).astype(float)
        order = np.argsort(values, kind="stable")
        return cls(values[order], counts[0][used][order], counts[1][used][order])

    @property
    def total(self) -> float:
        """Number, or weight, of all voxels."""
        return float(self.inside.sum() + self.outside.sum())

    def scaled(self, weight: float) -> LogitCounts:
        """Return the same voxels with another weight each."""
        return LogitCounts(self.logits, self.inside * weight, self.outside * weight)

    def uncertain(self, between: tuple[float, float] = UNCERTAIN) -> LogitCounts | None:
        """Return the voxels whose probability lies between two bounds (not on them); None if there is none."""
        probabilities = sigmoid(self.logits)
        kept = (probabilities > between[0]) & (probabilities < between[1])
        return LogitCounts(self.logits[kept], self.inside[kept], self.outside[kept]) if kept.any() else None


def pooled(counts: Iterable[LogitCounts], *, even: bool = True) -> LogitCounts:
    """Return the voxels of several cases as one set; `even` lets each case weigh the same, however large it is.

    Raises
    ------
    DatasetError
        If there is no case.
    """
    parts = [one.scaled(1 / one.total) if even else one for one in counts]
    if not parts:
        raise DatasetError("There is no case to pool", expected="at least one")
    values, places = np.unique(np.concatenate([one.logits for one in parts]), return_inverse=True)
    weights = [
        np.bincount(places, np.concatenate([getattr(one, name) for one in parts]), minlength=len(values))
        for name in ("inside", "outside")
    ]
    return LogitCounts(values, *weights)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Points of a reliability diagram, one for each bin of probability.

    Attributes
    ----------
    edges : ndarray, shape (B + 1,)
    share : ndarray, shape (B,)
        Of all voxels that fall into each bin.
    predicted, observed : ndarray, shape (B,)
        Mean probability, and the share that belongs to the region; NaN in an empty bin.
    """

    edges: np.ndarray
    share: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: the mean of |predicted - observed|, weighted by the voxels of each bin."""
        filled = self.share > 0
        return float(np.sum(self.share[filled] * np.abs(self.predicted - self.observed)[filled]))


def reliability(counts: LogitCounts, temperature: float = 1.0, bins: int = BINS) -> Reliability:
    """Return the reliability diagram of the probabilities that a temperature makes of logits."""
    probabilities = sigmoid(counts.logits / temperature)
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, probabilities, side="right") - 1, 0, bins - 1)
    weight = counts.inside + counts.outside
    total, mass, inside = (
        np.bincount(place, values, minlength=bins) for values in (weight, weight * probabilities, counts.inside)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return Reliability(edges, total / total.sum(), mass / total, inside / total)


def brier_score(counts: LogitCounts, temperature: float = 1.0) -> float:
    """Return the mean squared difference of probability and truth, in 0..1; 0 is perfect."""
    probabilities = sigmoid(counts.logits / temperature)
    wrong = counts.inside * (1 - probabilities) ** 2 + counts.outside * probabilities**2
    return float(wrong.sum() / counts.total)


def negative_log_likelihood(counts: LogitCounts, temperature: float = 1.0) -> float:
    """Return the mean cross-entropy in nats."""
    scaled = counts.logits / temperature
    loss = counts.inside * np.logaddexp(0, -scaled) + counts.outside * np.logaddexp(0, scaled)
    return float(loss.sum() / counts.total)


def fit_temperature(counts: LogitCounts) -> float:
    """Return the temperature (0.2 to 20) with the least cross-entropy.

    Raises
    ------
    DatasetError
        If all voxels belong to the region or none does: then the best temperature has no bound.
    """
    if not counts.inside.sum() or not counts.outside.sum():
        raise DatasetError(
            "A temperature cannot be fitted: the reference holds the region everywhere or nowhere",
            expected="voxels of the region and others",
        )
    low, high = np.log(_TEMPERATURES)
    from scipy.optimize import minimize_scalar  # here: segmentation starts without it

    found = minimize_scalar(
        lambda log_t: negative_log_likelihood(counts, float(np.exp(log_t))),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(found.x))


def with_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return sigmoid(logit(p) / T) of probabilities (any shape, 0..1), float32; 0, 0.5 and 1 stay as they are.

    p^(1/T) / (p^(1/T) + (1 - p)^(1/T)) is the same, and knows no infinite logit.
    """
    if temperature == 1.0:
        return probabilities.astype(np.float32, copy=False)
    given = np.ascontiguousarray(probabilities).reshape(-1)
    result = np.empty(given.shape, np.float32)
    for start in range(0, given.size, _AT_ONCE):  # in parts: whole images in float64 would take much memory
        values = given[start : start + _AT_ONCE].astype(np.float64)
        towards, against = values ** (1 / temperature), (1 - values) ** (1 / temperature)
        result[start : start + _AT_ONCE] = towards / (towards + against)
    return result.reshape(probabilities.shape)


def calibrated(probabilities: Mapping[str, np.ndarray], temperatures: Mapping[str, float]) -> Mapping[str, np.ndarray]:
    """Return the probabilities of each region with its temperature; a region without one stays as it is."""
    return MappingProxyType(
        {region: with_temperature(values, temperatures.get(region, 1.0)) for region, values in probabilities.items()}
    )


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(logits, np.float64))))
