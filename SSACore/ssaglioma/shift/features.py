"""How far two sets lie apart in a space of features, and a plane map of that space.

A featurizer turns slices into vectors: statistics of a trained encoder (`encoder_features`), or the hand-made
`plain_features`, which need no torch. Distances are computed on arrays of vectors, one array (slices, F) a case.

References
----------
[Heusel] Heusel et al. 2017, arXiv:1706.08500: the Fréchet distance of two Gaussians as a distance of image sets.
[Ledoit] Ledoit and Wolf, J Multivar Anal 2004;88:365-411: shrinkage of a covariance towards a multiple of identity.
[Szekely] Székely and Rizzo, J Stat Plan Inference 2013;143:1249-1272: energy distance.
[Sejdinovic] Sejdinovic et al., Ann Stat 2013;41:2263-2291: it is a squared maximum mean discrepancy (MMD).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.spatial.distance import cdist

from ssaglioma.errors import DatasetError

Featurizer = Callable[[np.ndarray], np.ndarray]
"""Turns slices (N, Y, X) of float32, 0..1 with background 0, into vectors (N, F)."""


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the squared Fréchet distance of two sets (slices, F), each taken for a Gaussian [Heusel].

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2), with covariances shrunk as in [Ledoit] (a departure from
    [Heusel], who had thousands of images). Few slices make it too large: compare it with halves of one set.

    Raises
    ------
    DatasetError
        If a set has fewer than two rows, the widths differ, or a value is not finite.
    """
    first, second = _checked_pair(first, second, least=2)
    root = _symmetric_root(shrunk_covariance(first))
    other = shrunk_covariance(second)
    cross = np.linalg.eigvalsh(root @ other @ root)
    traces = float(np.sum(root**2) + np.trace(other) - 2 * np.sqrt(np.maximum(cross, 0)).sum())
    return float(np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)) + max(traces, 0.0)


def shrunk_covariance(rows: np.ndarray) -> np.ndarray:
    """Return the covariance (F, F) of rows (n, F), shrunk towards a multiple of identity [Ledoit].

    (1 - a) S + a tr(S)/F I with S = X'X/n of the centred rows; a is their estimate of the best share, 0 to 1.
    """
    rows = np.asarray(rows, float)
    count, width = rows.shape
    centred = rows - rows.mean(axis=0)
    plain = centred.T @ centred / count
    level = float(np.trace(plain)) / width
    target = level * np.eye(width)
    spread = float(np.sum((plain - target) ** 2))
    if spread <= 0:
        return plain
    squares = centred**2
    noise = float(np.sum(squares.T @ squares) / count - np.sum(plain**2)) / count
    share = min(max(noise / spread, 0.0), 1.0)
    return (1 - share) * plain + share * target


def case_distances(cases: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean distance between slices of every two cases, (cases, cases); `cases` are arrays (slices, F).

    The diagonal holds that between slices of one case (a slice with itself included); no distance below uses it.
    """
    rows = np.concatenate(cases)
    starts = np.cumsum([0, *(len(one) for one in cases)])[:-1]
    sums = np.add.reduceat(np.add.reduceat(cdist(rows, rows), starts, axis=0), starts, axis=1)
    counts = np.array([len(one) for one in cases], float)
    return np.asarray(sums / np.outer(counts, counts))


def energy_distance(between: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the energy distance 2 E|x - y| - E|x - x'| - E|y - y'| of weighted cases [Szekely].

    Without bias: a case is never compared with itself, so two sets of one source give 0 on average, and a value may
    be negative. It equals an unbiased squared MMD with the kernel -|x - y|, up to the factor [Sejdinovic].

    Parameters
    ----------
    between : ndarray, shape (cases, cases)
        As `case_distances` gives it for the cases of both sets.
    first, second : ndarray, shape (cases,) or (draws, cases)
        How often each case is in either set; whole rows of weights give one value each.

    Returns
    -------
    ndarray, shape () or (draws,); NaN where a set holds fewer than two different cases
    """
    apart = between - np.diag(np.diag(between))
    return np.asarray(
        2 * _weighted_mean(apart, first, second, itself=True)
        - _weighted_mean(apart, first, first, itself=False)
        - _weighted_mean(apart, second, second, itself=False)
    )


def permutation_p(
    between: np.ndarray, first: np.ndarray, *, generator: np.random.Generator, permutations: int = 999
) -> float:
    """Return the share of random divisions of the cases that are at least as far apart as this one.

    Parameters
    ----------
    between : ndarray, shape (cases, cases)
        Over the cases of both sets; whole cases change sides, for slices of one patient are alike.
    first : ndarray of bool, shape (cases,)
        Which cases make up the first set.

    Returns
    -------
    float
        (1 + as far or farther) / (1 + permutations), never 0; NaN with fewer than two cases in a set.
    """
    first = np.asarray(first, bool)
    if min(first.sum(), (~first).sum()) < 2:
        return float("nan")
    mixed = generator.permuted(np.tile(first, (permutations, 1)), axis=1)
    found = float(energy_distance(between, first.astype(float), (~first).astype(float)))
    values = energy_distance(between, mixed.astype(float), (~mixed).astype(float))
    return float((1 + np.sum(values >= found - 1e-12)) / (1 + permutations))


def _weighted_mean(apart: np.ndarray, first: np.ndarray, second: np.ndarray, *, itself: bool) -> np.ndarray:
    pairs = first.sum(axis=-1) * second.sum(axis=-1)
    if not itself:
        pairs = pairs - (first * second).sum(axis=-1)
    total = np.einsum("...i,...i->...", first @ apart, second)
    return np.asarray(np.where(pairs > 0, total / np.maximum(pairs, 1e-300), np.nan))


def _symmetric_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def _checked_pair(first: np.ndarray, second: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first, float), np.asarray(second, float)
    if (
        first.ndim != 2
        or second.ndim != 2
        or first.shape[1] != second.shape[1]
        or min(map(len, (first, second))) < least
    ):
        raise DatasetError(
            f"The sets of features have shapes {first.shape!r} and {second.shape!r}",
            expected=f"(slices, F) with the same F and at least {least} slices each",
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise DatasetError("A feature is not finite", expected="finite numbers")
    return first, second
