"""The plane on which two sets of feature vectors are spread most (principal components), open to new vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError

_SMALLEST_SPREAD = 1e-9


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """A linear map from feature vectors to a few coordinates.

    Attributes
    ----------
    centre, scale : ndarray, shape (F,)
        A vector v becomes (v - centre) / scale first.
    axes : ndarray, shape (K, F)
        Unit vectors at right angles, largest variance first; the largest entry of each is positive.
    explained : tuple of float
        Share of the variance along each axis.
    """

    centre: np.ndarray
    scale: np.ndarray
    axes: np.ndarray
    explained: tuple[float, ...]

    def scaled(self, features: np.ndarray) -> np.ndarray:
        """Return vectors (N, F) on the common scale.

        Raises
        ------
        DatasetError
            If they have another number of features.
        """
        rows = np.asarray(features, float)
        if rows.ndim != 2 or rows.shape[1] != len(self.centre):
            raise DatasetError(
                f"The features have shape {rows.shape!r}",
                expected=f"(N, {len(self.centre)}), from the featurizer that the map was made with",
            )
        return np.asarray((rows - self.centre) / self.scale)

    def project(self, features: np.ndarray) -> np.ndarray:
        """Return the coordinates (N, K) of vectors (N, F), as for the dots of the map."""
        return np.asarray(self.scaled(features) @ self.axes.T)

    def shortened(self, components: int) -> FeatureMap:
        """Return the map with its first axes only."""
        return FeatureMap(self.centre, self.scale, self.axes[:components], self.explained[:components])

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "axes": self.axes.tolist(),
            "explained": list(self.explained),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> FeatureMap:
        """Build a map from parsed JSON."""
        centre, scale, axes = (np.array(values[name], float) for name in ("centre", "scale", "axes"))
        return cls(centre, scale, axes.reshape(-1, len(centre)), tuple(float(one) for one in values["explained"]))


def fit_map(first: Sequence[np.ndarray], second: Sequence[np.ndarray], components: int = 2) -> FeatureMap:
    """Return the map of two sets of cases, each an array (slices, F); every set and every case weighs the same.

    Features have different units: each is divided by its deviation within the sets (that between the sets left out,
    or the very shift would be scaled away). A feature that never varies within a set keeps its unit.

    Raises
    ------
    DatasetError
        If a set is empty, or widths differ.
    """
    sets = [list(first), list(second)]
    if not all(sets) or len({one.shape[1] for cases in sets for one in cases}) != 1:
        raise DatasetError("A set of features is empty, or widths differ", expected="arrays (slices, F) of one width")
    rows, weights = [], []
    for cases in sets:
        rows.append(np.concatenate(cases).astype(float))
        weights.append(np.concatenate([np.full(len(one), 1 / len(one) / len(cases)) for one in cases]))
    means = [np.average(values, axis=0, weights=share) for values, share in zip(rows, weights)]
    within = [np.average((v - m) ** 2, axis=0, weights=w) for v, m, w in zip(rows, means, weights)]
    centre = (means[0] + means[1]) / 2
    spread = np.sqrt((within[0] + within[1]) / 2)
    scale = np.where(spread > _SMALLEST_SPREAD * np.maximum(1, np.abs(centre)), spread, 1.0)
    table = np.concatenate(rows) - centre
    weighted = table / scale * np.sqrt(np.concatenate(weights) / 2)[:, None]
    _, values, axes = np.linalg.svd(weighted, full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.argmax(np.abs(axes), axis=1)])
    total = max(float(np.sum(values**2)), _SMALLEST_SPREAD)
    shares = tuple(float(one) for one in (values**2 / total)[:components])
    return FeatureMap(centre, scale, (axes * np.where(signs == 0, 1, signs)[:, None])[:components], shares)
