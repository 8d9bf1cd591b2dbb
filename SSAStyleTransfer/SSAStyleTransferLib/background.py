"""Work in child processes, one after the other: stylise, then segment, then segment again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import slicer
from slicer.i18n import tr as _


@dataclass(frozen=True)
class Step:
    """One child process of a chain.

    Attributes
    ----------
    title : str
        For the progress line.
    arguments : callable () -> list of str
        Makes the command's files and arguments when its turn comes.
    take : callable (values) -> None
        Gets what the command gave.
    """

    title: str
    arguments: Callable[[], list[str]]
    take: Callable[[Mapping], None]


@dataclass(frozen=True)
class ChainStatus:
    """How far a chain is: state 'running', 'done', 'failed' or 'cancelled', a fraction, a message."""

    state: str
    fraction: float = 0.0
    message: str = ""

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return self.state == "running"


class Chain:
    """Runs steps one after the other; the caller polls. Its folder goes with it.

    Parameters
    ----------
    steps : list of Step
    folder : Path
        From `newFolder`; deleted at the end.
    """

    def __init__(self, steps: list[Step], folder: Path) -> None:
        self.folder = folder
        self._steps, self._done, self._run, self._end = list(steps), 0, None, None
        try:
            self._next()
        except BaseException:
            self._close()
            raise

    def poll(self) -> ChainStatus:
        """Go on where a step has ended, and tell how far the chain is; errors of taking a result are raised.

        Raises
        ------
        SSAGliomaError
            If a result cannot be read, or the next step cannot be prepared.
        """
        from SSASlicerLib import child_events

        if self._end is not None or self._run is None:
            return self._end or ChainStatus("cancelled")
        self._run.poll()
        end = self._run.end
        if end is None:
            return ChainStatus("running", self.fraction, self._steps[self._done].title)
        if isinstance(end, child_events.Cancelled):
            return self._finish(ChainStatus("cancelled", 0.0, _("Cancelled. Nothing was changed.")))
        if isinstance(end, child_events.Failure):
            return self._finish(ChainStatus("failed", 0.0, str(end)))
        try:
            self._steps[self._done].take(end.values)
            self._done += 1
            if self._done == len(self._steps):
                return self._finish(ChainStatus("done", 1.0))
            self._next()
        except BaseException:
            self._close()
            raise
        return ChainStatus("running", self._done / len(self._steps), self._steps[self._done].title)

    @property
    def fraction(self) -> float:
        """How far the chain is, 0..1."""
        running = self._run.progress.fraction if self._run is not None and self._end is None else 0.0
        return min(1.0, (self._done + running) / len(self._steps))

    def cancel(self) -> None:
        """End the child's process tree and delete the files."""
        if self._end is None:
            self._close()

    def _next(self) -> None:
        from SSASlicerLib import processes

        self._run = processes.BackgroundRun(processes.command_line(self._steps[self._done].arguments()))

    def _finish(self, status: ChainStatus) -> ChainStatus:
        self._end = status
        shutil.rmtree(self.folder, ignore_errors=True)
        return status

    def _close(self) -> None:
        if self._run is not None:
            self._run.close()
        self._finish(ChainStatus("cancelled", 0.0, _("Cancelled. Nothing was changed.")))


def newFolder() -> Path:
    """Make a folder for the files of one chain.

    Raises
    ------
    SSAGliomaError
        If the disk is full or cannot be written.
    """
    from ssaglioma.errors import SSAGliomaError

    try:
        return Path(tempfile.mkdtemp(prefix="ssaglioma-style-", dir=slicer.app.temporaryPath))
    except OSError as error:
        raise SSAGliomaError(
            f"No folder can be made in {slicer.app.temporaryPath!r} ({error.strerror or error})",
            remedy=_("Free some space, or choose another temporary folder in Slicer's settings"),
        ) from error


def ensurePackages(torch: bool) -> None:
    """Install what is missing, after asking the user; `torch` False for what needs no network.

    Raises
    ------
    DeviceError
        If something is missing and cannot be installed.
    """
    from SSASlicerLib import dependencies

    readiness = dependencies.check(torch=torch)
    if not readiness.ready:
        dependencies.install(readiness, torch=torch)
