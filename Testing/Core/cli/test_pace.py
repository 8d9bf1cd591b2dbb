"""The time left of runs of several stages, against runs whose times are made up."""

from __future__ import annotations

import argparse
import io
import json

import pytest

from ssaglioma.cli.console import Console
from ssaglioma.cli.pace import Pace, Stage
from ssaglioma.cli.segment_times import FIND_SHARE, passes, predict_seconds, prepared_stages, raw_stages
from ssaglioma.packages import find_package

USUAL = (Stage(0.25, 4.0), Stage(0.5, 10.0), Stage(1.0, 6.0))
"""Twenty seconds, of which the progress as told says nothing."""


def a_choice(**changes) -> argparse.Namespace:
    plain = {"model": None, "thorough": False, "mirror": False, "device": "auto"}
    plain |= {"report": None, "probabilities": False, "measurements": None}
    return argparse.Namespace(**{**plain, **changes})


def run(pace: Pace, stages, slowness=1.0, steps=10):
    """Walk through stages (end, seconds) in equal steps; give (seconds gone, told left, true left) at each."""
    total = sum(seconds for _, seconds in stages) * slowness
    now, start = 0.0, 0.0
    for end, seconds in stages:
        for step in range(steps):
            fraction = start + (end - start) * step / steps
            yield now, pace.left(fraction, now), total - now
            now += slowness * seconds / steps
        start = end


def test_a_run_as_usual_is_told_exactly_from_its_first_moment_on():
    for _, told, true in run(Pace(USUAL, 0.0), [(0.25, 4.0), (0.5, 10.0), (1.0, 6.0)]):
        assert told == pytest.approx(true, rel=1e-9)


@pytest.mark.parametrize("slowness", [0.3, 4.0])
def test_a_slow_or_fast_computer_is_recognised_after_a_third(slowness):
    told = list(run(Pace(USUAL, 0.0), [(0.25, 4.0), (0.5, 10.0), (1.0, 6.0)], slowness))
    late = [left / true - 1 for gone, left, true in told if gone >= slowness * 20 / 3]
    assert max(map(abs, late)) < 0.2 and abs(told[0][1] / told[0][2] - 1) > 0.5


def test_a_stage_of_another_size_than_usual_is_told_by_its_own_pace():
    told = list(run(Pace(USUAL, 0.0), [(0.25, 4.0), (0.5, 40.0), (1.0, 6.0)], steps=20))
    rest_of_stage = [left - 6.0 for gone, left, true in told if 16 < gone < 44]
    wrong = [left / (44 - gone) - 1 for left, gone in zip(rest_of_stage, (gone for gone, *_ in told if 16 < gone < 44))]
    assert min(wrong) > -0.05 and wrong[0] < 0.6, "the stages behind it are reckoned slow, too: never too little"


def test_a_single_pause_within_a_stage_does_not_count():
    pace = Pace([Stage(1.0, 10.0)], 0.0)
    for tenth in range(5):
        pace.left(tenth / 10, float(tenth))
    assert pace.left(0.5, 25.0) == pytest.approx(5.0)
    assert pace.left(0.6, 26.0) == pytest.approx(4.0)


def test_at_the_end_nothing_is_left():
    assert Pace(USUAL, 0.0).left(1.0, 99.0) == 0.0


@pytest.mark.parametrize("stages", [(), (Stage(0.5, 1.0),), (Stage(0.6, 1.0), Stage(0.5, 1.0), Stage(1.0, 1.0))])
def test_stages_that_do_not_rise_to_1_are_refused(stages):
    with pytest.raises(ValueError, match="do not rise to 1"):
        Pace(stages, 0.0)


@pytest.mark.parametrize(("until", "seconds"), [(0.0, 1.0), (1.1, 1.0), (0.5, 0.0)])
def test_a_stage_that_makes_no_sense_is_refused(until, seconds):
    with pytest.raises(ValueError, match="makes no sense"):
        Stage(until, seconds)


def test_the_stages_of_both_routes_rise_to_1_and_follow_what_is_asked_for():
    usual = sum(stage.seconds for stage in prepared_stages(a_choice(), FIND_SHARE))
    assert sum(stage.seconds for stage in prepared_stages(a_choice(), 0.0)) == pytest.approx(usual)
    assert sum(stage.seconds for stage in prepared_stages(a_choice(report="r.html"), 0.0)) > usual + 1
    raw = [
        sum(stage.seconds for stage in raw_stages(a_choice(), *size))
        for size in ((1, 2.0), (3, 2.0), (4, 2.0), (4, 9.0))
    ]
    assert usual < raw[0] < raw[1] < raw[2] < raw[3]
    for stages in (
        prepared_stages(a_choice(), 0.0),
        prepared_stages(a_choice(), FIND_SHARE),
        raw_stages(a_choice(), 4, 2.0),
    ):
        Pace(stages, 0.0)


def test_the_network_s_time_rises_with_mirroring_and_falls_on_a_gpu():
    once = predict_seconds(a_choice())
    thorough = predict_seconds(a_choice(thorough=True))
    assert predict_seconds(a_choice(thorough=True, mirror=True)) - 0.2 == pytest.approx(2 * (thorough - 0.2))
    assert 1.3 < (predict_seconds(a_choice(mirror=True)) - 0.2) / (once - 0.2) < 1.7, "doubtful slices alone"
    assert thorough > 1.5 * once > predict_seconds(a_choice(device="cuda:0"))
    assert passes(find_package(None)) == 145, "one tile for each slice of a usual brain of 145 mm"


def test_a_console_that_expects_stages_tells_parts_of_the_time(monkeypatch):
    times = iter([0.0, 4.0, 14.0, 20.0])
    monkeypatch.setattr("ssaglioma.cli.console.time.monotonic", lambda: next(times))
    console = Console("json", out=io.StringIO(), _began=0.0)
    console.expect(USUAL)
    for fraction in (0.0, 0.25, 0.5, 1.0):
        console.progress(fraction, "Working")
    events = [json.loads(line) for line in console.out.getvalue().splitlines()[1:]]
    assert [event["fraction"] for event in events] == [0.0, 0.2, 0.7, 1.0]
    assert [event["seconds_left"] for event in events] == [20.0, 16.0, 6.0, 0.0]
