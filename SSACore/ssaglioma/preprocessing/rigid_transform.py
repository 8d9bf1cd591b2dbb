"""A turn and a shift in patient space: the way from one image of a head to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK

from ssaglioma.errors import GeometryError


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """A turn and a shift in patient space, from the fixed image's points to the moving image's.

    Attributes
    ----------
    matrix_lps : ndarray, shape (4, 4)
        Homogeneous, in LPS mm.

    Raises
    ------
    GeometryError
        If the matrix is not rigid.
    """

    matrix_lps: np.ndarray

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix_lps, float)
        if (
            matrix.shape != (4, 4)
            or not np.allclose(matrix[:3, :3].T @ matrix[:3, :3], np.eye(3), atol=1e-6)
            or not np.allclose(matrix[3], (0, 0, 0, 1))
            or np.linalg.det(matrix[:3, :3]) < 0
        ):
            raise GeometryError(f"The transform is {matrix.tolist()!r}", expected="a 4x4 matrix of a turn and a shift")
        matrix.setflags(write=False)
        object.__setattr__(self, "matrix_lps", matrix)

    @property
    def degrees(self) -> float:
        """Size of the turn about its own axis."""
        cosine = (np.trace(self.matrix_lps[:3, :3]) - 1) / 2
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))

    def inverse(self) -> RigidTransform:
        """Return the way back."""
        back = np.eye(4)
        back[:3, :3] = self.matrix_lps[:3, :3].T
        back[:3, 3] = -back[:3, :3] @ self.matrix_lps[:3, 3]
        return RigidTransform(back)

    def after(self, first: RigidTransform) -> RigidTransform:
        """Return this way gone after another one."""
        return RigidTransform(self.matrix_lps @ first.matrix_lps)

    def apply(self, points_lps_mm: np.ndarray) -> np.ndarray:
        """Return moved points, shape (N, 3)."""
        return points_lps_mm @ self.matrix_lps[:3, :3].T + self.matrix_lps[:3, 3]

    def to_sitk(self) -> SimpleITK.AffineTransform:
        """Return it as SimpleITK's resampling wants it (from output points to input points)."""
        transform = SimpleITK.AffineTransform(3)
        transform.SetMatrix(self.matrix_lps[:3, :3].ravel().tolist())
        transform.SetTranslation(self.matrix_lps[:3, 3].tolist())
        return transform
