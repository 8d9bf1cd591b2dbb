"""Resampling onto another grid by the two headers alone; alignment is the business of preprocessing."""

from __future__ import annotations

import SimpleITK

from ssaglioma.volume.sitk import from_sitk, to_sitk
from ssaglioma.volume.volume import Volume

_INTERPOLATORS = {0: SimpleITK.sitkNearestNeighbor, 1: SimpleITK.sitkLinear, 3: SimpleITK.sitkBSpline}


def resample_to(volume: Volume, grid: Volume, *, order: int, fill: float = 0.0) -> Volume:
    """Return the volume's values at the voxels of another grid.

    Parameters
    ----------
    volume : Volume
    grid : Volume
        Only its geometry is used.
    order : int
        0 nearest neighbour (labels), 1 linear, 3 cubic B-spline.
    fill : float
        Value outside the volume.
    """
    if order not in _INTERPOLATORS:
        raise ValueError(f"order must be one of {sorted(_INTERPOLATORS)}, found {order!r}")
    image = to_sitk(volume)
    if order > 0:
        image = SimpleITK.Cast(image, SimpleITK.sitkFloat32)
    moved = SimpleITK.Resample(
        image, to_sitk(grid), SimpleITK.Transform(3, SimpleITK.sitkIdentity), _INTERPOLATORS[order], fill
    )
    return from_sitk(moved)
