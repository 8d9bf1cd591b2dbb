"""The trials of scripts/slot_trials.py, by which the thresholds were chosen, do what the check itself does."""

import importlib
from pathlib import Path

import pytest

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages.resources import locate
from ssaglioma.preprocessing.slot_check import check_slots, doubt_of, slot_evidence
from ssaglioma.volume import find_case, read_volume

T1N, T1C, T2W, T2F = SEQUENCE_ORDER
SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def trials(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("slot_trials")


def test_evidence_under_other_names_is_that_of_images_in_other_slots(trials):
    case = find_case(locate("SampleCases/ICBM152-grown-001-ssa"))
    images = {name: read_volume(path) for name, path in case.sequences.items()}
    renamed = doubt_of(trials.given_as(slot_evidence(images), {T1N: T1N, T2W: T2W, T1C: T2F, T2F: T1C}))
    checked = check_slots({**images, T1C: images[T2F], T2F: images[T1C]})
    assert renamed.looks == checked.looks and renamed.log_odds == pytest.approx(checked.log_odds, abs=0.2)


def trial(module, log_odds, given=SEQUENCE_ORDER, kind="real, stripped"):
    return module.Trial(kind, "as it is", 0, SEQUENCE_ORDER, given, log_odds, True)


def test_the_threshold_doubts_two_right_sets_in_a_hundred_of_each_kind_at_most(trials):
    real = [trial(trials, 0.0)] * 97 + [trial(trials, 1.9), trial(trials, 3.2), trial(trials, 5.0)]
    made = [trial(trials, 0.0, kind="synthetic, stripped")] * 49 + [trial(trials, 9.0, kind="synthetic, stripped")]
    assert trials.threshold([*real, *made]) == 2.0
    wrong = trial(trials, 9.0, given=(T1C, T1N, T2W, T2F))
    assert trials.threshold([*real, *made, *[wrong] * 50]) == 2.0
    assert trials.threshold([*real, *made[1:], trial(trials, 4.0, kind="synthetic, stripped")]) == 4.5


def test_ways_to_be_wrong_are_told_apart(trials):
    assert trial(trials, 0.0).way == trials.RIGHT
    assert trial(trials, 0.0, given=(T1C, T1N, T2W, T2F)).way == trials.SWAPPED
    assert trial(trials, 0.0, given=(T1C, T2W, T1N, T2F)).way == trials.TURNED
    lone = trials.Trial("real, stripped", "as it is", 0, (T1C, T2W), (T1C, T2F), 0.0, True)
    assert lone.way == trials.MOVED
