"""Training cases on disk: normalised once, then memory-mapped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.labels import LabelScheme, Sequence
from ssaglioma.preprocessing import prepare_case
from ssaglioma.training.stretching import WantedSpacing, stretched
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Case, check_same_grid, read_labelmap, read_volume, to_canonical
from ssaglioma.volume.atomic import atomic_path, write_json_atomic

OUTSIDE = 255
"""Value of the cached labels outside the brain (nnU-Net uses -1)."""

_CACHE_VERSION = 1
_IMAGE, _LABELS, _GRID = "image.npy", "labels.npy", "grid.json"


@dataclass(frozen=True, eq=False)
class TrainingCase:
    """A normalised case.

    Attributes
    ----------
    name : str
    image : ndarray of float16, shape (C, Z, Y, X)
        z-scored channels inside the brain's box, memory-mapped.
    labels : ndarray of uint8, shape (Z, Y, X)
        Label values; `OUTSIDE` outside the brain.
    slice_mm : float
        Distance of its slices.
    """

    name: str
    image: np.ndarray
    labels: np.ndarray
    slice_mm: float = 1.0


Images = Mapping[Sequence, np.ndarray]


@dataclass(frozen=True)
class Preparation:
    """A published way of bringing a case to the input of its network, in place of ours.

    Attributes
    ----------
    name : str
        Tells its cached cases from others'.
    apply : callable
        Takes the images by sequence and the labels (Z, Y, X), canonical axes, and the channels; returns the image
        (C, ...) and the labels (...) to train on. Raises an `SSAGliomaError` on images that it is not for.
    """

    name: str
    apply: Callable[[Images, np.ndarray, Seq[Sequence]], tuple[np.ndarray, np.ndarray]]


def load_training_cases(
    cases: Seq[Case],
    cache: PathLike,
    channels: Seq[Sequence],
    scheme: LabelScheme,
    progress: ProgressCallback = no_progress,
    *,
    incomplete: bool = False,
    spacing_zyx_mm: WantedSpacing | None = None,
    preparation: Preparation | None = None,
) -> list[TrainingCase]:
    """Return the cases normalised and memory-mapped; those not yet in the cache are made first.

    A cached case is used again only if its files have the same size and time stamp. With `incomplete`, a missing
    sequence becomes zeros, as in segmentation (simulated scanners leave some out). With `spacing_zyx_mm` they are
    stretched to that voxel size; without it they stay as they are. A `preparation` takes the place of both.

    Raises
    ------
    DatasetError
        If a case has no reference labels or lacks a channel; unreadable files name the case.
    """
    loaded = []
    for index, case in enumerate(cases):
        progress(index / max(len(cases), 1), f"Reading {case.name}")
        _check_whole(case, channels, incomplete)
        loaded.append(_load_case(case, Path(cache), channels, scheme, preparation or spacing_zyx_mm))
    return loaded


def balanced(first: Seq[TrainingCase], second: Seq[TrainingCase]) -> list[TrainingCase]:
    """Return both sets in one list, the smaller repeated until it is about as long as the larger.

    Cases are drawn with equal chance, so each set gives about half of the patches however few cases it has.
    """
    if not first or not second:
        return [*first, *second]
    longest = max(len(first), len(second))
    return [case for group in (first, second) for case in list(group) * round(longest / len(group))]


def _check_whole(case: Case, channels: Seq[Sequence], incomplete: bool) -> None:
    if case.reference is None:
        raise DatasetError(
            f"The case {case.name!r} has no labelmap",
            expected=f"a file {case.name}-seg.nii.gz beside the images",
        )
    missing = [channel.value for channel in channels if channel not in case.sequences]
    if missing and (not incomplete or len(missing) == len(channels)):
        raise DatasetError(f"The case {case.name!r} lacks {missing}", remedy="Leave it out of the training set")


def _load_case(
    case: Case, cache: Path, channels: Seq[Sequence], scheme: LabelScheme, way: WantedSpacing | Preparation | None
) -> TrainingCase:
    folder = cache / f"{case.name}-{_fingerprint(case, channels, scheme, way)}"
    image_file, labels_file, grid_file = folder / _IMAGE, folder / _LABELS, folder / _GRID
    if not (image_file.exists() and labels_file.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        image, labels, slice_mm = _normalise(case, channels, scheme, way)
        write_json_atomic({"slice_mm": slice_mm}, grid_file)
        for target, array in ((image_file, image), (labels_file, labels)):
            with atomic_path(target) as temporary, open(temporary, "wb") as stream:
                np.save(stream, array)
    if not grid_file.exists():  # made before slices had a distance
        labelmap = to_canonical(read_labelmap(Path(str(case.reference)), scheme))
        write_json_atomic({"slice_mm": labelmap.spacing_zyx_mm[0]}, grid_file)
    slice_mm = float(json.loads(grid_file.read_text(encoding="utf-8"))["slice_mm"])
    return TrainingCase(case.name, np.load(image_file, mmap_mode="r"), np.load(labels_file), slice_mm)


def _fingerprint(
    case: Case, channels: Seq[Sequence], scheme: LabelScheme, way: WantedSpacing | Preparation | None
) -> str:
    files = [case.sequences[channel] for channel in channels if channel in case.sequences] + [Path(str(case.reference))]
    facts = [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    named = [] if len(files) == len(channels) + 1 else [[channel.value for channel in channels]]
    if isinstance(way, Preparation):
        stretch: list[dict[str, object]] = [{"preparation": way.name, "channels": [one.value for one in channels]}]
    else:
        stretch = [] if way is None else [{"spacing_zyx_mm": list(way)}]
    text = json.dumps([_CACHE_VERSION, scheme.name, facts, *named, *stretch])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _normalise(
    case: Case, channels: Seq[Sequence], scheme: LabelScheme, way: WantedSpacing | Preparation | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return image, labels and distance of the slices."""
    try:
        volumes = {name: read_volume(case.sequences[name]) for name in channels if name in case.sequences}
        reference = read_labelmap(Path(str(case.reference)), scheme)
        check_same_grid({**{key.display_name: value for key, value in volumes.items()}, "labels": reference})
    except SSAGliomaError as error:
        raise DatasetError(f"Case {case.name!r}: {error}") from error
    arrays = {channel: to_canonical(volume).array for channel, volume in volumes.items()}
    home = to_canonical(reference)
    slice_mm = home.spacing_zyx_mm[0]
    if isinstance(way, Preparation):
        try:
            image, labels = way.apply(arrays, home.array.astype(np.uint8), channels)
        except SSAGliomaError as error:
            raise DatasetError(f"Case {case.name!r}: {error}") from error
        return image.astype(np.float16), labels, slice_mm
    prepared = prepare_case(arrays, channels)
    labels = home.array[prepared.box].astype(np.uint8)
    labels[~prepared.mask & (labels == 0)] = OUTSIDE
    image = prepared.image
    if way is not None:
        depth = len(labels)
        image, labels = stretched(image, labels, home.spacing_zyx_mm, way)
        slice_mm *= depth / len(labels)
    return image.astype(np.float16), labels, slice_mm
