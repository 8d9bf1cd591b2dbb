"""Synthetic cases made while a network trains on them: a window of numbered cases that moves on at every epoch."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Sequence as Seq
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, Sequence, to_scheme
from ssaglioma.preprocessing import prepare_case
from ssaglioma.synthesis.case import DrawOptions
from ssaglioma.synthesis.requests import CaseRequest, make_requested
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.stretching import WantedSpacing, stretched

_IMAGE, _LABELS, _UNFINISHED = "image.npy", "labels.npy", ".unfinished-"


@dataclass(frozen=True)
class FreshCasesConfig:
    """What cases are made.

    Attributes
    ----------
    anatomies : tuple of Path
        From `find_anatomies`; taken in turn.
    window : int
        Cases at hand in one epoch.
    step : int
        New cases in every epoch; as many old ones go.
    seed : int
    options : DrawOptions
    scanners : tuple of str or None
        Presets taken in turn; None passes no scanner.
    jobs : int
        Processes that make cases.
    """

    anatomies: tuple[Path, ...]
    window: int = 24
    step: int = 4
    seed: int = 0
    options: DrawOptions = field(default_factory=DrawOptions)
    scanners: tuple[str | None, ...] = (None,)
    jobs: int = 1

    def __post_init__(self) -> None:
        if not self.anatomies or not self.scanners:
            raise DatasetError("Fresh cases have no anatomy", expected="one or more")
        if self.window < 1 or not 0 <= self.step <= self.window or self.jobs < 1:
            raise DatasetError(
                f"Fresh cases: window {self.window}, step {self.step}, jobs {self.jobs}",
                expected="a window and jobs of 1 or more, a step from 0 to the window",
            )
        if self.options.variant == "post_operative":
            raise DatasetError(
                "Fresh cases cannot be post-operative", expected="labels NCR, ED, ET; a cavity is none of them"
            )

    def request(self, number: int) -> CaseRequest:
        """Return what decides the case of a number."""
        return CaseRequest(
            self.anatomies[number % len(self.anatomies)],
            self.seed,
            number,
            self.options,
            self.scanners[number % len(self.scanners)],
        )


class FreshCases:
    """Cases of an epoch on demand; those of the next epoch are made meanwhile in other processes.

    Epoch e holds the cases e * step ... e * step + window - 1, so that a resumed run sees the same ones. Close it
    (or use it in `with`) to end the processes.

    Parameters
    ----------
    config : FreshCasesConfig
    folder : Path
        Receives the normalised cases of the window, about 40 MiB each; old ones are removed.
    channels : sequence of Sequence
        Channels of the network; a sequence that a scanner left out becomes zeros.
    spacing_zyx_mm : tuple of float or None
        Voxel size of the network; None keeps 1 mm.
    """

    def __init__(
        self,
        config: FreshCasesConfig,
        folder: Path,
        channels: Seq[Sequence],
        spacing_zyx_mm: WantedSpacing | None = None,
    ) -> None:
        self.config, self.folder, self.channels = config, Path(folder), tuple(channels)
        self.spacing_zyx_mm = spacing_zyx_mm
        self._running: dict[int, Future[Path]] = {}
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> FreshCases:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; a case that is half made leaves nothing."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        self._running.clear()
        for half in self.folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(half, ignore_errors=True)

    def cases(self, epoch: int) -> list[TrainingCase]:
        """Return the cases of an epoch, waiting for those not yet made.

        Raises
        ------
        DatasetError
            If a case cannot be made.
        """
        numbers = self._numbers(epoch)
        for number in numbers:
            self._order(number)
        loaded = [self._load(number) for number in numbers]
        for number in self._numbers(epoch + 1):
            self._order(number)
        for old in self.folder.glob("fresh-*"):
            if old.is_dir() and not any(old.name == self._name(n) for n in (*numbers, *self._numbers(epoch + 1))):
                shutil.rmtree(old, ignore_errors=True)
        return loaded

    def _numbers(self, epoch: int) -> range:
        first = epoch * self.config.step
        return range(first, first + self.config.window)

    def _name(self, number: int) -> str:
        edges = "" if self.spacing_zyx_mm is None else "-" + "x".join(str(edge) for edge in self.spacing_zyx_mm)
        return f"fresh-{self.config.request(number).digest}{edges}"

    def _order(self, number: int) -> None:
        if number in self._running or (self.folder / self._name(number)).is_dir():
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.config.jobs, mp_context=multiprocessing.get_context("spawn"))
        target = self.folder / self._name(number)
        self._running[number] = self._pool.submit(
            make_training_case, self.config.request(number), target, self.channels, self.spacing_zyx_mm
        )

    def _load(self, number: int) -> TrainingCase:
        future = self._running.pop(number, None)
        target = self.folder / self._name(number) if future is None else future.result()
        image = np.load(target / _IMAGE, mmap_mode="r")
        labels = np.load(target / _LABELS)
        edge = None if self.spacing_zyx_mm is None else self.spacing_zyx_mm[0]
        return TrainingCase(f"synthetic-{number}", image, labels, edge or 1.0)


def make_training_case(
    request: CaseRequest, target: Path, channels: Seq[Sequence], spacing_zyx_mm: WantedSpacing | None = None
) -> Path:
    """Make a synthetic case, normalise it, and write it to a folder that appears only when it is whole."""
    made = make_requested(request)
    prepared = prepare_case({name: volume.array for name, volume in made.images.items()}, channels)
    labels = to_scheme(made.labels.array[prepared.box], GLIOMA, source=target.name).astype(np.uint8)
    labels[~prepared.mask & (labels == 0)] = OUTSIDE
    image = prepared.image
    if spacing_zyx_mm is not None:
        image, labels = stretched(image, labels, (1.0, 1.0, 1.0), spacing_zyx_mm)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        np.save(aside / _IMAGE, image.astype(np.float16))
        np.save(aside / _LABELS, labels)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target
