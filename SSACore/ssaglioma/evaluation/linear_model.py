"""Small linear models of a few named features: ridge and logistic regression, kept as plain numbers in JSON.

With twenty patients nothing larger can be fitted honestly. Features are standardised; the penalty is 1/2 alpha |w|^2
on the standardised weights, the intercept is free (Hoerl & Kennard 1970; le Cessie & van Houwelingen 1992).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.evaluation.calibration import sigmoid

_SMALLEST_SCALE = 1e-9


@dataclass(frozen=True)
class LinearModel:
    """intercept + sum of weight * (feature - mean) / scale.

    Attributes
    ----------
    names : tuple of str
        Of the features.
    mean, scale, weights : tuple of float
        One for each feature.
    intercept : float
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def __call__(self, features: Mapping[str, float]) -> float:
        """Return the value for named features; others are passed over.

        Raises
        ------
        DatasetError
            If a feature is missing or not finite.
        """
        found = [features.get(name, np.nan) for name in self.names]
        if not np.isfinite(found).all():
            raise DatasetError(f"The features are {dict(features)!r}", expected=f"finite {list(self.names)}")
        parts = zip(found, self.mean, self.scale, self.weights)
        return self.intercept + sum(weight * (value - mean) / scale for value, mean, scale, weight in parts)

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the logistic function of the value, 0..1."""
        return float(sigmoid(np.array(self(features))))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, rounded to six digits."""
        return {
            "names": list(self.names),
            **{name: [_short(value) for value in getattr(self, name)] for name in ("mean", "scale", "weights")},
            "intercept": _short(self.intercept),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LinearModel:
        """Build from plain JSON values.

        Raises
        ------
        ModelPackageError
            If they are no such model.
        """
        try:
            names = tuple(str(name) for name in values["names"])
            mean, scale, weights = (tuple(float(one) for one in values[key]) for key in ("mean", "scale", "weights"))
            intercept = float(values["intercept"])
        except (KeyError, TypeError, ValueError) as error:
            raise _no_model(values) from error
        if not len(names) == len(mean) == len(scale) == len(weights) or not all(one > 0 for one in scale):
            raise _no_model(values)
        return cls(names, mean, scale, weights, intercept)


def fit_ridge(rows: Seq[Mapping[str, float]], targets: Seq[float], names: Seq[str], alpha: float = 1.0) -> LinearModel:
    """Return the linear model with the least squares plus penalty.

    Parameters
    ----------
    rows : sequence of mapping of feature to value
    targets : sequence of float
    names : sequence of str
        The features to use.

    Raises
    ------
    DatasetError
        If there are fewer than two rows.
    """
    features, mean, scale = _standardised(rows, names)
    values = np.asarray(targets, float)
    centre = float(values.mean())
    weights = np.linalg.solve(features.T @ features + alpha * np.eye(len(names)), features.T @ (values - centre))
    return LinearModel(tuple(names), tuple(mean), tuple(scale), tuple(weights), centre)


def fit_logistic(
    rows: Seq[Mapping[str, float]], targets: Seq[bool], names: Seq[str], alpha: float = 1.0
) -> LinearModel:
    """Return the model whose logistic function has the least cross-entropy plus penalty; see `fit_ridge`.

    Raises
    ------
    DatasetError
        If there are fewer than two rows, or all targets are the same.
    """
    features, mean, scale = _standardised(rows, names)
    truth = np.asarray(targets, float)
    if truth.min() == truth.max():
        raise DatasetError(
            f"All {len(truth)} targets are {bool(truth[0])!r}", expected="some of each, to tell them apart"
        )

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        value = features @ parameters[1:] + parameters[0]
        rest = sigmoid(value) - truth
        slope = np.concatenate([[rest.sum()], features.T @ rest + alpha * parameters[1:]])
        return float(
            np.sum(np.logaddexp(0, value) - truth * value) + alpha / 2 * parameters[1:] @ parameters[1:]
        ), slope

    from scipy.optimize import minimize  # here: segmentation starts without it

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", options={"ftol": 1e-12}).x
    return LinearModel(tuple(names), tuple(mean), tuple(scale), tuple(found[1:]), float(found[0]))


def _standardised(rows: Seq[Mapping[str, float]], names: Seq[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if len(rows) < 2:
        raise DatasetError(f"A model cannot be fitted to {len(rows)} rows", expected="2 or more")
    features = np.array([[row[name] for name in names] for row in rows], float).reshape(len(rows), len(names))
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > _SMALLEST_SCALE, scale, 1.0)
    return (features - mean) / scale, mean, scale


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _no_model(values: object) -> ModelPackageError:
    return ModelPackageError(
        f"The card holds a linear model that makes no sense: {values!r}",
        expected="names, mean, scale (above 0), weights of one length, and an intercept",
        remedy="Copy or download the model package again",
    )
