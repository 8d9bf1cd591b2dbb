"""Reading NIfTI, NRRD and MetaImage files with checks whose messages a user can act on."""

from __future__ import annotations

import re
import zlib
from math import prod
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

_META_BYTES = {"CHAR": 1, "UCHAR": 1, "SHORT": 2, "USHORT": 2, "INT": 4, "UINT": 4, "FLOAT": 4, "DOUBLE": 8}
_META_FIELD = re.compile(rb"^[ \t]*(\w+)[ \t]*=[ \t]*([^\r\n]*?)[ \t]*\r?\n", re.MULTILINE)
_META_HEADER_LIMIT = 1 << 16
_NRRD_GZIP = re.compile(rb"^encoding: *(gz|gzip) *$", re.MULTILINE | re.IGNORECASE)
_ANY_ZLIB_HEADER = 47


def image_stem(name: str) -> str:
    """Return a file's name without the suffix of its image format; 'a.nii.gz' is 'a', any other name stays."""
    suffix = next((one for one in IMAGE_SUFFIXES if name.lower().endswith(one)), "")
    return name[: len(name) - len(suffix)]


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
    if file.is_dir():
        return [read_volume(file)]
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


def check_metaimage(file: Path) -> None:
    """Raise if the voxels of a .mha or .mhd file are cut off or do not decompress.

    ITK takes a broken zlib stream for an image without a word. Headers that this function
    does not understand pass; the reader decides about them.

    Raises
    ------
    DatasetError
    """
    data = file.read_bytes()
    fields: dict[str, str] = {}
    for match in _META_FIELD.finditer(data, 0, _META_HEADER_LIMIT):
        fields[match[1].decode()] = match[2].decode(errors="replace")
        if match[1] == b"ElementDataFile":
            break
    source = fields.get("ElementDataFile", "")
    if source == "LOCAL":
        voxels = data[match.end() :]
    elif source and (file.parent / source).is_file():
        voxels = (file.parent / source).read_bytes()
    elif source.lower().endswith((".raw", ".zraw")) and "%" not in source:
        raise damaged(file, f"the file {source!r} with its voxels is missing")
    else:
        return
    if fields.get("CompressedData", "").lower() == "true":
        voxels = _inflated(file, voxels)
    expected = _metaimage_bytes(fields)
    if len(voxels) < expected:
        raise damaged(file, f"it holds {len(voxels)} bytes of {expected}")


def check_nrrd(file: Path) -> None:
    """Raise if the gzip voxels inside a .nrrd file are cut off or broken, their check sum included.

    Raises
    ------
    DatasetError
    """
    header, found, voxels = file.read_bytes().partition(b"\n\n")
    if found and voxels and _NRRD_GZIP.search(header) and b"data file:" not in header.lower():
        _inflated(file, voxels)


def _metaimage_bytes(fields: dict[str, str]) -> int:
    """Return the bytes that a MetaImage's voxels take at least, 0 if the header does not say."""
    sizes = fields.get("DimSize", "").split()
    size = _META_BYTES.get(fields.get("ElementType", "").removeprefix("MET_").removesuffix("_ARRAY"), 0)
    channels = fields.get("ElementNumberOfChannels", "1")
    if not sizes or not all(number.isdigit() for number in [*sizes, channels]):
        return 0
    return prod(map(int, sizes)) * size * int(channels)


def _inflated(file: Path, voxels: bytes) -> bytes:
    stream = zlib.decompressobj(_ANY_ZLIB_HEADER)
    try:
        plain = stream.decompress(voxels)
    except zlib.error as error:
        raise damaged(file, f"its compressed voxels are broken ({error})") from error
    if not stream.eof:
        raise damaged(file, "its compressed voxels end too early")
    return plain


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
    elif name.endswith((".mha", ".mhd")):
        check_metaimage(file)
    elif name.endswith(".nrrd"):
        check_nrrd(file)
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
    if "complex" in image.GetPixelIDTypeAsString():
        raise DatasetError(
            f"The file {str(file)!r} holds complex numbers",
            expected="one grey value in each voxel",
            remedy="Give the magnitude image",
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
    if "change spacing" in lowered:
        return GeometryError(
            f"The file {str(file)!r} gives a voxel size that is 0 or negative",
            expected="positive numbers",
            remedy="Export the image again from the original DICOM",
        )
    if "unable to determine imageio" in lowered:
        return damaged(file, f"it does not begin as a {file.suffix} file does")
    reason = message.strip().splitlines()[-1].strip()
    return damaged(file, re.sub(r"sitk::ERROR: |ITK ERROR: |\w+\(0x[0-9a-f]+\): ", "", reason))
