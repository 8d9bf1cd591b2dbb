"""Rigid registration of two images of different contrast by mutual information, with SimpleITK alone.

Mutual information after Mattes et al. (IEEE Trans. Med. Imaging 22, 2003), climbed in small regular steps from
coarse to fine. Lengths are divided by the head's radius first, so that a step of one unit moves the head's surface
equally far whether it shifts or turns; SimpleITK's own scaling of the two lets a turn run away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import SimpleITK
from scipy import ndimage

from ssaglioma.errors import GeometryError
from ssaglioma.preprocessing.depth import fill_slices
from ssaglioma.preprocessing.rigid_transform import RigidTransform

RADIUS_MM = 60.0
_CLIP_PERCENTILES = (0.5, 99.5)
_FOREGROUND_OF_BRIGHT = 0.12
_LEAST_OVERLAP = 0.4
_STARTS_KEPT = 3
_LEAST_COARSE = 4
_RIM_MM = 8.0
_TURN_RAD = 0.26  # 15 degrees: half way to the largest turn that must be found, so that each lies near a start


@dataclass(frozen=True)
class Level:
    """One resolution of the search.

    Attributes
    ----------
    voxel_mm : float
        Axes finer than this are averaged to about this size; thicker ones stay.
    samples : int
        About how many points are compared in each step.
    step_mm, least_step_mm : float
        First and last length of a step.
    steps : int
        At most so many.
    """

    voxel_mm: float
    samples: int
    step_mm: float
    least_step_mm: float
    steps: int

    def __post_init__(self) -> None:
        if min(self.voxel_mm, self.samples, self.least_step_mm, self.steps) <= 0 or self.step_mm < self.least_step_mm:
            raise ValueError(f"A level needs positive numbers and a first step not under the last, found {self!r}")


LEVELS = (Level(8.0, 20000, 4.0, 0.1, 60), Level(4.0, 25000, 2.0, 0.03, 80), Level(2.0, 40000, 0.5, 0.005, 80))


class Head:
    """An image made ready for the search: float, clipped, with its foreground and centre."""

    def __init__(self, image: SimpleITK.Image) -> None:
        self.image = _clipped(SimpleITK.Cast(image, SimpleITK.sitkFloat32))

    @cached_property
    def coarse(self) -> SimpleITK.Image:
        """The image with voxels of about 4 mm."""
        return shrunk(self.image, 4.0)

    @cached_property
    def foreground(self) -> SimpleITK.Image:
        """Mask of the head or brain, filled, on the grid of `coarse`."""
        return foreground_of(self.coarse)

    @cached_property
    def inside(self) -> SimpleITK.Image:
        """The foreground without its rim: there the mere outline would look like shared information."""
        radius = [max(1, round(_RIM_MM / spacing)) for spacing in self.foreground.GetSpacing()]
        return SimpleITK.BinaryErode(self.foreground, radius, SimpleITK.sitkBall)

    @cached_property
    def centre_lps_mm(self) -> np.ndarray:
        """Centre of the foreground's mass, shape (3,)."""
        points = points_of(self.foreground)
        if len(points) == 0:
            raise GeometryError("The image has no foreground", expected="a head or a brain", remedy="Check the file")
        return points.mean(axis=0)


def foreground_of(image: SimpleITK.Image) -> SimpleITK.Image:
    """Return the largest bright piece of an image, holes filled slice by slice, as a mask on the same grid."""
    array = SimpleITK.GetArrayFromImage(image)
    low, high = np.percentile(array, (1, 99))
    pieces, count = ndimage.label(array > low + _FOREGROUND_OF_BRIGHT * (high - low))
    mask = np.zeros(array.shape, bool)
    if count:
        mask = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
        mask = fill_slices(mask)
    result = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    result.CopyInformation(image)
    return result


