"""Writing volumes: atomically, in the format that the name asks for."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import SimpleITK
from numpy.typing import DTypeLike

from ssaglioma.errors import DatasetError
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path
from ssaglioma.volume.sitk import to_sitk
from ssaglioma.volume.volume import Volume

WRITABLE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
_BYTE_MAX = 255


def write_volume(volume: Volume, path: PathLike, dtype: DTypeLike | None = None) -> None:
    """Write a volume as .nii, .nii.gz, .nrrd or .mha; an existing file is replaced only by a whole one.

    Parameters
    ----------
    dtype : numpy dtype, optional
        Type of the file's voxels. By default floats stay, and integers that fit become uint8.

    Raises
    ------
    DatasetError
        For an unknown suffix, or values that are NaN or infinite.
    SSAGliomaError
        If the disk is full or the folder cannot be written.
    """
    file = Path(path)
    if not file.name.lower().endswith(WRITABLE_SUFFIXES):
        raise DatasetError(
            f"The file {str(file)!r} cannot be written",
            expected="a name ending in " + " ".join(WRITABLE_SUFFIXES),
        )
    array = volume.array
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DatasetError(f"The image for {str(file)!r} holds NaN or infinity", expected="finite numbers")
    array = array.astype(_file_type(array) if dtype is None else dtype)
    image = to_sitk(volume.with_array(array))
    compress = not file.name.lower().endswith(".nii")
    with atomic_path(file) as temporary:
        try:
            SimpleITK.WriteImage(image, str(temporary), useCompression=compress)
        except RuntimeError as error:
            raise OSError(errno.EIO, str(error).strip().splitlines()[-1].strip()) from error


def _file_type(array: np.ndarray) -> DTypeLike:
    if array.dtype.kind in "bui" and array.min() >= 0 and array.max() <= _BYTE_MAX:
        return np.uint8
    return array.dtype
