"""Headers of DICOM images, of one slice a file and of many (enhanced MR), read without their pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssaglioma.errors import DatasetError

if TYPE_CHECKING:  # pydicom takes a third of a second: it is imported where a DICOM file is read
    import pydicom

FRAME_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_TAGS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "SeriesDescription",
    "ImageType",
    "EchoTime",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "Rows",
    "Columns",
    "NumberOfFrames",
)
_BARE_SUFFIXES = ("", ".dcm", ".ima", ".img")
_AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, eq=False)
class Slice:
    """What the header of one slice, or of one frame, says.

    Attributes
    ----------
    file : Path
    size : tuple of 2 ints
        Rows and columns.
    axes : ndarray, shape (2, 3)
        Direction of rows and columns in LPS.
    origin_lps_mm : ndarray, shape (3,)
        Of the first voxel.
    is_placed : bool
        False if the header gives no position or no direction; then axial at the origin is taken.
    kind : tuple of str
        Echo time and image type: what tells apart several images of one place in one series.
    """

    file: Path
    size: tuple[int, int]
    axes: np.ndarray
    origin_lps_mm: np.ndarray
    is_placed: bool
    kind: tuple[str, str]

    @property
    def position_mm(self) -> float:
        """Place along the normal of the slice."""
        return float(np.cross(*self.axes) @ self.origin_lps_mm)


def read_header(file: Path, tags: Iterable[str] = ()) -> pydicom.Dataset | None:
    """Return the wanted values of a DICOM image, None for any other file.

    Files without the preamble of the standard, as old archives write them, are read too.
    """
    import pydicom

    wanted = [*_TAGS, *FRAME_GROUPS, *tags]
    header: pydicom.Dataset | None
    try:
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=wanted)
    except pydicom.errors.InvalidDicomError:
        if file.suffix.lower() not in _BARE_SUFFIXES:
            return None
        header = _bare_header(file, wanted)
    except (OSError, EOFError, ValueError, TypeError, AttributeError, NotImplementedError):
        return None
    return header if header is not None and "SeriesInstanceUID" in header and "Rows" in header else None


def slices_of(header: pydicom.Dataset, file: Path) -> list[Slice]:
    """Return the slice of a file, or all frames of one that holds several.

    Raises
    ------
    DatasetError
        If a position or direction is no number.
    """
    kind = (_text(header.get("EchoTime")), _text(header.get("ImageType")))
    size = (int(header.Rows), int(header.Columns))
    places = [(header, kind)] if len(header.get(FRAME_GROUPS[1]) or ()) == 0 else list(_frames(header))
    result = []
    for place, what in places:
        axes, origin = _numbers(place, "ImageOrientationPatient", file), _numbers(place, "ImagePositionPatient", file)
        directions = np.array(_AXIAL if axes is None else axes, float)
        if directions.shape != (6,) or (origin is not None and len(origin) != 3):
            raise _unreadable(file, "there are too few or too many numbers")
        start = np.zeros(3) if origin is None else np.array(origin)
        placed = axes is not None and origin is not None
        result.append(Slice(file, size, directions.reshape(2, 3), start, placed, what))
    return result


def find_value(header: pydicom.Dataset, name: str) -> object:
    """Return a value by keyword from the top of a header, or from the groups that all frames or the first one have."""
    if name in header:
        return header[name].value
    for sequence in FRAME_GROUPS:
        for group in list(header.get(sequence) or ())[:1]:
            for element in group:
                if element.VR == "SQ" and not element.tag.is_private:
                    for item in list(element.value or ())[:1]:
                        if name in item:
                            return item[name].value
    return None


def compression_of(file: Path) -> str:
    """Return the name of the compression of a file's pixels; empty if there is none or it is not known."""
    import pydicom

    try:
        syntax = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["SOPClassUID"]).file_meta.get(
            "TransferSyntaxUID"
        )
        return str(syntax.name) if syntax is not None and syntax.is_compressed else ""
    except (pydicom.errors.InvalidDicomError, OSError, ValueError, AttributeError):
        return ""


def _bare_header(file: Path, wanted: list[str]) -> pydicom.Dataset | None:
    import pydicom

    try:
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=wanted, force=True)
    except Exception:  # noqa: BLE001 any file at all comes here, and pydicom promises no kind of error for it
        return None
    return header if "SOPClassUID" in header else None


def _frames(header: pydicom.Dataset) -> Iterator[tuple[pydicom.Dataset, tuple[str, str]]]:
    """Position, direction and kind of each frame as a small header."""
    import pydicom

    shared = next(iter(header.get(FRAME_GROUPS[0]) or ()), pydicom.Dataset())
    for frame in header.PerFrameFunctionalGroupsSequence:
        place = pydicom.Dataset()
        kind = ["", ""]
        for group in (shared, frame):
            for sequence, names in (
                ("PlaneOrientationSequence", ("ImageOrientationPatient",)),
                ("PlanePositionSequence", ("ImagePositionPatient",)),
                ("MREchoSequence", ("EffectiveEchoTime",)),
                ("MRImageFrameTypeSequence", ("FrameType",)),
            ):
                item = next(iter(group.get(sequence) or ()), None)
                value = None if item is None else item.get(names[0])
                if value is not None and names[0].startswith("Image"):
                    setattr(place, names[0], value)
                elif value is not None:
                    kind[names[0] == "FrameType"] = _text(value)
        yield place, (kind[0], kind[1])


def _numbers(header: pydicom.Dataset, name: str, file: Path) -> list[float] | None:
    try:
        value = header.get(name)
        return None if not value else [float(number) for number in value]
    except (TypeError, ValueError) as error:
        raise _unreadable(file, str(error)) from error


def _unreadable(file: Path, reason: str) -> DatasetError:
    return DatasetError(
        f"The DICOM file {str(file)!r} has a position or direction that cannot be read ({reason})",
        expected="three and six numbers",
        remedy="Export the study again",
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    return "\\".join(str(part) for part in value) if isinstance(value, (list, tuple)) else str(value)
