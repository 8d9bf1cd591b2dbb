"""A run in a child process: what it tells, with which Python and environment, and which child is refused."""

import os
import sys
import time
from pathlib import Path

import pytest
from lib_children import TELL, VERSION, is_alive

import ssaglioma
from ssaglioma.errors import DeviceError
from SSASlicerLib import processes
from SSASlicerLib.child_events import Failure, Notice, Progress, Result
from SSASlicerLib.processes import BackgroundRun, State, child_environment, command_line


def test_a_run_tells_progress_warnings_and_its_result(script):
    run = script(
        """
        version()
        tell("progress", fraction=0.25, message="Reading")
        time.sleep(0.3)
        tell("warning", message="T2 is missing")
        tell("progress", fraction=0.75, message="Tiles")
        time.sleep(0.3)
        tell("result", case="A", volumes_ml={"ET": 1.5})
        """
    )
    assert run.wait(20) == [
        Progress(0.25, "Reading"),
        Notice("T2 is missing"),
        Progress(0.75, "Tiles"),
        Result({"case": "A", "volumes_ml": {"ET": 1.5}}),
    ]
    assert run.state is State.DONE and run.end == Result({"case": "A", "volumes_ml": {"ET": 1.5}})
    assert run.poll() == []


def test_polling_never_blocks_while_the_child_is_slow(script):
    run = script("version(); time.sleep(1.5); tell('result')")
    longest = 0.0
    while not run.finished:
        began = time.monotonic()
        run.poll()
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.05)
    assert run.state is State.DONE
    assert longest < 0.5


def test_progress_never_goes_back_and_stays_within_its_limits(script):
    run = script(
        """
        version()
        for fraction in (0.5, 0.2, "much", None, 7, -1):
            tell("progress", fraction=fraction, message=str(fraction))
            time.sleep(0.15)
        tell("result")
        """
    )
    fractions = [event.fraction for event in run.wait(20) if isinstance(event, Progress)]
    assert fractions == [0.5, 0.5, 1.0, 1.0]


def test_the_real_command_line_answers_with_our_version():
    run = BackgroundRun(command_line(["models", "list"]))
    run.wait(60)
    assert run.state is State.DONE, run.log.text()
    assert run.end.values["models"]
    assert f'"version": "{VERSION}"' in run.log.text()


def test_an_error_of_the_real_command_line_comes_with_message_and_remedy(tmp_path):
    run = BackgroundRun(command_line(["segment", str(tmp_path / "ä b"), "--output", str(tmp_path / "out")]))
    events = run.wait(60)
    assert isinstance(events[-1], Failure)
    assert events[-1].code == 2
    assert "does not exist" in events[-1].message and "ä b" in events[-1].message
    assert "Check the path" in str(events[-1])


def test_wrong_usage_of_the_real_command_line_is_told_too():
    run = BackgroundRun(command_line(["segment", "--nonsense"]))
    assert isinstance(run.wait(60)[-1], Failure)
    assert run.end.code == 2


