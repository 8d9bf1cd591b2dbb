"""Puts the stand-in Slicer on sys.path and boots it for the tests that ask for it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = str(Path(__file__).resolve().parent / "host")
if HERE not in sys.path:
    sys.path.insert(0, HERE)

HOST_IS_INSTALLED = all(importlib.util.find_spec(name) for name in ("slicer", "vtk", "PySide6", "psutil"))
collect_ignore_glob = [] if HOST_IS_INSTALLED else ["host/*", "Slicer/*"]


@pytest.fixture(scope="session")
def host_process():
    """The host of this process."""
    import slicerhost

    return slicerhost.boot()


@pytest.fixture
def host(host_process) -> Iterator:
    """The host with an empty scene, no messages and default settings."""
    host_process.reset()
    yield host_process
    host_process.leave_module()
    host_process.reset()
