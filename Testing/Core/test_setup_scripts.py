"""The set-up scripts on machines that lack something, played by a stand-in for Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the set-up scripts are for POSIX shells")


def executable(path: Path, text: str) -> Path:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """An environment whose first Python is the stand-in, and whose machine says it is Linux."""
    executable(tmp_path / "uname", "case $1 in -s) echo Linux;; *) echo x86_64;; esac\n")
    return os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "LOG": str(tmp_path / "log"),
        "TORCH_INDEX": "INDEX",
    }


def torch_requests(tmp_path: Path, environment: dict[str, str], refused: str) -> list[str]:
    """The ``pip install`` lines of the script when those that match ``refused`` fail."""
    python = executable(
        tmp_path / "python",
        f'case "$*" in "-c import torch") exit 1;; esac\necho "$*" >> "$LOG"\ncase "$*" in {refused}) exit 1;; esac\n',
    )
    subprocess.run([SCRIPTS / "install_torch.sh", python], env=environment, check=True, capture_output=True)
    return (tmp_path / "log").read_text().splitlines()


def test_a_wheel_at_hand_needs_no_index(tmp_path, environment):
    requests = torch_requests(tmp_path, environment, refused="nothing")
    assert len(requests) == 2
    assert "--no-index" in requests[0]
    assert not [line for line in requests if "INDEX" in line]


def test_the_cpu_index_comes_second(tmp_path, environment):
    requests = torch_requests(tmp_path, environment, refused="*--no-index*")
    assert "--index-url INDEX" in requests[1]
    assert "--timeout 15" in requests[1]
    assert "--index-url" not in requests[2]


def test_without_the_cpu_index_the_package_index_is_taken(tmp_path, environment):
    requests = torch_requests(tmp_path, environment, refused="*--no-deps*")
    assert len(requests) == 3
    assert "--no-deps" not in requests[2]


def test_an_empty_address_skips_the_cpu_index(tmp_path, environment):
    requests = torch_requests(tmp_path, environment | {"TORCH_INDEX": ""}, refused="*--no-index*")
    assert len(requests) == 2
    assert "--index-url" not in requests[1]


def test_a_missing_python3_venv_is_named(tmp_path, environment):
    executable(
        tmp_path / "python3",
        'case "$*" in *ensurepip*) exit 1;; *version_info\\[:2\\]*) echo 3.11;; esac\nexit 0\n',
    )
    done = subprocess.run(
        [SCRIPTS / "make_venv.sh", tmp_path / "new"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert "sudo apt-get install python3-venv" in done.stderr
    assert not (tmp_path / "new").exists()