def test_the_environment_points_to_our_core_and_to_nothing_of_the_users(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PYTHONSTARTUP", "/elsewhere/startup.py")
    environment = child_environment()
    assert environment["PYTHONPATH"] == str(Path(ssaglioma.__file__).parents[1])
    assert (environment["PYTHONNOUSERSITE"], environment["PYTHONUTF8"]) == ("1", "1")
    assert "PYTHONSTARTUP" not in environment


def test_a_core_lying_in_the_working_folder_does_not_shadow_ours(tmp_path):
    (tmp_path / "ssaglioma").mkdir()
    (tmp_path / "ssaglioma" / "__init__.py").write_text("raise SystemExit(9)")
    run = BackgroundRun(command_line(["models", "list"]), folder=str(tmp_path))
    run.wait(60)
    shadowed = run.state is State.FAILED and run.end.code == 9
    assert not shadowed or sys.version_info < (3, 11), run.log.text()


def test_a_child_of_another_version_is_stopped_and_named(script):
    run = script("tell('version', version='0.0.7'); time.sleep(60)")
    began = time.monotonic()
    failure = run.wait(20)[-1]
    assert (
        failure.message
        == f"The core that answered is version '0.0.7'; expected {VERSION!r}, the one of this extension."
    )
    assert "pip_uninstall" in failure.remedy
    assert time.monotonic() - began < 10 and not is_alive(run.pid)


def test_a_child_whose_first_event_is_no_version_is_stopped(script):
    run = script("tell('progress', fraction=0.1, message='x'); time.sleep(60)")
    assert "says no version" in run.wait(20)[-1].message


def test_garbage_on_stdout_goes_to_the_log_and_does_not_end_the_run(script):
    run = script(
        r"""
        print("Loading the library ...", flush=True)
        version()
        sys.stdout.buffer.write(b"\xff\xfe\x00 not text\n{\"event\": \n[1, 2]\n{\"no\": \"event\"}\n\"event\"\n")
        sys.stdout.buffer.flush()
        print('{"event": 5}', flush=True)
        tell("result", ok=True)
        """
    )
    assert run.wait(20)[-1] == Result({"ok": True})
    assert "Loading the library ..." in run.log.text() and "not text" in run.log.text()


def test_garbage_alone_is_an_unreadable_answer(script):
    run = script("print('hello'); print('{broken')")
    failure = run.wait(20)[-1]
    assert isinstance(failure, Failure) and "its answer cannot be read" in failure.message


def test_a_huge_log_is_read_without_blocking_the_child_and_kept_bounded(script):
    run = script(
        """
        version()
        for number in range(60000):
            print(f"line {number} " + "x" * 200, file=sys.stderr if number % 2 else sys.stdout)
        print("y" * 3_000_000)
        sys.stdout.flush()
        tell("result", lines=60000)
        """
    )
    run.wait(0.05)
    time.sleep(3)  # nobody polls for a while
    assert run.wait(60)[-1] == Result({"lines": 60000})
    lines = run.log.lines()
    assert len(lines) < 5000 and max(map(len, lines)) < 5000
    assert {"line 0 ", "line 1 "} & {line[:7] for line in lines}  # the two streams may arrive in any order
    assert any("lines left out" in line for line in lines)


def test_a_flood_of_progress_is_told_once_a_poll(script):
    run = script(
        """
        version()
        for number in range(50000):
            print(json.dumps({"event": "progress", "fraction": number / 50000, "message": str(number)}))
        sys.stdout.flush()
        tell("result")
        """
    )
    time.sleep(2)
    events = run.wait(30)
    assert len(events) < 400 and isinstance(events[-1], Result)


def test_paths_with_letters_of_other_scripts_reach_the_child_and_come_back(tmp_path):
    folder = tmp_path / "Łódź 数据 é"
    folder.mkdir()
    (folder / "child.py").write_text(
        TELL + "import os; version(); tell('result', arguments=sys.argv[1:], folder=os.getcwd())", encoding="utf-8"
    )
    run = BackgroundRun([sys.executable, str(folder / "child.py"), "Ünï 'quote' \"x\" $HOME"], folder=str(folder))
    assert run.wait(20)[-1] == Result({"arguments": ["Ünï 'quote' \"x\" $HOME"], "folder": str(folder)})


def test_a_program_that_does_not_exist_is_named_with_a_remedy(tmp_path):
    with pytest.raises(DeviceError, match=r"'.*no-python' cannot be started.*Install"):
        BackgroundRun([str(tmp_path / "no-python")])


def test_slicers_own_python_is_preferred(tmp_path, monkeypatch):
    program = tmp_path / ("PythonSlicer.exe" if os.name == "nt" else "PythonSlicer")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(processes.python_program()) == program


def test_without_any_python_the_error_says_what_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", "/opt/Slicer/bin/SlicerApp-real")
    with pytest.raises(DeviceError, match="'PythonSlicer'"):
        processes.python_program()
