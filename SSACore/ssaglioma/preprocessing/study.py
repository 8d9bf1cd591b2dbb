"""A study as it comes: DICOM, loose files or loaded volumes, sorted into T1, T1Gd, T2 and FLAIR with reasons."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError, SequenceError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.file_cases import refuse_several_cases
from ssaglioma.preprocessing.series import Series, duplicate_of, find_series, reason_to_leave_out
from ssaglioma.preprocessing.series_rules import NOT_MR, USELESS, reason_by_voxels
from ssaglioma.preprocessing.series_sorting import Sorting, sort_series
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Volume

StudySource = PathLike | Iterable[PathLike] | Mapping[str, Volume]

_READING_SHARE = 0.4
_LISTED = 12


@dataclass(frozen=True, eq=False)
class Slot:
    """The image that is used for one sequence.

    Attributes
    ----------
    sequence : Sequence
    series : Series
        Its name, standard tags and files.
    volume : Volume
        On its own grid, with its own values.
    confidence : float
        0..1: probability, by all evidence, that it shows this sequence; 1 where the user said so.
    reasons, conflicts : tuple of str
        For people.
    """

    sequence: Sequence
    series: Series
    volume: Volume
    confidence: float
    reasons: tuple[str, ...]
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class IgnoredSeries:
    """A series that is not used.

    Attributes
    ----------
    key, name : str
    reason : str
        For people.
    """

    key: str
    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class SortedStudy:
    """What was found and what it is used as.

    Attributes
    ----------
    slots : mapping of Sequence to Slot
        In the order of `SEQUENCE_ORDER`; missing sequences are absent.
    ignored : tuple of IgnoredSeries
    warnings : tuple of str
        What the user should check.
    other_heads : tuple of str
        Keys of used images that could not be laid on the others: another patient, or a field of view too small.
    overrides : mapping of Sequence to str
        What the user said, as keys.
    """

    slots: Mapping[Sequence, Slot]
    ignored: tuple[IgnoredSeries, ...] = ()
    warnings: tuple[str, ...] = ()
    other_heads: tuple[str, ...] = ()
    overrides: Mapping[Sequence, str] = field(default_factory=dict)

    @property
    def volumes(self) -> dict[Sequence, Volume]:
        """The images by sequence."""
        return {sequence: slot.volume for sequence, slot in self.slots.items()}

    @property
    def missing(self) -> tuple[Sequence, ...]:
        """Sequences without an image."""
        return tuple(sequence for sequence in SEQUENCE_ORDER if sequence not in self.slots)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """One sentence for each disagreement between name, tags and voxels."""
        return tuple(text for slot in self.slots.values() for text in slot.conflicts)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values: no voxels, no folder, nothing that names a patient beyond the series' names."""
        return {
            "slots": {
                sequence.value: {
                    "key": slot.series.key,
                    "name": slot.series.name,
                    "tags": dict(slot.series.tags),
                    "grid": slot.volume.geometry_text(),
                    "confidence": round(slot.confidence, 4),
                    "reasons": list(slot.reasons),
                    "conflicts": list(slot.conflicts),
                }
                for sequence, slot in self.slots.items()
            },
            "missing": [sequence.value for sequence in self.missing],
            "ignored": [{"key": one.key, "name": one.name, "reason": one.reason} for one in self.ignored],
            "warnings": list(self.warnings),
            "other_heads": list(self.other_heads),
            "overrides": {sequence.value: key for sequence, key in self.overrides.items()},
        }


def sort_study(
    source: StudySource,
    *,
    overrides: Mapping[Sequence, str] | None = None,
    progress: ProgressCallback = no_progress,
) -> SortedStudy:
    """Find out which image of a study is T1, T1Gd, T2 and FLAIR, by tags, names and voxels together.

    Parameters
    ----------
    source : path, paths, or mapping of str to Volume
        A folder, searched with all its sub-folders, files of images or of DICOM slices, or loaded images by name.
    overrides : mapping of Sequence to str, or None
        Key, name or file path of the series that is to be used; never questioned.

    Raises
    ------
    DatasetError
        If there is no image, or none that can be used, or images of several patients or examinations.
    SequenceError
        If an override fits no series, or several, or names one series twice.
    """
    loaded = dict(source) if isinstance(source, Mapping) else None
    if loaded is not None:
        series = [Series(key, key, {}, Path()) for key in loaded]
        if not series:
            raise DatasetError("No image was given", expected="at least one of T1, T1Gd, T2 and FLAIR")
    else:
        series = find_series(source)  # type: ignore[arg-type]
        refuse_several_cases([item for item in series if not item.is_dicom and not reason_to_leave_out(item)])
    fixed = {sequence: _resolved(text, sequence, series) for sequence, text in (overrides or {}).items()}
    volumes, left_out, said = _read(series, loaded, set(fixed.values()), progress)
    sorting = sort_series(
        series,
        volumes,
        overrides=fixed,
        left_out=left_out,
        progress=lambda share, text: progress(_READING_SHARE + (1 - _READING_SHARE) * share, text),
    )
    ignored = tuple(IgnoredSeries(i.key, i.name, sorting.left_out[i.key]) for i in series if i.key in sorting.left_out)
    if not sorting.chosen:
        raise _nothing_usable(ignored)
    progress(1.0, "Sequences are told apart")
    return _study(series, volumes, sorting, (ignored, tuple(said), fixed))


