"""Exact largest distances in masks, measured between the faces of their voxels.

The points are the middles of the faces between a mask and what surrounds it: the corners of
the iso-surface at 0.5, so that the diameters agree with the mesh diameters of the Image
Biomarker Standardisation Initiative (Zwanenburg et al. 2020) and ten voxels of 1 mm measure 10 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import cdist

PERPENDICULAR_TOLERANCE_DEG = 5.0
_SAMPLES_PER_VOXEL = 4
_CHUNK = 256


@dataclass(frozen=True)
class Chord:
    """A straight line inside a slice.

    Attributes
    ----------
    start_yx, end_yx : tuple of 2 floats
        Ends in voxel indices (y, x) of the slice.
    length_mm : float
    """

    start_yx: tuple[float, float]
    end_yx: tuple[float, float]
    length_mm: float


def face_midpoints(mask: np.ndarray) -> np.ndarray:
    """Return the middles of all faces between a mask and its outside.

    Parameters
    ----------
    mask : ndarray of bool, any number of dimensions
        The image border counts as outside.

    Returns
    -------
    ndarray of float, shape (N, ndim)
        In voxel indices; one coordinate of each point lies half way between two voxels.
    """
    padded = np.pad(mask.astype(np.int8), 1)
    points = []
    for axis in range(mask.ndim):
        found = np.argwhere(np.diff(padded, axis=axis)).astype(float) - 1.0
        found[:, axis] += 0.5
        points.append(found)
    return np.concatenate(points)


def largest_diameter_mm(mask: np.ndarray, spacing_mm: tuple[float, ...]) -> float:
    """Return the largest distance between two surface points of a mask (any shape and dimension); 0 if it is empty."""
    if not mask.any():
        return 0.0
    points = face_midpoints(mask) * np.asarray(spacing_mm)
    corners = points[ConvexHull(points).vertices]
    # Blockwise: a large digital ball has thousands of corners.
    return float(max(cdist(corners[first : first + _CHUNK], corners).max() for first in range(0, len(corners), _CHUNK)))


def longest_chord(
    points_yx: np.ndarray,
    allowed: np.ndarray,
    spacing_yx_mm: tuple[float, float],
    perpendicular_to: Chord | None = None,
) -> Chord | None:
    """Return the longest line between two points of a slice that runs inside a mask, or None when there is none.

    A line runs inside where the linear interpolation of the mask is above 0, looked at every
    quarter of a voxel: it may cut a corner, but not cross a gap.

    Parameters
    ----------
    points_yx : ndarray of float, shape (N, 2)
        Possible ends in voxel indices, as `face_midpoints` gives them.
    allowed : ndarray of bool, shape (Y, X)
        Where the line may run.
    spacing_yx_mm : tuple of 2 floats
    perpendicular_to : Chord, optional
        Take only lines that stand at a right angle on this one, within 5 degrees.
    """
    scale = np.asarray(spacing_yx_mm, dtype=float)
    first, second = np.triu_indices(len(points_yx), k=1)
    steps = (points_yx[second] - points_yx[first]) * scale
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    if perpendicular_to is not None:
        kept = _stands_on(steps, lengths, perpendicular_to, scale)
        first, second, lengths = first[kept], second[kept], lengths[kept]
    order = np.argsort(-lengths, kind="stable")
    padded = np.pad(allowed, 1)
    for begin in range(0, len(order), _CHUNK):
        block = order[begin : begin + _CHUNK]
        inside = _run_inside(points_yx[first[block]], points_yx[second[block]], padded)
        if inside.any():
            best = block[int(np.argmax(inside))]
            start, end = points_yx[first[best]], points_yx[second[best]]
            return Chord((float(start[0]), float(start[1])), (float(end[0]), float(end[1])), float(lengths[best]))
    return None


def hull_points(points_yx: np.ndarray, spacing_yx_mm: tuple[float, float]) -> np.ndarray:
    """Return the points (N, 2) that are corners of the convex hull of the given ones."""
    return points_yx[ConvexHull(points_yx * np.asarray(spacing_yx_mm)).vertices]


def _stands_on(steps: np.ndarray, lengths: np.ndarray, chord: Chord, scale: np.ndarray) -> np.ndarray:
    along = (np.subtract(chord.end_yx, chord.start_yx)) * scale
    cosines = np.abs(steps @ along) / (lengths * np.hypot(*along))
    return cosines <= np.sin(np.radians(PERPENDICULAR_TOLERANCE_DEG)) + 1e-9


def _run_inside(starts: np.ndarray, ends: np.ndarray, padded: np.ndarray) -> np.ndarray:
    """Tell for each line (B, 2) to (B, 2) whether it runs inside a mask that was padded by one voxel."""
    longest = float(np.abs(ends - starts).max())
    shares = np.linspace(0.0, 1.0, int(np.ceil(longest * _SAMPLES_PER_VOXEL)) + 1)
    places = starts[:, None] + shares[None, :, None] * (ends - starts)[:, None] + 1.0
    # Rounding errors must not carry a point on a row of voxels over to the next row.
    places = np.round(places, 9)
    low, high = np.floor(places).astype(int), np.ceil(places).astype(int)
    near = [padded[y[..., 0], x[..., 1]] for y in (low, high) for x in (low, high)]
    return np.logical_or.reduce(near).all(axis=1)
