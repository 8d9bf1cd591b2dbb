"""How a run ends: cancelled, closed, killed or orphaned, it leaves no process behind."""

import os
import subprocess
import sys
import textwrap
import time

import psutil
import SimpleITK
from lib_children import SLEEPER, file_of_pid, is_alive, posix, wait_for

from SSASlicerLib.child_events import Cancelled, Result
from SSASlicerLib.processes import State, child_environment


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
