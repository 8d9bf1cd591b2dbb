"""The wheels of a kit: fetched by pip for another computer, then checked and completed by their metadata."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ssaglioma.cli.kit_closure import Closure, close, read_wheels
from ssaglioma.cli.kit_target import KitTarget
from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.types import ProgressCallback

_ROUNDS = 20
_LINES_TOLD = 4
_FULL = re.compile(r"No space left on device|Errno 28\]|WinError 112", re.IGNORECASE)
_UNREACHED = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|name resolution|ProxyError|SSLError"
    r"|Connection refused|There was a problem confirming the ssl",
    re.IGNORECASE,
)
_NO_WHEEL = re.compile(r"No matching distribution found for (\S+)")
_CONFLICT = re.compile(r"ResolutionImpossible|conflicting dependencies")
_STEP = re.compile(r"^\s*(Collecting|Downloading|Processing)\s+(\S+)")


@dataclass(frozen=True)
class WheelSources:
    """Where pip looks for wheels, besides its own configuration.

    Attributes
    ----------
    find_links : tuple of str
        Folders or addresses with wheels.
    index : str or None
        Address of a package index that takes the place of pip's own.
    extra_index : str or None
        One that is asked besides.
    no_index : bool
        Ask no index at all.
    """

    find_links: tuple[str, ...] = ()
    index: str | None = None
    extra_index: str | None = None
    no_index: bool = False

    @property
    def pip_options(self) -> list[str]:
        """Options of pip."""
        words = [word for place in self.find_links for word in ("--find-links", place)]
        if self.no_index:
            return [*words, "--no-index"]
        index = ["--index-url", self.index] if self.index else []
        extra = ["--extra-index-url", self.extra_index] if self.extra_index else []
        return [*words, *index, *extra]


def fetch_wheels(
    folder: Path, wanted: Sequence[str], target: KitTarget, sources: WheelSources, progress: ProgressCallback
) -> Closure:
    """Bring the wheels of all requirements into a folder; wheels that are there already are not fetched again.

    Wheels that nothing needs on the target are removed from the folder.

    Raises
    ------
    DatasetError
        If there is no wheel of something for the target, or versions contradict each other.
    SSAGliomaError
        If the disk is full or no index is reached; what was fetched stays for the next try.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked: set[str] = set()
    lacking = list(wanted)
    for _ in range(_ROUNDS):
        asked.update(lacking)
        _download(folder, lacking, target, sources, progress)
        closure = close(read_wheels(folder), wanted, target.markers)
        lacking = [need for need in closure.missing_requirements if need not in asked]
        if not lacking:
            break
    if closure.missing:
        raise DatasetError(
            f"The wheels contradict each other; missing for {target.platform}, Python {target.python}: "
            + ", ".join(closure.missing),
            remedy="Give a folder with fitting wheels (--find-links), or another --python",
        )
    used = {wheel.path for wheel in closure.used}
    for path in folder.glob("*.whl"):
        if path not in used:
            path.unlink()
    return closure


def _download(
    folder: Path, wanted: Sequence[str], target: KitTarget, sources: WheelSources, progress: ProgressCallback
) -> None:
    aside = folder.parent / "pip"
    aside.mkdir(exist_ok=True)
    constraints = aside / "constraints.txt"
    at_hand = [f"{wheel.name}=={wheel.version}\n" for wheel in read_wheels(folder).values()]
    constraints.write_text("".join(at_hand), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
    options = ["--only-binary", ":all:", "--dest", str(folder), "--find-links", str(folder)]
    limits = ["--constraint", str(constraints), *target.pip_options, *sources.pip_options]
    environment = {**os.environ, "TMPDIR": str(aside), "TEMP": str(aside), "TMP": str(aside), "PYTHONUTF8": "1"}
    lines: list[str] = []
    with subprocess.Popen(
        [*command, *options, *limits, *wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as process:
        try:
            assert process.stdout is not None  # it is a pipe
            for line in process.stdout:
                lines.append(line.rstrip())
                step = _STEP.match(line)
                if step:
                    progress(1 - 0.97 ** len(lines), f"Wheels: {step[2]}")
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise _explained("\n".join(lines), target)


def _explained(said: str, target: KitTarget) -> SSAGliomaError:
    """What pip's words mean for the user."""
    absent = _NO_WHEEL.search(said)
    problem: SSAGliomaError
    if _FULL.search(said):
        problem = SSAGliomaError(
            "The disk is full", remedy="Free some space and run the same command again: it goes on where it stopped"
        )
        problem.exit_code = 3
    elif _UNREACHED.search(said):
        problem = SSAGliomaError(
            "The package index cannot be reached",
            expected="a connection to the internet, or wheels at hand",
            remedy="Check the connection and run the same command again: it goes on where it stopped; "
            "or name a folder with wheels (--find-links DIR --no-index)",
        )
        problem.exit_code = 3
    elif absent:
        problem = DatasetError(
            f"There is no wheel of {absent[1]!r} for {target.platform} with Python {target.python}",
            remedy="Choose another --python, or name a folder that has it (--find-links DIR)",
        )
    else:
        what = "Requirements contradict each other" if _CONFLICT.search(said) else "pip could not fetch the wheels"
        told = "; ".join(line for line in said.splitlines()[-_LINES_TOLD:] if line.strip())
        problem = DatasetError(f"{what}: {told}", remedy="Choose another --python, or other wheels (--find-links)")
    return problem