def _study(
    series: list[Series],
    volumes: Mapping[str, Volume],
    sorting: Sorting,
    rest: tuple[tuple[IgnoredSeries, ...], tuple[str, ...], dict[Sequence, str]],
) -> SortedStudy:
    ignored, said, fixed = rest
    by_key = {item.key: item for item in series}
    slots = {
        sequence: Slot(
            sequence, by_key[choice.key], volumes[choice.key], choice.confidence, choice.reasons, choice.conflicts
        )
        for sequence, choice in sorting.chosen.items()
    }
    apart = tuple(
        f"{by_key[key].name!r} could not be laid on the other images: check that it shows the same patient's head"
        for key in sorting.apart
    )
    return SortedStudy(slots, ignored, (*said, *apart), sorting.apart, fixed)


def _read(
    series: list[Series], loaded: Mapping[str, Volume] | None, fixed: set[str], progress: ProgressCallback
) -> tuple[dict[str, Volume], dict[str, str], list[str]]:
    """Volumes and reasons by key, and what was warned of; what the user named is read whatever it looks like."""
    volumes: dict[str, Volume] = {}
    left_out: dict[str, str] = {}
    said: list[str] = []
    for number, item in enumerate(series):
        progress(_READING_SHARE * number / len(series), f"Reading {item.name}")
        reason = "" if item.key in fixed else reason_to_leave_out(item)
        if reason:
            left_out[item.key] = reason
            continue
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", UserWarning)
                volume = item.read() if loaded is None else loaded[item.key]
        except SSAGliomaError as error:
            if item.key in fixed:
                raise
            left_out[item.key] = f"it cannot be read: {error.problem}"
            continue
        if item.key in fixed:
            _refuse_useless(item, volume)
            _drop_twins(item, volume, volumes, (fixed, left_out))
        reason = "" if item.key in fixed else reason_by_voxels(volume) or duplicate_of(volume, volumes)
        if reason:
            left_out[item.key] = reason
        else:
            volumes[item.key] = volume
            said += [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    return volumes, left_out, said


def _refuse_useless(item: Series, volume: Volume) -> None:
    """Raise where a series that the user named can be no input whatever it shows: no MR, a few slices, no voxel."""
    reason = reason_to_leave_out(item)
    reason = reason if reason.startswith(NOT_MR) else reason_by_voxels(volume)
    if reason.startswith((NOT_MR, *USELESS)):
        raise DatasetError(
            f"{item.name!r} was named as an input, but {reason}",
            expected="an MR of a whole head",
            remedy="Name another image, or leave this one away",
        )


def _drop_twins(
    item: Series, volume: Volume, volumes: dict[str, Volume], rest: tuple[set[str], dict[str, str]]
) -> None:
    """Leave out what holds the same voxels as a series that the user named; raise where he named both."""
    fixed, left_out = rest
    for key in [key for key, other in volumes.items() if duplicate_of(volume, {key: other})]:
        if key in fixed:
            raise SequenceError(
                f"The series {key!r} and {item.key!r} hold the same voxels, and both were named",
                expected="another image for each sequence",
                remedy="Name the right one, or leave one of the two away",
            )
        left_out[key] = f"it holds the same voxels as {item.key!r}"
        del volumes[key]


def _resolved(text: str, sequence: Sequence, series: list[Series]) -> str:
    """The key that an override means."""
    wanted = os.fspath(text)
    if wanted in {item.key for item in series}:
        return wanted
    fitting = [item.key for item in series if item.name == wanted or _is_file(item, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    listing = ", ".join(f"{item.key!r} ({item.name})" for item in series[:_LISTED])
    count = "no series" if not fitting else f"{len(fitting)} series"
    raise SequenceError(
        f"{wanted!r}, given as {sequence.display_name}, fits {count}",
        expected=f"one of {listing}",
        remedy="Give the series' key",
    )


def _is_file(item: Series, wanted: str) -> bool:
    path = Path(wanted)
    if not path.exists():
        return False
    return any(file.resolve() == path.resolve() or file.parent.resolve() == path.resolve() for file in item.files)


def _nothing_usable(ignored: tuple[IgnoredSeries, ...]) -> DatasetError:
    reasons = "; ".join(f"{one.name!r}: {one.reason}" for one in ignored[:_LISTED])
    more = f"; and {len(ignored) - _LISTED} more" if len(ignored) > _LISTED else ""
    return DatasetError(
        f"None of the {len(ignored)} image series can be used ({reasons}{more})",
        expected="an MR of the head with at least one of T1, T1Gd, T2 and FLAIR",
        remedy="Choose another folder, or name the series yourself",
    )
