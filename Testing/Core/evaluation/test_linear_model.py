"""Ridge and logistic regression against closed forms and a general optimiser."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import minimize

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.evaluation.linear_model import LinearModel, fit_logistic, fit_ridge


@pytest.fixture
def rows():
    generator = np.random.default_rng(4)
    return [{"a": float(a), "b": float(b)} for a, b in generator.normal((3, -1), (2, 0.1), (60, 2))]


def test_without_a_penalty_ridge_finds_the_line_that_made_the_targets(rows):
    model = fit_ridge(rows, [2 * row["a"] - 5 * row["b"] + 1 for row in rows], ("a", "b"), alpha=0.0)
    assert model({"a": 10.0, "b": 2.0}) == pytest.approx(11.0)


def test_the_penalty_halves_the_weight_of_one_feature_when_it_equals_the_number_of_rows():
    model = fit_ridge([{"a": -1.0}, {"a": 1.0}], [0.0, 4.0], ("a",), alpha=2.0)
    assert model({"a": 1.0}) == pytest.approx(3.0)  # 2 + 4 / (2 + 2)


def test_logistic_regression_agrees_with_a_general_optimiser(rows):
    generator = np.random.default_rng(8)
    truth = [generator.random() < 1 / (1 + np.exp(-(row["a"] - 3))) for row in rows]
    model = fit_logistic(rows, truth, ("a", "b"), alpha=0.7)
    features = np.array([[row["a"], row["b"]] for row in rows])
    features = (features - features.mean(0)) / features.std(0)

    def loss(values):
        likelihood = 1 / (1 + np.exp(-(features @ values[1:] + values[0])))
        return -np.log(np.where(truth, likelihood, 1 - likelihood)).sum() + 0.35 * (values[1:] ** 2).sum()

    expected = minimize(
        loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000}
    ).x
    assert [model.intercept, *model.weights] == pytest.approx(expected, abs=1e-4)
    assert model.probability(rows[0]) == pytest.approx(
        1 / (1 + np.exp(-(features[0] @ expected[1:] + expected[0]))), abs=1e-4
    )


def test_a_feature_that_never_varies_does_no_harm():
    model = fit_ridge([{"a": 1.0}, {"a": 1.0}], [2.0, 4.0], ("a",))
    assert model({"a": 1.0}) == pytest.approx(3.0)


def test_a_model_is_the_same_after_json(rows):
    model = fit_ridge(rows, [row["a"] for row in rows], ("b", "a"))
    again = LinearModel.from_json(json.loads(json.dumps(model.to_json())))
    assert again(rows[0]) == pytest.approx(model(rows[0]), rel=1e-4)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"names": ["a"], "mean": [0], "scale": [0], "weights": [1], "intercept": 0},
        {"names": ["a", "b"], "mean": [0], "scale": [1], "weights": [1], "intercept": 0},
        None,
    ],
)
def test_numbers_that_are_no_model_are_refused(broken):
    with pytest.raises(ModelPackageError, match="makes no sense"):
        LinearModel.from_json(broken)


def test_missing_features_and_hopeless_fits_are_refused(rows):
    model = fit_ridge(rows, [row["a"] for row in rows], ("a",))
    with pytest.raises(DatasetError, match=r"finite \['a'\]"):
        model({"b": 1.0})
    with pytest.raises(DatasetError, match="1 rows"):
        fit_ridge(rows[:1], [1.0], ("a",))
    with pytest.raises(DatasetError, match="targets are True"):
        fit_logistic(rows, [True] * len(rows), ("a",))
