"""Child processes as Slicer starts them: the environment at start-up, and `PythonSlicer`, which is a launcher."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

LAUNCHER = """#!/bin/sh
# As in Slicer, the interpreter is a child of this launcher, not its successor.
"{python}" "$@"
exit $?
"""


class StartupEnvironment:
    """What `slicer.app.startupEnvironment()` returns: `keys()` and `value(name)`, as QProcessEnvironment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = dict(environment)

    def keys(self) -> list[str]:
        return list(self._environment)

    def value(self, name: str, default: str = "") -> str:
        return self._environment.get(name, default)

    def contains(self, name: str) -> bool:
        return name in self._environment


def make_python_slicer(home: Path) -> Path:
    """Write the launcher `PythonSlicer` into `home/bin`, put that folder on PATH, and return the launcher."""
    folder = home / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    launcher = folder / "PythonSlicer"
    launcher.write_text(LAUNCHER.format(python=sys.executable), encoding="utf-8")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    paths = os.environ.get("PATH", "").split(os.pathsep)
    if str(folder) not in paths:
        os.environ["PATH"] = os.pathsep.join([str(folder), *paths])
    return launcher
