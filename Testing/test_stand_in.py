"""Says so where the tests of the Slicer modules cannot run."""

from __future__ import annotations

import importlib.util

import pytest


@pytest.mark.parametrize("package", ["slicer", "vtk", "PySide6", "psutil"])
def test_the_packages_of_the_stand_in_slicer_are_there(package):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: Testing/host and Testing/Slicer are left out (extra 'host')")
