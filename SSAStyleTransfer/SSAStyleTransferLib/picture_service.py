"""Pictures of learned methods by one child process that stays: PyTorch and weights are loaded for the first alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from SSAStyleTransferLib.background import newFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = "picture"
"""What the names of a request's own files begin with."""
IDLE_MINUTES = 5.0
"""The child ends when no picture was asked for so long: it holds some hundred megabytes."""


@dataclass(frozen=True)
class Answer:
    """What became of a picture.

    Attributes
    ----------
    key : tuple
        Of the picture that was asked for.
    values : mapping or None
        What the child told of its result; None where it failed.
    message : str
        Why it failed.
    """

    key: tuple
    values: Mapping | None
    message: str = ""


class PictureService:
    """Starts the child when the first picture is asked for, and ends it when it is asked of another package."""

    def __init__(self) -> None:
        self._child = None
        self._method = ""
        self._folder: Path | None = None
        self._asked: tuple | None = None
        self._count = 0

    @property
    def pid(self) -> int | None:
        """Process id of the child that lives, or None."""
        return self._child.pid if self._child is not None and self._child.alive else None

    @property
    def asked(self) -> tuple | None:
        """Key of the picture that the child computes, or None."""
        return self._asked

    @property
    def fraction(self) -> float:
        """How far the picture is, 0..1."""
        return self._child.progress.fraction if self._child is not None and self._asked is not None else 0.0

    def ask(self, key: tuple, method: str, write: Callable[[Path, int], tuple[list[str], bool]]) -> None:
        """Ask for a picture; an earlier one is forgotten. A child that ended is started anew.

        Parameters
        ----------
        method : str
            Key of the method's package; another one than before ends the child.
        write : callable (folder, number) -> (words, examine)
            Writes the files of the request, and returns it.

        Raises
        ------
        SSAGliomaError
            If the child cannot be started, or the disk is full.
        """
        from SSASlicerLib import serving

        self.keepOnly(method)
        if self.pid is None:
            self.close()
            self._folder = newFolder()
            try:
                self._child, self._method = serving.ServingChild(serving.command_line(IDLE_MINUTES)), method
            except BaseException:
                self.close()
                raise
        self._clear()
        self._count += 1
        words, examine = write(self._folder, self._count)
        self._child.ask(words, examine=examine)
        self._asked = key

    def poll(self) -> Answer | None:
        """Return what became of the picture that was asked for last, once it is known; never blocks.

        A child that ended with a picture open is told in words; the next picture starts another one.
        """
        from SSASlicerLib import child_events

        if self._child is None:
            return None
        found = self._child.poll()
        if found is None or self._asked is None:
            return None
        key, self._asked = self._asked, None
        if isinstance(found, child_events.Failure):
            return Answer(key, None, str(found))
        return Answer(key, found.values)

    def forget(self) -> None:
        """Take the picture back that was asked for last; the child stays."""
        if self._child is not None and self._asked is not None:
            self._child.forget()
        self._asked = None

    def keepOnly(self, method: str) -> None:
        """End the child unless it is that of this method."""
        if self._method != method:
            self.close()

    def close(self) -> None:
        """End the child with all that it started, and delete its files."""
        if self._child is not None:
            self._child.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._child, self._folder, self._asked, self._method = None, None, None, ""

    def _clear(self) -> None:
        """Delete the files of earlier pictures; styles stay, for the child knows them."""
        for path in self._folder.glob(f"{PICTURE}*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):  # the child may still read it
                    path.unlink()
