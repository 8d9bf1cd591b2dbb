"""Images of one head brought onto each other: a rigid alignment, judged before it is believed.

Three figures judge it, because each misses some failures: the mutual information inside the heads against that of the
same images displaced on purpose (a picture of something else gains nothing), the way back found independently (a
false peak is rarely found from both sides), and the share of the head in both fields of view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import SimpleITK

from ssaglioma.errors import GeometryError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.rigid import LEVELS, Head, Level, find_rigid, overlap, points_of
from ssaglioma.preprocessing.rigid_transform import RigidTransform
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume
from ssaglioma.volume.sitk import from_sitk, to_sitk

_BINS = 24
_DISPLACED_MM = 12.0
_MOST_POINTS = 60000


class AlignmentError(GeometryError):
    """Two images that could not be aligned in a way that can be trusted.

    Attributes
    ----------
    quality : AlignmentQuality or None
        The figures that failed; None where no transform was found at all.
    """

    quality: AlignmentQuality | None = None


@dataclass(frozen=True)
class AlignmentQuality:
    """Figures that tell a good alignment from a bad one.

    Attributes
    ----------
    information : float
        Mutual information of the two images inside both heads, in nats, corrected for the number of points.
    gain : float
        That minus the mean of the same images displaced by 12 mm, in nats. Near 0 when nothing matches.
    disagreement_mm : float
        Mean distance, over the head, between the transform found and the inverse of the one found the other way round.
    overlap : float
        0..1, share of the head that both fields of view cover.
    """

    information: float
    gain: float
    disagreement_mm: float
    overlap: float

    def to_json(self) -> dict[str, float]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class AlignmentSettings:
    """How images are aligned and what is refused.

    Attributes
    ----------
    levels : tuple of Level
        From coarse to fine.
    least_gain : float
        Nats; see `AlignmentQuality`.
    most_disagreement_mm : float
    least_overlap : float
        0..1.
    seed : int
        Of the points that are compared.
    """

    levels: tuple[Level, ...] = LEVELS
    least_gain: float = 0.05
    most_disagreement_mm: float = 2.5
    least_overlap: float = 0.5
    seed: int = 1

    def __post_init__(self) -> None:
        if not self.levels or not 0 <= self.least_overlap <= 1 or self.most_disagreement_mm <= 0 or self.seed < 0:
            raise ValueError(f"The settings make no sense: {self!r}")


@dataclass(frozen=True, eq=False)
class Alignment:
    """An image on the grid of another one.

    Attributes
    ----------
    transform : RigidTransform
        From points of the reference to points of the moved image.
    volume : Volume
        The moved image on the reference's grid, float32, linear interpolation, 0 outside.
    quality : AlignmentQuality or None
        None for the reference itself.
    """

    transform: RigidTransform
    volume: Volume
    quality: AlignmentQuality | None


def align(
    moving: Volume, fixed: Volume, settings: AlignmentSettings = AlignmentSettings(), *, name: str = "the image"
) -> Alignment:
    """Align one image to another of the same head; the result repeats exactly.

    Parameters
    ----------
    moving, fixed : Volume
        Any contrast, orientation and resolution; with or without skull.
    name : str
        What errors call the moving image.

    Raises
    ------
    AlignmentError
        If no transform was found that can be trusted.
    """
    try:
        heads = Head(to_sitk(fixed)), Head(to_sitk(moving))
        transform = find_rigid(*heads, settings.levels, seed=settings.seed)
        back = find_rigid(*heads[::-1], settings.levels, seed=settings.seed)
    except GeometryError as error:
        raise AlignmentError(
            f"{name} could not be aligned: {error.problem}", expected=error.expected, remedy=error.remedy
        ) from error
    quality = _quality(*heads, transform, back)
    _refuse_bad(quality, settings, name)
    return Alignment(transform, resampled(moving, fixed, transform), quality)


def align_all(
    volumes: Mapping[Sequence, Volume],
    settings: AlignmentSettings = AlignmentSettings(),
    *,
    reference: Sequence | None = None,
    progress: ProgressCallback = no_progress,
) -> dict[Sequence, Alignment]:
    """Align all images of a case to one of them.

    Parameters
    ----------
    volumes : mapping of Sequence to Volume
        At least one.
    reference : Sequence or None
        None: `choose_reference`.

    Returns
    -------
    dict of Sequence to Alignment
        In the order of `SEQUENCE_ORDER`, the reference among them, unchanged.

    Raises
    ------
    SequenceError
        If there is no image, or none of the reference.
    AlignmentError
        If an image cannot be aligned.
    """
    chosen = choose_reference(volumes) if reference is None else reference
    if chosen not in volumes:
        raise SequenceError(f"There is no {chosen.display_name} image", expected="the image that all are aligned to")
    fixed = volumes[chosen]
    result = {}
    names = [sequence for sequence in SEQUENCE_ORDER if sequence in volumes]
    for number, sequence in enumerate(names):
        progress(number / len(names), f"Aligning {sequence.display_name} to {chosen.display_name}")
        if sequence is chosen:
            result[sequence] = Alignment(RigidTransform(np.eye(4)), fixed, None)
        else:
            result[sequence] = align(volumes[sequence], fixed, settings, name=f"The {sequence.display_name} image")
    return result


def choose_reference(volumes: Mapping[Sequence, Volume]) -> Sequence:
    """Return T1Gd where there is one, else the image with the finest voxels (the thinnest slices first).

    Raises
    ------
    SequenceError
        If there is no image.
    """
    if not volumes:
        raise SequenceError("There is no image to align", expected="at least one of T1, T1Gd, T2 and FLAIR")
    if Sequence.T1C in volumes:
        return Sequence.T1C
    ordered = [sequence for sequence in SEQUENCE_ORDER if sequence in volumes]
    return min(ordered, key=lambda name: (max(volumes[name].spacing_zyx_mm), volumes[name].voxel_volume_ml))


def resampled(moving: Volume, grid: Volume, transform: RigidTransform, *, order: int = 1, fill: float = 0.0) -> Volume:
    """Return an image at the voxels of a grid, through a transform from the grid's points to the image's.

    Parameters
    ----------
    order : int
        0 nearest neighbour (labels, type kept), 1 linear, 3 cubic B-spline (both float32).
    """
    orders = {0: SimpleITK.sitkNearestNeighbor, 1: SimpleITK.sitkLinear, 3: SimpleITK.sitkBSpline}
    if order not in orders:
        raise ValueError(f"order must be one of {sorted(orders)}, found {order!r}")
    image = to_sitk(moving)
    if order > 0:
        image = SimpleITK.Cast(image, SimpleITK.sitkFloat32)
    return from_sitk(SimpleITK.Resample(image, to_sitk(grid), transform.to_sitk(), orders[order], fill))


def distance_mm(first: RigidTransform, second: RigidTransform, points_lps_mm: np.ndarray) -> float:
    """Return the mean distance in mm between where two transforms send points, shape (N, 3)."""
    return float(np.linalg.norm(first.apply(points_lps_mm) - second.apply(points_lps_mm), axis=1).mean())


def _quality(fixed: Head, moving: Head, transform: RigidTransform, back: RigidTransform) -> AlignmentQuality:
    points = points_of(fixed.foreground)
    information = _information(fixed, moving, transform)
    displaced = []
    for signs in product((-1, 1), repeat=3):
        matrix = np.array(transform.matrix_lps)
        matrix[:3, 3] += np.array(signs) * _DISPLACED_MM / np.sqrt(3)
        displaced.append(_information(fixed, moving, RigidTransform(matrix)))
    return AlignmentQuality(
        information=information,
        gain=information - float(np.mean(displaced)),
        disagreement_mm=distance_mm(transform, back.inverse(), points),
        overlap=overlap(fixed, moving, transform),
    )


def _information(fixed: Head, moving: Head, transform: RigidTransform) -> float:
    """Mutual information in nats of the voxels inside both heads, each image cut into equally full bins."""
    way = transform.to_sitk()
    arrays = [SimpleITK.GetArrayFromImage(image).ravel() for image in (fixed.coarse, fixed.inside)]
    arrays.append(
        SimpleITK.GetArrayFromImage(SimpleITK.Resample(moving.coarse, fixed.coarse, way, SimpleITK.sitkLinear)).ravel()
    )
    mask = SimpleITK.Resample(moving.inside, fixed.coarse, way, SimpleITK.sitkNearestNeighbor)
    both = (arrays[1] > 0) & (SimpleITK.GetArrayFromImage(mask).ravel() > 0)
    count = int(both.sum())
    if count < _BINS**2:
        return 0.0
    step = max(1, count // _MOST_POINTS)
    joint, _, _ = np.histogram2d(_ranks(arrays[0][both][::step]), _ranks(arrays[2][both][::step]), bins=_BINS)
    share = joint / joint.sum()
    expected = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
    filled = share > 0
    bias = (_BINS - 1) ** 2 / (2 * joint.sum())  # of the estimate from independent points (Miller 1955)
    return float((share[filled] * np.log(share[filled] / expected[filled])).sum() - bias)


def _ranks(values: np.ndarray) -> np.ndarray:
    edges = np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1])
    return np.searchsorted(edges, values, side="right")


def reasons_against(quality: AlignmentQuality, settings: AlignmentSettings = AlignmentSettings()) -> list[str]:
    """Return why an alignment of this quality is refused, in words; nothing where it is accepted."""
    reasons = []
    if quality.gain < settings.least_gain:
        reasons.append(f"the images have nothing in common (gain {quality.gain:.3f} nats)")
    if quality.disagreement_mm > settings.most_disagreement_mm:
        reasons.append(f"there and back differ by {quality.disagreement_mm:.1f} mm")
    if quality.overlap < settings.least_overlap:
        reasons.append(f"only {quality.overlap:.0%} of the head are in both")
    return reasons


def _refuse_bad(quality: AlignmentQuality, settings: AlignmentSettings, name: str) -> None:
    reasons = reasons_against(quality, settings)
    if reasons:
        error = AlignmentError(
            f"{name} could not be aligned: " + ", ".join(reasons),
            expected=f"an image of the same head (gain {settings.least_gain:g} nats or more, "
            f"there and back within {settings.most_disagreement_mm:g} mm, overlap {settings.least_overlap:.0%})",
            remedy="Check that the file shows the same patient's brain, or align it by hand and give it as prepared",
        )
        error.quality = quality
        raise error
