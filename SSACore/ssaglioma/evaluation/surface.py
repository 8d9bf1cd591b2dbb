"""Distances between two surfaces, measured once, and the scores derived from them.

Three conventions are in use, and they disagree (most of all with thick slices):

- `surface_area`: surface elements on the corners of the voxels, each with an area; the
  percentile is weighted by area, taken in each direction, and the larger one counts
  (Nikolov et al. 2018, arXiv:1809.04430; the package `surface-distance`; used by BraTS).
- `voxel_directed`: border voxels (6-neighbourhood), linear percentile in each direction,
  the larger one counts (MONAI).
- `voxel_pooled`: border voxels, linear percentile of both directions pooled (MedPy).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from ssaglioma.errors import DatasetError, DeviceError
from ssaglioma.evaluation.masks import bounding_box
from ssaglioma.types import Spacing

CONVENTIONS: tuple[str, ...] = ("surface_area", "voxel_directed", "voxel_pooled")
_INSIDE = 255
_WORTH_TWO_THREADS = 4096


@dataclass(frozen=True, eq=False)
class SurfaceDistances:
    """Nearest distances between the surfaces of two masks.

    Attributes
    ----------
    convention : str
        One of `CONVENTIONS`.
    reference_to_prediction, prediction_to_reference : ndarray of float, shape (N,), (M,)
        Distance from each surface element to the other surface, in the unit of the spacing.
    reference_areas, prediction_areas : ndarray of float, shape (N,), (M,)
        Weight of each element: its area for `surface_area`, else 1.
    """

    convention: str
    reference_to_prediction: np.ndarray
    prediction_to_reference: np.ndarray
    reference_areas: np.ndarray
    prediction_areas: np.ndarray

    def hausdorff(self) -> float:
        """Return the largest distance in either direction."""
        return float(max(self.reference_to_prediction.max(), self.prediction_to_reference.max()))

    def hausdorff_percentile(self, percent: float = 95.0) -> float:
        """Return the robust Hausdorff distance under this convention (0 < percent <= 100)."""
        forth, back = self.reference_to_prediction, self.prediction_to_reference
        if self.convention == "voxel_pooled":
            return float(np.percentile(np.concatenate([forth, back]), percent))
        if self.convention == "voxel_directed":
            return float(max(np.percentile(forth, percent), np.percentile(back, percent)))
        return max(
            _weighted_percentile(forth, self.reference_areas, percent),
            _weighted_percentile(back, self.prediction_areas, percent),
        )

    def surface_dice(self, tolerance: float) -> float:
        """Return the share (0..1) of both surfaces that lies within the tolerance: NSD."""
        near = (
            self.reference_areas[self.reference_to_prediction <= tolerance].sum()
            + self.prediction_areas[self.prediction_to_reference <= tolerance].sum()
        )
        return float(near / (self.reference_areas.sum() + self.prediction_areas.sum()))


def check_convention(convention: str) -> str:
    """Return the convention, or raise `DatasetError` when it is not in `CONVENTIONS`."""
    if convention not in CONVENTIONS:
        raise DatasetError(
            f"The surface convention {convention!r} is not known", expected=f"one of {list(CONVENTIONS)}"
        )
    return convention


def surface_distances(
    reference: np.ndarray, prediction: np.ndarray, spacing: Spacing, convention: str = "surface_area"
) -> SurfaceDistances:
    """Measure the distances between the surfaces of two masks that both hold voxels.

    Work is done on the bounding box of the union. A mask that touches the image border
    has its surface there, as if the image went on with background.

    Parameters
    ----------
    reference, prediction : ndarray of bool, shape (Z, Y, X)
    spacing : tuple of 3 floats
        Voxel size along (Z, Y, X) in mm; (1, 1, 1) measures in voxels.
    convention : str
        One of `CONVENTIONS`.

    Raises
    ------
    ValueError
        If the shapes differ or a mask is empty (the rule for that is the caller's).
    DatasetError
        If the convention is not known.
    DeviceError
        If `surface_area` is asked for and the package `surface-distance` is missing.
    """
    check_convention(convention)
    if reference.shape != prediction.shape:
        raise ValueError(f"reference has shape {reference.shape!r}, prediction {prediction.shape!r}")
    box = bounding_box(reference | prediction)
    if box is None or not reference[box].any() or not prediction[box].any():
        raise ValueError("Surface distances need two masks that both hold voxels")
    borders, areas = [], []
    for mask in (reference[box], prediction[box]):
        border, area = _surfels(mask, spacing) if convention == "surface_area" else _border_voxels(mask)
        borders.append(border)
        areas.append(area)
    forth, back = _nearest_distances(borders[0], borders[1], spacing)
    return SurfaceDistances(convention, forth, back, areas[0], areas[1])


def _border_voxels(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the voxels with a background neighbour (6-neighbourhood) and a weight of 1 for each."""
    padded = np.pad(mask, 1)
    inside = mask.copy()
    for axis in range(mask.ndim):
        for start in (0, 2):
            window = [slice(1, -1)] * mask.ndim
            window[axis] = slice(start, start + mask.shape[axis])
            inside &= padded[tuple(window)]
    border = mask & ~inside
    return border, np.ones(int(np.count_nonzero(border)))


def _surfels(mask: np.ndarray, spacing: Spacing) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (Z+1, Y+1, X+1) that the surface passes, and the area at each of them."""
    code = np.pad(mask.view(np.uint8) if mask.dtype == bool else mask.astype(np.uint8), 1)
    code = 2 * code[:, :, :-1] + code[:, :, 1:]
    code = 4 * code[:, :-1] + code[:, 1:]
    code = 16 * code[:-1] + code[1:]
    border = (code != 0) & (code != _INSIDE)
    return border, _surfel_areas(tuple(float(size) for size in spacing))[code[border]]


@lru_cache(maxsize=32)
def _surfel_areas(spacing: tuple[float, ...]) -> np.ndarray:
    """Return the area for each of the 256 patterns of 2x2x2 voxels (bit 128 = voxel [0, 0, 0])."""
    # Imported late: `import ssaglioma` and the voxel conventions do without this package.
    try:
        from surface_distance.lookup_tables import create_table_neighbour_code_to_surface_area
    except ImportError as error:
        raise DeviceError(
            "The Python package 'surface-distance' is not installed",
            expected="it for the convention 'surface_area'",
            remedy="Run `pip install surface-distance==0.1`, or choose the convention 'voxel_directed'",
        ) from error
    areas = np.asarray(create_table_neighbour_code_to_surface_area(spacing), dtype=float)
    areas.setflags(write=False)
    return areas


def _nearest_distances(first: np.ndarray, second: np.ndarray, spacing: Spacing) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance from each True voxel of one border to the other border, both ways."""
    shared = first & second
    points = [np.argwhere(border) for border in (first, second)]
    is_shared = [shared[border] for border in (first, second)]
    forth = _nearest(points[0], points[1], is_shared[0], spacing)
    back = _nearest(points[1], points[0], is_shared[1], spacing)
    return forth, back


def _nearest(origins: np.ndarray, targets: np.ndarray, known_zero: np.ndarray, spacing: Spacing) -> np.ndarray:
    """Return distances (N,) from index points (N, 3) to the nearest of (M, 3); 0 where known."""
    distances = np.zeros(len(origins))
    searching = origins[~known_zero]
    if len(searching) == 0:
        return distances
    scale = np.asarray(spacing, dtype=float)
    tree = cKDTree(targets * scale, leafsize=32, balanced_tree=False, compact_nodes=False)
    _, nearest = tree.query(searching * scale, workers=2 if len(searching) > _WORTH_TWO_THREADS else 1)
    # From whole index steps, so that 1 mm is exactly 1 mm and not 1 mm plus rounding.
    steps = (targets[nearest] - searching) * scale
    distances[~known_zero] = np.sqrt((steps * steps).sum(axis=1))
    return distances


def _weighted_percentile(distances: np.ndarray, areas: np.ndarray, percent: float) -> float:
    """Return the first distance at which the cumulated share of the area reaches the percentage."""
    order = np.lexsort((areas, distances))
    share = np.cumsum(areas[order]) / np.sum(areas[order])
    position = min(int(np.searchsorted(share, percent / 100.0)), len(order) - 1)
    return float(distances[order[position]])
