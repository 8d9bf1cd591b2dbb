"""Writing volumes: atomically, in the format that the name asks for."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import DTypeLike

from ssaglioma.errors import DatasetError
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path
from ssaglioma.volume.nifti import check_nifti
from ssaglioma.volume.reading import check_metaimage, check_nrrd
from ssaglioma.volume.sitk import to_sitk
from ssaglioma.volume.volume import Volume

WRITABLE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
_FULL_DISK_WORDS = ("no space", "too large", "quota", "flush")


def write_volume(volume: Volume, path: PathLike, dtype: DTypeLike | None = None) -> None:
    """Write a volume as .nii, .nii.gz, .nrrd or .mha; an existing file is replaced only by a whole one.

    Parameters
    ----------
    dtype : numpy dtype, optional
        Type of the file's voxels. By default floats stay, and integers that fit become uint8 or uint16.

    Raises
    ------
    DatasetError
        For an unknown suffix, values that are NaN or infinite, or that do not fit the type.
    SSAGliomaError
        If the disk is full or the folder cannot be written.
    """
    file = Path(path)
    if not file.name.lower().endswith(WRITABLE_SUFFIXES):
        raise DatasetError(
            f"The file {str(file)!r} cannot be written",
            expected="a name ending in " + " ".join(WRITABLE_SUFFIXES),
        )
    array = _converted(volume.array, dtype, file)
    image = to_sitk(volume.with_array(array))
    with atomic_path(file) as temporary:
        _write_whole(image, temporary)


def _write_whole(image: SimpleITK.Image, file: Path) -> None:
    """Write an image and look at what arrived: on a full disk ITK leaves short files without a word."""
    SimpleITK.ProcessObject_GlobalWarningDisplayOff()
    try:
        SimpleITK.WriteImage(image, str(file), useCompression=file.suffix != ".nii")
        if file.name.endswith((".nii", ".nii.gz")):
            check_nifti(file)
        elif file.suffix == ".mha":
            check_metaimage(file)
        else:
            check_nrrd(file)
    except RuntimeError as error:
        text = str(error).strip().splitlines()[-1].strip()
        code = errno.ENOSPC if any(word in text.lower() for word in _FULL_DISK_WORDS) else errno.EIO
        raise OSError(code, text) from error
    except DatasetError as error:
        raise OSError(errno.ENOSPC, "only a part of it arrived, as on a full disk") from error


def _converted(array: np.ndarray, dtype: DTypeLike | None, file: Path) -> np.ndarray:
    """Return the voxels in the file's type, or raise where that type cannot hold them."""
    if array.dtype.kind not in "buif":
        raise DatasetError(f"The image for {str(file)!r} is of type {array.dtype}", expected="real numbers")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DatasetError(f"The image for {str(file)!r} holds NaN or infinity", expected="finite numbers")
    target = np.dtype(_file_type(array) if dtype is None else dtype)
    if target.kind in "uif" and target != array.dtype:
        limits: Any = (np.finfo if target.kind == "f" else np.iinfo)(target)
        low, high = array.min(), array.max()
        if low < limits.min or high > limits.max:
            raise DatasetError(
                f"The image for {str(file)!r} holds values from {low:g} to {high:g}",
                expected=f"values that fit the type {target}",
                remedy="Choose a wider type",
            )
    return array.astype(target)


def _file_type(array: np.ndarray) -> DTypeLike:
    if array.dtype.kind in "bui" and array.min() >= 0:
        for dtype in (np.uint8, np.uint16):
            if array.max() <= np.iinfo(dtype).max:
                return dtype
    return array.dtype
