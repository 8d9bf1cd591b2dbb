"""What a radiologist reads off a segmentation: volumes, diameters, lesions, confidence, change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy import ndimage

from ssaglioma.evaluation.case import default_regions
from ssaglioma.evaluation.chords import largest_diameter_mm
from ssaglioma.evaluation.doubt import DoubtfulSlice, check_probabilities, confidence, doubtful_slices
from ssaglioma.evaluation.expected_dice import ExpectedDice, dice_models, expected_dice
from ssaglioma.evaluation.lesion_confidence import Lesion, find_lesions, lesion_models
from ssaglioma.evaluation.lesionwise import lesion_rules
from ssaglioma.evaluation.masks import bounding_box, connected_components
from ssaglioma.evaluation.rano import RanoLesion, rano_lesions
from ssaglioma.labels import GLIOMA, LabelScheme, to_scheme
from ssaglioma.types import Spacing
from ssaglioma.volume import Volume

MEASUREMENTS_FORMAT = 1
RANO_REGION = "ET"
_LARGE_ML = lesion_rules("brats2023").minimum_volume_mm3 / 1000


@dataclass(frozen=True)
class RegionMeasurement:
    """Measurements of one region or label.

    Attributes
    ----------
    volume_ml : float
    lesions : int
        26-connected components.
    large_lesions : int
        Those larger than 50 mm3, the smallest that the lesion-wise scores of BraTS 2023 count.
    largest_diameter_mm : float
        Largest 3D diameter of any one lesion, 0 without lesions.
    largest_lesion_ml : float
    confidence : float or None
        Mean probability (0..1) inside the region; None without probabilities or voxels.
    """

    volume_ml: float
    lesions: int
    large_lesions: int
    largest_diameter_mm: float
    largest_lesion_ml: float
    confidence: float | None = None


@dataclass(frozen=True)
class Change:
    """One quantity at two times.

    Attributes
    ----------
    earlier, current, difference : float
    percent : float or None
        None when there was nothing earlier.
    """

    earlier: float
    current: float

    @property
    def difference(self) -> float:
        """Current less earlier."""
        return self.current - self.earlier

    @property
    def percent(self) -> float | None:
        """Difference in per cent of the earlier value."""
        return 100.0 * self.difference / self.earlier if self.earlier > 0 else None

    def to_json(self) -> dict[str, float | None]:
        """Return plain JSON values."""
        return {**asdict(self), "difference": self.difference, "percent": self.percent}


@dataclass(frozen=True)
class Measurements:
    """All measurements of one labelmap.

    Attributes
    ----------
    scheme : str
        Name of the label scheme.
    regions : mapping of str to RegionMeasurement
        By name: the scheme's regions, then its labels.
    rano : tuple of RanoLesion
        Enhancing lesions, the largest product first.
    doubtful_slices : tuple of DoubtfulSlice
        The worst first; empty without probabilities.
    expected_dice : mapping of str to ExpectedDice
        Of the regions that were found; empty without probabilities or where the model's card does not tell.
    lesions : tuple of Lesion
        Of each region, the likeliest first; empty as above.
    """

    scheme: str
    regions: Mapping[str, RegionMeasurement]
    rano: tuple[RanoLesion, ...] = ()
    doubtful_slices: tuple[DoubtfulSlice, ...] = ()
    expected_dice: Mapping[str, ExpectedDice] = field(default_factory=dict)
    lesions: tuple[Lesion, ...] = ()

    @property
    def worst_slice(self) -> DoubtfulSlice | None:
        """The slice with the most doubt."""
        return self.doubtful_slices[0] if self.doubtful_slices else None

    @property
    def rano_sum_mm2(self) -> float:
        """Sum of the products of the measurable lesions in mm2."""
        return sum(lesion.product_mm2 for lesion in self.rano if lesion.measurable)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        lesions = [
            {**asdict(lesion), "product_mm2": lesion.product_mm2, "measurable": lesion.measurable}
            for lesion in self.rano
        ]
        return {
            "format": MEASUREMENTS_FORMAT,
            "labels": self.scheme,
            "regions": {name: asdict(region) for name, region in self.regions.items()},
            "rano": {"lesions": lesions, "sum_mm2": self.rano_sum_mm2},
            "doubtful_slices": [asdict(found) for found in self.doubtful_slices],
            "expected_dice": {region: found.to_json() for region, found in self.expected_dice.items()},
            "lesions": [lesion.to_json() for lesion in self.lesions],
        }


def measure(
    labelmap: Volume,
    scheme: LabelScheme = GLIOMA,
    probabilities: Mapping[str, Volume] | None = None,
    card: Mapping[str, Any] | None = None,
) -> Measurements:
    """Measure a labelmap.

    Parameters
    ----------
    labelmap : Volume
        Labels (Z, Y, X) in any orientation.
    probabilities : mapping of region to Volume, optional
        Probabilities 0..1 on the same grid; adds confidences and doubtful slices.
    card : mapping, optional
        The card of the model that made them, as JSON values; adds the Dice to expect and the confidence of each lesion
        where its `expected_dice` and `lesion_confidence` were fitted.

    Raises
    ------
    DatasetError
        If the labelmap holds values outside the scheme, or the probabilities are none.
    ModelPackageError
        If the card's numbers make no sense.
    GeometryError
        If the probabilities lie on another grid.
    """
    known = dict(probabilities or {})
    check_probabilities(known, labelmap, scheme)
    labels = labelmap.with_array(to_scheme(labelmap.array, scheme))
    regions = {}
    for name in default_regions(scheme):
        mask = scheme.mask(labels.array, name)
        regions[name] = _measure_region(mask, labels, confidence(name, mask, known, scheme))
    lesions = rano_lesions(labels, scheme, RANO_REGION) if RANO_REGION in scheme.regions else ()
    told = card or {}
    return Measurements(
        scheme.name,
        regions,
        lesions,
        doubtful_slices(known),
        expected_dice(labels, scheme, known, dice_models(told.get("expected_dice") or {})),
        find_lesions(labels, scheme, known, lesion_models(told.get("lesion_confidence") or {})),
    )


def changes(earlier: Measurements, current: Measurements) -> dict[str, Change]:
    """Return the change of each region's volume in ml, and of the RANO sum in mm2 under 'rano_sum_mm2'.

    The two labelmaps may lie on different grids; regions that only one of them has are left out.
    """
    found = {
        name: Change(earlier.regions[name].volume_ml, current.regions[name].volume_ml)
        for name in current.regions
        if name in earlier.regions
    }
    if RANO_REGION in found:
        found["rano_sum_mm2"] = Change(earlier.rano_sum_mm2, current.rano_sum_mm2)
    return found


def _measure_region(mask: np.ndarray, grid: Volume, sure: float | None) -> RegionMeasurement:
    box = bounding_box(mask)
    if box is None:
        return RegionMeasurement(0.0, 0, 0, 0.0, 0.0)
    lesions = connected_components(mask[box])
    sizes = np.bincount(lesions.ravel())[1:]
    voxel = grid.voxel_volume_ml
    return RegionMeasurement(
        volume_ml=float(sizes.sum() * voxel),
        lesions=len(sizes),
        large_lesions=int(np.count_nonzero(sizes * voxel > _LARGE_ML)),
        largest_diameter_mm=_largest_of(lesions, grid.spacing_zyx_mm),
        largest_lesion_ml=float(sizes.max() * voxel),
        confidence=sure,
    )


def _largest_of(lesions: np.ndarray, spacing: Spacing) -> float:
    """Return the largest diameter in mm of numbered lesions; those whose box is too small are passed over."""
    boxes = list(enumerate(ndimage.find_objects(lesions), start=1))
    reach = {
        number: float(np.linalg.norm([(side.stop - side.start) * size for side, size in zip(box, spacing)]))
        for number, box in boxes
    }
    best = 0.0
    for number, box in sorted(boxes, key=lambda item: -reach[item[0]]):
        if reach[number] <= best:
            break
        best = max(best, largest_diameter_mm(lesions[box] == number, spacing))
    return best
