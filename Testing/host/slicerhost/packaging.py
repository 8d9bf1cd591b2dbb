"""Stand-in for `slicer.packaging`: requests are judged and recorded, nothing is ever installed."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement


@dataclass(frozen=True)
class Request:
    """One call: `install` or `uninstall`, the requirements as text, and the other arguments."""

    action: str
    requirements: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


requests: list[Request] = []
# set by a test to let the next installs fail as pip would
failing_return_code = 0


def _as_list(requirements: Any) -> list[str]:
    if isinstance(requirements, Requirement):
        return [str(requirements)]
    if isinstance(requirements, str):
        return requirements.split()
    if isinstance(requirements, (list, tuple)):
        return [str(requirement) for requirement in requirements]
    raise TypeError(f"Found requirements {requirements!r}, expected a string, a Requirement or a list of them.")


def load_requirements(path: str | Path) -> list[Requirement]:
    """Return the requirements of a requirements.txt, without comments, options and what is not for this platform."""
    lines = (line.split(" #")[0].strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return _for_this_platform([Requirement(line) for line in lines if line and not line.startswith(("#", "-"))])


def load_pyproject_dependencies(path: str | Path) -> list[Requirement]:
    """Return `project.dependencies` of a pyproject.toml.

    Raises:
        KeyError: the file has no table `project`.
    """
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import tomli as tomllib
    content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    if "project" not in content:
        raise KeyError(f"Found no table [project] in {path}.")
    return _for_this_platform([Requirement(text) for text in content["project"].get("dependencies", [])])


def _for_this_platform(requirements: list[Requirement]) -> list[Requirement]:
    return [item for item in requirements if item.marker is None or item.marker.evaluate()]


def _as_requirements(requirements: Any) -> list[Requirement]:
    if isinstance(requirements, str):
        try:
            return [Requirement(requirements)]
        except InvalidRequirement:  # several in one text, as pip takes them
            return [Requirement(part) for part in requirements.split()]
    listed = requirements if isinstance(requirements, (list, tuple)) else [requirements]
    return [item if isinstance(item, Requirement) else Requirement(item) for item in listed]


def _installed(requirement: Requirement) -> bool:
    try:
        version = importlib.metadata.version(requirement.name)
        parts = importlib.metadata.requires(requirement.name) or []
    except importlib.metadata.PackageNotFoundError:
        return False
    if not requirement.specifier.contains(version, prereleases=True):
        return False
    for extra in requirement.extras:
        wanted = [item for item in map(Requirement, parts) if item.marker and "extra" in str(item.marker)]
        if not all(_installed(item) for item in wanted if item.marker.evaluate({"extra": extra})):
            return False
    return True


def pip_check(requirements: Any) -> bool:
    """Tell whether all requirements, with their extras, are installed in a fitting version."""
    return all(_installed(item) for item in _for_this_platform(_as_requirements(requirements)))


def pip_install(requirements: Any, **options: Any) -> None:
    """Record an installation; fails as pip does where a test set `failing_return_code`."""
    requests.append(Request("install", tuple(_as_list(requirements)), options))
    _complete(options.get("blocking", True), options.get("completedCallback"))


def pip_uninstall(requirements: Any, **options: Any) -> None:
    """Record the removal of packages."""
    requests.append(Request("uninstall", tuple(_as_list(requirements)), options))
    _complete(options.get("blocking", True), options.get("completedCallback"))


def _complete(blocking: bool, callback: Callable[[int], None] | None) -> None:
    if not blocking:
        if callback is not None:
            callback(failing_return_code)
    elif failing_return_code:
        raise subprocess.CalledProcessError(failing_return_code, "pip install")


def pip_ensure(
    requirements: Any,
    *,
    prompt_install: bool = True,
    requester: str | None = None,
    **options: Any,
) -> None:
    """Record the installation of what is missing, after the question that Slicer asks.

    Raises:
        RuntimeError: the user said no.
    """
    import slicer

    missing = [str(requirement) for requirement in _as_requirements(requirements) if not pip_check(requirement)]
    if not missing:
        return
    if prompt_install:
        text = f"{requester or 'This module'} needs: {', '.join(missing)}. Install now?"
        if not slicer.util.confirmOkCancelDisplay(text):
            raise RuntimeError("User declined package installation")
    pip_install(missing, requester=requester, **options)


def isPipInstallInProgress() -> bool:
    return False
