"""One child for many requests: stale answers are dropped, a dead child is told, none is left over."""

from __future__ import annotations

import sys
import textwrap
import time

import psutil
import pytest
from lib_children import is_alive, wait_for

import ssaglioma
from ssaglioma.errors import DeviceError
from SSASlicerLib import serving
from SSASlicerLib.child_events import Failure, Progress, Result
from SSASlicerLib.serving import ServingChild

TELL = f"""
import json, os, subprocess, sys, time
def tell(event, **values):
    print(json.dumps(dict(event=event, **values)), flush=True)
def lines():
    for line in sys.stdin:
        yield json.loads(line)
tell("version", version={ssaglioma.__version__!r})
"""
ECHO = """
tell("ready")
for one in lines():
    if "words" in one:
        tell("progress", request=one["request"], fraction=0.5, message="Half")
        tell("result", request=one["request"], words=one["words"], examine=one["examine"], pid=os.getpid())
"""


@pytest.fixture
def child(tmp_path):
    """Starts a Python script as a serving child and closes it after the test."""
    made = []

    def start(body, **options):
        path = tmp_path / "child.py"
        path.write_text(TELL + textwrap.dedent(body), encoding="utf-8")
        made.append(ServingChild([sys.executable, str(path)], **options))
        return made[-1]

    yield start
    for one in made:
        one.close()


def answer_of(child, seconds=30.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        answer = child.poll()
        if answer is not None:
            return answer
        time.sleep(0.01)
    raise AssertionError(child.log.text())


def test_one_process_answers_one_request_after_the_other(child):
    one = child(ECHO)
    pids = set()
    for number in range(3):
        one.ask(["--content", f"ü {number}.npy"], examine=number == 1)
        assert one.waiting
        answer = answer_of(one)
        assert answer.values["words"] == ["--content", f"ü {number}.npy"]
        assert answer.values["examine"] == (number == 1) and "request" not in answer.values
        pids.add(answer.values["pid"])
        assert one.progress == Progress(0.5, "Half") and not one.waiting and one.poll() is None
    assert pids == {one.pid} and one.alive


def test_a_request_waits_for_a_child_that_is_still_loading_and_only_the_newest_is_sent(child):
    one = child("time.sleep(1.0)\n" + ECHO)
    for number in range(3):
        one.ask([str(number)])
    assert not one.ready
    assert answer_of(one).values["words"] == ["2"]
    assert one.poll() is None and '"0"' not in one.log.text()


def test_an_answer_to_an_older_request_is_dropped(child):
    one = child(
        """
        tell("ready")
        asked = [one["request"] for _, one in zip(range(2), lines())]
        for number in asked:
            tell("result", request=number, of=number)
            time.sleep(0.3)
        time.sleep(60)
        """
    )
    wait_for(lambda: one.poll() is None and one.ready)
    one.ask(["first"])
    one.ask(["second"])
    assert answer_of(one) == Result({"of": 2})
    assert one.poll() is None


def test_a_request_that_was_taken_back_has_no_answer_and_the_child_goes_on(child):
    one = child(
        """
        tell("ready")
        for one in lines():
            if "cancel" in one:
                tell("result", request=one["cancel"], of="taken back")
            elif one["words"] == ["again"]:
                tell("result", request=one["request"], of="again")
        """
    )
    wait_for(lambda: one.poll() is None and one.ready)
    one.ask(["first"])
    one.forget()
    assert not one.waiting
    one.ask(["again"])
    assert answer_of(one) == Result({"of": "again"}) and one.alive


def test_an_error_of_a_request_is_told_in_words_and_the_child_goes_on(child):
    one = child(
        """
        tell("ready")
        for one in lines():
            if one["request"] == 1:
                tell("error", request=1, code=2, message="The image is empty", remedy="Choose another")
            else:
                tell("result", request=one["request"])
        """
    )
    one.ask(["a"])
    assert answer_of(one) == Failure(2, "The image is empty.", "Choose another.")
    assert one.alive
    one.ask(["b"])
    assert answer_of(one) == Result({})


def test_a_child_that_is_killed_is_reported_and_lives_no_more(child):
    one = child("tell('ready')\nfor one in lines(): time.sleep(60)")
    one.ask(["a"])
    wait_for(lambda: one.poll() is None and one.ready)
    psutil.Process(one.pid).kill()
    failure = answer_of(one)
    assert isinstance(failure, Failure)
    assert str(failure).startswith("The background program was killed by the system, probably because the memory")
    assert not one.alive and one.poll() is None
    one.ask(["b"])
    assert one.poll() is None, "the next request needs a new child"


def test_a_child_that_crashes_while_it_loads_says_why(child):
    one = child("raise ImportError(\"No module named 'torch'\")")
    one.ask(["a"])
    failure = answer_of(one)
    assert "torch" in failure.message and failure.remedy and not one.alive


def test_an_error_of_the_whole_child_is_its_answer(child):
    one = child('tell("error", code=3, message="A package is missing", remedy="Install it"); sys.exit(3)')
    one.ask(["a"])
    assert answer_of(one) == Failure(3, "A package is missing.", "Install it.")


def test_a_child_of_another_version_is_not_listened_to(child):
    one = child(ECHO, expected_version="99.0")
    one.ask(["a"])
    assert "expected '99.0'" in answer_of(one).message and not one.alive


def test_a_child_that_ends_while_nobody_waits_says_nothing(child):
    one = child("tell('ready')\ntell('result', answered=0)")
    wait_for(lambda: not one.alive)
    wait_for(lambda: one.poll() is None and not is_alive(one.pid))


def test_closing_ends_the_child_with_all_that_it_started(child, tmp_path):
    one = child(
        f"""
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
        open({str(tmp_path / "pid")!r}, "w").write(str(other.pid))
        tell("ready")
        for one in lines(): pass
        time.sleep(120)
        """
    )
    wait_for(lambda: one.poll() is None and one.ready)
    other = int((tmp_path / "pid").read_text())
    one.close()
    wait_for(lambda: not is_alive(one.pid) and not is_alive(other))
    one.close()
    assert one.poll() is None and not one.alive


def test_a_child_whose_input_closes_ends_by_itself(child):
    one = child(ECHO)
    wait_for(lambda: one.poll() is None and one.ready)
    one._child.program.stdin.close()  # as when Slicer dies
    wait_for(lambda: not is_alive(one.pid))


def test_a_program_that_is_not_there_is_told():
    with pytest.raises(DeviceError, match="cannot be started"):
        ServingChild(["/no/such/program"])


def test_the_command_line_is_that_of_the_core():
    words = serving.command_line(2.5)
    assert words[1:5] == ["-m", "ssaglioma", "serve", "--idle-minutes"] and words[5] == "2.5"
    assert words[-3:] == ["--progress", "json", "--exit-with-parent"]


@pytest.mark.slow
def test_the_real_child_tells_its_version_gets_ready_and_ends_when_idle():
    one = ServingChild(serving.command_line(0.02))
    wait_for(lambda: one.poll() is None and one.ready, seconds=300)
    wait_for(lambda: not one.alive, seconds=60)
    one.close()
