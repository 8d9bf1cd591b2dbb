"""The computer that a kit is for: what pip, and the markers of requirements, must know of it."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass

from ssaglioma.errors import SSAGliomaError

CURRENT = "current"
_LINUX_FLOORS = (*(f"manylinux_2_{minor}" for minor in range(28, 4, -1)), "manylinux2014", "manylinux2010", "linux")
"""Builds for glibc 2.28 or older: Debian 10, Ubuntu 20.04, RHEL 8 and newer."""
_LOWEST_PYTHON = (3, 10)


@dataclass(frozen=True)
class _System:
    tags: tuple[str, ...]
    sys_platform: str
    platform_system: str
    os_name: str
    machine: str


_SYSTEMS = {
    "linux": _System(tuple(f"{floor}_x86_64" for floor in _LINUX_FLOORS), "linux", "Linux", "posix", "x86_64"),
    "linux-arm": _System(tuple(f"{floor}_aarch64" for floor in _LINUX_FLOORS), "linux", "Linux", "posix", "aarch64"),
    "windows": _System(("win_amd64",), "win32", "Windows", "nt", "AMD64"),
    "macos-arm": _System(("macosx_12_0_arm64",), "darwin", "Darwin", "posix", "arm64"),
    "macos-intel": _System(("macosx_12_0_x86_64",), "darwin", "Darwin", "posix", "x86_64"),
}
PLATFORMS = (*_SYSTEMS, CURRENT)


@dataclass(frozen=True)
class KitTarget:
    """A platform and a version of Python.

    Attributes
    ----------
    platform : str
        'linux' (x86-64), 'linux-arm', 'windows', 'macos-arm' or 'macos-intel'.
    python : str
        Such as '3.12'.
    """

    platform: str
    python: str

    def __post_init__(self) -> None:
        if self.platform not in _SYSTEMS:
            raise SSAGliomaError(f"The platform {self.platform!r} is not known", expected=f"one of {sorted(_SYSTEMS)}")
        if not re.fullmatch(r"3\.\d+", self.python) or self.version < _LOWEST_PYTHON:
            raise SSAGliomaError(
                f"The Python version {self.python!r} cannot be used",
                expected="3.10 or newer, as two numbers; 3.12 fits Slicer 5.10 and newer",
            )

    @classmethod
    def of(cls, name: str, python: str | None) -> KitTarget:
        """Return the target by name; 'current' is this computer, and no version this Python's.

        Raises
        ------
        SSAGliomaError
            If this computer is of a kind that no kit is made for, or the version makes no sense.
        """
        version = python or f"{sys.version_info.major}.{sys.version_info.minor}"
        return cls(this_platform() if name == CURRENT else name, version)

    @property
    def version(self) -> tuple[int, int]:
        """The version as numbers."""
        major, minor = self.python.split(".")
        return int(major), int(minor)

    @property
    def pip_options(self) -> list[str]:
        """Options of `pip download`."""
        tags = [word for tag in _SYSTEMS[self.platform].tags for word in ("--platform", tag)]
        return [*tags, "--python-version", self.python, "--implementation", "cp"]

    @property
    def markers(self) -> dict[str, str]:
        """Values of the environment markers of requirements (PEP 508) there; pip takes those of this computer."""
        system = _SYSTEMS[self.platform]
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": system.os_name,
            "platform_machine": system.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": system.platform_system,
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": system.sys_platform,
            "extra": "",
        }


def this_platform() -> str:
    """Return the name of this computer's platform.

    Raises
    ------
    SSAGliomaError
        If no kit is made for it.
    """
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    for name, system in _SYSTEMS.items():
        known = {"amd64": "x86_64", "arm64": "aarch64"}.get(system.machine.lower(), system.machine.lower())
        if system.sys_platform == sys.platform and known == machine:
            return name
    raise SSAGliomaError(
        f"This computer ({sys.platform!r}, {platform.machine()!r}) is of a kind that no kit is made for",
        expected=f"one of {sorted(_SYSTEMS)}",
        remedy="Name the other computer's platform with --platform",
    )
