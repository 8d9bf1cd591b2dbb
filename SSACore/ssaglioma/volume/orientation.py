"""Canonical orientation inside, exact restoration outside, over all 48 axis codes."""

from __future__ import annotations

import itertools

import numpy as np

from ssaglioma.errors import GeometryError
from ssaglioma.volume.volume import Volume


def to_canonical(volume: Volume) -> Volume:
    """Reorder and flip axes so that Z, Y, X point to superior, posterior, left as closely as they can.

    No voxel value changes; an oblique image stays oblique. The result shares memory with
    the input where it can.
    """
    order, flips = _plan(np.asarray(volume.direction_lps))
    return _apply(volume, order, flips)


def from_canonical(array: np.ndarray, canonical: Volume, original: Volume) -> Volume:
    """Return an array on the canonical grid as a volume on the original grid; the exact inverse of `to_canonical`.

    Parameters
    ----------
    array : ndarray, shape (Z, Y, X) of `canonical`
    canonical : Volume
        What `to_canonical(original)` gave.
    original : Volume
        Geometry of the result.

    Raises
    ------
    GeometryError
        If the array is not on the canonical grid, or that grid is not the original's.
    """
    if array.shape != canonical.shape:
        raise GeometryError(f"The array has shape {array.shape!r}", expected=f"{canonical.shape!r}")
    order, flips = _plan(np.asarray(original.direction_lps))
    if tuple(original.shape[axis] for axis in order) != canonical.shape:
        raise GeometryError(
            f"The canonical image ({canonical.geometry_text()}) was not made from the original "
            f"({original.geometry_text()})"
        )
    flipped = np.flip(array, tuple(axis for axis in range(3) if flips[axis]))
    restored = np.transpose(flipped, np.argsort(order))
    return original.with_array(np.ascontiguousarray(restored))


def _plan(direction: np.ndarray) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Return for each canonical array axis (Z, Y, X) the source array axis, and whether to flip it.

    `direction` columns are the patient directions of X, Y, Z. The assignment with the
    largest sum of absolute cosines wins, so that steeply oblique images are safe too.
    """
    best = max(
        itertools.permutations(range(3)),
        key=lambda columns: sum(abs(direction[row, column]) for row, column in enumerate(columns)),
    )
    flips_xyz = [direction[row, column] < 0 for row, column in enumerate(best)]
    order = tuple(2 - best[row] for row in (2, 1, 0))
    return order, tuple(bool(flip) for flip in reversed(flips_xyz))


def _apply(volume: Volume, order: tuple[int, ...], flips: tuple[bool, ...]) -> Volume:
    array = np.transpose(volume.array, order)
    array = np.flip(array, tuple(axis for axis in range(3) if flips[axis]))
    source_xyz = [2 - axis for axis in reversed(order)]
    signs = np.array([-1.0 if flip else 1.0 for flip in reversed(flips)])
    direction = np.asarray(volume.direction_lps)[:, source_xyz] * signs
    corner = np.zeros(3)
    for axis, flip in zip(order, flips):
        if flip:
            corner[2 - axis] = volume.shape[axis] - 1
    origin = (volume.affine_lps @ np.append(corner, 1.0))[:3]
    spacing = tuple(volume.spacing_zyx_mm[axis] for axis in order)
    return Volume(array, spacing, tuple(origin), direction)  # type: ignore[arg-type]
