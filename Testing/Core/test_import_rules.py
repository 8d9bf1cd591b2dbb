"""Who may import whom: data flows one way through the rooms, and nothing imports upwards."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CORE = Path(__file__).resolve().parents[2] / "SSACore"
PACKAGE = CORE / "ssaglioma"

FLOORS = (
    ("__init__", "errors", "labels", "types"),
    ("volume", "networks", "evaluation", "packages"),
    ("preprocessing", "synthesis", "style", "adaptation", "shift"),
    ("training", "inference"),
    ("experiments",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
SCREENS = {
    "qt",
    "slicer",
    "vtk",
    "ctk",
    "PythonQt",
    "PySide6",
    "SSASlicerLib",
    "SSAGliomaSegLib",
    "SSAStyleTransferLib",
}
DOWNLOADERS = {"requests", "urllib.request", "http.client", "socket", "torch.hub", "huggingface_hub"}
UNPICKLERS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle"}


def imported_names(tree: ast.AST, module: str) -> Iterator[str]:
    """Absolute dotted names that a module imports anywhere in its file; ``module`` is its own name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.rsplit(".", node.level)[0] if node.level else ""
            start = ".".join(part for part in (base, node.module) if part)
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def dotted_name(path: Path) -> str:
    """The module's name; a package's ``__init__`` keeps that last part, so that relative imports resolve."""
    return ".".join(path.relative_to(CORE).with_suffix("").parts)


def room_of(name: str) -> str | None:
    """The room of a dotted name inside ssaglioma, or None for anything else."""
    parts = name.split(".")
    if parts[0] != "ssaglioma":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR else "__init__"


def offences(imports: dict[str, set[str]]) -> list[str]:
    """One line for each import that goes upwards; keys are module names, values what they import."""
    found = set()
    for module, names in imports.items():
        here = room_of(module)
        for name in names:
            there = room_of(name)
            if there is not None and FLOOR[there] > FLOOR[here]:
                found.add(f"{module} imports {name}: {here} stands below {there}")
    return sorted(found)


def circle_between_rooms(imports: dict[str, set[str]]) -> list[str]:
    """The rooms of one circle, in order, or an empty list."""
    arrows: dict[str, set[str]] = {}
    for module, names in imports.items():
        here = room_of(module)
        arrows.setdefault(here, set()).update(
            there for there in map(room_of, names) if there not in (None, here, "__init__")
        )
    finished: set[str] = set()

    def visit(room: str, path: list[str]) -> list[str]:
        if room in path:
            return [*path[path.index(room) :], room]
        if room in finished:
            return []
        for there in sorted(arrows.get(room, ())):
            circle = visit(there, [*path, room])
            if circle:
                return circle
        finished.add(room)
        return []

    return next((circle for room in sorted(arrows) if (circle := visit(room, []))), [])


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {dotted_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}


@pytest.fixture(scope="module")
def imports(trees) -> dict[str, set[str]]:
    return {module: set(imported_names(tree, module)) for module, tree in trees.items()}


def test_every_room_has_its_floor():
    rooms = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    }
    assert rooms <= set(FLOOR), "a new room needs a floor here and in CONTRIBUTING.md"


def test_nothing_imports_upwards(imports):
    assert offences(imports) == []


def test_no_rooms_import_each_other_in_a_circle(imports):
    assert circle_between_rooms(imports) == []


def test_the_core_knows_no_screen(imports):
    found = {m: names for m, names in imports.items() if {name.split(".")[0] for name in names} & SCREENS}
    assert found == {}


def test_the_core_downloads_nothing(imports):
    assert {module: names & DOWNLOADERS for module, names in imports.items() if names & DOWNLOADERS} == {}


def test_models_are_never_unpickled(trees, imports):
    for module in (name for name in trees if room_of(name) in {"packages", "inference", "networks"}):
        assert not imports[module] & UNPICKLERS, module
        calls = {ast.unparse(node.func) for node in ast.walk(trees[module]) if isinstance(node, ast.Call)}
        assert "torch.load" not in calls, module


