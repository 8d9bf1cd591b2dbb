"""How far two sets of measures are apart, with intervals; pure functions on small arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ssaglioma.errors import DatasetError

Distance = Callable[[np.ndarray, np.ndarray], float]


def wasserstein(first: np.ndarray, second: np.ndarray) -> float:
    """Return the 1-Wasserstein distance of two samples, in their unit; NaN values are left out.

    It is the area between the two distribution functions: a shift of one sample by d gives d.

    Raises
    ------
    DatasetError
        If nothing is left of one of them.
    """
    samples = [np.asarray(one, float)[np.isfinite(one)] for one in (first, second)]
    if not all(len(one) for one in samples):
        raise DatasetError("A sample holds no value", expected="at least one finite number in each")
    from scipy import stats  # slow to import, and every command imports this file

    return float(stats.wasserstein_distance(*samples))


def spectral_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the root mean square difference of the mean log spectra of two sets (images, rings), log10 power.

    0.1 means that the powers of a ring differ by a typical factor of 1.26.
    """
    apart = np.mean(np.asarray(first, float), axis=0) - np.mean(np.asarray(second, float), axis=0)
    return float(np.sqrt(np.mean(apart**2)))


def bootstrap_interval(
    first: np.ndarray,
    second: np.ndarray,
    distance: Distance,
    *,
    generator: np.random.Generator,
    draws: int = 500,
    groups: np.ndarray | None = None,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return a percentile interval of a distance when both sets (rows are images) are drawn again.

    Parameters
    ----------
    groups : ndarray, optional
        Case of each row of `first`; cases are then drawn instead of rows, since slices of one patient are alike.
    """
    names = np.arange(len(first)) if groups is None else np.asarray(groups)
    members = [np.flatnonzero(names == one) for one in np.unique(names)]
    values = []
    for _ in range(draws):
        rows = np.concatenate([members[index] for index in generator.integers(len(members), size=len(members))])
        values.append(distance(first[rows], second[generator.integers(len(second), size=len(second))]))
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def split_half_distance(
    rows: np.ndarray, distance: Distance, *, generator: np.random.Generator, draws: int = 200
) -> float:
    """Return the mean distance of two random halves of one set: what two samples of one source differ by."""
    values = []
    for _ in range(draws):
        order = generator.permutation(len(rows))
        values.append(distance(rows[order[: len(rows) // 2]], rows[order[len(rows) // 2 :]]))
    return float(np.mean(values))
