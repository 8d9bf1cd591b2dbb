"""Reading NIfTI, NRRD and MetaImage files with checks whose messages a user can act on."""

from __future__ import annotations

from pathlib import Path

import SimpleITK

from ssaglioma.errors import DatasetError, GeometryError, SSAGliomaError
from ssaglioma.labels import LabelScheme, to_scheme
from ssaglioma.types import PathLike
from ssaglioma.volume.dicom import read_dicom_series
from ssaglioma.volume.nifti import check_nifti, damaged, refuse_non_finite
from ssaglioma.volume.sitk import from_sitk
from ssaglioma.volume.volume import Volume

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd")


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
        raise DatasetError(
            f"The file {str(file)!r} is of an unknown kind", expected="one of " + " ".join(IMAGE_SUFFIXES)
        )
    if name.endswith((".nii", ".nii.gz")):
        check_nifti(file)
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
        refuse_non_finite(file, volume.array)
    if min(volume.shape) < 2:
        raise DatasetError(
            f"The file {str(file)!r} is a single slice, {volume.geometry_text()}",
            expected="a 3D image",
            remedy="Give the whole series",
        )
    return volume


def _reading_error(file: Path, message: str) -> SSAGliomaError:
    lowered = message.lower()
    if "orthonormal" in lowered or ("direction" in lowered and "determinant" in lowered):
        return GeometryError(
            f"The header of {str(file)!r} has axes that are not perpendicular",
            expected="three perpendicular axes",
            remedy="Resample the image to a regular grid, or export it again",
        )
    reason = message.strip().splitlines()[-1].strip()
    return damaged(file, reason.replace("sitk::ERROR: ", ""))
