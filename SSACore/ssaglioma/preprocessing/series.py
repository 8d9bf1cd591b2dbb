"""The image series of a study, from DICOM or from loose files, and which of them are no input at all.

Words are English, French and Portuguese, as scanners and archives of our users write them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.preprocessing.assignment import words_of
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, list_dicom_series, read_dicom_series, read_volume
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

LEAST_SLICES = 5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LOCALISER = _words(
    "localizer localiser localizador localisateur loc scout scano survey reperage topogram topograma 3plane threeplane "
    "calibration calibracao"
)
_DERIVED = _words(
    "adc eadc fa trace tracew mip minip subtraction soustraction subtracao screenshot capture captura screensave "
    "colfa tensor cbf cbv mtt tmax ttp ktrans projection rcbv"
)
_OTHER_KIND = _words(
    "dwi dti diffusion difusao diff b0 b1000 swi swan perf perfusion perfusao dsc dce asl tof mra angio phase "
    "fieldmap spectro spectroscopy espectroscopia bold fmri pd dp"
)
_MASK = _words("seg label labels mask brainmask dseg segmentation mascara masque")
_ELSEWHERE = _words(
    "spine cspine tspine lspine cervical lumbar lombar lombaire thoracic coluna rachis colonne chest thorax torax "
    "abdomen pelvis pelve bassin knee joelho genou shoulder ombro epaule hip quadril hanche heart cardiac coracao "
    "coeur breast mama sein prostate prostata liver figado foie"
)
_HEAD_PARTS = _words("head brain skull cranio craneo crane encephale encefalo cerebro cerveau neuro tete")
_DERIVED_TYPES = {"adc", "fa", "tracew", "mip", "minip", "projection", "subtract", "subtraction", "screen"}


_IDENTITY = ("PatientID", "PatientName")
"""Compared, to find mixed patients, and never kept."""


@dataclass(frozen=True)
class Series:
    """One image series, not yet read.

    Attributes
    ----------
    key : str
        SeriesInstanceUID, or the file's path below the folder.
    name : str
        What people see: the series' description, or the file's name.
    tags : mapping of str to str
        Of `STANDARD_TAGS`, those that have a value; several values are joined by a backslash.
    source : Path
        Folder of the DICOM files, or the image file.
    slices : int
        Number of DICOM slices; 0 where it is not known before reading.
    is_dicom : bool
    """

    key: str
    name: str
    tags: Mapping[str, str]
    source: Path
    slices: int = 0
    is_dicom: bool = False

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
        return read_dicom_series(self.source, self.key) if self.is_dicom else read_volume(self.source)


def find_series(folder: PathLike) -> list[Series]:
    """Return all image series below a folder: DICOM, and files of NIfTI, NRRD or MetaImage; DICOM first.

    A JSON file beside an image (as dcm2niix writes it) gives its tags.

    Raises
    ------
    DatasetError
        If the folder does not exist or holds no image, or images of several patients.
    """
    root = Path(folder)
    found = _dicom_series(root) + _file_series(root)
    if not found:
        raise DatasetError(
            f"The folder {str(root)!r} holds no image",
            expected="DICOM files, or files that end in " + ", ".join(IMAGE_SUFFIXES),
            remedy="Check the path",
        )
    return found


def reason_to_leave_out(series: Series) -> str:
    """Return why a series cannot be one of the four inputs, judged by names and tags; empty if it can."""
    modality = series.tags.get("Modality", "MR")
    if modality != "MR":
        return f"its modality is {modality!r} and not MR"
    kinds = set(words_of(series.tags.get("ImageType", "").replace("\\", " ")))
    texts = f"{series.name} {series.tags.get('SeriesDescription', '')}"
    words = set(words_of(re.sub(r"\.(nii(\.gz)?|nrrd|nhdr|mha|mhd)$", "", texts, flags=re.I)))
    part = set(words_of(series.tags.get("BodyPartExamined", "")))
    for found, reason in (
        (words & _MASK, "it is a mask or labelmap"),
        ((kinds & {"localizer"}) | (words & _LOCALISER), "it is a localiser"),
        ((kinds & _DERIVED_TYPES) | (words & _DERIVED), "it is derived from other images"),
        (words & _OTHER_KIND, "it is another kind of image"),
        ((part | words) & _ELSEWHERE if not part & _HEAD_PARTS else set(), "it shows another part of the body"),
    ):
        if found:
            return f"{reason} ({sorted(found)[0]!r})"
    if series.is_dicom and 0 < series.slices < LEAST_SLICES:
        return f"it has {series.slices} slices, fewer than {LEAST_SLICES}"
    return ""


def reason_by_voxels(volume: Volume) -> str:
    """Return why a volume that was read cannot be an input: too few slices, a mask, empty; empty if it can."""
    if min(volume.shape) < LEAST_SLICES:
        return f"it has {min(volume.shape)} slices, fewer than {LEAST_SLICES}"
    sample = volume.array[:: max(1, volume.shape[0] // 16), ::2, ::2]
    kinds = len(set(sample.ravel()[:200000].tolist()))
    if kinds <= 1 and len(set(volume.array.ravel()[::7].tolist())) <= 1:
        return "it is empty"
    if kinds <= 8:
        return f"it is a mask or labelmap ({kinds} different values)"
    return ""


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
                reason = reason_by_voxels(volume) or _duplicate_of(volume, volumes)
        if reason:
            left_out[item.key] = reason
        else:
            volumes[item.key] = volume
    return volumes, left_out


def _duplicate_of(volume: Volume, others: Mapping[str, Volume]) -> str:
    for key, other in others.items():
        if volume.same_grid(other) and np.array_equal(volume.array, other.array):
            return f"it holds the same voxels as {key!r}"
    return ""


def _dicom_series(root: Path) -> list[Series]:
    result, people = [], set()
    for listed in list_dicom_series(root):
        try:
            header = pydicom.dcmread(
                listed.files[0], stop_before_pixels=True, specific_tags=[*STANDARD_TAGS, *_IDENTITY, "NumberOfFrames"]
            )
        except (InvalidDicomError, OSError, EOFError, ValueError):
            continue
        people.add(tuple(str(header.get(name, "")).strip() for name in _IDENTITY))
        tags = {name: text for name in STANDARD_TAGS if (text := _text(header.get(name)))}
        slices = max(len(listed.files), int(header.get("NumberOfFrames") or 1))
        name = tags.get("SeriesDescription") or tags.get("ProtocolName") or listed.files[0].parent.name
        result.append(Series(listed.uid, name, tags, root, slices, is_dicom=True))
    if len({person for person in people if any(person)}) > 1:
        raise DatasetError(
            f"The folder {str(root)!r} holds images of {len(people)} patients",
            expected="one study of one patient",
            remedy="Give each patient a folder of their own",
        )
    return result


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple, pydicom.multival.MultiValue)):
        return "\\".join(str(item) for item in value)
    return str(value).strip()


def _file_series(root: Path) -> list[Series]:
    result = []
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if path.is_file() and not hidden and path.name.lower().endswith(IMAGE_SUFFIXES):
            result.append(Series(path.relative_to(root).as_posix(), path.name, _sidecar(path), path))
    return result


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
