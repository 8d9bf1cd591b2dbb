import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
import SimpleITK

import ssaglioma
from ssaglioma.errors import DeviceError
from SSASlicerLib import processes
from SSASlicerLib.child_events import Cancelled, Failure, Log, Notice, Progress, Result, TimeLeft
from SSASlicerLib.child_failures import from_error_event, from_exit
from SSASlicerLib.processes import BackgroundRun, State, child_environment, command_line

posix = pytest.mark.skipif(os.name != "posix", reason="signals and sessions of POSIX")

VERSION = ssaglioma.__version__
TELL = f"""
import json, os, signal, subprocess, sys, time
def tell(event, **values):
    print(json.dumps(dict(event=event, **values)), flush=True)
def version():
    tell("version", version={VERSION!r})
"""
SLEEPER = "import time; time.sleep(120)"


@pytest.fixture
def script(tmp_path):
    """Starts a Python script as a child and closes it after the test."""
    runs = []

    def start(body, **options):
        path = tmp_path / "child.py"
        path.write_text(TELL + textwrap.dedent(body), encoding="utf-8")
        run = BackgroundRun([sys.executable, str(path)], **options)
        runs.append(run)
        return run

    yield start
    for run in runs:
        run.close()


def wait_for(condition, seconds=20.0):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def file_of_pid(path):
    wait_for(lambda: path.exists() and path.read_text())
    return int(path.read_text())


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


def test_a_result_without_a_good_end_is_a_failure(script):
    run = script("version(); tell('result', ok=True); sys.exit(5)")
    assert "ended with code 5" in run.wait(20)[-1].message
    assert run.state is State.FAILED


def test_an_exception_is_told_by_its_last_line(script):
    failure = script("version(); {}['tile']").wait(20)[-1]
    assert failure.code == 1
    assert failure.message == "The program ended with code 1: KeyError: 'tile'."


@pytest.mark.parametrize(
    ("body", "message", "remedy"),
    [
        ("import no_such_package_xyz", "package no_such_package_xyz is missing", "Install the packages"),
        ("raise MemoryError", "memory ran out", "Close other programs"),
        ("raise OSError(28, 'No space left on device')", "disk is full", "Free some disk space"),
        ("raise RuntimeError('CUDA out of memory')", "memory ran out", "2D"),
    ],
)
def test_usual_exceptions_have_a_cause_and_a_remedy(script, body, message, remedy):
    failure = script("version()\n" + body).wait(20)[-1]
    assert message in failure.message and remedy in failure.remedy


