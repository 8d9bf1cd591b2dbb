"""A whole case: native volumes in, labelmap on a native grid out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from ssaglioma.errors import SequenceError
from ssaglioma.evaluation.calibration import with_temperature
from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.packages import ModelPackage
from ssaglioma.preprocessing import PreparedCase, prepare_case
from ssaglioma.types import ProgressCallback, Spacing, no_progress
from ssaglioma.volume import Volume, check_same_grid, from_canonical, resample_to, to_canonical

_GRID_ORDER = (Sequence.T1C, Sequence.T2F)
_FULL_FIELD_SHARE = 0.8
_KIB_PER_GIB = 1 << 20
PREPARED_SHARE, PREDICTED_SHARE = 0.05, 0.95
"""Of the progress that `segment_case` tells: where the images are ready for the network, where it is done."""


class PackagePredictor(Protocol):
    """A `Predictor` that runs a model package and reports progress."""

    package: ModelPackage

    def predict(self, array: np.ndarray, spacing_zyx_mm: Spacing, progress: ProgressCallback = ...) -> np.ndarray:
        """See `types.Predictor`."""
        ...


@dataclass(frozen=True, eq=False)
class SegmentationResult:
    """What a segmentation gives back.

    Attributes
    ----------
    labelmap : Volume
        Labels on the grid of the reference sequence, uint8.
    probabilities : mapping of str to Volume
        Calibrated probability (0..1, float32) of each region on the same grid.
    timings : mapping of str to float
        Seconds of each stage.
    peak_memory_gib : float or None
        Largest memory of this process so far; None where the system does not tell.
    warnings : tuple of str
        What the user should know before trusting the result.
    """

    labelmap: Volume
    probabilities: Mapping[str, Volume]
    timings: Mapping[str, float]
    peak_memory_gib: float | None
    warnings: tuple[str, ...] = field(default=())


def segment_case(
    volumes: Mapping[Sequence, Volume],
    predictor: PackagePredictor,
    *,
    grid: Sequence | None = None,
    resample: bool = False,
    calibrate: bool = True,
    keep_probabilities: bool = True,
    preview: Callable[[Volume], None] | None = None,
    progress: ProgressCallback = no_progress,
) -> SegmentationResult:
    """Segment one case.

    Parameters
    ----------
    volumes : mapping of Sequence to Volume
        Skull-stripped, aligned images, background 0, any orientation.
    predictor : PackagePredictor
        A loaded model, e.g. of `inference.engine_choice.load_engine`.
    grid : Sequence, optional
        Sequence whose grid the result lies on; T1Gd by default, FLAIR without it.
    resample : bool
        Bring images that lie on other grids onto the result's grid by their headers
        (linear). Without it other grids are an error, because unequal grids usually mean
        images that were never aligned.
    calibrate : bool
        Give the probabilities the card's temperatures. The labels are made before, so they never change.
    keep_probabilities : bool
        False gives labels alone, where memory is short.
    preview : callable, optional
        Given a coarser labelmap on the same grid after the first look of an engine that takes two.

    Raises
    ------
    SequenceError
        If a sequence that the model needs is missing.
    GeometryError
        If the grids differ and `resample` is false.
    DatasetError
        If the images are empty.
    """
    card = predictor.package.card
    timings: dict[str, float] = {}
    clock = _Clock(timings)
    given = {name: volumes[name] for name in card.sequences if name in volumes}
    warnings = _check_sequences(given, predictor.package)
    anchor = _grid_sequence(given, grid)
    progress(0.02, "Preparing")
    canonical = _on_one_grid({name: to_canonical(volume) for name, volume in given.items()}, anchor, resample)
    arrays = {name: volume.array for name, volume in canonical.items()}
    prepared = prepare_case(arrays, card.sequences, whole_box=() if card.plan is None else card.plan.whole_box_channels)
    warnings += _skull_warning(prepared)
    clock.lap("prepare")
    home = canonical[anchor]
    native = given[anchor]
    scheme = label_scheme(card.labels)
    smallest = card.smallest_voxels(home.spacing_zyx_mm)

    def labels_of(boxed: np.ndarray) -> Volume:
        painted = prepared.uncrop(regions_to_labels(boxed, card.regions, scheme, smallest))
        return from_canonical(painted, home, native)

    shown = {} if preview is None else {"preview": lambda first: preview(labels_of(first * prepared.mask))}
    span = PREDICTED_SHARE - PREPARED_SHARE
    boxed = predictor.predict(
        prepared.image, home.spacing_zyx_mm, lambda done, text: progress(PREPARED_SHARE + span * done, text), **shown
    )
    if card.plan is None:  # nnU-Net asks for nothing outside the brain either, but does not clear it
        boxed = boxed * prepared.mask
    warnings += getattr(predictor, "notes", ())
    clock.lap("predict")
    labelmap = labels_of(boxed)
    temperatures = card.temperatures if calibrate else {}
    probabilities = {
        region: from_canonical(
            prepared.uncrop(with_temperature(boxed[index], temperatures.get(region, 1.0))), home, native
        )
        for index, region in enumerate(card.regions)
        if keep_probabilities
    }
    if not labelmap.array.any():
        warnings.append("No tumour was found.")
    clock.lap("restore")
    progress(1.0, "Done")
    return SegmentationResult(labelmap, probabilities, timings, peak_memory_gib(), tuple(warnings))


def peak_memory_gib() -> float | None:
    """Return the largest resident memory of this process so far in GiB, or None on systems that do not tell.

    Linux's getrusage also counts what the parent held when it started this process, so its own record is read there.
    """
    if sys.platform == "win32":
        return None
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / _KIB_PER_GIB
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _KIB_PER_GIB / (1024 if sys.platform == "darwin" else 1)


def _on_one_grid(canonical: Mapping[Sequence, Volume], anchor: Sequence, resample: bool) -> dict[Sequence, Volume]:
    """Return canonical images on the grid of one of them; other orders of the same axes are no other grid."""
    if not resample:
        check_same_grid({name.display_name: volume for name, volume in canonical.items()})
        return dict(canonical)
    grid = canonical[anchor]
    return {
        name: volume if volume.same_grid(grid) else resample_to(volume, grid, order=1)
        for name, volume in canonical.items()
    }


def _check_sequences(given: Mapping[Sequence, Volume], package: ModelPackage) -> list[str]:
    card = package.card
    missing = [name for name in card.sequences if name not in given]
    if not missing:
        return []
    text = ", ".join(name.display_name for name in missing)
    if card.missing_channels != "zero" or not any(name in given for name in _GRID_ORDER):
        raise SequenceError(
            f"The sequences {text} are missing",
            expected="T1Gd or FLAIR at least" if card.missing_channels == "zero" else "all sequences of the model",
            remedy="Give the missing files (--t1n --t1c --t2w --t2f)",
        )
    cost = card.cost_without(missing)
    measured = f"; on held-out cases this cost {cost:.2f} of mean Dice" if cost is not None else ""
    are = "is" if len(missing) == 1 else "are"
    return [f"{text} {are} missing: the result is less accurate{measured}."]


def _skull_warning(prepared: PreparedCase) -> list[str]:
    if prepared.mask.sum() <= _FULL_FIELD_SHARE * np.prod(prepared.full_shape):
        return []
    words = (
        "The images do not look skull-stripped (hardly any voxel is 0): the model was trained on brains alone, "
        "so do not trust this result."
    )
    return [words]


def _grid_sequence(given: Mapping[Sequence, Volume], wanted: Sequence | None) -> Sequence:
    if wanted is None:
        return next(name for name in (*_GRID_ORDER, *given) if name in given)
    if wanted not in given:
        raise SequenceError(
            f"The result was asked for on the grid of {wanted.display_name}, which was not given",
            expected="one of " + ", ".join(name.display_name for name in given),
        )
    return wanted


class _Clock:
    def __init__(self, timings: dict[str, float]) -> None:
        self._timings, self._last = timings, time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self._timings[name] = now - self._last
        self._last = now
