"""The search of `fit_ssa_scanner.py`: which ranges of resolution and SNR, and which ringing, look like the slices.

Rows of measures are edge width (px), noise (percent) and log10 power of the rings of the spectrum.
"""

from __future__ import annotations

import numpy as np

from ssaglioma.shift import spectral_distance, split_half_distance, wasserstein

RESOLUTIONS = (1.0, 1.2, 1.4, 1.6, 1.85, 2.1, 2.5)
SNRS = (12.0, 25.0, 50.0, np.inf)
GIBBS = (0.0, 1.0)
"""Points at which the sources are simulated; between them the measures are interpolated."""

DISTANCES = ((0, wasserstein), (1, wasserstein), (slice(2, None), spectral_distance))
"""Columns and distance of edge width, noise and spectrum."""

_CANDIDATES, _REPEATS, _RESAMPLED = 6000, 4, 200
_QUANTILES = np.linspace(0.02, 0.98, 25)


def fitted(grid: np.ndarray, real: np.ndarray, generator: np.random.Generator) -> dict:
    """Search the ranges of resolution and SNR, and the ringing, whose slices are nearest to the real ones.

    Nearness: the three distances, each over what two random halves of the real slices differ by, added. The best of
    many random candidates; the intervals come from searching again for resampled real slices.
    """
    floors = [split_half_distance(real[:, part], apart, generator=generator) for part, apart in DISTANCES]
    asked = candidates(generator)
    places = generator.random((2, _REPEATS * grid.shape[3]))
    looks = [_summary(interpolated(grid, one, places)) for one in asked]
    made = [np.array([look[k] for look in looks]) for k in range(3)]
    scores = _scores(made, _summary(real), floors)
    best = asked[int(np.argmin(scores))]
    again = []
    for _ in range(_RESAMPLED):
        drawn = _summary(real[generator.integers(len(real), size=len(real))])
        again.append(asked[int(np.argmin(_scores(made, drawn, floors)))])
    near = asked[scores <= 1.1 * scores.min()]
    return {
        "in_plane_mm": [round(float(one), 2) for one in best[:2]],
        "snr": [round(float(one), 1) for one in best[2:4]],
        "gibbs": round(float(best[4]), 2),
        "intervals_95": intervals(np.array(again)),
        "within_10_percent": {"mm": near[:, :2].mean(axis=1).tolist(), "gibbs": near[:, 4].tolist()},
        "score": float(scores.min()),
        "floors": [float(one) for one in floors],
    }


def candidates(generator: np.random.Generator) -> np.ndarray:
    """Return rows of least and greatest mm, least and greatest SNR, ringing."""
    low_mm = generator.uniform(1.0, 2.1, _CANDIDATES)
    high_mm = np.minimum(low_mm + generator.uniform(0, 1.0, _CANDIDATES), RESOLUTIONS[-1])
    low_snr = np.exp(generator.uniform(np.log(SNRS[0]), np.log(100), _CANDIDATES))
    high_snr = low_snr * generator.uniform(1, 3, _CANDIDATES)
    return np.stack([low_mm, high_mm, low_snr, high_snr, generator.uniform(*GIBBS, _CANDIDATES)], axis=1)


def intervals(rows: np.ndarray) -> dict[str, list[float]]:
    """Return the 95 % range of each column of candidates, and of the middle of both ranges."""
    columns = {
        "mm_low": rows[:, 0],
        "mm_high": rows[:, 1],
        "mm_middle": rows[:, :2].mean(axis=1),
        "snr_low": rows[:, 2],
        "snr_high": rows[:, 3],
        "gibbs": rows[:, 4],
    }
    return {name: [round(float(one), 2) for one in np.quantile(v, [0.025, 0.975])] for name, v in columns.items()}


def interpolated(grid: np.ndarray, asked: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Measures of every source at its own place (2, N) in the ranges; linear in ringing, mm and 1 / SNR."""
    grid = (1 - asked[4]) * grid[0] + asked[4] * grid[1]
    mm = asked[0] + (asked[1] - asked[0]) * places[0]
    noise = 1 / (asked[2] + (asked[3] - asked[2]) * places[1])
    i, u = _cell(np.array(RESOLUTIONS), mm)
    j, v = _cell(1 / np.array(SNRS[::-1]), noise)
    rows = np.arange(places.shape[1]) % grid.shape[2]
    grid, u, v = grid[:, ::-1], u[:, None], v[:, None]
    lower = (1 - v) * grid[i, j, rows] + v * grid[i, j + 1, rows]
    upper = (1 - v) * grid[i + 1, j, rows] + v * grid[i + 1, j + 1, rows]
    return (1 - u) * lower + u * upper


def _summary(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quantiles of edge width and noise, and the mean log spectrum."""
    return (
        np.nanquantile(rows[:, 0], _QUANTILES),
        np.nanquantile(rows[:, 1], _QUANTILES),
        rows[:, 2:].mean(axis=0),
    )


def _scores(made: list[np.ndarray], real: tuple[np.ndarray, ...], floors: list[float]) -> np.ndarray:
    """The added distances of all candidates; the mean distance of quantiles is the Wasserstein distance."""
    edge, noise = (np.abs(made[k] - real[k]).mean(axis=1) / floors[k] for k in (0, 1))
    return edge + noise + np.sqrt(((made[2] - real[2]) ** 2).mean(axis=1)) / floors[2]


def _cell(points: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    index = np.clip(np.searchsorted(points, values) - 1, 0, len(points) - 2)
    return index, (values - points[index]) / (points[index + 1] - points[index])
