"""DICOM series: listed by header, read only when they are whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import SimpleITK

from ssaglioma.errors import DatasetError
from ssaglioma.types import PathLike
from ssaglioma.volume.dicom_checks import SAME_PLACE_MM, check_slices
from ssaglioma.volume.dicom_headers import Slice, compression_of, read_header, slices_of
from ssaglioma.volume.sitk import from_sitk
from ssaglioma.volume.volume import Volume


@dataclass(frozen=True)
class DicomSeries:
    """One series of a folder, or one part of a series that holds several images of each place.

    Attributes
    ----------
    uid : str
        SeriesInstanceUID.
    description : str
        SeriesDescription, may be empty.
    files : tuple of Path
        Slices in the order of their position along the normal.
    part : str
        What tells the part from the others of its series, such as its echo time in ms; empty for a whole series.
    """

    uid: str
    description: str
    files: tuple[Path, ...]
    part: str = ""


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
    return group_dicom_files(path for path in root.rglob("*") if path.is_file())


def group_dicom_files(files: Iterable[Path]) -> list[DicomSeries]:
    """Return the image series that files form; an image that is there twice counts once.

    A series with several echo times or image types (magnitude and phase) at each place is split into these.

    Raises
    ------
    DatasetError
        If a file's position is no number.
    """
    groups: dict[str, list[Slice]] = defaultdict(list)
    descriptions: dict[str, str] = {}
    seen: set[str] = set()
    for file in sorted(files):
        header = read_header(file)
        instance = "" if header is None else str(header.get("SOPInstanceUID", ""))
        if header is None or instance in seen:
            continue
        seen |= {instance} - {""}
        uid = str(header.SeriesInstanceUID)
        groups[uid].append(slices_of(header, file)[0])
        descriptions.setdefault(uid, str(header.get("SeriesDescription", "")))
    return [
        DicomSeries(uid, descriptions[uid], tuple(one.file for one in _stacked(some)), part)
        for uid, found in sorted(groups.items())
        for part, some in _parts(found)
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
    return read_dicom_files(chosen[0].files, f"The DICOM series in {str(folder)!r}")


def read_dicom_files(files: Seq[Path], source: str) -> Volume:
    """Read the files of one series in the order of their position.

    Parameters
    ----------
    files : sequence of Path
        At least one; as `DicomSeries` lists them.
    source : str
        What errors call the series.

    Raises
    ------
    DatasetError
        If a file is damaged or compressed in a way that cannot be read.
    GeometryError
        If slices are missing, unevenly spaced, of different size, or sheared (gantry tilt).
    """
    slices = []
    for file in files:
        header = read_header(file)
        if header is None:
            raise _damaged(source, f"{str(file)!r} is no DICOM image")
        slices.append(slices_of(header, file))
    if len(files) == 1:
        return _read_frames(files[0], slices[0], source)
    check_slices([found[0] for found in slices], source)
    return from_sitk(_image([str(file) for file in files], source))


def _read_frames(file: Path, frames: list[Slice], source: str) -> Volume:
    """Read a file of many frames; its place is taken from the frames, which readers understand in different ways."""
    if len(frames) > 1:
        check_slices(_stacked(frames), source)
    image = _image([str(file)], source)
    if len(frames) > 1:
        step = frames[1].origin_lps_mm - frames[0].origin_lps_mm
        distance = float(np.linalg.norm(step))
        if image.GetSize()[2] != len(frames) or not all(
            np.allclose(b.origin_lps_mm - a.origin_lps_mm, step, atol=0.1 * distance) for a, b in pairwise(frames)
        ):
            raise _damaged(source, "its frames are not stored one beside the other")
        direction = np.stack([*frames[0].axes, step / distance], axis=1)
        image.SetOrigin(frames[0].origin_lps_mm.tolist())
        image.SetSpacing([*image.GetSpacing()[:2], distance])
        image.SetDirection(direction.ravel().tolist())
    return from_sitk(image)


def _image(files: list[str], source: str) -> SimpleITK.Image:
    SimpleITK.ProcessObject_GlobalWarningDisplayOff()
    try:
        image = SimpleITK.ReadImage(files[0] if len(files) == 1 else files)
    except RuntimeError as error:
        compression = compression_of(Path(files[0]))
        if compression:
            raise DatasetError(
                f"{source} cannot be read; its pixels are compressed: {compression!r}",
                expected="pixels that are not compressed, or by JPEG, JPEG 2000, JPEG-LS or RLE, and not cut off",
                remedy="Export the study without compression, or expand it with 'gdcmconv --raw' or 'dcmdjpeg'",
            ) from error
        raise _damaged(source, str(error).strip().splitlines()[-1].strip()) from error
    if image.GetNumberOfComponentsPerPixel() != 1 or image.GetDimension() != 3:
        raise DatasetError(f"{source} is no grey 3D image", expected="a grey 3D image")
    return image


def _damaged(source: str, reason: str) -> DatasetError:
    return DatasetError(f"{source} cannot be read: {reason}", remedy="Export the study again")


def _stacked(slices: list[Slice]) -> list[Slice]:
    return sorted(slices, key=lambda one: (one.position_mm, one.file))


def _parts(slices: list[Slice]) -> list[tuple[str, list[Slice]]]:
    """The slices as they are, or by echo time, or by image type, if only then each place is there once."""
    if _each_place_once(slices):
        return [("", slices)]
    for number in range(2):
        by_kind: dict[str, list[Slice]] = defaultdict(list)
        for one in slices:
            by_kind[one.kind[number]].append(one)
        if len(by_kind) > 1 and all(len(some) > 1 and _each_place_once(some) for some in by_kind.values()):
            return [(f"TE {kind} ms" if number == 0 else kind, some) for kind, some in sorted(by_kind.items())]
    return [("", slices)]


def _each_place_once(slices: list[Slice]) -> bool:
    origins = np.array([one.origin_lps_mm for one in slices])
    order = np.lexsort(origins.T)
    return len(slices) < 2 or bool((np.abs(np.diff(origins[order], axis=0)).max(axis=1) > SAME_PLACE_MM).all())
