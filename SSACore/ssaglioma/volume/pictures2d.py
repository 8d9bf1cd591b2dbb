"""Gray 2D pictures: reading PNG and JPEG, writing PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
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
    from PIL import Image, UnidentifiedImageError

    file = Path(path)
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
    """Write gray values (Y, X) as PNG, 8 bits where they fit and 16 where not; what is above 0 stays above 0."""
    from PIL import Image

    whole = whole_numbers(array)
    kind = np.uint8 if whole.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16
    with atomic_path(path) as temporary:
        Image.fromarray(whole.clip(0, np.iinfo(kind).max).astype(kind)).save(temporary, "PNG")


def whole_numbers(array: np.ndarray) -> np.ndarray:
    """Return rounded values of any shape; what was signal does not become background."""
    whole = np.rint(array)
    return np.where((array > 0) & (whole == 0), 1, whole)
