"""Checks of a NIfTI file that ITK leaves out.

ITK's reader fills a truncated file with zeros, turns NaN and infinity into 0, and a voxel
size of 0 into 1 mm. A segmentation must not be built on any of these, so the bytes are
looked at first (NIfTI-1.1 header layout, nifti.nimh.nih.gov).
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError

_HEADER_BYTES = 348
_DIM, _DATATYPE, _BITPIX, _PIXDIM, _VOX_OFFSET, _SLOPE = 40, 70, 72, 76, 108, 112
_FLOAT_TYPES = {16: "f4", 64: "f8"}


def check_nifti(file: Path) -> None:
    """Raise if a .nii or .nii.gz file is cut off, or holds NaN, infinity or an impossible voxel size.

    NIfTI-2 and unknown layouts pass; the reader decides about them.

    Raises
    ------
    DatasetError, GeometryError
    """
    data = _read(file)
    if len(data) < _HEADER_BYTES:
        raise damaged(file, f"it holds {len(data)} bytes, less than a header")
    order = "<" if int.from_bytes(data[0:4], "little") == _HEADER_BYTES else ">"
    if int(np.frombuffer(data, f"{order}i4", 1)[0]) != _HEADER_BYTES:
        return
    dim = np.frombuffer(data, f"{order}i2", 8, _DIM)
    count = int(np.clip(dim[0], 1, 7))
    _check_voxel_size(file, np.frombuffer(data, f"{order}f4", 8, _PIXDIM)[1 : 1 + min(count, 3)])
    offset = int(np.frombuffer(data, f"{order}f4", 1, _VOX_OFFSET)[0])
    if data[344:348] != b"n+1\0":
        return
    voxels = int(np.prod(dim[1 : 1 + count].astype(np.int64)))
    expected = offset + voxels * int(np.frombuffer(data, f"{order}i2", 1, _BITPIX)[0]) // 8
    if len(data) < expected:
        raise damaged(file, f"it holds {len(data)} bytes of {expected}")
    kind = _FLOAT_TYPES.get(int(np.frombuffer(data, f"{order}i2", 1, _DATATYPE)[0]))
    if kind:
        values = np.frombuffer(data, f"{order}{kind}", voxels, offset)
        refuse_non_finite(file, values)


def refuse_non_finite(file: Path, values: np.ndarray) -> None:
    """Raise if an array holds NaN or infinity, with their number."""
    bad = int(values.size - np.count_nonzero(np.isfinite(values)))
    if bad:
        raise DatasetError(
            f"The file {str(file)!r} holds {bad} voxels that are NaN or infinite",
            expected="finite numbers",
            remedy="Export the image again, or replace these voxels",
        )


def damaged(file: Path, reason: str) -> DatasetError:
    """Return the error for a file that is not whole."""
    return DatasetError(
        f"The file {str(file)!r} is damaged or cut off: {reason}",
        expected="a whole image file",
        remedy="Copy or export it again",
    )


def _read(file: Path) -> bytes:
    if not file.name.lower().endswith(".gz"):
        return file.read_bytes()
    try:
        with gzip.open(file, "rb") as stream:
            return stream.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(file, f"its gzip stream is broken ({error})") from error


def _check_voxel_size(file: Path, sizes: np.ndarray) -> None:
    if not np.isfinite(sizes).all() or (sizes <= 0).any():
        raise GeometryError(
            f"The file {str(file)!r} gives the voxel size as {[float(size) for size in sizes]} mm",
            expected="positive numbers",
            remedy="Export the image again from the original DICOM",
        )
