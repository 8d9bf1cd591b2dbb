"""The quick scores of scripts/sweep_thresholds.py against the project's own."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.evaluation.lesionwise import lesion_rules, lesion_scores
from ssaglioma.evaluation.masks import connected_components
from ssaglioma.evaluation.overlap import overlap_counts

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def sweep(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("sweep_thresholds")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_size_scores_as_the_project_scores_the_mask_without_smaller_pieces(sweep, seed):
    generator = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(generator.normal(size=(2, 24, 28, 26)), (0, 2, 2, 2))
    truth, mask = smooth[0] > 0.075, 0.6 * smooth[0] + 0.8 * smooth[1] > 0.07
    found = sweep.dice_by_size(sweep.Reference.of(truth), mask, 2.0)
    pieces = connected_components(mask)
    for smallest, (whole, each) in zip(sweep.SIZES_MM3, found, strict=True):
        kept = np.bincount(pieces.ravel()) * 2.0 >= smallest
        kept[0] = False
        expected = lesion_scores(truth, kept[pieces], (2.0, 1.0, 1.0), lesion_rules("brats2023"))
        assert each == pytest.approx(expected.dice) and whole == pytest.approx(overlap_counts(truth, kept[pieces]).dice)


def test_an_empty_reference_and_an_empty_mask_follow_the_projects_rule(sweep):
    nothing = np.zeros((4, 4, 4), bool)
    some = nothing.copy()
    some[1, 1, 1] = True
    assert sweep.dice_by_size(sweep.Reference.of(nothing), nothing, 1.0)[0] == (1.0, 1.0)
    assert sweep.dice_by_size(sweep.Reference.of(nothing), some, 1.0)[:2] == [(0.0, 0.0), (1.0, 1.0)]
    assert sweep.dice_by_size(sweep.Reference.of(some), nothing, 60.0)[0] == (0.0, 0.0)


def test_the_choice_is_the_best_mean_and_among_equals_the_one_nearest_one_half(sweep):
    table = np.zeros((len(sweep.THRESHOLDS), len(sweep.SIZES_MM3)))
    assert sweep.best_pair([table]) == (0.5, 0.0)
    better = table.copy()
    better[5, 2] = 0.1
    assert sweep.best_pair([table, better]) == (0.8, 100.0)
    assert sweep.best_pair([table, better], (0.5,)) == (0.5, 0.0)