def test_only_the_files_of_nnunet_are_unpickled(trees, imports):
    """A checkpoint of nnU-Net is a pickle: one module reads it, restricted unless the user consents."""
    calls = {
        name: {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for name, tree in trees.items()
    }
    readers = {name for name in trees if "torch.load" in calls[name] or imports[name] & UNPICKLERS}
    assert readers == {"ssaglioma.training.nnunet_files"}


def test_rooms_below_training_choose_no_device(trees):
    for module in (name for name in trees if FLOOR[room_of(name)] < FLOOR["training"]):
        used = {ast.unparse(node) for node in ast.walk(trees[module]) if isinstance(node, ast.Attribute)}
        assert not {name for name in used if name.startswith(("torch.cuda", "torch.backends"))}, module


def test_no_file_edits_sys_path():
    for path in [*CORE.rglob("*.py"), *(file for name in MODULES for file in module_files(name))]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert "sys.path" not in used, path


def test_the_hidden_module_imports_only_slicer_and_what_lies_beside_it():
    tree = ast.parse((CORE / "SSACore.py").read_text(encoding="utf-8"))
    roots = {name.split(".")[0] for name in imported_names(tree, "SSACore")}
    assert roots <= {"__future__", "slicer", "SSASlicerLib"}


def test_importing_ssaglioma_loads_no_library_and_reads_nothing():
    script = """
import sys
import os, encodings.utf_8
seen = []
def watch(event, arguments):
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc")):
        if "__pycache__" not in str(arguments[0]):
            seen.append((event, str(arguments[0])))
    if event.startswith(("socket.", "subprocess.", "os.putenv", "urllib.")):
        seen.append((event, str(arguments)))
sys.addaudithook(watch)
import ssaglioma
libraries = {"torch", "numpy", "scipy", "SimpleITK", "monai", "pydicom", "PIL"} & set(sys.modules)
print(sorted(libraries), seen, ssaglioma.__version__)
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={"PYTHONPATH": str(CORE), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    libraries, seen = done.stdout.split("]")[:2]
    assert (libraries, seen) == ("[", " [")


MODULES = ("SSAGliomaSeg", "SSAStyleTransfer")
ROOT = CORE.parent


def module_files(name: str) -> list[Path]:
    """The installed Python files of a scripted module; its own tests are left out."""
    return [ROOT / name / f"{name}.py", *(ROOT / name / f"{name}Lib").rglob("*.py")] if (ROOT / name).is_dir() else []


def roots_of(path: Path) -> set[str]:
    names = imported_names(ast.parse(path.read_text(encoding="utf-8")), path.stem)
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("name", MODULES)
def test_the_two_modules_never_import_each_other(name):
    others = {part for other in MODULES if other != name for part in (other, f"{other}Lib")}
    assert {path.name: roots_of(path) & others for path in module_files(name) if roots_of(path) & others} == {}


@pytest.mark.parametrize("name", MODULES)
def test_only_the_panels_of_a_module_know_qt(name):
    outside = [path for path in module_files(name) if path.parent.name != "panels"]
    assert [path.name for path in outside if roots_of(path) & {"qt", "ctk", "PythonQt"}] == []


def test_the_slicer_glue_knows_no_qt_and_no_module():
    wrong = {"qt", "ctk", "PythonQt", *MODULES, *(f"{name}Lib" for name in MODULES)}
    assert [path.name for path in (CORE / "SSASlicerLib").rglob("*.py") if roots_of(path) & wrong] == []


@pytest.mark.parametrize("name", MODULES)
def test_modules_know_nothing_of_the_stand_in_host(name):
    wrong = {"slicerhost", "PySide6", "pytest"}
    assert [path.name for path in module_files(name) if roots_of(path) & wrong] == []


def test_an_upward_import_is_found():
    imports = {"ssaglioma.volume.nifti": {"ssaglioma.training", "ssaglioma.errors", "numpy"}}
    assert offences(imports) == ["ssaglioma.volume.nifti imports ssaglioma.training: volume stands below training"]


def test_a_circle_on_one_floor_is_found():
    imports = {"ssaglioma.volume.a": {"ssaglioma.packages.b"}, "ssaglioma.packages.b": {"ssaglioma.volume.a"}}
    assert circle_between_rooms(imports) == ["packages", "volume", "packages"]


def test_relative_imports_are_resolved():
    tree = ast.parse("from ..training import loop\nfrom . import x")
    assert set(imported_names(tree, "ssaglioma.volume.nifti")) == {
        "ssaglioma.training",
        "ssaglioma.training.loop",
        "ssaglioma.volume",
        "ssaglioma.volume.x",
    }
