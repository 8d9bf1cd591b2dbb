"""Write the lists of files that CMake installs, or compare them with the disk.

Usage: cmake_lists.py [--check]. CMake installs only what it lists, so a file that is
missing there works in a clone and breaks in an installed extension.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = "# Written by scripts/cmake_lists.py (make lists). A test compares it with the disk.\n"
MODULES = ("SSAGliomaSeg", "SSAStyleTransfer")
SKIPPED_FOLDERS = {"__pycache__", "_resources"}


def files_below(base: Path, folder: str) -> list[str]:
    """Paths of the files below ``base / folder``, relative to ``base``; nothing hidden or compiled."""
    found = []
    for path in (base / folder).rglob("*"):
        parts = path.relative_to(base).parts
        hidden = any(part.startswith(".") or part in SKIPPED_FOLDERS or part.endswith("~") for part in parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            found.append("/".join(parts))
    return sorted(found)


def cmake_set(variable: str, values: list[str]) -> str:
    """The CMake command that sets ``variable`` to a list of quoted values."""
    return "\n".join([f"set({variable}", *(f'  "{value}"' for value in values), "  )", ""])


def core_lists(root: Path) -> str:
    """The text of SSACore/files.cmake as the disk has it."""
    core = root / "SSACore"
    listed = [file for folder in ("ssaglioma", "SSASlicerLib") for file in files_below(core, folder)]
    scripts = ["SSACore.py", *(file for file in listed if file.endswith(".py"))]
    resources = [file for file in listed if not file.endswith(".py")]
    return HEADER + cmake_set("SSACORE_PYTHON_SCRIPTS", scripts) + cmake_set("SSACORE_PYTHON_RESOURCES", resources)


def module_lists(root: Path, name: str) -> str:
    """The text of a scripted module's files.cmake as the disk has it; its tests are not installed."""
    module = root / name
    listed = [file for folder in (f"{name}Lib", "Resources") for file in files_below(module, folder)]
    scripts = [f"{name}.py", *(file for file in listed if file.endswith(".py"))]
    resources = [file for file in listed if not file.endswith(".py")]
    variable = name.upper()
    return (
        HEADER + cmake_set(f"{variable}_PYTHON_SCRIPTS", scripts) + cmake_set(f"{variable}_PYTHON_RESOURCES", resources)
    )


def resource_lists(root: Path) -> str:
    """The text of Resources/files.cmake as the disk has it."""
    resources = root / "Resources"
    listed = [file for folder in ("Models", "SampleCases") for file in files_below(resources, folder)]
    return HEADER + cmake_set("SSAGLIOMA_RESOURCE_FILES", listed)


def expected(root: Path = ROOT) -> dict[Path, str]:
    """What each list file should contain, by its path."""
    return {
        root / "SSACore" / "files.cmake": core_lists(root),
        root / "Resources" / "files.cmake": resource_lists(root),
        **{root / name / "files.cmake": module_lists(root, name) for name in MODULES if (root / name).is_dir()},
    }


def differences(root: Path = ROOT) -> list[str]:
    """One line for each entry that a list has too many (-) or too few (+) of; empty when they agree."""
    lines = []
    for path, text in expected(root).items():
        listed = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
        wanted = set(text.splitlines())
        name = path.relative_to(root).as_posix()
        lines += [f"{name}: - {line.strip()}" for line in sorted(listed - wanted)]
        lines += [f"{name}: + {line.strip()}" for line in sorted(wanted - listed)]
    return lines


def main() -> int:
    """Write or check the lists; 1 when a check finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    if parser.parse_args().check:
        found = differences()
        print("\n".join([*found, "Run `make lists`."]) if found else "The CMake lists agree with the disk.")
        return 1 if found else 0
    for path, text in expected().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
