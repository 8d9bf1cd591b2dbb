"""Means with their uncertainty, and paired comparisons with effect sizes.

Missing values (None or NaN) are left out and counted, never replaced. With several
comparisons at once, adjust the p-values (`holm_adjust`) before calling one significant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Summary:
    """Mean and spread of one score.

    Attributes
    ----------
    count, missing : int
        Values used, and values left out.
    mean, sd, median, minimum, maximum : float or None
        None when there is no value (the sample SD: fewer than two).
    ci_low, ci_high : float or None
        Percentile bootstrap interval of the mean; None with fewer than two values.
    """

    count: int
    missing: int
    mean: float | None
    sd: float | None
    median: float | None
    minimum: float | None
    maximum: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class PairedComparison:
    """First minus second, over the same cases.

    Attributes
    ----------
    count, missing : int
        Pairs used, and pairs left out because a value was missing.
    mean_difference, ci_low, ci_high : float or None
        Mean of the differences and its bootstrap interval.
    t_statistic, t_p : float or None
        Paired t-test, two-sided, count - 1 degrees of freedom.
    cohen_dz : float or None
        Mean difference / sample SD of the differences.
    wilcoxon_statistic, wilcoxon_p : float or None
        Signed-rank test, two-sided, zero differences dropped.
    rank_biserial : float or None
        Matched rank-biserial correlation, -1..1: (favourable - unfavourable) / all rank sums.
    """

    count: int
    missing: int
    mean_difference: float | None
    ci_low: float | None
    ci_high: float | None
    t_statistic: float | None
    t_p: float | None
    cohen_dz: float | None
    wilcoxon_statistic: float | None
    wilcoxon_p: float | None
    rank_biserial: float | None


def summarize(
    values: Iterable[float | None], *, ddof: int = 1, generator: np.random.Generator | None = None
) -> Summary:
    """Summarise scores of many cases.

    Parameters
    ----------
    values : iterable of float or None
        None and NaN count as missing.
    ddof : int
        1 for the sample SD, 0 for the population SD that some papers print.
    generator : numpy Generator or None
        Draws the bootstrap; None starts one with seed 0.
    """
    array = _as_array(values)
    used = array[~np.isnan(array)]
    missing = len(array) - len(used)
    if len(used) == 0:
        return Summary(0, missing, None, None, None, None, None, None, None)
    low, high = bootstrap_interval(used, generator=generator) if len(used) > 1 else (None, None)
    return Summary(
        count=len(used),
        missing=missing,
        mean=float(used.mean()),
        sd=float(used.std(ddof=ddof)) if len(used) > ddof else None,
        median=float(np.median(used)),
        minimum=float(used.min()),
        maximum=float(used.max()),
        ci_low=low,
        ci_high=high,
    )


def bootstrap_interval(
    values: np.ndarray | Sequence[float],
    *,
    level: float = 0.95,
    resamples: int = 2000,
    generator: np.random.Generator | None = None,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean.

    Raises
    ------
    ValueError
        If there is no value, a value is not finite, or the level is not in (0, 1).
    """
    array = np.asarray(values, dtype=float)
    if array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"The bootstrap needs finite values, found {array.tolist()!r}")
    if not 0.0 < level < 1.0:
        raise ValueError(f"The level must lie between 0 and 1, found {level!r}")
    generator = np.random.default_rng(0) if generator is None else generator
    picks = generator.integers(0, array.size, size=(resamples, array.size))
    low, high = np.quantile(array[picks].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def compare_paired(
    first: Iterable[float | None],
    second: Iterable[float | None],
    *,
    generator: np.random.Generator | None = None,
) -> PairedComparison:
    """Compare two methods on the same cases, in the same order.

    Tests that cannot be computed (fewer than two pairs, all differences equal) are None.

    Raises
    ------
    ValueError
        If the two lists have different lengths.
    """
    left, right = _as_array(first), _as_array(second)
    if left.shape != right.shape:
        raise ValueError(f"Paired values need equal lengths, found {len(left)} and {len(right)}")
    differences = left - right
    used = differences[~np.isnan(differences)]
    missing = len(differences) - len(used)
    if len(used) < 2:
        mean = float(used.mean()) if len(used) else None
        return PairedComparison(len(used), missing, mean, *([None] * 8))
    low, high = bootstrap_interval(used, generator=generator)
    return PairedComparison(len(used), missing, float(used.mean()), low, high, *_t_test(used), *_signed_ranks(used))


def holm_adjust(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for the number of comparisons (Holm 1979), in the same order."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = highest
    return adjusted


def _as_array(values: Iterable[float | None]) -> np.ndarray:
    array = np.array([np.nan if value is None else float(value) for value in values], dtype=float)
    if np.isinf(array).any():
        raise ValueError("Scores must not be infinite; use a penalty or None")
    return array


def _t_test(differences: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Return t, p and Cohen's dz; None where the differences do not vary."""
    spread = float(differences.std(ddof=1))
    mean = float(differences.mean())
    if spread <= 1e-12 * max(1.0, abs(mean)):
        return None, None, None
    effect = mean / spread
    statistic = effect * float(np.sqrt(len(differences)))
    from scipy import stats  # slow to import, and every command imports this file

    return statistic, float(2 * stats.t.sf(abs(statistic), len(differences) - 1)), effect


def _signed_ranks(differences: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Return Wilcoxon's W, p and the matched rank-biserial correlation; None if all are zero."""
    moved = differences[differences != 0]
    if len(moved) == 0:
        return None, None, None
    from scipy import stats

    ranks = stats.rankdata(np.abs(moved))
    effect = float((ranks[moved > 0].sum() - ranks[moved < 0].sum()) / ranks.sum())
    test = stats.wilcoxon(moved)
    return float(test.statistic), float(test.pvalue), effect
