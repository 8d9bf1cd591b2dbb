"""The picture of one slice: quick methods at once, the others by a child process; strength is mixed in last."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.background import ensurePackages
from SSAStyleTransferLib.content import SlicePiece
from SSAStyleTransferLib.methods import SCANNER
from SSAStyleTransferLib.picture_service import PictureService

if TYPE_CHECKING:
    import numpy as np

_KEPT_PICTURES, _KEPT_STYLIZERS = 24, 8
_REST_SECONDS = 0.4
_RATE_OVER = 10


@dataclass(frozen=True)
class PictureState:
    """What became of an update.

    Attributes
    ----------
    state : str
        'ready', 'waiting' (a child computes it) or 'failed'.
    message : str
    seconds : float
        That it took here.
    """

    state: str
    message: str = ""
    seconds: float = 0.0

    @property
    def ready(self) -> bool:
        """Whether the picture is the one that was asked for."""
        return self.state == "ready"


@dataclass(frozen=True, eq=False)
class ShownPicture:
    """The slice that is shown, and what became of it.

    Attributes
    ----------
    piece : SlicePiece
        Before.
    array : ndarray of float32, shape (Y, X)
        After, strength mixed in.
    key : tuple
        Differs when anything differs that the picture depends on.
    """

    piece: SlicePiece
    array: np.ndarray
    key: tuple


class PictureLogic:
    """Live pictures; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._full: OrderedDict = OrderedDict()
        self._stylizers: OrderedDict = OrderedDict()
        self._failures: dict = {}
        self._service = PictureService()
        self._slices: tuple | None = None
        self._wanted: tuple | None = None
        self._wantedAt = 0.0
        self._shown: ShownPicture | None = None
        self._times: list[float] = []

    @property
    def shownPicture(self) -> ShownPicture | None:
        """The picture that is shown now, None before the first or while another one is computed."""
        return self._shown

    def updatePicture(self, parameters) -> PictureState:
        """Compute the picture of the slice that is shown and put it into the views.

        Raises
        ------
        SSAGliomaError
            If content, style and method do not go together.
        """
        from ssaglioma.errors import DatasetError

        began = time.perf_counter()
        if problem := self.contentProblem(parameters) or self.styleProblem(parameters):
            raise DatasetError(problem)
        piece = self.contentSlice(parameters)
        self._service.keepOnly(parameters.method)
        key = self.pictureKey(parameters, piece)
        full = self.fullPicture(parameters, piece, key)
        if full is None:
            self._shown = None
            if key in self._failures:
                self.showPictures(parameters, piece, piece.array, _("No result: the original is shown"))
                return PictureState("failed", self._failures[key])
            self.showPictures(parameters, piece, piece.array, _("Computing: the original is shown"))
            self._want(key)
            return PictureState("waiting", _("Computing in the background"))
        if self._wanted is not None:  # an older one: nobody waits for it any more
            self._wanted = None
            self._service.forget()
        picture = mixed(piece.array, full, parameters.strength)
        self._shown = ShownPicture(piece, picture, (*key, parameters.strength))
        self.showPictures(parameters, piece, picture)
        self._times = [*self._times, time.perf_counter()][-_RATE_OVER:]
        return PictureState("ready", "", time.perf_counter() - began)

    def pictureSignature(self, parameters) -> tuple:
        """Return what differs when views, chart or the guard's verdict would show something else."""
        if problem := self.contentProblem(parameters) or self.styleProblem(parameters):
            return ("problem", problem)
        key = self.pictureKey(parameters, self.contentSlice(parameters))
        seen = (parameters.strength, parameters.view, parameters.wipePosition, parameters.force, parameters.region)
        return (*key, *seen, self.labelsStamp(parameters))

    @property
    def pictureWanted(self) -> bool:
        """Whether a picture waits for its child process."""
        return self._wanted is not None

    def backgroundFraction(self) -> float:
        """Return how far the background work is, 0..1; that on a volume counts before that on a slice."""
        for chain in (self._applyChain, self._lookChain):
            if chain is not None:
                return chain.fraction
        return self._service.fraction

    def updateRate(self) -> float:
        """Return the pictures a second over the last ten; 0 before the second one, or after a rest of a second."""
        gaps = [later - earlier for earlier, later in zip(self._times, self._times[1:])]
        recent = [gap for gap in gaps if gap < 1.0]
        return len(recent) / sum(recent) if recent else 0.0

    def pictureKey(self, parameters, piece: SlicePiece) -> tuple:
        """Return what differs when the picture of full strength differs."""
        method = self.methodEntry(parameters)
        if method.method == SCANNER:
            return (piece.key, SCANNER, self.scanParameters(parameters, missing=False).digest, parameters.seed)
        style = self.styleKey(parameters, piece.sequence)
        drawn = (parameters.seed, parameters.epsilonSteps) if method.hasStyleSpace else ()
        return (piece.key, piece.sequence, method.key, style, drawn)

    def fullPicture(self, parameters, piece: SlicePiece, key: tuple | None = None) -> np.ndarray | None:
        """Return a slice (Y, X) at full strength; None where a child must compute it first."""
        key = self.pictureKey(parameters, piece) if key is None else key
        if key in self._full:
            self._full.move_to_end(key)
            return self._full[key]
        method = self.methodEntry(parameters)
        if not method.quick:
            return None
        if not piece.array.any():
            return piece.array  # a slice without anything in it has no style
        made = self._scanned(parameters, piece) if method.method == SCANNER else self._quick(parameters, piece, method)
        return self._keep(key, made)

    @property
    def busy(self) -> bool:
        """Whether a child computes something."""
        return self._service.asked is not None or self.looking or self.applying

    @property
    def pictureProcess(self) -> int | None:
        """Process id of the child that computes pictures of learned methods and waits for the next one, or None."""
        return self._service.pid

    def busyText(self) -> str:
        """Return what is computed, in a word."""
        if self.applying:
            return _("Applying to the volume")
        return _("The model is looking") if self.looking else _("Computing the picture in the background")

    def pollPicture(self, parameters) -> PictureState | None:
        """Start, follow and finish the child that computes the picture; None while nothing new is there.

        Raises
        ------
        SSAGliomaError
            If the child cannot be started, or its result cannot be read.
        """
        if self._wanted is None:
            self._service.poll()  # a child that ended by itself is let go of
            return None
        rested = time.monotonic() - self._wantedAt >= _REST_SECONDS
        try:
            if rested and self._service.asked != self._wanted:
                self._askForPicture(parameters)
            answer = self._service.poll()
            if answer is None or answer.key != self._wanted:
                return None
            self._wanted = None
            if answer.values is None:
                self._failures[answer.key] = answer.message
            else:
                self._keep(answer.key, self.readPicture(answer))
        except BaseException:
            self.stopPicture()
            raise
        return self.updatePicture(parameters)

    def stopPicture(self) -> None:
        """End the child that computes pictures, drop the wish for one, and let go of the scanned volume."""
        self._service.close()
        self._wanted = self._slices = None

    def retryPicture(self) -> None:
        """Forget which pictures failed, so that they are tried again."""
        self._failures.clear()

    def _want(self, key: tuple) -> None:
        if self._wanted != key:
            self._wanted, self._wantedAt = key, time.monotonic()

    def _askForPicture(self, parameters) -> None:
        piece = self.contentSlice(parameters)
        key = self.pictureKey(parameters, piece)
        if key != self._wanted:
            self._want(key)
            return
        ensurePackages(torch=True)
        self._service.ask(
            key,
            self.methodEntry(parameters).key,
            lambda folder, number: self.pictureRequest(parameters, piece, folder, number),
        )

    def _keep(self, key: tuple, full: np.ndarray) -> np.ndarray:
        self._full[key] = full
        while len(self._full) > _KEPT_PICTURES:
            self._full.popitem(last=False)
        return full

    def _quick(self, parameters, piece: SlicePiece, method) -> np.ndarray:
        from ssaglioma.style import create_stylizer

        key = (method.key, self.styleKey(parameters, piece.sequence))
        if key not in self._stylizers:
            stylizer = create_stylizer(method.method)
            style = self.styleVolume(parameters, piece.sequence)
            self._stylizers[key] = stylizer.fit([], [style])
            while len(self._stylizers) > _KEPT_STYLIZERS:
                self._stylizers.popitem(last=False)
        return self._stylizers[key].stylize(piece.array)

    def _scanned(self, parameters, piece: SlicePiece) -> np.ndarray:
        """Return a slice exactly as the scanner would show it in the whole volume."""
        from ssaglioma.labels import Sequence
        from ssaglioma.synthesis.scanner import SliceScanner

        node, sequence = piece.key[:2], piece.sequence or Sequence.T2F
        volume = self.imageVolume(slicer.mrmlScene.GetNodeByID(node[0]))
        if self._slices is None or self._slices[0] != (node, sequence):
            self._slices = ((node, sequence), SliceScanner(volume, sequence))
        scan = self.scanOf(parameters, volume, piece.axis, missing=False)
        return self._slices[1].slice(scan, piece.index)


def mixed(before: np.ndarray, after: np.ndarray, strength: float) -> np.ndarray:
    """Return before + strength * (after - before), as `Stylizer.stylize` mixes; exact at 0 and 1."""
    import numpy as np

    if strength in (0, 1):
        return (after if strength else before).copy()
    return before + np.float32(strength) * (after - before)
