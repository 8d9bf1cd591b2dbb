"""The script that draws a module's window in each of its states."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6 import QtGui
from slicerhost.views.painting import to_array

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "slicer_shot.py"
MODULE = """
import qt
import slicer
from slicer.ScriptedLoadableModule import *


class Tiny(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "Tiny"


class TinyWidget(ScriptedLoadableModuleWidget):
    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.label = qt.QLabel("plain")
        self.layout.addWidget(self.label)
        self.layout.addStretch(1)
"""
SHOTS = """
def _red(host, widget):
    widget.label.setStyleSheet("background: rgb(255, 0, 0)")


def _broken(host, widget):
    raise RuntimeError("no such volume")


STATES = {"red": _red, "broken": _broken}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "Tiny"
    (folder / "Testing" / "Python").mkdir(parents=True)
    (folder / "Tiny.py").write_text(MODULE, encoding="utf-8")
    (folder / "Testing" / "Python" / "shots.py").write_text(SHOTS, encoding="utf-8")
    return folder / "Tiny.py"


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def _red_pixels(path: Path) -> int:
    picture = to_array(QtGui.QImage(str(path)))
    assert picture.shape == (950, 1600, 3)
    return int((picture[60:, :420] == np.array([255, 0, 0])).all(axis=-1).sum())


def test_all_states_are_drawn_and_a_broken_one_is_named(module: Path, tmp_path: Path) -> None:
    done = _run(module, "all", tmp_path / "shots")
    assert done.returncode == 1
    assert "state 'broken': RuntimeError: no such volume" in done.stderr
    assert sorted(path.name for path in (tmp_path / "shots").iterdir()) == ["default.png", "red.png"]
    assert _red_pixels(tmp_path / "shots" / "default.png") == 0
    assert _red_pixels(tmp_path / "shots" / "red.png") > 1000


def test_the_states_are_listed(module: Path) -> None:
    done = _run(module, "--list")
    assert done.returncode == 0
    assert done.stdout.split() == ["default", "red", "broken"]


def test_a_state_that_is_not_there_is_named(module: Path, tmp_path: Path) -> None:
    done = _run(module, "blue", tmp_path / "blue.png")
    assert done.returncode == 2
    assert "no state 'blue': the states are default, red, broken" in done.stderr
    assert not (tmp_path / "blue.png").exists()


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = _run("NoSuchModule", "default", tmp_path / "x.png")
    assert done.returncode == 2
    assert "NoSuchModule.py" in done.stderr
