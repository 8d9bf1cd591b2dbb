"""The lock of a run: one process trains in a folder, and a dead one does not block it."""

import json
import os
import subprocess
import sys
import time

import pytest

from ssaglioma.errors import DatasetError
from ssaglioma.training import run_lock
from ssaglioma.training.run_folder import ask_to_pause, clear_pause, pause_wanted, read_run
from ssaglioma.training.run_lock import RunLock, process_birth, read_lock
from ssaglioma.training.run_request import RunRequest, write_request


@pytest.fixture
def sleeper():
    """A process that does nothing."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield child
    child.kill()
    child.wait()


def write_lock(folder, pid, birth=None, host=None, heartbeat=None):
    values = {
        "pid": pid,
        "birth": process_birth(pid) if birth is None else birth,
        "host": run_lock.platform.node() if host is None else host,
        "heartbeat": time.time() if heartbeat is None else heartbeat,
    }
    (folder / "lock.json").write_text(json.dumps(values))


@pytest.mark.skipif(os.name != "posix", reason="births of processes are known on POSIX")
def test_a_living_process_holds_its_folder_and_a_dead_one_does_not(tmp_path, sleeper):
    write_lock(tmp_path, sleeper.pid)
    assert read_lock(tmp_path).alive
    with pytest.raises(DatasetError, match=f"A training runs in .* already .process {sleeper.pid}"), RunLock(tmp_path):
        pass
    sleeper.kill()
    sleeper.wait()
    assert not read_lock(tmp_path).alive
    with RunLock(tmp_path):
        assert read_lock(tmp_path).pid == os.getpid()
    assert read_lock(tmp_path) is None


@pytest.mark.skipif(os.name != "posix", reason="zombies are of POSIX")
def test_a_process_that_ended_and_was_not_waited_for_is_dead(tmp_path, sleeper):
    write_lock(tmp_path, sleeper.pid)
    sleeper.kill()
    limit = time.monotonic() + 10
    while read_lock(tmp_path).alive and time.monotonic() < limit:
        time.sleep(0.02)
    assert not read_lock(tmp_path).alive


@pytest.mark.skipif(os.name != "posix", reason="births of processes are known on POSIX")
def test_another_process_with_the_same_number_is_not_taken_for_the_training(tmp_path, sleeper):
    write_lock(tmp_path, sleeper.pid, birth="long ago")
    assert not read_lock(tmp_path).alive


def test_a_lock_of_another_computer_lives_as_long_as_its_heart_beats(tmp_path):
    write_lock(tmp_path, 1, host="elsewhere")
    assert read_lock(tmp_path).alive and not read_lock(tmp_path).local
    write_lock(tmp_path, 1, host="elsewhere", heartbeat=time.time() - 2 * run_lock.STALE_SECONDS)
    assert not read_lock(tmp_path).alive


def test_the_heartbeat_is_renewed(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "HEARTBEAT_SECONDS", 0.02)
    with RunLock(tmp_path):
        first = read_lock(tmp_path).heartbeat
        limit = time.monotonic() + 10
        while read_lock(tmp_path).heartbeat == first and time.monotonic() < limit:
            time.sleep(0.02)
        assert read_lock(tmp_path).heartbeat > first


def test_the_lock_goes_when_the_training_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), RunLock(tmp_path):
        raise ZeroDivisionError
    assert read_lock(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_damaged_lock_is_none(tmp_path, content):
    (tmp_path / "lock.json").write_text(content)
    assert read_lock(tmp_path) is None


def events(folder, *lines):
    with open(folder / "events.jsonl", "a") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in lines)


VERSION = {"event": "version", "version": "0"}
HALF = {"event": "progress", "fraction": 0.5, "message": "half", "seconds_left": 3.0}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], "stopped"),
        ([VERSION, HALF], "stopped"),
        ([VERSION, HALF, {"event": "result", "finished": False}], "paused"),
        ([VERSION, HALF, {"event": "result", "finished": True}], "done"),
        ([VERSION, {"event": "error", "code": 130, "message": "Cancelled."}], "cancelled"),
        ([VERSION, {"event": "error", "code": 2, "message": "No case."}], "failed"),
        ([VERSION, {"event": "error", "code": 2, "message": "No case."}, VERSION, HALF], "stopped"),
    ],
)
def test_the_state_of_a_run_is_told_by_what_it_said_since_its_last_start(tmp_path, said, state):
    write_request(tmp_path, RunRequest("from_scratch", source="data"))
    events(tmp_path, *said)
    found = read_run(tmp_path)
    assert found.state == state and not found.active
    assert found.can_resume == (state != "done")


def test_a_result_that_came_back_from_elsewhere_is_done_without_any_event(tmp_path):
    write_request(tmp_path, RunRequest("from_scratch", source="data"))
    (tmp_path / "report.json").write_text("{}")
    assert read_run(tmp_path).state == "done"


def test_a_run_that_holds_its_lock_runs_until_it_is_asked_to_pause(tmp_path):
    assert read_run(tmp_path).state == "none"
    write_request(tmp_path, RunRequest("from_scratch", source="data"))
    events(tmp_path, VERSION, HALF)
    with RunLock(tmp_path):
        found = read_run(tmp_path)
        assert (found.state, found.fraction, found.seconds_left, found.lock.pid) == ("running", 0.5, 3.0, os.getpid())
        ask_to_pause(tmp_path)
        assert read_run(tmp_path).state == "pausing" and pause_wanted(tmp_path)
        clear_pause(tmp_path)
        assert read_run(tmp_path).state == "running"


def test_half_a_line_at_the_end_of_the_events_does_no_harm(tmp_path):
    write_request(tmp_path, RunRequest("from_scratch", source="data"))
    events(tmp_path, VERSION, HALF)
    with open(tmp_path / "events.jsonl", "a") as stream:
        stream.write('{"event": "progr')
    assert read_run(tmp_path).fraction == 0.5
