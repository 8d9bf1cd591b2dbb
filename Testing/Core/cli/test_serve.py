"""`ssaglioma serve`: one process answers one request after the other, and only the newest counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from test_stylize import make_picture, rain_package  # noqa: F401

import ssaglioma
from ssaglioma.cli import serve, stylize
from ssaglioma.cli.main import main
from ssaglioma.cli.request_lines import Request, Requests
from ssaglioma.errors import DatasetError
from ssaglioma.style import create_stylizer


class Script:
    """Stands for the pipe: gives requests one after the other; those in `late` are overtaken."""

    def __init__(self, *requests, late=()):
        self._left, self._late = list(requests), set(late)

    def read(self, _descriptor):
        pass

    def next(self, _seconds):
        return self._left.pop(0) if self._left else None

    def overtaken(self, number):
        return number in self._late

    def notices(self):
        return ["A line was not understood"] if self._left else []


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "slice-t2f.npy"
    np.save(path, make_picture(1).astype(np.float32) * np.float32(3.7))
    return path


@pytest.fixture
def look(tmp_path):
    path = tmp_path / "look.npy"
    np.save(path, make_picture(2).astype(np.float32) ** 2)
    return path


@pytest.fixture
def served(monkeypatch, capsys):
    """Runs `serve` on requests and returns its events."""

    def run(*requests, late=()):
        monkeypatch.setattr(serve, "Requests", lambda: Script(*requests, late=late))
        with open(os.devnull) as nothing:
            monkeypatch.setattr(sys, "stdin", nothing)
            assert main(["serve", "--progress", "json"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def words(content, output, *more):
    return tuple(map(str, ("--content", content, "--contrast", "t2f", "--force", "--output", output, *more)))


def results(events):
    return {event["request"]: event for event in events if event["event"] == "result" and "request" in event}


def test_pictures_are_those_of_the_core_and_the_style_is_learned_once(served, content, look, tmp_path, monkeypatch):
    calls = []
    real = stylize.prepared
    monkeypatch.setattr(stylize, "prepared", lambda *given: calls.append(1) or real(*given))
    style = ("--method", "histogram", "--style", look, "--style-contrast", "t2f")
    asked = [Request(k, words(content, tmp_path / f"{k}.npy", *style), examine=False) for k in (1, 2)]
    events = served(*asked)
    assert [event["event"] for event in events[:2]] == ["version", "ready"]
    expected = create_stylizer("histogram").stylize(np.load(content), np.load(look))
    for k in (1, 2):
        made = np.load(tmp_path / f"{k}.npy")
        assert made.dtype == np.float32 and np.array_equal(made, expected)
        assert results(events)[k]["guard"] is None and results(events)[k]["output"] == str(tmp_path / f"{k}.npy")
    assert len(calls) == 1 and events[-1] == {"event": "result", "answered": 2}


def test_a_style_file_that_was_written_anew_is_learned_anew(served, content, look, tmp_path):
    style = ("--method", "histogram", "--style", look, "--style-contrast", "t2f")
    served(Request(1, words(content, tmp_path / "1.npy", *style), examine=False))
    np.save(look, make_picture(3).astype(np.float32) + 500)
    os.utime(look, ns=(1, 1))
    served(Request(1, words(content, tmp_path / "2.npy", *style), examine=False))
    assert not np.array_equal(np.load(tmp_path / "1.npy"), np.load(tmp_path / "2.npy"))


def test_the_guard_looks_where_it_is_asked_to(served, content, look, tmp_path):
    style = ("--method", "histogram", "--style", look, "--style-contrast", "t2f")
    events = served(Request(1, words(content, tmp_path / "1.npy", *style)))
    assert results(events)[1]["guard"]["verdict"] in ("passed", "refused")


def test_only_a_picture_may_go_unexamined(served, case_folder, tmp_path):
    line = ("--content", str(case_folder), "--style", str(case_folder), "--method", "histogram")
    events = served(Request(4, (*line, "--output", str(tmp_path / "o")), examine=False))
    (error,) = [event for event in events if event["event"] == "error"]
    assert error["request"] == 4 and "A case was to go unexamined" in error["message"]
    assert not (tmp_path / "o").exists()


def test_the_same_seed_gives_the_same_picture_from_a_stylizer_that_stays(served, content, rain_package, tmp_path):  # noqa: F811
    style = ("--model", rain_package, "--style-name", "ssa")
    seeds = {1: 5, 2: 6, 3: 5}
    served(
        *(
            Request(k, words(content, tmp_path / f"{k}.npy", *style, "--seed", seed), examine=False)
            for k, seed in seeds.items()
        )
    )
    first, second, third = (np.load(tmp_path / f"{k}.npy") for k in seeds)
    assert np.array_equal(first, third) and not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--content", "nowhere.npy", "--method", "histogram", "--output", "o.npy"), "does not exist"),
        (("--nonsense",), "Unrecognized arguments|required"),
        (("--help",), "ask for help"),
    ],
)
def test_an_error_ends_its_request_alone(served, content, look, tmp_path, wrong, message):
    import re

    good = words(content, tmp_path / "1.npy", "--method", "histogram", "--style", look, "--style-contrast", "t2f")
    events = served(Request(1, wrong), Request(2, good, examine=False))
    (error,) = [event for event in events if event["event"] == "error"]
    assert error["request"] == 1 and error["code"] == 2 and re.search(message, error["message"])
    assert list(results(events)) == [2]
    assert [event for event in events if event["event"] == "warning"]


def test_work_that_nobody_waits_for_is_broken_off_and_leaves_no_file(served, content, look, tmp_path):
    line = words(content, tmp_path / "1.npy", "--method", "histogram", "--style", look)
    events = served(Request(1, line), late=(1,))
    assert {"event": "dropped", "request": 1} in events and events[-1] == {"event": "result", "answered": 0}
    assert not (tmp_path / "1.npy").exists()


def test_an_array_that_is_no_picture_is_refused_in_words(served, tmp_path):
    np.save(tmp_path / "cube.npy", np.zeros((3, 4, 5)))
    (tmp_path / "text.npy").write_text("nothing")
    asked = [
        Request(k, words(tmp_path / name, tmp_path / "o.npy", "--method", "histogram"))
        for k, name in ((1, "cube.npy"), (2, "text.npy"))
    ]
    found = [event["message"] for event in served(*asked) if event["event"] == "error"]
    assert "'float64 (3, 4, 5)'" in found[0] and "(Y, X)" in found[0] and "cannot be read" in found[1]


@pytest.fixture
def pipe():
    """Requests that a thread reads from a pipe; `send` writes to it, `close` closes it."""

    class Pipe:
        def __init__(self):
            self._out, self._in = os.pipe()
            self.requests = Requests()
            self._thread = threading.Thread(target=self.requests.read, args=(self._out,), daemon=True)
            self.requests.next(0.0)  # the program is at rest
            self._thread.start()
            self.open = True

        def send(self, *lines):
            text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
            os.write(self._in, text.encode())

        def close(self):
            if self.open:
                self.open = False
                os.close(self._in)
                self._thread.join(5)
                os.close(self._out)

    made = Pipe()
    yield made
    made.requests.next(0.0)
    made.close()


def ask(number, **more):
    return {"request": number, "words": ["--content", "a"], **more}


def wait_for(condition):
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_of_requests_that_wait_the_newest_is_given(pipe):
    pipe.send(ask(1), ask(2, examine=False), ask(3))
    wait_for(lambda: pipe.requests.overtaken(2))
    assert pipe.requests.next(5.0) == Request(3, ("--content", "a"))
    assert not pipe.requests.overtaken(3)
    pipe.send(ask(4))
    wait_for(lambda: pipe.requests.overtaken(3))
    assert pipe.requests.next(5.0).number == 4


def test_a_request_can_be_taken_back_and_the_next_number_begins_anew(pipe):
    pipe.send(ask(1))
    assert pipe.requests.next(5.0).number == 1
    pipe.send({"cancel": 1})
    wait_for(lambda: pipe.requests.overtaken(1))
    pipe.send(ask(2))
    assert pipe.requests.next(5.0).number == 2 and not pipe.requests.overtaken(2)


def test_nothing_comes_after_the_idle_time_or_when_the_pipe_closes(pipe):
    began = time.monotonic()
    assert pipe.requests.next(0.2) is None and time.monotonic() - began >= 0.2
    pipe.close()
    assert pipe.requests.next(60.0) is None


def test_lines_that_are_no_requests_are_told_and_passed_over(pipe):
    pipe.send("nonsense", [1], ask("one"), ask(True), {"request": 2, "words": "text"}, "", ask(7))
    assert pipe.requests.next(5.0).number == 7
    assert len(pipe.requests.notices()) == 5 and pipe.requests.notices() == []


@pytest.mark.parametrize("values", [ask(0), ask(1.5), ask(1, examine="yes"), {"request": 1, "words": [1]}])
def test_a_request_with_values_of_another_type_is_refused(values):
    with pytest.raises(DatasetError, match="is not understood.*NUMBER"):
        Request.from_json(values)


def test_idle_minutes_must_be_more_than_zero(capsys):
    assert main(["serve", "--idle-minutes", "0"]) == 2
    assert "--idle-minutes is 0.0" in capsys.readouterr().err


@pytest.mark.slow
def test_the_real_process_ends_when_its_standard_input_closes(content, look, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}
    line = words(content, tmp_path / "1.npy", "--method", "histogram", "--style", look, "--style-contrast", "t2f")
    with subprocess.Popen(
        [sys.executable, "-m", "ssaglioma", "serve", "--progress", "json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as child:
        child.stdin.write(json.dumps({"request": 1, "words": line, "examine": False}) + "\n")
        child.stdin.flush()
        while json.loads(child.stdout.readline()).get("event") != "result":
            pass
        child.stdin.close()
        assert child.wait(60) in (0, 130)
    assert (tmp_path / "1.npy").is_file()
