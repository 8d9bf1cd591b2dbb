"""CMake installs only the files it lists: the lists and the disk must agree."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cmake_lists():
    spec = importlib.util.spec_from_file_location("cmake_lists", ROOT / "scripts" / "cmake_lists.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def a_small_tree(tmp_path, cmake_lists):
    for name in ("SSACore/SSACore.py", "SSACore/ssaglioma/__init__.py", "SSACore/ssaglioma/volume/volume.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "Resources").mkdir()
    for path, text in cmake_lists.expected(tmp_path).items():
        path.write_text(text)
    return tmp_path


def test_the_lists_agree_with_the_disk(cmake_lists):
    assert cmake_lists.differences() == [], "run `make lists`"


def test_a_file_that_is_not_listed_is_found(cmake_lists, a_small_tree):
    (a_small_tree / "SSACore" / "ssaglioma" / "new.json").touch()
    assert cmake_lists.differences(a_small_tree) == ['SSACore/files.cmake: + "ssaglioma/new.json"']


def test_a_listed_file_that_is_gone_is_found(cmake_lists, a_small_tree):
    shutil.rmtree(a_small_tree / "SSACore" / "ssaglioma" / "volume")
    assert cmake_lists.differences(a_small_tree) == ['SSACore/files.cmake: - "ssaglioma/volume/volume.py"']


def test_compiled_and_hidden_files_are_not_listed(cmake_lists, a_small_tree):
    cache = a_small_tree / "SSACore" / "ssaglioma" / "__pycache__"
    cache.mkdir()
    (cache / "labels.cpython-311.pyc").touch()
    (a_small_tree / "SSACore" / "ssaglioma" / ".DS_Store").touch()
    assert cmake_lists.differences(a_small_tree) == []
