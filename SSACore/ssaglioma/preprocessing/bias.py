"""The smooth sensitivity of the coil, found by N4 on a coarse copy and kept as a small lattice of numbers.

N4 after Tustison et al. (IEEE Trans. Med. Imaging 29, 2010). A coil's field has no detail below several centimetres,
so voxels of 6 mm tell as much as fine ones, in a fraction of the time. One level alone is fitted, which is a single
cubic in space: finer levels take a tumor for a coil (measured in Testing/benchmarks/bench_intake.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK
from scipy.interpolate import CubicSpline

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.volume import Volume
from ssaglioma.volume.sitk import to_sitk

_LEAST_VOXELS = 200
_FLOOR_SHARE = 1e-3
_LATTICE_MM = 24.0


@dataclass(frozen=True)
class BiasSettings:
    """How the field is found.

    Attributes
    ----------
    voxel_mm : float
        Axes finer than this are averaged to about this size.
    knots : int
        Control points of the cubic B-spline on the coarsest level, on each axis; 4 is the least.
    iterations : tuple of int
        At most so many on each level; each level has twice as many knot intervals as the one before.
    fwhm : float
        Width of the blur that N4 takes away from the histogram, in logs (0.15 in the paper).
    """

    voxel_mm: float = 6.0
    knots: int = 4
    iterations: tuple[int, ...] = (50,)
    fwhm: float = 0.15

    def __post_init__(self) -> None:
        object.__setattr__(self, "iterations", tuple(int(count) for count in self.iterations))
        if self.voxel_mm <= 0 or self.knots < 4 or not self.iterations or min(self.iterations) < 1 or self.fwhm <= 0:
            raise ValueError(f"The settings make no sense: {self!r}")


@dataclass(frozen=True)
class BiasField:
    """A smooth field on a grid of voxels: the cubic spline through the logs of a few of its values.

    Attributes
    ----------
    shape : tuple of 3 ints
        (Z, Y, X) of the grid that it belongs to.
    knots : tuple of 3 tuples of float
        Along Z, Y and X: voxel positions of the lattice, rising.
    logs : tuple of float
        Natural logs of the field at the lattice, Z slowest.
    """

    shape: tuple[int, int, int]
    knots: tuple[tuple[float, ...], ...]
    logs: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(size) for size in self.shape))
        object.__setattr__(self, "knots", tuple(tuple(float(place) for place in line) for line in self.knots))
        object.__setattr__(self, "logs", tuple(float(value) for value in self.logs))
        if len(self.shape) != 3 or len(self.knots) != 3 or len(self.logs) != np.prod([len(k) for k in self.knots]):
            raise GeometryError("The bias field's numbers do not fit together", expected="one for each lattice point")

    def values(self) -> np.ndarray:
        """Return the field at all voxels, float32 (Z, Y, X), about 1 on the average of the brain."""
        field = np.array(self.logs, np.float32).reshape([len(line) for line in self.knots])
        for axis, (line, size) in enumerate(zip(self.knots, self.shape)):
            field = np.moveaxis(np.tensordot(_basis(line, size), field, axes=(1, axis)), 0, axis)
        return np.exp(field)

    def peak_to_peak_percent(self, mask: np.ndarray) -> float:
        """Return the range of the field (1st to 99th percentile) inside a mask (Z, Y, X) in percent of its middle."""
        low, high = np.percentile(self.values()[mask][:: max(1, int(mask.sum()) // 200000)], (1, 99))
        return float(200 * (high - low) / (high + low))


def estimate_bias(volume: Volume, mask: np.ndarray, settings: BiasSettings = BiasSettings()) -> BiasField:
    """Find the bias field of an image.

    Parameters
    ----------
    volume : Volume
        Any contrast; values above 0 are looked at.
    mask : ndarray of bool, shape (Z, Y, X)
        The brain.

    Raises
    ------
    GeometryError
        If the mask has another shape.
    DatasetError
        If the mask holds too little signal.
    """
    if mask.shape != volume.shape:
        raise GeometryError(f"The mask has shape {mask.shape!r}", expected=f"{volume.shape!r}")
    image = SimpleITK.Cast(to_sitk(volume), SimpleITK.sitkFloat32)
    inside = to_sitk(volume.with_array((mask & (volume.array > 0)).astype(np.float32)))
    factors = [
        max(1, min(round(settings.voxel_mm / step), size)) for step, size in zip(image.GetSpacing(), image.GetSize())
    ]
    share = SimpleITK.BinShrink(inside, factors)
    coarse = SimpleITK.BinShrink(image * inside, factors) / SimpleITK.Maximum(share, _FLOOR_SHARE)
    whole = SimpleITK.Cast(share > 0.5, SimpleITK.sitkUInt8)
    if int(SimpleITK.GetArrayViewFromImage(whole).sum()) < _LEAST_VOXELS:
        raise DatasetError("The brain holds too little signal to find the coil's field in", expected="a brain image")
    return _found(coarse, whole, image, mask, settings)


def _found(
    coarse: SimpleITK.Image, whole: SimpleITK.Image, image: SimpleITK.Image, mask: np.ndarray, settings: BiasSettings
) -> BiasField:
    middle = float(np.median(SimpleITK.GetArrayViewFromImage(coarse)[SimpleITK.GetArrayViewFromImage(whole) > 0]))
    n4 = SimpleITK.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations(list(settings.iterations))
    n4.SetNumberOfControlPoints([settings.knots] * 3)
    n4.SetBiasFieldFullWidthAtHalfMaximum(settings.fwhm)
    n4.Execute(coarse / middle + _FLOOR_SHARE, whole)
    logs = SimpleITK.GetArrayFromImage(n4.GetLogBiasFieldAsImage(coarse))
    inside = SimpleITK.GetArrayViewFromImage(whole) > 0
    logs -= logs[inside].mean()
    strides = [max(1, round(_LATTICE_MM / step)) for step in coarse.GetSpacing()[::-1]]
    picks = [_picks(size, stride) for size, stride in zip(logs.shape, strides)]
    kept = logs[np.ix_(*picks)]
    factors = [full // part for full, part in zip(image.GetSize()[::-1], coarse.GetSize()[::-1])]
    offsets = [_offset(image, coarse, axis) for axis in (2, 1, 0)]
    knots = tuple(
        tuple(float(offset + factor * place) for place in line) for line, factor, offset in zip(picks, factors, offsets)
    )
    return BiasField(mask.shape, knots, tuple(np.round(kept.ravel(), 5).tolist()))  # type: ignore[arg-type]


def _offset(image: SimpleITK.Image, coarse: SimpleITK.Image, axis: int) -> float:
    """Voxel position of the first coarse voxel's centre along one axis (X, Y, Z) of the fine image."""
    return float(image.TransformPhysicalPointToContinuousIndex(coarse.GetOrigin())[axis])


def _picks(size: int, stride: int) -> np.ndarray:
    """Every so-manieth index, both ends among them."""
    return np.unique(np.round(np.linspace(0, size - 1, max(2, round((size - 1) / stride) + 1))).astype(int))


def _basis(knots: tuple[float, ...], size: int) -> np.ndarray:
    """Matrix (size, K) from values at the knots to a spline at voxels 0..size-1, held constant beyond the ends."""
    if len(knots) == 1:
        return np.ones((size, 1), np.float32)
    places = np.clip(np.arange(size), knots[0], knots[-1])
    kind = "natural" if len(knots) < 4 else "not-a-knot"
    return CubicSpline(knots, np.eye(len(knots)), bc_type=kind)(places).astype(np.float32)
