"""The library is installed with the extension and stays out of the pip package."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "SSACore" / "SSASlicerLib"
ONLY_THE_CORE = """cmake_minimum_required(VERSION 3.16.3...3.31)
project(SSAGlioma NONE)
find_package(Slicer REQUIRED)
include(${Slicer_USE_FILE})
add_subdirectory(SSACore)
"""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def sources(tmp_path):
    """A copy of what a build reads, without models and sample cases."""
    target = tmp_path / "sources"
    shutil.copytree(ROOT / "SSACore", target / "SSACore", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("Resources/Models", "Resources/SampleCases"):
        (target / folder).mkdir(parents=True)
        (target / folder / "README.md").write_text("empty")
    for name in ("pyproject.toml", "README.md", "LICENSE.txt", "addresses.env"):
        shutil.copy(ROOT / name, target / name)
    return target


def test_the_wheel_holds_the_core_and_nothing_of_slicers(sources, tmp_path):
    pytest.importorskip("hatchling")
    pytest.importorskip("hatch_requirements_txt")
    words = ("-m", "pip", "--disable-pip-version-check", "--quiet", "wheel", "--no-deps", "--no-build-isolation")
    run(sys.executable, *words, "--wheel-dir", str(tmp_path), str(sources))
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "ssaglioma/volume/volume.py" in names
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"ssaglioma"}


def test_cmake_installs_every_file_of_the_library_beside_the_core(sources, tmp_path):
    cmake = shutil.which("cmake", path=str(Path(sys.executable).parent)) or shutil.which("cmake")
    if cmake is None or not (shutil.which("ninja") or shutil.which("make")):
        pytest.skip("cmake with ninja or make is not installed")
    (sources / "CMakeLists.txt").write_text(ONLY_THE_CORE)
    build, installed = tmp_path / "build", tmp_path / "installed"
    generator = "Ninja" if shutil.which("ninja") else "Unix Makefiles"
    slicer = f"-DSlicer_DIR={ROOT / 'Testing' / 'cmake'}"
    run(cmake, "-G", generator, "-S", str(sources), "-B", str(build), slicer)
    run(cmake, "--build", str(build))
    run(cmake, "--install", str(build), "--prefix", str(installed))
    (found,) = installed.rglob("SSASlicerLib")
    assert (found.parent / "ssaglioma" / "__init__.py").is_file()
    wanted = {path.relative_to(LIBRARY) for path in LIBRARY.rglob("*") if path.is_file()}
    wanted = {path for path in wanted if "__pycache__" not in path.parts}
    assert {path.relative_to(found) for path in found.rglob("*") if path.is_file()} == wanted