def points_of(mask: SimpleITK.Image) -> np.ndarray:
    """Return the positions of a mask's voxels in LPS mm, shape (N, 3)."""
    index = np.argwhere(SimpleITK.GetArrayViewFromImage(mask))[:, ::-1]
    matrix = np.array(mask.GetDirection()).reshape(3, 3) * np.array(mask.GetSpacing())
    return index @ matrix.T + np.array(mask.GetOrigin())


def shrunk(image: SimpleITK.Image, voxel_mm: float) -> SimpleITK.Image:
    """Return the image with axes finer than voxel_mm averaged to about that size."""
    factors = [max(1, min(round(voxel_mm / s), n)) for s, n in zip(image.GetSpacing(), image.GetSize())]
    return SimpleITK.BinShrink(image, factors)


def find_rigid(fixed: Head, moving: Head, levels: tuple[Level, ...] = LEVELS, *, seed: int = 1) -> RigidTransform:
    """Return the rigid transform from fixed to moving points with the most mutual information found.

    The coarsest level is searched from the headers as they are and from the centres of mass on each other, each
    also turned about every axis; the best few starts are followed. One thread, so that results repeat exactly.

    Raises
    ------
    GeometryError
        If an image has no foreground, or nowhere enough of the two overlaps.
    """
    with _one_thread():
        return _search(fixed, moving, levels, seed)


def _search(fixed: Head, moving: Head, levels: tuple[Level, ...], seed: int) -> RigidTransform:
    centre = fixed.centre_lps_mm
    pictures = _units(shrunk(fixed.image, levels[0].voxel_mm)), _units(shrunk(moving.image, levels[0].voxel_mm))
    _refuse_slivers((fixed.image, pictures[0]), (moving.image, pictures[1]))
    mask = _units(_widened(fixed.foreground))
    scored: list[tuple[float, int, SimpleITK.Euler3DTransform]] = []
    for start in _starts(centre, moving.centre_lps_mm - centre):
        if overlap(fixed, moving, _rigid(start)) < _LEAST_OVERLAP:
            continue
        method = _method(levels[0], pictures[0], mask, seed)
        method.SetInitialTransform(start, False)
        scored.append((method.MetricEvaluate(*pictures), len(scored), start))
    found = []
    for _, number, start in sorted(scored)[:_STARTS_KEPT]:
        end, value = _climb(levels[0], pictures, mask, start, seed)
        if overlap(fixed, moving, _rigid(end)) >= _LEAST_OVERLAP:
            found.append((value, number, end))
    if not found:
        raise GeometryError(
            "The two images overlap nowhere enough",
            expected="two images of one head",
            remedy="Check that both files show the whole brain of the same patient",
        )
    best = min(found)[2]
    for level in levels[1:]:
        pictures = _units(shrunk(fixed.image, level.voxel_mm)), _units(shrunk(moving.image, level.voxel_mm))
        best, _ = _climb(level, pictures, mask, best, seed)
    return _rigid(best)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The metric adds up in the order in which threads end; only the global number reaches it."""
    before = SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads()
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def overlap(fixed: Head, moving: Head, transform: RigidTransform) -> float:
    """Return the share of either foreground that the other image's field of view covers, whichever is greater."""
    there = _share_inside(moving.coarse, transform.apply(points_of(fixed.foreground)))
    back = _share_inside(fixed.coarse, transform.inverse().apply(points_of(moving.foreground)))
    return max(there, back)


def _share_inside(image: SimpleITK.Image, points: np.ndarray) -> float:
    matrix = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    index = (points - np.array(image.GetOrigin())) @ np.linalg.inv(matrix).T
    inside = np.all((index > -0.5) & (index < np.array(image.GetSize()) - 0.5), axis=1)
    return float(inside.mean()) if len(points) else 0.0