@posix
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SIGKILL", "killed by the system, probably because the memory ran out"),
        ("SIGSEGV", "crashed"),
        ("SIGILL", "instruction that this processor does not have"),
        ("SIGTERM", "ended by the system or another program"),
    ],
)
def test_a_child_killed_by_a_signal_says_the_likely_cause(script, name, message):
    run = script(
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        version()
        os.kill(os.getpid(), signal.{name})
        time.sleep(9)
        """
    )
    failure = run.wait(20)[-1]
    assert failure.code == -getattr(signal, name)
    assert message in failure.message and failure.remedy


@posix
def test_a_launcher_that_reports_a_killed_child_means_the_memory_too(script):
    run = script("version(); code = subprocess.call(['sh', '-c', 'kill -9 $$']); sys.exit(128 - code)")
    assert "probably because the memory ran out" in run.wait(20)[-1].message


@posix
def test_a_cancelled_run_leaves_no_child(script):
    run = script(
        f"""
        version()
        code = "import subprocess, sys; subprocess.call([sys.executable, '-c', {SLEEPER!r}])"
        subprocess.call([sys.executable, "-c", code])
        """
    )
    wait_for(lambda: len(psutil.Process(run.pid).children(recursive=True)) == 2)
    tree = [run.pid, *(child.pid for child in psutil.Process(run.pid).children(recursive=True))]
    run.cancel()
    assert run.state is State.CANCELLING
    assert run.wait(20)[-1] == Cancelled()
    wait_for(lambda: not any(map(is_alive, tree)), 5)
    assert run.state is State.CANCELLED and not psutil.pid_exists(run.pid)


@posix
def test_cancel_ends_a_tree_whose_launcher_died_first(script, tmp_path):
    pid_file = tmp_path / "pid"
    run = script(
        f"""
        version()
        deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
        child = subprocess.Popen([sys.executable, "-c", deaf])
        open({str(pid_file)!r}, "w").write(str(child.pid))
        time.sleep(120)
        """
    )
    worker = file_of_pid(pid_file)
    time.sleep(0.3)
    run.cancel(grace_seconds=0.5)
    assert run.wait(20)[-1] == Cancelled()
    wait_for(lambda: not is_alive(worker), 5)


@posix
def test_cancel_reaches_a_worker_that_left_the_session(script, tmp_path):
    pid_file = tmp_path / "pid"
    run = script(
        f"""
        version()
        child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}], start_new_session=True)
        open({str(pid_file)!r}, "w").write(str(child.pid))
        time.sleep(120)
        """
    )
    worker = file_of_pid(pid_file)
    run.cancel(0.5)
    assert run.wait(20)[-1] == Cancelled()
    wait_for(lambda: not is_alive(worker), 5)


@posix
def test_a_child_that_ignores_the_request_is_ended_by_force_after_the_grace_time(script):
    run = script("signal.signal(signal.SIGTERM, signal.SIG_IGN); version()\nwhile True: time.sleep(1)")
    run.wait(0.5)
    began = time.monotonic()
    run.cancel(grace_seconds=1.0)
    assert run.wait(20)[-1] == Cancelled()
    assert 0.9 < time.monotonic() - began < 6
    assert not is_alive(run.pid)


@posix
def test_a_child_has_time_to_clean_up(script, tmp_path):
    run = script(
        f"""
        version()
        try:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
            open({str(tmp_path / "begun")!r}, "w").write("1")
            time.sleep(60)
        finally:
            time.sleep(0.3)
            open({str(tmp_path / "cleaned")!r}, "w").write("1")
        """
    )
    wait_for((tmp_path / "begun").exists)
    run.cancel(grace_seconds=10)
    assert run.wait(20)[-1] == Cancelled()
    assert (tmp_path / "cleaned").exists()


@posix
def test_a_helper_that_outlives_its_parent_is_ended_with_the_run(script, tmp_path):
    pid_file = tmp_path / "pid"
    run = script(
        f"""
        version()
        child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
        open({str(pid_file)!r}, "w").write(str(child.pid))
        tell("result")
        """
    )
    began = time.monotonic()
    assert run.wait(20)[-1] == Result({})
    assert time.monotonic() - began < 10
    wait_for(lambda: not is_alive(file_of_pid(pid_file)), 5)


def test_cancelling_twice_or_after_the_end_does_no_harm(script):
    run = script("version(); tell('result')")
    run.wait(20)
    run.cancel()
    assert run.state is State.DONE
    other = script("version(); time.sleep(60)")
    other.cancel(0.2)
    other.cancel(0.2)
    assert other.wait(20)[-1] == Cancelled()


def test_closing_ends_a_run_at_once(script):
    run = script("signal.signal(signal.SIGTERM, signal.SIG_IGN); version(); time.sleep(60)")
    run.wait(0.3)
    run.close()
    assert run.finished and not is_alive(run.pid)


@posix
def test_the_real_child_ends_when_its_parent_is_killed(tmp_path):
    body = f"""
    import sys, time
    from SSASlicerLib.processes import BackgroundRun, command_line
    run = BackgroundRun(command_line(["segment", {str(tmp_path / "pipe")!r}, "--t1c", {str(tmp_path / "pipe.nii")!r},
        "--output", {str(tmp_path / "out")!r}]))
    print(run.pid, flush=True)
    time.sleep(60)
    """
    os.mkfifo(tmp_path / "pipe.nii")  # the child waits here for as long as it is left alone
    (tmp_path / "pipe").mkdir()
    SimpleITK.WriteImage(SimpleITK.Image(4, 4, 4, SimpleITK.sitkUInt8), str(tmp_path / "pipe" / "a-t2f.nii"))
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(body)], stdout=subprocess.PIPE, env=child_environment(), text=True
    )
    child = int(parent.stdout.readline())
    time.sleep(1.0)
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not is_alive(child), 15)


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


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (137, "memory ran out"),
        (139, "crashed"),
        (0xC0000005, "memory that is not its own"),
        (0xC0000135 - (1 << 32), "misses a library"),
        pytest.param(-10, "signal SIGUSR1", marks=posix),
        (77, "ended with code 77"),
        (2, "ended with code 2 (wrong input)"),
        (3, "ended with code 3 (this computer or its set-up)"),
    ],
)
def test_exit_codes_are_put_in_words(code, words):
    assert words in from_exit(code, []).message


def test_without_an_error_event_the_error_line_of_stderr_is_told():
    failure = from_exit(3, ["Loading", "Error: The device 'tpu' is not known.", "bye"])
    assert failure.message == "The device 'tpu' is not known."
    assert failure.remedy.startswith("Install the packages")


def test_an_error_event_without_a_remedy_gets_one_by_its_code():
    assert "Correct the input" in from_error_event(2, "No images were given.", "").remedy
    assert "Install the packages" in from_error_event(3, "A package is missing", "").remedy


def test_a_remedy_that_the_message_holds_already_is_not_said_twice():
    failure = from_error_event(2, "The folder 'x' does not exist. Check the path.", "Check the path")
    assert str(failure) == "The folder 'x' does not exist. Check the path."
