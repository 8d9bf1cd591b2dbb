"""How far an image is from those that the models learnt from: a few figures of its brightness, against their spread.

The figures are percentiles of the z-scored brain and its fine detail; the spread is that of the training cases, one
set of numbers for each sequence in training_look.json, fitted by scripts/fit_training_look.py. The distance is
Mahalanobis's, with the covariance shrunk halfway to its diagonal, for the cases are few.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence

_FILE = "training_look.json"
_PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
_SHRINKAGE, _FLOOR = 0.5, 0.02
_LEAST_VOXELS = 1000
_USUAL_PERCENT = 95.0
FEATURES: tuple[str, ...] = (*(f"p{percentile}" for percentile in _PERCENTILES), "detail")


@dataclass(frozen=True, eq=False)
class Look:
    """The figures of one sequence over the training cases.

    Attributes
    ----------
    mean : ndarray, shape (F,)
    precision : ndarray, shape (F, F)
    limit : float
        95th percentile of the distances of the training cases, each from a fit without it.
    """

    mean: np.ndarray
    precision: np.ndarray
    limit: float

    @classmethod
    def fit(cls, features: np.ndarray) -> Look:
        """Fit to features (N, F); each case is held against the others for the limit."""
        mean, precision = _spread(features)
        apart = []
        for index in range(len(features)):
            others = _spread(np.delete(features, index, axis=0))
            apart.append(_distance(features[index], *others))
        return cls(mean, precision, float(np.percentile(apart, _USUAL_PERCENT)))

    def distance(self, features: np.ndarray) -> float:
        """Return the distance of one image's figures (F,), in standard deviations of a typical figure."""
        return _distance(features, self.mean, self.precision)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, rounded to six digits."""
        return {
            "mean": [float(f"{value:.6g}") for value in self.mean],
            "precision": [[float(f"{value:.6g}") for value in row] for row in self.precision],
            "limit": round(self.limit, 3),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Look:
        """Build from plain JSON values."""
        mean, precision = (np.array(values[name], float) for name in ("mean", "precision"))
        return cls(mean, precision, float(values["limit"]))


@lru_cache(maxsize=1)
def training_looks() -> dict[Sequence, Look]:
    """Return the shipped numbers."""
    values = json.loads(Path(__file__).with_name(_FILE).read_text(encoding="utf-8"))
    return {Sequence(name): Look.from_json(look) for name, look in values["looks"].items()}


def look_features(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the figures (F,) of a brain: percentiles of its z-scores, and its fine detail against its spread.

    Parameters
    ----------
    image : ndarray, shape (Z, Y, X)
        On a grid of about 1 mm.
    mask : ndarray of bool, same shape
        The brain.

    Raises
    ------
    DatasetError
        If the mask is nearly empty.
    """
    if int(mask.sum()) < _LEAST_VOXELS:
        raise DatasetError(f"The brain has {int(mask.sum())} voxels", expected=f"{_LEAST_VOXELS} or more")
    picture = image[::2].astype(np.float32)
    inside = mask[::2]
    values = picture[inside]
    middle, spread = float(values.mean()), max(float(values.std()), 1e-12)
    scores = (np.percentile(values, _PERCENTILES) - middle) / spread
    core = np.stack([ndimage.binary_erosion(part, iterations=2) for part in inside])
    fine = np.abs(np.stack([ndimage.laplace(part) for part in picture])[core])
    detail = float(np.log(max(float(np.median(fine)) / spread, 1e-4))) if fine.size else 0.0
    return np.array([*scores, detail])


def _spread(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = features.mean(axis=0)
    covariance = np.cov(features.T)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.diag(np.diag(covariance))
    return mean, np.linalg.inv(covariance + _FLOOR**2 * np.eye(len(mean)))


def _distance(features: np.ndarray, mean: np.ndarray, precision: np.ndarray) -> float:
    rest = features - mean
    return float(np.sqrt(rest @ precision @ rest / len(rest)))