def _starts(centre: np.ndarray, shift: np.ndarray) -> list[SimpleITK.Euler3DTransform]:
    turns = [np.zeros(3), *(sign * _TURN_RAD * np.eye(3)[axis] for axis in range(3) for sign in (1, -1))]
    starts = []
    for move in (np.zeros(3), shift):
        for turn in turns:
            start = SimpleITK.Euler3DTransform()
            start.SetCenter((centre / RADIUS_MM).tolist())
            start.SetRotation(*turn.tolist())
            start.SetTranslation((move / RADIUS_MM).tolist())
            starts.append(start)
    return starts


def _refuse_slivers(*pairs: tuple[SimpleITK.Image, SimpleITK.Image]) -> None:
    """Gradients cannot be told along a side of fewer than four coarse voxels; pairs are image and coarse image."""
    for image, coarse in pairs:
        side = int(np.argmin(coarse.GetSize()))
        if coarse.GetSize()[side] < _LEAST_COARSE:
            length_mm = image.GetSize()[side] * image.GetSpacing()[side]
            raise GeometryError(
                f"one of the two images is only {length_mm:.0f} mm long on one side",
                expected="images of a whole head",
                remedy="Choose another image, or leave this one away",
            )


def _climb(
    level: Level,
    pictures: tuple[SimpleITK.Image, SimpleITK.Image],
    mask: SimpleITK.Image,
    start: SimpleITK.Euler3DTransform,
    seed: int,
) -> tuple[SimpleITK.Euler3DTransform, float]:
    method = _method(level, pictures[0], mask, seed)
    method.SetInitialTransform(start, False)
    try:
        end = method.Execute(*pictures)
    except RuntimeError as error:
        raise GeometryError(
            "The two images moved out of each other while they were aligned",
            expected="two images of one head",
            remedy="Check that both files show the same patient",
        ) from error
    return SimpleITK.Euler3DTransform(end.GetNthTransform(0) if hasattr(end, "GetNthTransform") else end), float(
        method.GetMetricValue()
    )


def _method(
    level: Level, fixed: SimpleITK.Image, mask: SimpleITK.Image, seed: int
) -> SimpleITK.ImageRegistrationMethod:
    method = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricFixedMask(mask)
    share = min(1.0, level.samples / fixed.GetNumberOfPixels())
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(share, seed)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=level.step_mm / RADIUS_MM,
        minStep=level.least_step_mm / RADIUS_MM,
        numberOfIterations=level.steps,
        relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-8,
    )
    method.SetOptimizerScales([1.0] * 6)
    return method


def _rigid(transform: SimpleITK.Euler3DTransform) -> RigidTransform:
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(transform.GetMatrix()).reshape(3, 3)
    centre = np.array(transform.GetCenter())
    matrix[:3, 3] = (centre + np.array(transform.GetTranslation()) - matrix[:3, :3] @ centre) * RADIUS_MM
    return RigidTransform(matrix)


def _units(image: SimpleITK.Image) -> SimpleITK.Image:
    image = SimpleITK.Image(image)
    image.SetSpacing([value / RADIUS_MM for value in image.GetSpacing()])
    image.SetOrigin([value / RADIUS_MM for value in image.GetOrigin()])
    return image


def _widened(mask: SimpleITK.Image) -> SimpleITK.Image:
    radius = [max(1, round(10.0 / spacing)) for spacing in mask.GetSpacing()]
    return SimpleITK.BinaryDilate(mask, radius, SimpleITK.sitkBox)


def _clipped(image: SimpleITK.Image) -> SimpleITK.Image:
    array = SimpleITK.GetArrayFromImage(image)
    inside = array[array > array.min()]
    if inside.size == 0 or not np.isfinite(array).all():
        raise GeometryError(
            "The image is empty or holds values that are no numbers", expected="a grey image", remedy="Check the file"
        )
    _, high = np.percentile(inside[:: max(1, inside.size // 200000)], _CLIP_PERCENTILES)
    result = SimpleITK.GetImageFromArray(np.minimum(array, high))
    result.CopyInformation(image)
    return result
