"""Resources are found, and a case is segmented, in a clone, a build tree, an extension and a wheel."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ssaglioma.errors import DatasetError, ModelPackageError, SSAGliomaError
from ssaglioma.packages import resources

ROOT = Path(__file__).resolve().parents[3]
MODULES = "lib/Slicer-5.10/qt-scripted-modules"
LAYOUTS = ("clone", "build tree", "extension", "wheel")
CASES = sorted(path.parent for path in (ROOT / "Resources" / "SampleCases").glob("*/*.nii.gz"))
MODELS = sorted((ROOT / "Resources" / "Models").glob("*/card.json"))


def run(*command: str, **options) -> str:
    """Run a command and return what it printed; its whole output stands in the error when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def python_in(folder: Path, *arguments: str, cwd: Path) -> str:
    """Run Python with only ``folder`` added to its path, as the extension starts a child process."""
    environment = {name: value for name, value in os.environ.items() if name != resources.OVERRIDE}
    environment |= {"PYTHONPATH": str(folder), "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}
    return run(sys.executable, *arguments, env=environment, cwd=cwd)


@pytest.fixture(scope="session")
def sources(tmp_path_factory) -> Path:
    """A copy of the files that a build reads, so that a build leaves nothing in the working tree."""
    target = tmp_path_factory.mktemp("sources")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    parts = re.findall(r"^add_subdirectory\((\w+)\)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
    for name in (*parts, "Resources"):
        shutil.copytree(ROOT / name, target / name, ignore=ignored)
    for name in ("CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE.txt", "addresses.env"):
        shutil.copy(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def build_tree(tmp_path_factory, sources) -> Path:
    cmake = shutil.which("cmake", path=str(Path(sys.executable).parent)) or shutil.which("cmake")
    if cmake is None:
        pytest.skip("cmake is not installed (pip install cmake)")
    generator = next(
        (name for tool, name in (("ninja", "Ninja"), ("make", "Unix Makefiles")) if shutil.which(tool)), None
    )
    if generator is None:
        pytest.skip("neither ninja nor make is installed")
    build = tmp_path_factory.mktemp("build")
    run(
        cmake,
        "-G",
        generator,
        "-S",
        str(sources),
        "-B",
        str(build),
        f"-DSlicer_DIR={ROOT / 'Testing' / 'cmake'}",
        "-DSSAGLIOMA_LANGUAGES=NONE",
    )
    run(cmake, "--build", str(build))
    run(cmake, "--install", str(build), "--prefix", str(build / "installed"))
    return build


@pytest.fixture(scope="session")
def wheel_folder(tmp_path_factory, sources) -> Path:
    if importlib.util.find_spec("hatchling") is None or importlib.util.find_spec("hatch_requirements_txt") is None:
        pytest.skip("the build back end is not installed (pip install hatchling hatch-requirements-txt)")
    dist, target = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(dist), str(sources))
    (wheel,) = dist.glob("ssaglioma-*.whl")
    run(*pip, "install", "--no-deps", "--no-index", "--no-compile", "--target", str(target), str(wheel))
    return target


@pytest.fixture
def import_folder(request, layout) -> Path:
    """The folder that goes on the Python path in one layout."""
    if layout == "clone":
        return ROOT / "SSACore"
    if layout == "wheel":
        return request.getfixturevalue("wheel_folder")
    build = request.getfixturevalue("build_tree")
    return build / MODULES if layout == "build tree" else build / "installed" / "SSAGlioma" / MODULES


def shipped_files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for part in (resources.MODELS, resources.SAMPLE_CASES)
        for path in (folder / part).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_resources_are_found_in_each_layout(import_folder, layout, tmp_path):
    code = (
        "import json, ssaglioma; from ssaglioma.packages.resources import locate;"
        "print(json.dumps([ssaglioma.__file__, str(locate('Models')), str(locate('SampleCases'))]))"
    )
    package, models, samples = map(Path, json.loads(python_in(import_folder, "-c", code, cwd=tmp_path)))
    assert package.is_relative_to(import_folder.resolve())
    assert models.parent == samples.parent
    assert shipped_files(models.parent) == shipped_files(ROOT / "Resources")


@pytest.mark.parametrize("layout", LAYOUTS[1:])
def test_every_file_of_the_package_is_in_each_layout(import_folder, layout):
    def package_files(folder: Path) -> set[str]:
        found = (path.relative_to(folder) for path in (folder / "ssaglioma").rglob("*") if path.is_file())
        return {path.as_posix() for path in found if not {"__pycache__", "_resources"} & set(path.parts)}

    assert package_files(import_folder) == package_files(ROOT / "SSACore")


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.skipif(not (CASES and MODELS), reason="no sample case or no model is shipped")
def test_a_case_is_segmented_in_each_layout(import_folder, layout, tmp_path):
    output = tmp_path / "seg.nii.gz"
    python_in(
        import_folder,
        "-m",
        "ssaglioma",
        "segment",
        str(CASES[0]),
        "--output",
        str(output),
        "--device",
        "cpu",
        cwd=tmp_path,
    )
    assert output.stat().st_size > 0


def test_the_wheel_states_what_it_needs(wheel_folder):
    (metadata,) = wheel_folder.glob("ssaglioma-*.dist-info/METADATA")
    needed = {
        line.split(":", 1)[1].strip() for line in metadata.read_text().splitlines() if line.startswith("Requires-Dist")
    }
    runtime = {
        line.split("#")[0].strip().lower()
        for line in (ROOT / "SSACore/ssaglioma/requirements.txt").read_text().splitlines()
    }
    assert runtime - {""} == {name.lower() for name in needed if "extra ==" not in name}


@pytest.mark.slow
def test_the_wheel_that_a_kit_packs_is_the_one_that_is_built(wheel_folder, tmp_path):
    from ssaglioma.cli.kit_own_wheel import write_own_wheel

    def facts(metadata: str) -> set[str]:
        wanted = ("Name:", "Version:", "Requires-Dist:", "Requires-Python:", "License-Expression:")
        lines = (line.lower().replace('"', "'") for line in metadata.splitlines() if line.startswith(wanted))
        return {line for line in lines if "extra ==" not in line or "extra == 'train'" in line}

    with zipfile.ZipFile(write_own_wheel(tmp_path)) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        own = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
    built = {path.relative_to(wheel_folder).as_posix() for path in wheel_folder.rglob("*") if path.is_file()}
    left_out = {name for name in built if ".dist-info/" in name or name.startswith("bin/")}
    assert packed == built - left_out
    (metadata,) = wheel_folder.glob("ssaglioma-*.dist-info/METADATA")
    assert facts(own) == facts(metadata.read_text())


def test_the_environment_goes_before_every_layout(monkeypatch, tmp_path):
    (tmp_path / "Models").mkdir()
    monkeypatch.setenv(resources.OVERRIDE, str(tmp_path))
    assert resources.locate("Models") == (tmp_path / "Models").resolve()
    with pytest.raises(DatasetError, match="'SampleCases' was not found"):
        resources.locate("SampleCases")


def test_a_missing_model_is_named_with_the_folders_searched(monkeypatch, tmp_path):
    monkeypatch.setenv(resources.OVERRIDE, str(tmp_path))
    with pytest.raises(ModelPackageError, match=r"'Models/none' was not found.*set SSAGLIOMA_RESOURCES") as caught:
        resources.locate("Models/none")
    assert repr(str(tmp_path)) in str(caught.value)


@pytest.mark.parametrize("name", ["", "/etc", "../pyproject.toml", "Models/../..", "C:/x", "Models\\x"])
def test_a_name_that_leaves_the_resources_is_refused(name):
    with pytest.raises(SSAGliomaError, match="does not name a resource"):
        resources.locate(name)
