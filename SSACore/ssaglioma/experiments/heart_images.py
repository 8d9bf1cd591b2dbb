"""Short-axis stacks of hearts as squares of equal pixels, and the way back to the image they came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import LabelScheme
from ssaglioma.training.cases import OUTSIDE
from ssaglioma.volume import Volume, check_same_grid, read_labelmap, read_volume

HIGH_PERCENTILE = 99.9
_IMAGE_SUFFIXES = (".nii", ".nii.gz")


@dataclass(frozen=True)
class SquareGrid:
    """Where the squares lie in the slices of a stack.

    Attributes
    ----------
    axis : int
        Array axis that the slices are stacked along (largest spacing: short-axis stacks are not axial).
    native : tuple of 2 ints
        Rows and columns of a slice.
    resampled : tuple of 2 ints
        The same with the squares' pixels.
    edge : int
        Of the square, in pixels, about the middle of the slice.
    """

    axis: int
    native: tuple[int, int]
    resampled: tuple[int, int]
    edge: int


@dataclass(frozen=True)
class HeartFiles:
    """Image and labels of one patient in one contrast; labels may be absent."""

    image: Path
    labels: Path | None


def find_hearts(folder: Path, contrast: str) -> dict[str, HeartFiles]:
    """Return the files '<patient>_<contrast>[_manual].nii[.gz]' of a folder by patient.

    Raises
    ------
    DatasetError
        If there is none.
    """
    found: dict[str, HeartFiles] = {}
    for suffix in _IMAGE_SUFFIXES:
        for path in sorted(folder.glob(f"*_{contrast}{suffix}")):
            labels = [folder / f"{path.name.removesuffix(suffix)}_manual{one}" for one in _IMAGE_SUFFIXES]
            patient = path.name.removesuffix(f"_{contrast}{suffix}")
            found[patient] = HeartFiles(path, next((one for one in labels if one.is_file()), None))
    if not found:
        raise DatasetError(
            f"The folder {str(folder)!r} holds no {contrast} stack",
            expected=f"files such as patient01_{contrast}.nii.gz, patient01_{contrast}_manual.nii.gz (MS-CMRSeg 2019)",
        )
    return found


def square_grid(
    volume: Volume, pixel_mm: float, edge: int, in_plane_mm: tuple[float, float] | None = None
) -> SquareGrid:
    """Return the grid of squares of a stack; `in_plane_mm` replaces the header's spacing of rows and columns."""
    axis = int(np.argmax(volume.spacing_zyx_mm))
    spacing = tuple(value for index, value in enumerate(volume.spacing_zyx_mm) if index != axis)
    native = tuple(value for index, value in enumerate(volume.shape) if index != axis)
    resampled = tuple(max(1, round(n * s / pixel_mm)) for n, s in zip(native, in_plane_mm or spacing))
    return SquareGrid(axis, (native[0], native[1]), (resampled[0], resampled[1]), edge)


def in_plane_spacing(volume: Volume) -> tuple[float, float]:
    """Return the spacing of rows and columns in mm, the largest of the three left out."""
    axis = int(np.argmax(volume.spacing_zyx_mm))
    rows, columns = (value for index, value in enumerate(volume.spacing_zyx_mm) if index != axis)
    return rows, columns


def image_squares(volume: Volume, grid: SquareGrid) -> np.ndarray:
    """Return float32 (Z, edge, edge): 0 the least, 1 the 99.9th percentile of the stack, clipped.

    The published preprocessing scales by the maximum and equalises the histogram locally (CLAHE); neither is done
    here: one bright voxel would decide the first, and the second hides part of what styles are about.
    """
    stack = np.moveaxis(np.asarray(volume.array, np.float32), grid.axis, 0)
    low, high = float(stack.min()), float(np.percentile(stack, HIGH_PERCENTILE))
    if not high > low:
        raise DatasetError("All voxels of the stack are equal", expected="an image")
    unit = np.ascontiguousarray(((stack - low) / (high - low)).clip(0, 1))
    made = torch.nn.functional.interpolate(
        torch.from_numpy(unit)[:, None], grid.resampled, mode="bilinear", antialias=True
    )
    return _squared(made[:, 0].numpy(), grid.edge, 0.0)


def label_squares(volume: Volume, grid: SquareGrid, scheme: LabelScheme) -> np.ndarray:
    """Return uint8 class numbers (Z, edge, edge) by nearest neighbour; 0 background, `OUTSIDE` beyond the slice."""
    stack = np.moveaxis(volume.array, grid.axis, 0)
    numbers = np.zeros(stack.shape, np.float32)
    for number, value in enumerate(scheme.values.values(), start=1):
        numbers[stack == value] = number
    made = torch.nn.functional.interpolate(torch.from_numpy(numbers)[:, None], grid.resampled, mode="nearest-exact")
    return _squared(made[:, 0].numpy(), grid.edge, float(OUTSIDE)).astype(np.uint8)


def to_native(probabilities: np.ndarray, grid: SquareGrid, volume: Volume, scheme: LabelScheme) -> Volume:
    """Return the labelmap of class probabilities (Z, classes, edge, edge) on the stack's own grid.

    Probabilities are interpolated, the likeliest class is taken, and of each class the largest component is kept
    (faces count), as in the cardiac studies.
    """
    background = np.zeros((*probabilities.shape[:2], *grid.resampled), np.float32)
    background[:, 0] = 1.0
    inner, outer = _overlap(grid.resampled, grid.edge)
    background[:, :, outer[0], outer[1]] = probabilities[:, :, inner[0], inner[1]]
    wide = torch.nn.functional.interpolate(torch.from_numpy(background), grid.native, mode="bilinear")
    numbers = wide.argmax(1).numpy()
    labels = np.zeros(numbers.shape, np.uint16)
    for number, value in enumerate(scheme.values.values(), start=1):
        labels[largest_component(numbers == number)] = value
    return volume.with_array(np.ascontiguousarray(np.moveaxis(labels, 0, grid.axis)))


def largest_component(mask: np.ndarray) -> np.ndarray:
    """Return the largest component of a mask (faces count); an empty mask stays empty."""
    components, count = ndimage.label(mask)
    if count <= 1:
        return mask
    return components == 1 + int(np.argmax(np.bincount(components.ravel())[1:]))


def read_stack(files: HeartFiles, scheme: LabelScheme) -> tuple[Volume, Volume]:
    """Return image and labels of a source patient on one grid.

    Raises
    ------
    DatasetError, GeometryError
        If there are no labels, or they lie on another grid.
    """
    if files.labels is None:
        raise DatasetError(f"The stack {files.image.name!r} has no labels", expected="a file that ends in _manual")
    image, labels = read_volume(files.image), read_labelmap(files.labels, scheme)
    check_same_grid({"image": image, "labels": labels})
    return image, labels


def _squared(stack: np.ndarray, edge: int, fill: float) -> np.ndarray:
    result = np.full((len(stack), edge, edge), fill, np.float32)
    inner, outer = _overlap((stack.shape[1], stack.shape[2]), edge)
    result[(slice(None), *inner)] = stack[(slice(None), *outer)]
    return result


def _overlap(shape: tuple[int, int], edge: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return what a middle square and a slice have in common, in the square's and in the slice's pixels."""
    inner, outer = [], []
    for size in shape:
        length, first = min(size, edge), (size - edge) // 2
        inner.append(slice(max(-first, 0), max(-first, 0) + length))
        outer.append(slice(max(first, 0), max(first, 0) + length))
    return tuple(inner), tuple(outer)
