"""Gray 2D pictures: reading PNG, JPEG and arrays (.npy), writing PNG and arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
ARRAY_SUFFIX = ".npy"
"""Of a file that holds one array (Y, X) of numpy: gray values exactly as they are, for programs."""
_LOSSY = (".jpg", ".jpeg")
_LARGEST_NOISE = 10
_GRAY_16 = ("I;16", "I;16B", "I")


def read_picture(path: PathLike) -> np.ndarray:
    """Read a picture (Y, X) as float32; colours become gray, and the noise of JPEG outside the foreground is cut off.

    Raises
    ------
    DatasetError
        If it cannot be read.
    """
    file = Path(path)
    if file.suffix.lower() == ARRAY_SUFFIX:
        return _read_array(file)
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            array = np.asarray(image if image.mode in _GRAY_16 else image.convert("L"), np.float32)
    except (OSError, UnidentifiedImageError) as error:
        raise DatasetError(
            f"The picture {str(file)!r} cannot be read ({error})", expected="a PNG or JPEG file", remedy="Save it anew"
        ) from error
    if file.suffix.lower() in _LOSSY:
        # Around the foreground JPEG leaves gray values of a few steps, which would count as foreground too.
        array = array * ndimage.binary_fill_holes(ndimage.binary_opening(array > _LARGEST_NOISE))
    return array


def write_picture(array: np.ndarray, path: PathLike) -> None:
    """Write gray values (Y, X) as PNG, 8 bits where they fit and 16 where not; what is above 0 stays above 0.

    A name that ends in .npy gets the values as they are, float32.
    """
    if Path(path).suffix.lower() == ARRAY_SUFFIX:
        with atomic_path(path) as temporary:
            np.save(temporary, np.asarray(array, np.float32), allow_pickle=False)
        return
    from PIL import Image

    whole = whole_numbers(array)
    kind = np.uint8 if whole.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16
    with atomic_path(path) as temporary:
        Image.fromarray(whole.clip(0, np.iinfo(kind).max).astype(kind)).save(temporary, "PNG")


def _read_array(file: Path) -> np.ndarray:
    try:
        array = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(
            f"The array {str(file)!r} cannot be read ({error})", expected="a file of numpy.save"
        ) from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "uif" or array.size == 0:
        found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise DatasetError(f"The array {str(file)!r} is {found!r}", expected="real numbers of shape (Y, X)")
    return array.astype(np.float32)


def whole_numbers(array: np.ndarray) -> np.ndarray:
    """Return rounded values of any shape; what was signal does not become background."""
    whole = np.rint(array)
    return np.where((array > 0) & (whole == 0), 1, whole)
