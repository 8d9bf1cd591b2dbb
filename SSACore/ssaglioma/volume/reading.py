"""Reading NIfTI, NRRD and MetaImage files with checks whose messages a user can act on."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import SimpleITK

from ssaglioma.errors import DatasetError, GeometryError, SSAGliomaError
from ssaglioma.labels import LabelScheme, to_scheme
from ssaglioma.types import PathLike
from ssaglioma.volume.dicom import read_dicom_series
from ssaglioma.volume.sitk import from_sitk
from ssaglioma.volume.volume import Volume

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd")
_CHUNK = 1 << 20
_NO_SFORM_OFFSET, _NIFTI_HEADER = 252, 348


def read_volume(path: PathLike) -> Volume:
    """Read a 3D image: NIfTI, NRRD, MetaImage, or a folder with one DICOM series.

    Raises
    ------
    DatasetError
        If the file is missing, damaged, not 3D, or holds NaN, infinity or colours.
    GeometryError
        If the header's geometry makes no sense.
    """
    file = Path(path)
    if file.is_dir():
        return _checked(read_dicom_series(file), file)
    image = _read_image(file)
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[..., 0]
    if image.GetDimension() != 3:
        remedy = "Split it into its volumes first" if image.GetDimension() == 4 else "Give the whole 3D image"
        raise DatasetError(
            f"The file {str(file)!r} has {image.GetDimension()} dimensions, size {image.GetSize()}",
            expected="a 3D image",
            remedy=remedy,
        )
    return _volume(image, file)


def read_volumes(path: PathLike) -> list[Volume]:
    """Read a 3D or 4D file as a list of 3D volumes, in file order.

    Raises
    ------
    DatasetError, GeometryError
        As `read_volume`.
    """
    file = Path(path)
    image = _read_image(file)
    if image.GetDimension() != 4:
        return [read_volume(file)]
    return [_volume(image[..., index], file) for index in range(image.GetSize()[3])]


def read_labelmap(path: PathLike, scheme: LabelScheme) -> Volume:
    """Read a labelmap as uint16 and check its values against a scheme (old BraTS 4 becomes 3).

    Raises
    ------
    DatasetError
        If a value is not in the scheme; otherwise as `read_volume`.
    """
    volume = read_volume(path)
    return volume.with_array(to_scheme(volume.array, scheme, source=f"The file {str(path)!r}"))


def _read_image(file: Path) -> SimpleITK.Image:
    if not file.exists():
        raise DatasetError(f"The file {str(file)!r} does not exist", remedy="Check the path")
    name = file.name.lower()
    if not name.endswith(IMAGE_SUFFIXES):
        raise DatasetError(f"The file {str(file)!r} is of an unknown kind", expected="one of " + " ".join(IMAGE_SUFFIXES))
    if name.endswith(".gz"):
        _check_gzip(file)
    if name.endswith(".nii") or name.endswith(".nii.gz"):
        _check_nifti(file)
    SimpleITK.ProcessObject_GlobalWarningDisplayOff()
    try:
        return SimpleITK.ReadImage(str(file))
    except RuntimeError as error:
        raise _reading_error(file, str(error)) from error


def _volume(image: SimpleITK.Image, file: Path) -> Volume:
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise DatasetError(
            f"The file {str(file)!r} has {image.GetNumberOfComponentsPerPixel()} values in each voxel",
            expected="one grey value (a colour or vector image cannot be used)",
        )
    try:
        return _checked(from_sitk(image), file)
    except GeometryError as error:
        raise GeometryError(
            f"The file {str(file)!r}: {error.problem}", expected=error.expected, remedy=error.remedy
        ) from error


def _checked(volume: Volume, file: Path) -> Volume:
    if volume.array.dtype.kind == "f":
        bad = int(np.size(volume.array) - np.count_nonzero(np.isfinite(volume.array)))
        if bad:
            raise DatasetError(
                f"The file {str(file)!r} holds {bad} voxels that are NaN or infinite",
                expected="finite numbers",
                remedy="Export the image again, or replace these voxels",
            )
    if min(volume.shape) < 2:
        raise DatasetError(
            f"The file {str(file)!r} is a single slice, {volume.geometry_text()}",
            expected="a 3D image",
            remedy="Give the whole series",
        )
    return volume


def _check_gzip(file: Path) -> None:
    """Decompress the stream to its end: some readers fill a truncated file with zeros."""
    stream = zlib.decompressobj(wbits=31)
    try:
        with open(file, "rb") as source:
            while block := source.read(_CHUNK):
                while block:
                    stream.decompress(block)
                    block = stream.unused_data if stream.eof else b""
                    if stream.eof and block.strip(b"\0"):
                        stream = zlib.decompressobj(wbits=31)
                    else:
                        block = b""
    except zlib.error as error:
        raise _damaged(file, f"its gzip stream is broken, {error}") from error
    if not stream.eof:
        raise _damaged(file, "its gzip stream ends too early")


def _check_nifti(file: Path) -> None:
    """Refuse NIfTI headers with a voxel size of 0 or below or no number, which ITK quietly turns into 1 mm."""
    import gzip

    opener = gzip.open if file.name.lower().endswith(".gz") else open
    with opener(file, "rb") as stream:
        header = stream.read(_NIFTI_HEADER)
    if len(header) < _NIFTI_HEADER:
        raise _damaged(file, f"it holds {len(header)} bytes, less than a header")
    order = "<" if int.from_bytes(header[0:4], "little") == _NIFTI_HEADER else ">"
    if int(np.frombuffer(header, f"{order}i4", 1)[0]) != _NIFTI_HEADER:
        return
    dimensions = int(np.frombuffer(header, f"{order}i2", 1, 40)[0])
    sizes = np.frombuffer(header, f"{order}f4", 8, 76)[1 : 1 + min(max(dimensions, 1), 3)]
    if not np.isfinite(sizes).all() or (sizes <= 0).any():
        raise GeometryError(
            f"The file {str(file)!r} gives the voxel size as {[float(size) for size in sizes]} mm",
            expected="positive numbers",
            remedy="Export the image again from the original DICOM",
        )


def _reading_error(file: Path, message: str) -> SSAGliomaError:
    lowered = message.lower()
    if "orthonormal" in lowered or "direction" in lowered and "determinant" in lowered:
        return GeometryError(
            f"The header of {str(file)!r} has axes that are not perpendicular",
            expected="three perpendicular axes",
            remedy="Resample the image to a regular grid, or export it again",
        )
    reason = message.strip().splitlines()[-1].strip()
    return _damaged(file, reason.replace("sitk::ERROR: ", ""))


def _damaged(file: Path, reason: str) -> DatasetError:
    return DatasetError(
        f"The file {str(file)!r} is damaged or cut off: {reason}",
        expected="a whole image file",
        remedy="Copy or export it again",
    )
