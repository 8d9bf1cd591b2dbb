"""Checks of a NIfTI file that ITK leaves out.

ITK's reader fills a truncated file with zeros, turns NaN and infinity into 0, and a voxel
size of 0 into 1 mm. A segmentation must not be built on any of these, so the bytes are
looked at first (NIfTI-1.1 header layout, nifti.nimh.nih.gov).

A file with neither qform nor sform does not say where left is. ITK takes its axes as left,
posterior, superior; nibabel as left, anterior, superior; the NIfTI text as right, anterior,
superior. We follow ITK and warn, since the result goes back to the same voxels in any case.
"""

from __future__ import annotations

import gzip
import warnings
import zlib
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError

_HEADER_BYTES = 348
_NIFTI2_HEADER_BYTES = 540
_DIM, _DATATYPE, _PIXDIM, _VOX_OFFSET, _QFORM_CODE, _MAGIC = 40, 70, 76, 108, 252, 344
_MAX_DIMENSIONS = 7
_FLOAT_TYPES = {16: "f4", 64: "f8"}
_VOXEL_BYTES = {2: 1, 4: 2, 8: 4, 16: 4, 32: 8, 64: 8, 128: 3, 256: 1, 512: 2, 768: 4, 1024: 8, 1280: 8, 2304: 4}
"""Bytes of a voxel by NIfTI datatype code; ITK goes by the code too, and not by `bitpix`."""


def check_nifti(file: Path) -> None:
    """Raise if a .nii or .nii.gz file is cut off, or holds NaN, infinity or an impossible header.

    Warns (`UserWarning`) if the file has neither qform nor sform.

    Raises
    ------
    DatasetError, GeometryError
    """
    data = _read(file)
    order = _byte_order(file, data)
    dim = np.frombuffer(data, f"{order}i2", 8, _DIM)
    count = int(dim[0])
    sizes = dim[1 : 1 + max(count, 0)].astype(np.int64)
    if not 1 <= count <= _MAX_DIMENSIONS or (sizes < 1).any():
        raise damaged(file, f"its header gives {count} dimensions of sizes {sizes.tolist()}")
    _check_voxel_size(file, np.frombuffer(data, f"{order}f4", 8, _PIXDIM)[1 : 1 + min(count, 3)])
    start = float(np.frombuffer(data, f"{order}f4", 1, _VOX_OFFSET)[0])
    if not _HEADER_BYTES <= start <= len(data):
        raise damaged(file, f"its header puts the first voxel at byte {start:g} of {len(data)}")
    offset, voxels = int(start), int(np.prod(sizes))
    datatype = int(np.frombuffer(data, f"{order}i2", 1, _DATATYPE)[0])
    expected = offset + voxels * _VOXEL_BYTES.get(datatype, 0)
    if len(data) < expected:
        raise damaged(file, f"it holds {len(data)} bytes of {expected}")
    if datatype in _FLOAT_TYPES:
        refuse_non_finite(file, np.frombuffer(data, f"{order}{_FLOAT_TYPES[datatype]}", voxels, offset))
    if (np.frombuffer(data, f"{order}i2", 2, _QFORM_CODE) <= 0).all():
        _warn_of_no_orientation(file)


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


def _byte_order(file: Path, data: bytes) -> str:
    """Return '<' or '>' for a NIfTI-1 file of one piece; raise for anything else."""
    if len(data) < _HEADER_BYTES:
        raise damaged(file, f"it holds {len(data)} bytes, less than a header")
    sizes = {order: int(np.frombuffer(data, f"{order}i4", 1)[0]) for order in "<>"}
    if _NIFTI2_HEADER_BYTES in sizes.values():
        raise DatasetError(
            f"The file {str(file)!r} is of the kind NIfTI-2",
            expected="NIfTI-1",
            remedy="Convert it, for example with nibabel or by saving it from 3D Slicer",
        )
    for order, size in sizes.items():
        if size == _HEADER_BYTES and data[_MAGIC : _MAGIC + 4] == b"n+1\0":
            return order
    raise damaged(file, "it does not begin with the header of a NIfTI file")


def _warn_of_no_orientation(file: Path) -> None:
    warnings.warn(
        f"The file {str(file)!r} has neither qform nor sform and so does not say where left is; "
        "its axes are taken as left, posterior, superior. Check the sides, or convert it again from the DICOM.",
        UserWarning,
        stacklevel=2,
    )


def _check_voxel_size(file: Path, sizes: np.ndarray) -> None:
    if not np.isfinite(sizes).all() or (sizes <= 0).any():
        raise GeometryError(
            f"The file {str(file)!r} gives the voxel size as {[float(size) for size in sizes]} mm",
            expected="positive numbers",
            remedy="Export the image again from the original DICOM",
        )
