"""The one image type of the project: an array with its place in the patient."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ssaglioma.errors import GeometryError
from ssaglioma.types import Spacing

_ORTHONORMAL_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Volume:
    """A scalar 3D image in patient space.

    Attributes
    ----------
    array : ndarray, shape (Z, Y, X)
        Voxel values; axis 2 (X) is the first file axis, as in SimpleITK.
    spacing_zyx_mm : tuple of 3 floats
        Voxel size in mm in the order of the array axes.
    origin_lps_mm : tuple of 3 floats
        Patient position (left, posterior, superior) of the centre of voxel [0, 0, 0].
    direction_lps : ndarray, shape (3, 3)
        Columns are the patient directions of the array's X, Y and Z axes (in this order,
        as in SimpleITK); orthonormal.

    Raises
    ------
    GeometryError
        If the array is not 3D or empty, a spacing is not positive, or the direction is
        not orthonormal.
    """

    array: np.ndarray
    spacing_zyx_mm: Spacing = (1.0, 1.0, 1.0)
    origin_lps_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction_lps: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or self.array.size == 0:
            raise GeometryError(
                f"The image has shape {self.array.shape!r}",
                expected="a 3D array (Z, Y, X) with at least one voxel",
                remedy="Split a 4D file into its volumes first",
            )
        spacing = tuple(float(value) for value in self.spacing_zyx_mm)
        origin = tuple(float(value) for value in self.origin_lps_mm)
        direction = np.eye(3) if self.direction_lps is None else np.array(self.direction_lps, dtype=float)
        if len(spacing) != 3 or not all(np.isfinite(spacing)) or min(spacing) <= 0:
            raise GeometryError(f"The voxel size is {spacing!r} mm", expected="three positive numbers")
        if len(origin) != 3 or not all(np.isfinite(origin)):
            raise GeometryError(f"The origin is {origin!r} mm", expected="three finite numbers")
        if direction.shape != (3, 3) or not np.allclose(
            direction.T @ direction, np.eye(3), atol=_ORTHONORMAL_TOLERANCE
        ):
            raise GeometryError(
                f"The axis directions are {np.round(direction, 4).tolist()!r}",
                expected="three perpendicular unit vectors",
                remedy="Resample the image to a regular grid (its header holds a shear or is damaged)",
            )
        direction.setflags(write=False)
        object.__setattr__(self, "spacing_zyx_mm", spacing)
        object.__setattr__(self, "origin_lps_mm", origin)
        object.__setattr__(self, "direction_lps", direction)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along (Z, Y, X)."""
        return self.array.shape  # type: ignore[return-value]

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(np.prod(self.spacing_zyx_mm)) / 1000.0

    @property
    def affine_lps(self) -> np.ndarray:
        """4x4 matrix from voxel index (x, y, z, 1) to patient position in LPS mm."""
        affine = np.eye(4)
        affine[:3, :3] = self.direction_lps * np.array(self.spacing_zyx_mm[::-1])
        affine[:3, 3] = self.origin_lps_mm
        return affine

    def with_array(self, array: np.ndarray) -> Volume:
        """Return the same geometry with other values of the same shape (Z, Y, X)."""
        if array.shape != self.shape:
            raise GeometryError(f"The new array has shape {array.shape!r}", expected=f"{self.shape!r}")
        return replace(self, array=array)

    def same_grid(self, other: Volume, tolerance_mm: float = 1e-2) -> bool:
        """Tell whether both images have the same voxels, corner by corner, within a tolerance in mm."""
        if self.shape != other.shape:
            return False
        return bool(np.abs(self._corners() - other._corners()).max() <= tolerance_mm)

    def geometry_text(self) -> str:
        """Describe the grid in one line for messages: size, spacing, origin, axis codes."""
        size = "x".join(str(n) for n in self.shape[::-1])
        spacing = "x".join(f"{value:.3g}" for value in self.spacing_zyx_mm[::-1])
        origin = ", ".join(f"{value:.1f}" for value in self.origin_lps_mm)
        return f"{size} voxels of {spacing} mm, origin ({origin}) mm LPS"

    def _corners(self) -> np.ndarray:
        last = np.array(self.shape[::-1]) - 1
        index = np.array([[x, y, z, 1] for x in (0, last[0]) for y in (0, last[1]) for z in (0, last[2])])
        return (index @ self.affine_lps.T)[:, :3]
