"""DICOM series folders: listed by header, read only when they are whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from pydicom.errors import InvalidDicomError

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.types import PathLike
from ssaglioma.volume.sitk import from_sitk
from ssaglioma.volume.volume import Volume

_TAGS = [
    "SeriesInstanceUID",
    "SeriesDescription",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "Rows",
    "Columns",
]
_STEP_TOLERANCE_SHARE = 0.05
_TILT_TOLERANCE_MM = 0.05


@dataclass(frozen=True)
class DicomSeries:
    """One series of a folder.

    Attributes
    ----------
    uid : str
        SeriesInstanceUID.
    description : str
        SeriesDescription, may be empty.
    files : tuple of Path
        Slices in the order of their position along the normal.
    """

    uid: str
    description: str
    files: tuple[Path, ...]


def list_dicom_series(folder: PathLike) -> list[DicomSeries]:
    """Return the image series in a folder and its sub-folders; other files are passed over.

    Raises
    ------
    DatasetError
        If the folder does not exist, or a file's position is no number.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DatasetError(f"The folder {str(root)!r} does not exist", remedy="Check the path")
    groups: dict[str, list[tuple[float, Path]]] = defaultdict(list)
    descriptions: dict[str, str] = {}
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        header = _header(file)
        if header is None:
            continue
        groups[header.SeriesInstanceUID].append((_known_position(header, file), file))
        descriptions.setdefault(header.SeriesInstanceUID, str(header.get("SeriesDescription", "")))
    return [
        DicomSeries(uid, descriptions[uid], tuple(file for _, file in sorted(found)))
        for uid, found in sorted(groups.items())
    ]


def read_dicom_series(folder: PathLike, series_uid: str | None = None) -> Volume:
    """Read one DICOM series of a folder.

    Raises
    ------
    DatasetError
        If there is no image series, or several and none was chosen, or a file is damaged.
    GeometryError
        If slices are missing, unevenly spaced, of different size, or sheared (gantry tilt).
    """
    found = list_dicom_series(folder)
    chosen = [series for series in found if series_uid in (None, series.uid)]
    listing = "; ".join(f"{s.uid} {s.description!r} ({len(s.files)} slices)" for s in found) or "none"
    if len(chosen) != 1:
        raise DatasetError(
            f"The folder {str(folder)!r} holds {len(found)} DICOM series: {listing}",
            expected="one series" if series_uid is None else f"the series {series_uid!r}",
            remedy="Choose one series by its UID, or give each series a folder of its own"
            if found
            else "Give a folder of DICOM image files, or an image file (.nii.gz, .nrrd, .mha)",
        )
    series = chosen[0]
    if len(series.files) == 1:
        return _read([str(series.files[0])], folder)
    _check_slices([_header(file) for file in series.files], folder)
    return _read([str(file) for file in series.files], folder)


def _read(files: list[str], folder: PathLike) -> Volume:
    SimpleITK.ProcessObject_GlobalWarningDisplayOff()
    try:
        image = SimpleITK.ReadImage(files[0] if len(files) == 1 else files)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise DatasetError(
            f"The DICOM series in {str(folder)!r} cannot be read: {reason}", remedy="Export the study again"
        ) from error
    if image.GetNumberOfComponentsPerPixel() != 1 or image.GetDimension() != 3:
        raise DatasetError(f"The DICOM series in {str(folder)!r} is no grey 3D image", expected="a grey 3D image")
    return from_sitk(image)


def _header(file: Path) -> pydicom.Dataset | None:
    try:
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=_TAGS)
    except (InvalidDicomError, OSError, EOFError, ValueError):
        return None
    return header if "SeriesInstanceUID" in header and "Rows" in header else None


def _axes(header: pydicom.Dataset) -> np.ndarray:
    cosines = header.get("ImageOrientationPatient") or (1, 0, 0, 0, 1, 0)
    return np.array([float(value) for value in cosines]).reshape(2, 3)


def _origin(header: pydicom.Dataset) -> np.ndarray:
    return np.array([float(value) for value in header.get("ImagePositionPatient") or (0, 0, 0)])


def _position(header: pydicom.Dataset) -> float:
    return float(np.cross(*_axes(header)) @ _origin(header))


def _known_position(header: pydicom.Dataset, file: Path) -> float:
    try:
        return _position(header)
    except (TypeError, ValueError) as error:
        raise DatasetError(
            f"The DICOM file {str(file)!r} has a position or direction that cannot be read ({error})",
            expected="three and six numbers",
            remedy="Export the study again",
        ) from error


def _check_slices(headers: list[pydicom.Dataset | None], folder: PathLike) -> None:
    known = [header for header in headers if header is not None]
    if not all(header.get("ImagePositionPatient") and header.get("ImageOrientationPatient") for header in known):
        raise GeometryError(
            f"The DICOM series in {str(folder)!r} has slices that do not say where they lie",
            expected="ImagePositionPatient and ImageOrientationPatient in every file",
            remedy="Export the original series again (screen captures and secondary captures cannot be used)",
        )
    sizes = {(int(header.Rows), int(header.Columns)) for header in known}
    if len(sizes) > 1 or any(not np.allclose(_axes(header), _axes(known[0]), atol=1e-3) for header in known):
        raise GeometryError(
            f"The DICOM series in {str(folder)!r} mixes slices of different size or direction",
            expected="parallel slices of one size",
            remedy="Choose another series (this looks like a localizer)",
        )
    positions = np.array([_position(header) for header in known])
    steps = np.diff(positions)
    step = float(np.median(steps))
    if step <= 0 or np.abs(steps - step).max() > _STEP_TOLERANCE_SHARE * step:
        worst = int(np.argmax(np.abs(steps - step)))
        raise GeometryError(
            f"The DICOM series in {str(folder)!r} has slices {steps[worst]:.2f} mm apart between number {worst + 1} "
            f"and {worst + 2}, elsewhere {step:.2f} mm",
            expected="evenly spaced slices",
            remedy="A slice is missing or given twice: export the series again",
        )
    along = np.cross(*_axes(known[0]))
    moves = np.diff([_origin(header) for header in known], axis=0)
    shear = np.abs(moves - np.outer(moves @ along, along)).max()
    if shear > _TILT_TOLERANCE_MM:
        raise GeometryError(
            f"The slices in {str(folder)!r} are shifted sideways by {shear:.2f} mm from one to the next (gantry tilt)",
            expected="slices stacked at a right angle",
            remedy="Resample the series to a regular grid first",
        )
