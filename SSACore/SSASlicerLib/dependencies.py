"""Is everything here that a segmentation needs, and if not, how does it come into Slicer's Python?

Nothing is imported or installed when this module is imported, and torch is never imported here:
the child process does that. What Slicer ships (numpy, SimpleITK ...) is never replaced.
"""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from types import ModuleType
from typing import Any

import ssaglioma
from ssaglioma.errors import DeviceError, SSAGliomaError
from ssaglioma.types import PathLike

TORCH_VERSION = ">=2.2"
REQUIREMENTS = Path(ssaglioma.__file__).parent / "requirements.txt"
_IMPORT_NAMES = {"Pillow": "PIL", "surface-distance": "surface_distance"}
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*(?:>=\s*([\d.]+))?\s*$")
_VERSION_LINE = re.compile(r"""^__version__\s*=\s*["']([^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Readiness:
    """What a segmentation still needs here.

    Attributes
    ----------
    missing : tuple of str
        Requirements for pip that are not met, such as 'safetensors>=0.4'.
    torch_problem : str
        Why PyTorch cannot be used, empty if it can.
    """

    missing: tuple[str, ...] = ()
    torch_problem: str = ""

    @property
    def ready(self) -> bool:
        """Tell whether nothing is missing."""
        return not self.missing and not self.torch_problem

    @property
    def message(self) -> str:
        """What is missing in one sentence, empty if nothing is."""
        names = [re.split("[<>=]", requirement)[0] for requirement in self.missing]
        parts = [f"{', '.join(names)} to be installed"] if names else []
        parts += [self.torch_problem] if self.torch_problem else []
        return f"Segmentation needs a set-up once: {'; '.join(parts)}." if parts else ""


def check(requirements_file: PathLike = REQUIREMENTS, *, torch: bool = True) -> Readiness:
    """Look for the packages without importing them.

    Parameters
    ----------
    requirements_file : path
        One requirement a line, with no more than a lowest version.
    torch : bool
        False for work that needs no PyTorch (comparing, reports).
    """
    missing = tuple(line for line in _requirements(requirements_file) if not _is_met(line))
    return Readiness(missing, _torch_problem() if torch else "")


def install(
    readiness: Readiness,
    *,
    requester: str = "SSAGliomaSeg",
    confirm: Callable[[str], bool] | None = None,
    torch: bool = True,
) -> None:
    """Install what is missing into Slicer's Python, after asking the user.

    Packages come through `slicer.packaging.pip_ensure` (Slicer >= 5.11), else `slicer.util.pip_install`;
    PyTorch through the extension of this name, which chooses the build that fits the computer.

    Parameters
    ----------
    readiness : Readiness
        What `check` found.
    confirm : callable, optional
        Asks the user a yes-or-no question, where Slicer does not ask by itself;
        `slicer.util.confirmOkCancelDisplay` by default.

    Raises
    ------
    DeviceError
        If the user declines, there is no network, or the extension PyTorch is missing.
    """
    torch_logic = _torch_logic() if readiness.torch_problem and torch else None
    if readiness.missing:
        _install_packages(list(readiness.missing), requester, confirm)
    if torch_logic is not None:
        _install_torch(torch_logic)
    importlib.invalidate_caches()
    left = check(torch=torch)
    if not left.ready:
        raise DeviceError(
            f"After the installation this is still so: {left.message}",
            remedy="Restart Slicer and try again; the log of the installation is in Slicer's Python console",
        )


def check_core_version(expected_folder: PathLike | None = None) -> None:
    """Raise if another copy of `ssaglioma` than the extension's is in use and its version is another one.

    Parameters
    ----------
    expected_folder : path, optional
        Folder that holds the extension's package `ssaglioma`; the one beside this library by default.

    Raises
    ------
    DeviceError
        With both versions, both places and the remedy.
    """
    expected = Path(__file__).resolve().parents[1] if expected_folder is None else Path(expected_folder).resolve()
    used = Path(ssaglioma.__file__).resolve().parents[1]
    own_file = expected / "ssaglioma" / "__init__.py"
    if used == expected:
        return
    match = _VERSION_LINE.search(own_file.read_text(encoding="utf-8")) if own_file.is_file() else None
    if match is None:
        raise DeviceError(
            f"The extension's core was not found in {str(expected)!r}; the copy in {str(used)!r} is in use",
            remedy="Install the extension SSAGlioma again",
        )
    if match[1] != ssaglioma.__version__:
        raise DeviceError(
            f"Another copy of ssaglioma is in use: version {ssaglioma.__version__!r} in {str(used)!r}",
            expected=f"the extension's own version {match[1]!r} in {str(expected)!r}",
            remedy="Remove the other copy with slicer.util.pip_uninstall('ssaglioma'), then restart Slicer",
        )


def _requirements(file: PathLike) -> list[str]:
    lines = (line.split("#")[0].strip() for line in Path(file).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def _is_met(requirement: str) -> bool:
    """Tell whether a requirement is met; a package without version data counts when it can be imported."""
    match = _REQUIREMENT.match(requirement)
    if match is None:
        raise SSAGliomaError(f"The requirement {requirement!r} is not understood", expected="'name' or 'name>=1.2'")
    name, lowest = match[1], match[2]
    if util.find_spec(_IMPORT_NAMES.get(name, name)) is None:
        return False
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return True
    return lowest is None or _numbers(found) >= _numbers(lowest)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a release without trailing zeros: 2.10.0rc1+cpu is (2, 10)."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _torch_problem() -> str:
    if util.find_spec("torch") is not None:
        return "" if _is_met(f"torch{TORCH_VERSION}") else f"a newer PyTorch ({TORCH_VERSION})"
    if util.find_spec("PyTorchUtils") is None:
        return "the extension PyTorch from the Extensions Manager, then a restart of Slicer"
    return "PyTorch to be installed"


def _torch_logic() -> Any:
    try:
        module = importlib.import_module("PyTorchUtils")
    except ImportError as error:
        raise DeviceError(
            "PyTorch is not installed, and the extension that installs it is missing",
            expected="the Slicer extension 'PyTorch'",
            remedy="Install 'PyTorch' in the Extensions Manager and restart Slicer",
        ) from error
    return module.PyTorchUtilsLogic()


def _install_torch(logic: Any) -> None:
    try:
        done = logic.installTorch(askConfirmation=True, torchVersionRequirement=TORCH_VERSION)
    except (subprocess.CalledProcessError, RuntimeError, OSError) as error:
        raise _not_installed("PyTorch", str(error)) from error
    if done is None:
        raise _not_installed("PyTorch", "declined, or no build fits this computer")


def _install_packages(missing: list[str], requester: str, confirm: Callable[[str], bool] | None) -> None:
    import slicer

    packaging = _slicer_packaging()
    names = ", ".join(missing)
    try:
        if packaging is not None:
            packaging.pip_ensure(missing, requester=requester)
            return
        question = f"{requester} needs these Python packages in Slicer: {names}. Install them now?"
        agreed = confirm(question) if confirm else slicer.util.confirmOkCancelDisplay(question)
        if agreed:
            slicer.util.pip_install(" ".join(missing))
    except (subprocess.CalledProcessError, RuntimeError, OSError) as error:
        raise _not_installed(names, str(error)) from error
    if not agreed:
        raise _not_installed(names, "declined")


def _slicer_packaging() -> ModuleType | None:
    """Return Slicer's module for pip packages if it can ask and install by itself."""
    try:
        module = importlib.import_module("slicer.packaging")
    except ImportError:
        return None
    return module if hasattr(module, "pip_ensure") else None


def _not_installed(names: str, reason: str) -> DeviceError:
    return DeviceError(
        f"{names} could not be installed ({reason.strip().rstrip('.')})",
        remedy="Check the network connection and try again, or install it in Slicer's Python console with "
        f"slicer.util.pip_install({names.replace(', ', ' ')!r})",
    )
