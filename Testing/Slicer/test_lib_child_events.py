"""The time left, and the log that stays bounded."""

import pytest

from SSASlicerLib.child_events import Log, TimeLeft


def test_the_time_left_follows_the_pace_and_counts_down():
    left = TimeLeft()
    assert left.seconds(0.0) is None
    left.add(10.0, 0.0)
    assert left.seconds(10.0) is None
    left.add(12.0, 0.2)
    assert left.seconds(12.0) == pytest.approx(8.0)
    assert left.seconds(15.0) == pytest.approx(5.0)
    assert left.seconds(99.0) == 0.0
    left.add(20.0, 1.0)
    assert left.seconds(20.0) == 0.0


def test_the_time_left_forgets_a_slow_start():
    left = TimeLeft(window=3)
    for now, fraction in ((0, 0.0), (60, 0.1), (61, 0.2), (62, 0.3)):
        left.add(now, fraction)
    assert left.seconds(62.0) == pytest.approx(7.0)


def test_the_log_keeps_its_beginning_and_its_end():
    log = Log()
    for number in range(10000):
        log.add(f"{number}\n")
    assert log.lines()[0] == "0" and log.lines()[-1] == "9999"
    assert log.lines()[200] == "... (5800 lines left out)"
