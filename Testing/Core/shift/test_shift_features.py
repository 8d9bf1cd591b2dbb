"""Distances in feature space: values by hand, scipy's matrix root and plain loops as judges."""

import numpy as np
import pytest
from scipy import linalg

from ssaglioma.errors import DatasetError
from ssaglioma.shift import (
    case_distances,
    energy_distance,
    fit_map,
    frechet_distance,
    permutation_p,
    shrunk_covariance,
)
from ssaglioma.shift.feature_map import FeatureMap


@pytest.fixture
def generator():
    return np.random.default_rng(11)


def looped_ledoit_wolf(rows):
    """The formulas of Ledoit and Wolf 2004, section 3.2, one observation after the other."""
    centred = rows - rows.mean(axis=0)
    count, width = rows.shape
    plain = sum(np.outer(row, row) for row in centred) / count
    level = np.trace(plain) / width
    d2 = np.sum((plain - level * np.eye(width)) ** 2) / width
    b2 = sum(np.sum((np.outer(row, row) - plain) ** 2) / width for row in centred) / count**2
    share = min(b2, d2) / d2
    return share * level * np.eye(width) + (1 - share) * plain


def test_a_shift_alone_gives_its_squared_length(generator):
    rows = generator.normal(size=(30, 3))
    assert frechet_distance(rows, rows + np.array([3.0, 0.0, -4.0])) == pytest.approx(25.0)


def test_one_feature_gives_the_difference_of_mean_and_deviation_squared():
    # with one feature nothing can be shrunk: deviations 1 and 3, means 0 and 5
    assert frechet_distance(np.array([[-1.0], [1.0]]), np.array([[2.0], [8.0]])) == pytest.approx(25 + 4)


def test_scipys_matrix_root_gives_the_same_frechet_distance(generator):
    first = generator.normal(size=(40, 5)) @ generator.normal(size=(5, 5))
    second = generator.normal(1, 2, size=(25, 5)) @ generator.normal(size=(5, 5))
    one, two = shrunk_covariance(first), shrunk_covariance(second)
    root = np.real(linalg.sqrtm(one @ two))
    apart = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    assert frechet_distance(first, second) == pytest.approx(apart + np.trace(one + two - 2 * root))
    assert frechet_distance(second, first) == pytest.approx(frechet_distance(first, second))


@pytest.mark.parametrize("shape", [(4, 9), (50, 3), (2, 2)])
def test_shrinkage_follows_the_formulas_term_by_term(generator, shape):
    rows = generator.normal(size=shape) * np.arange(1, shape[1] + 1)
    assert shrunk_covariance(rows) == pytest.approx(looped_ledoit_wolf(rows))
    if shape[0] > 2:
        assert np.linalg.eigvalsh(shrunk_covariance(rows)).min() > 0


def test_equal_rows_have_no_spread():
    assert shrunk_covariance(np.ones((4, 3))) == pytest.approx(np.zeros((3, 3)))


@pytest.mark.parametrize("second", [np.zeros((1, 3)), np.zeros((5, 2)), np.full((5, 3), np.nan)])
def test_features_that_cannot_be_compared_are_refused(second):
    with pytest.raises(DatasetError, match=r"shapes|not finite"):
        frechet_distance(np.zeros((5, 3)), second)


def test_cases_are_as_far_apart_as_their_slices_on_average():
    cases = [np.array([[0.0], [2.0]]), np.array([[5.0]])]
    assert case_distances(cases).tolist() == [[1.0, 4.0], [4.0, 0.0]]


def test_the_energy_distance_of_four_points_matches_the_hand():
    between = case_distances([np.array([[value]]) for value in (0.0, 1.0, 4.0, 6.0)])
    first = np.array([1.0, 1.0, 0, 0])
    # across: (4 + 6 + 3 + 5) / 4 = 4.5; inside: 1 and 2
    assert energy_distance(between, first, 1 - first) == pytest.approx(2 * 4.5 - 1 - 2)


def test_a_case_drawn_twice_is_not_compared_with_itself():
    between = case_distances([np.array([[value]]) for value in (0.0, 1.0, 4.0, 6.0)])
    first, second = np.array([2.0, 1.0, 0, 0]), np.array([0.0, 0, 1, 1])
    # across: (2 (4 + 6) + 3 + 5) / 6; inside the first: only the pair (0, 1), at distance 1
    assert energy_distance(between, first, second) == pytest.approx(2 * 28 / 6 - 1 - 2)
    assert np.isnan(energy_distance(between, np.array([3.0, 0, 0, 0]), second))


