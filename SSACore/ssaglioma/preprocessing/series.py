"""The image series of a study, from DICOM, loose files or loaded volumes, listed before any voxel is read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pydicom

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.preprocessing.identity import Identity, refuse_mixed
from ssaglioma.preprocessing.series_rules import reason_by_text, reason_by_voxels
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, group_dicom_files, read_dicom_files, read_volume
from ssaglioma.volume.dicom_headers import find_value, read_header
from ssaglioma.volume.reading import IMAGE_SUFFIXES

STANDARD_TAGS = (
    "Modality",
    "ImageType",
    "SeriesDescription",
    "ProtocolName",
    "SeriesNumber",
    "BodyPartExamined",
    "ScanningSequence",
    "SequenceVariant",
    "SequenceName",
    "MRAcquisitionType",
    "EchoTime",
    "RepetitionTime",
    "InversionTime",
    "FlipAngle",
    "MagneticFieldStrength",
    "SliceThickness",
    "ContrastBolusAgent",
    "Manufacturer",
)
"""The only DICOM values that are read and passed on: no private tag, nothing that names a patient."""

_ENHANCED = {
    "EchoTime": "EffectiveEchoTime",
    "InversionTime": "InversionTimes",
    "ScanningSequence": "EchoPulseSequence",
    "SequenceName": "PulseSequenceName",
}
"""What enhanced MR calls some of them."""
_ECHO_KINDS = {"SPIN": "SE", "GRADIENT": "GR", "BOTH": "SE\\GR"}


@dataclass(frozen=True)
class Series:
    """One image series, not yet read.

    Attributes
    ----------
    key : str
        SeriesInstanceUID (with the echo time or image type, if its images were told apart by these), the file's path
        below the folder, or the name of a loaded volume.
    name : str
        What people see: the series' description, or the file's name.
    tags : mapping of str to str
        Of `STANDARD_TAGS`, those that have a value; several values are joined by a backslash.
    source : Path
        Folder of the DICOM files, or the image file; empty for a loaded volume.
    slices : int
        Number of DICOM slices; 0 where it is not known before reading.
    is_dicom : bool
    files : tuple of Path
        The DICOM slices in order, or the image file; none for a loaded volume.
    """

    key: str
    name: str
    tags: Mapping[str, str]
    source: Path
    slices: int = 0
    is_dicom: bool = False
    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        unknown = set(self.tags) - set(STANDARD_TAGS)
        if unknown:
            raise ValueError(f"Only standard tags are carried, found {sorted(unknown)!r}")
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))

    def read(self) -> Volume:
        """Read the voxels.

        Raises
        ------
        DatasetError, GeometryError
            If the series is damaged, incomplete or tilted.
        """
        if self.is_dicom:
            return read_dicom_files(self.files, f"The DICOM series {self.name!r} in {str(self.source)!r}")
        return read_volume(self.source)


def find_series(source: PathLike | Iterable[PathLike]) -> list[Series]:
    """Return all image series of a folder, a file, or a list of these: DICOM, then NIfTI, NRRD and MetaImage.

    A JSON file beside an image (as dcm2niix writes it) gives its tags.

    Raises
    ------
    DatasetError
        If a path does not exist, there is no image, or there are images of several patients or dates.
    """
    given = [Path(source)] if isinstance(source, (str, os.PathLike)) else [Path(one) for one in source]
    files: dict[Path, Path] = {}
    for path in given:
        if not path.exists():
            raise DatasetError(f"The path {str(path)!r} does not exist", remedy="Check the path")
        root = path if path.is_dir() else path.parent
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        files.update({file: root for file in found if file.is_file() and not _hidden(file, root)})
    images = {file: root for file, root in files.items() if file.name.lower().endswith(IMAGE_SUFFIXES)}
    result = _dicom_series([file for file in files if file not in images], given[0] if len(given) == 1 else Path())
    several = len(set(images.values())) > 1
    for file, root in images.items():
        key = file.as_posix() if several else file.relative_to(root).as_posix()
        result.append(Series(key, file.name, _sidecar(file), file, files=(file,)))
    if not result:
        listed = ", ".join(repr(str(path)) for path in given[:3]) or "none"
        raise DatasetError(
            f"There is no image in what was given ({listed}; {len(files)} files)",
            expected="DICOM files, or files that end in " + ", ".join(IMAGE_SUFFIXES),
            remedy="Check the path",
        )
    return result


def reason_to_leave_out(series: Series) -> str:
    """Return why a series cannot be one of the four inputs, judged by names and tags; empty if it can."""
    return reason_by_text(series.name, series.tags, series.slices if series.is_dicom else 0)


def read_candidates(series: Iterable[Series]) -> tuple[dict[str, Volume], dict[str, str]]:
    """Read the series that may be inputs; return the volumes, and why the others were left out, both by key.

    A series of the same grid and voxels as an earlier one is left out as its duplicate.
    """
    volumes: dict[str, Volume] = {}
    left_out: dict[str, str] = {}
    for item in series:
        reason = reason_to_leave_out(item)
        if not reason:
            try:
                volume = item.read()
            except SSAGliomaError as error:
                reason = f"it cannot be read: {error.problem}"
            else:
                reason = reason_by_voxels(volume) or duplicate_of(volume, volumes)
        if reason:
            left_out[item.key] = reason
        else:
            volumes[item.key] = volume
    return volumes, left_out


def duplicate_of(volume: Volume, others: Mapping[str, Volume]) -> str:
    """Return a sentence naming the volume with the same grid and voxels; empty if there is none."""
    for key, other in others.items():
        if volume.same_grid(other) and np.array_equal(volume.array, other.array):
            return f"it holds the same voxels as {key!r}"
    return ""


def tags_of(header: pydicom.Dataset) -> dict[str, str]:
    """Return the standard tags that a header of one slice or of many frames gives, as text."""
    tags = {}
    for name in STANDARD_TAGS:
        value = find_value(header, name)
        if value in (None, "") and name in _ENHANCED:
            value = find_value(header, _ENHANCED[name])
            value = _ECHO_KINDS.get(str(value), value) if name == "ScanningSequence" else value
        if text := _text(value):
            tags[name] = text
    return tags


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)


def _dicom_series(files: Iterable[Path], root: Path) -> list[Series]:
    result, people = [], []
    for listed in group_dicom_files(files):
        header = read_header(listed.files[0], (*STANDARD_TAGS, *_ENHANCED.values(), *Identity.TAGS))
        if header is None:
            continue
        people.append(Identity.of(header))
        tags = tags_of(header)
        slices = max(len(listed.files), int(header.get("NumberOfFrames") or 1))
        name = tags.get("SeriesDescription") or tags.get("ProtocolName") or listed.files[0].parent.name
        key = f"{listed.uid} {listed.part}".strip()
        name = f"{name} ({listed.part})" if listed.part else name
        folder = root if root != Path() else listed.files[0].parent
        result.append(Series(key, name, tags, folder, slices, is_dicom=True, files=listed.files))
    refuse_mixed(people)
    return result


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple, pydicom.multival.MultiValue)):
        return "\\".join(str(item) for item in value)
    return str(value).strip()


def _sidecar(path: Path) -> dict[str, str]:
    """Tags of the JSON file beside an image; BIDS gives times in seconds, DICOM in milliseconds."""
    suffix = next(s for s in IMAGE_SUFFIXES if path.name.lower().endswith(s))
    try:
        values = json.loads(path.with_name(path.name[: -len(suffix)] + ".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    tags = {}
    for name in STANDARD_TAGS:
        value = values.get(name)
        if name in ("EchoTime", "RepetitionTime", "InversionTime") and isinstance(value, (int, float)):
            value = round(1000 * value, 3)
        if text := _text(value):
            tags[name] = text
    return tags
