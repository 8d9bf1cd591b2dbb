"""A script as a child process, for the tests of runs and serving children."""

import os
import sys
import textwrap
import time

import psutil
import pytest

import ssaglioma
from SSASlicerLib.processes import BackgroundRun

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


def wait_for(condition, seconds=30.0):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def file_of_pid(path):
    wait_for(lambda: path.exists() and path.read_text())
    return int(path.read_text())
