"""Boxes, dilation and components of bool masks, all exact and without copies of the whole image."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

Box = tuple[slice, ...]
_NEIGHBOURS_26 = np.ones((3, 3, 3), dtype=bool)


def bounding_box(mask: np.ndarray, margin: int = 0) -> Box | None:
    """Return the smallest box around the True voxels, or None when there are none.

    Parameters
    ----------
    mask : ndarray of bool, shape (Z, Y, X)
    margin : int
        Voxels added on each side, clipped at the image border.
    """
    planes = np.flatnonzero(mask.any(axis=(1, 2)))
    if planes.size == 0:
        return None
    shadow = np.logical_or.reduce(mask[planes[0] : planes[-1] + 1], axis=0)
    ranges = (planes, np.flatnonzero(shadow.any(axis=1)), np.flatnonzero(shadow.any(axis=0)))
    starts_and_stops = ((int(found[0]), int(found[-1]) + 1) for found in ranges)
    return grow_box(tuple(slice(start, stop) for start, stop in starts_and_stops), margin, mask.shape)


def grow_box(box: Box, margin: int, shape: tuple[int, ...]) -> Box:
    """Return the box with `margin` voxels more on each side, clipped to an image of this shape."""
    return tuple(
        slice(max(side.start - margin, 0), min(side.stop + margin, size)) for side, size in zip(box, shape, strict=True)
    )


def union_box(boxes: list[Box]) -> Box:
    """Return the smallest box that holds all the given boxes."""
    return tuple(
        slice(min(side.start for side in sides), max(side.stop for side in sides)) for sides in zip(*boxes, strict=True)
    )


def dilate(mask: np.ndarray, iterations: int = 1) -> np.ndarray:
    """Dilate with the 18-neighbourhood (3x3x3 without its corners), the image border being a wall.

    The structuring element is the union of three 3x3 squares, one per plane, so that each
    step takes five dilations along a line.

    Parameters
    ----------
    mask : ndarray of bool, shape (Z, Y, X)
    iterations : int
        Number of steps; 0 gives a copy.
    """
    for _ in range(iterations):
        along_z, along_y = _dilate_line(mask, 0), _dilate_line(mask, 1)
        grown = _dilate_line(along_z, 1)
        grown |= _dilate_line(along_z, 2)
        grown |= _dilate_line(along_y, 2)
        mask = grown
    return mask if iterations else mask.copy()


def connected_components(mask: np.ndarray) -> np.ndarray:
    """Number the 26-connected components of a bool mask (Z, Y, X) from 1; background is 0."""
    components, _ = ndimage.label(mask, structure=_NEIGHBOURS_26)
    return components


def merged_components(mask: np.ndarray, iterations: int) -> np.ndarray:
    """Number the components of a mask, where those whose dilations are connected count as one.

    Parameters
    ----------
    mask : ndarray of bool, shape (Z, Y, X)
    iterations : int
        Dilation steps (18-neighbourhood) before the components (26-connected) are found.
    """
    return connected_components(dilate(mask, iterations)) * mask


def _dilate_line(mask: np.ndarray, axis: int) -> np.ndarray:
    grown = mask.copy()
    head = tuple(slice(None, -1) if index == axis else slice(None) for index in range(mask.ndim))
    tail = tuple(slice(1, None) if index == axis else slice(None) for index in range(mask.ndim))
    grown[tail] |= mask[head]
    grown[head] |= mask[tail]
    return grown