def test_one_source_gives_an_energy_distance_around_zero(generator):
    values = []
    for _ in range(200):
        between = case_distances(list(generator.normal(size=(12, 1, 4))))
        first = np.arange(12) < 6
        values.append(float(energy_distance(between, first.astype(float), (~first).astype(float))))
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)


def test_p_values_tell_a_shift_from_chance(generator):
    first = np.arange(16) < 8
    moved = [row + 4.0 * inside for row, inside in zip(generator.normal(size=(16, 2, 3)), first)]
    assert permutation_p(case_distances(moved), first, generator=generator, permutations=199) == pytest.approx(1 / 200)
    alike = case_distances(list(generator.normal(size=(16, 2, 3))))
    found = [
        permutation_p(alike, generator.permutation(first), generator=generator, permutations=99) for _ in range(40)
    ]
    assert 0.3 < np.mean(found) < 0.7
    assert np.isnan(permutation_p(alike, np.arange(16) < 1, generator=generator))


def test_slices_of_one_patient_do_not_make_a_shift(generator):
    # 20 slices a case around a random place each: slices taken for cases would give the smallest possible p
    cases = [place + 0.01 * generator.normal(size=(20, 2)) for place in generator.normal(size=(6, 2))]
    first = np.arange(6) < 3
    assert permutation_p(case_distances(cases), first, generator=generator, permutations=200) > 0.05


def test_the_map_lies_along_the_direction_in_which_the_sets_differ(generator):
    sets = [[generator.normal(size=(3, 4)) + 9.0 * side * np.eye(4)[0] for _ in range(6)] for side in (0, 1)]
    found = fit_map(*sets)
    assert abs(found.axes[0]) == pytest.approx([1, 0, 0, 0], abs=0.35)
    assert np.argmax(np.abs(found.axes[0])) == 0 and found.axes[0][0] > 0
    left, right = (found.project(np.concatenate(cases))[:, 0] for cases in sets)
    assert left.max() < right.min()
    assert found.axes @ found.axes.T == pytest.approx(np.eye(2), abs=1e-9)


def test_numpys_eigenvectors_give_the_same_axes(generator):
    sets = [[generator.normal(size=(1, 3)) * [1, 5, 0.2] + side for _ in range(20)] for side in (0, 1)]
    found = fit_map(*sets)
    rows = np.concatenate([np.concatenate(cases) for cases in sets])
    values, vectors = np.linalg.eigh(np.cov(found.scaled(rows).T, bias=True))
    assert np.abs(vectors[:, ::-1][:, :2].T @ found.axes.T) == pytest.approx(np.eye(2), abs=1e-8)
    assert found.explained == pytest.approx(tuple(values[::-1][:2] / values.sum()))


def test_the_order_of_cases_and_a_copy_of_a_slice_change_nothing(generator):
    sets = [[generator.normal(size=(2, 3)) + side for _ in range(5)] for side in (0, 1)]
    found = fit_map(*sets)
    again = fit_map([np.repeat(one, 3, axis=0) for one in sets[0][::-1]], sets[1][::-1])
    assert again.axes == pytest.approx(found.axes) and again.centre == pytest.approx(found.centre)


def test_a_feature_that_never_varies_moves_nothing(generator):
    sets = [[np.column_stack([generator.normal(size=2), [7.0, 7.0]]) for _ in range(4)] for _ in range(2)]
    found = fit_map(*sets)
    assert found.scale[1] == 1.0 and np.isfinite(found.project(np.concatenate(sets[0]))).all()


def test_a_map_survives_json_and_refuses_other_features(generator):
    found = fit_map([generator.normal(size=(3, 4))], [generator.normal(size=(3, 4))])
    again = FeatureMap.from_json(found.to_json())
    rows = generator.normal(size=(5, 4))
    assert np.array_equal(again.project(rows), found.project(rows))
    assert again.project(np.array([found.centre])) == pytest.approx(np.zeros((1, 2)))
    with pytest.raises(DatasetError, match=r"\(N, 4\)"):
        found.project(rows[:, :3])
    with pytest.raises(DatasetError, match="is empty"):
        fit_map([], [rows])
