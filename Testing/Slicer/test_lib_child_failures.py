"""Why a run ended without a result, in words: exceptions, signals, exit codes, error events."""

import signal

import pytest
from lib_children import posix

from SSASlicerLib.child_failures import from_error_event, from_exit
from SSASlicerLib.processes import State


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
    assert "Correct the input" in from_error_event({"code": 2, "message": "No images were given."}).remedy
    assert "Install the packages" in from_error_event({"code": 3, "message": "A package is missing"}).remedy


def test_a_remedy_that_the_message_holds_already_is_not_said_twice():
    failure = from_error_event(
        {"code": 2, "message": "The folder 'x' does not exist. Check the path.", "remedy": "Check the path"}
    )
    assert str(failure) == "The folder 'x' does not exist. Check the path."
