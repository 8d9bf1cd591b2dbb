"""Statistics against hand-computed values and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ssaglioma.evaluation import bootstrap_interval, compare_paired, holm_adjust, summarize


@pytest.mark.parametrize(("values", "expected"), [((0.573, 0.846, 0.714), 0.1115), ((6.499, 9.927, 10.469), 1.758)])
def test_the_population_deviation_that_a_paper_prints_is_reproduced(values, expected):
    assert summarize(values, ddof=0).sd == pytest.approx(expected, rel=5e-4)


def test_missing_values_are_left_out_and_counted():
    found = summarize([1.0, None, 3.0, math.nan])
    assert (found.count, found.missing, found.mean) == (2, 2, 2.0)
    assert found.sd == pytest.approx(math.sqrt(2))


def test_no_values_give_none_and_never_nan():
    found = summarize([None, math.nan])
    assert (found.count, found.missing, found.mean, found.sd, found.ci_low) == (0, 2, None, None, None)


def test_one_value_has_a_mean_but_no_spread():
    found = summarize([0.5])
    assert (found.mean, found.sd, found.ci_low) == (0.5, None, None)


def test_infinite_scores_are_refused():
    with pytest.raises(ValueError, match="infinite"):
        summarize([1.0, math.inf])


def test_the_bootstrap_repeats_with_the_seed_and_holds_the_mean():
    values = np.random.default_rng(3).normal(0.8, 0.1, 40)
    first = bootstrap_interval(values, generator=np.random.default_rng(7))
    assert first == bootstrap_interval(values, generator=np.random.default_rng(7))
    assert first[0] < values.mean() < first[1]
    standard_error = values.std(ddof=1) / math.sqrt(40)
    assert first[1] - first[0] == pytest.approx(2 * 1.96 * standard_error, rel=0.1)


def test_paired_tests_equal_scipy_and_the_effect_sizes_their_definition():
    generator = np.random.default_rng(1)
    first = generator.random(12)
    second = first - 0.05 + 0.1 * generator.random(12)
    found = compare_paired(first, second)
    t_test, signed = stats.ttest_rel(first, second), stats.wilcoxon(first, second)
    differences = first - second
    assert (found.t_statistic, found.t_p) == (pytest.approx(t_test.statistic), pytest.approx(t_test.pvalue))
    assert (found.wilcoxon_statistic, found.wilcoxon_p) == pytest.approx((signed.statistic, signed.pvalue))
    assert found.cohen_dz == pytest.approx(differences.mean() / differences.std(ddof=1))


def test_rank_biserial_is_the_share_of_favourable_minus_unfavourable_ranks():
    # Differences 1, 2, -3, 4: ranks 1..4, favourable 1+2+4 = 7, unfavourable 3, sum 10.
    assert compare_paired([1, 2, 0, 4], [0, 0, 3, 0]).rank_biserial == pytest.approx(0.4)


def test_a_pair_with_a_missing_side_is_left_out_and_counted():
    found = compare_paired([1.0, None, 3.0, 2.0], [0.0, 1.0, math.nan, 0.0])
    assert (found.count, found.missing, found.mean_difference) == (2, 2, 1.5)


def test_equal_methods_have_no_test_and_no_nan():
    found = compare_paired([0.5, 0.6, 0.7], [0.5, 0.6, 0.7])
    assert found.mean_difference == 0.0
    assert (found.t_p, found.cohen_dz, found.wilcoxon_p, found.rank_biserial) == (None, None, None, None)


def test_lists_of_different_length_cannot_be_paired():
    with pytest.raises(ValueError, match="equal lengths"):
        compare_paired([1.0], [1.0, 2.0])


def test_holm_adjustment_by_hand():
    assert holm_adjust([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
