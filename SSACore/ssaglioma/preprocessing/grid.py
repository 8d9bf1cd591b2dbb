"""A grid of voxels without voxels: where results must lie, and where a model works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import SimpleITK

from ssaglioma.errors import GeometryError
from ssaglioma.preprocessing.intensity import bounding_box
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.types import Spacing
from ssaglioma.volume import Volume, to_canonical
from ssaglioma.volume.sitk import from_sitk, to_sitk

_INTERPOLATORS = {0: SimpleITK.sitkNearestNeighbor, 1: SimpleITK.sitkLinear, 3: SimpleITK.sitkBSpline}
_SAME_SPACING_SHARE = 0.02
_FWHM_PER_SD = 2.3548


@dataclass(frozen=True)
class Grid:
    """The geometry of a `Volume` as plain numbers.

    Attributes
    ----------
    shape : tuple of 3 ints
        (Z, Y, X).
    spacing_zyx_mm : tuple of 3 floats
    origin_lps_mm : tuple of 3 floats
        Of the centre of voxel [0, 0, 0].
    direction_lps : tuple of 9 floats
        Row by row; columns are the directions of X, Y and Z, as in `Volume`.
    """

    shape: tuple[int, int, int]
    spacing_zyx_mm: Spacing
    origin_lps_mm: tuple[float, float, float]
    direction_lps: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, kind in (
            ("shape", int),
            ("spacing_zyx_mm", float),
            ("origin_lps_mm", float),
            ("direction_lps", float),
        ):
            object.__setattr__(self, name, tuple(kind(value) for value in getattr(self, name)))
        if len(self.shape) != 3 or min(self.shape) < 1 or len(self.direction_lps) != 9 or min(self.spacing_zyx_mm) <= 0:
            raise GeometryError(f"The grid is {self!r}", expected="three sizes, three voxel sizes and nine directions")

    @classmethod
    def of(cls, volume: Volume) -> Grid:
        """Return the grid that a volume lies on."""
        direction = np.asarray(volume.direction_lps).ravel().tolist()
        return cls(volume.shape, volume.spacing_zyx_mm, volume.origin_lps_mm, tuple(direction))

    def volume(self, array: np.ndarray) -> Volume:
        """Return an array (Z, Y, X) as a volume on this grid."""
        if array.shape != self.shape:
            raise GeometryError(f"The array has shape {array.shape!r}", expected=f"{self.shape!r}")
        return Volume(array, self.spacing_zyx_mm, self.origin_lps_mm, np.array(self.direction_lps).reshape(3, 3))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Grid:
        """Build from plain JSON values."""
        return cls(**values)


def working_grid(anchor: Volume, mask: Volume, *, spacing_mm: float | None = 1.0, margin_mm: float = 4.0) -> Grid:
    """Return the grid that a model works on: canonical axes of the anchor, the box of the brain, even voxels.

    Axes whose voxels are within 2 % of the wished size keep the anchor's own, so that nothing is interpolated there.

    Parameters
    ----------
    anchor : Volume
        The image whose head position is kept.
    mask : Volume
        Brain, above 0, on the anchor's grid.
    spacing_mm : float or None
        None keeps the anchor's voxels on all axes: then no value is ever interpolated.
    margin_mm : float
        Around the brain, on all sides.

    Raises
    ------
    GeometryError
        If the mask is empty or lies on another grid.
    """
    if not mask.same_grid(anchor):
        raise GeometryError("The brain mask lies on another grid than the image", expected=anchor.geometry_text())
    home = to_canonical(mask)
    if not (home.array > 0).any():
        raise GeometryError("The brain mask is empty", expected="a mask with a brain in it")
    box = bounding_box(home.array > 0)
    shape, spacing, first = [], [], []
    for part, have in zip(box, home.spacing_zyx_mm):
        keep = spacing_mm is None or abs(have / spacing_mm - 1) < _SAME_SPACING_SHARE
        step = have if keep or spacing_mm is None else spacing_mm
        margin = int(np.ceil(margin_mm / step))
        count = int(np.ceil((part.stop - part.start) * have / step - 1e-6))
        shape.append(count + 2 * margin)
        spacing.append(step)
        start_mm = (part.start - 0.5) * have + 0.5 * step if not keep else part.start * have
        first.append((start_mm - margin * step) / have)
    origin = (home.affine_lps @ [*first[::-1], 1.0])[:3]
    return Grid(tuple(shape), tuple(spacing), tuple(origin), tuple(np.asarray(home.direction_lps).ravel()))  # type: ignore[arg-type]


def sampled(
    volume: Volume,
    grid: Grid,
    transform: RigidTransform | None = None,
    *,
    order: int = 1,
    fill: float = 0.0,
    smooth: bool = True,
) -> Volume:
    """Return a volume's values at the voxels of a grid, interpolated once.

    Parameters
    ----------
    transform : RigidTransform or None
        From the grid's points to the volume's; None where both lie in the same space.
    order : int
        0 nearest neighbour (type kept), 1 linear, 3 cubic B-spline (both float32).
    fill : float
        Value outside the volume.
    smooth : bool
        Where the grid is coarser than the volume, smooth the volume along those axes to the grid's resolution first,
        so that fine detail and noise do not fold into it (never for order 0).
    """
    if order not in _INTERPOLATORS:
        raise ValueError(f"order must be one of {sorted(_INTERPOLATORS)}, found {order!r}")
    image = to_sitk(volume)
    if order > 0:
        image = SimpleITK.Cast(image, SimpleITK.sitkFloat32)
        image = _smoothed(image, grid, transform) if smooth else image
    filter_ = SimpleITK.ResampleImageFilter()
    filter_.SetSize(grid.shape[::-1])
    filter_.SetOutputSpacing(grid.spacing_zyx_mm[::-1])
    filter_.SetOutputOrigin(grid.origin_lps_mm)
    filter_.SetOutputDirection(grid.direction_lps)
    filter_.SetInterpolator(_INTERPOLATORS[order])
    filter_.SetDefaultPixelValue(fill)
    if transform is not None:
        filter_.SetTransform(transform.to_sitk())
    return from_sitk(filter_.Execute(image))


def _smoothed(image: SimpleITK.Image, grid: Grid, transform: RigidTransform | None) -> SimpleITK.Image:
    """Smooth along the axes that are finer than the grid: the widths of both voxels differ in squares."""
    turned = np.eye(3) if transform is None else transform.matrix_lps[:3, :3]
    axes = turned @ np.array(grid.direction_lps).reshape(3, 3)
    steps = np.array(grid.spacing_zyx_mm[::-1])
    for axis, own in enumerate(image.GetSpacing()):
        along = np.array(image.GetDirection()).reshape(3, 3)[:, axis]
        wanted = float(np.sqrt(((axes.T @ along * steps) ** 2).sum()))
        if wanted > own * (1 + _SAME_SPACING_SHARE) and image.GetSize()[axis] >= 4:
            sd = float(np.sqrt(wanted**2 - own**2)) / _FWHM_PER_SD
            image = SimpleITK.RecursiveGaussian(
                image, sd, False, SimpleITK.RecursiveGaussianImageFilter.ZeroOrder, axis
            )
    return image
