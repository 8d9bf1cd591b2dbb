"""All scores of one case: a reference and a prediction on the same grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError, GeometryError
from ssaglioma.evaluation.lesionwise import core_label, lesion_rules, lesion_scores
from ssaglioma.evaluation.masks import bounding_box
from ssaglioma.evaluation.overlap import OverlapCounts, overlap_counts
from ssaglioma.evaluation.surface import check_convention, surface_distances
from ssaglioma.labels import LabelScheme, to_scheme
from ssaglioma.types import Spacing
from ssaglioma.volume.volume import Volume

Score = float | str | None
RegionScores = dict[str, Score]
Masks = tuple[np.ndarray, np.ndarray]

UNITS: tuple[str, ...] = ("mm", "voxel")
DEFAULT_HD_PENALTY = 374.0
_VOXEL_SPACING: Spacing = (1.0, 1.0, 1.0)


def score_keys(unit: str = "mm") -> tuple[str, ...]:
    """Return the keys of one region's scores in their order; `unit` names the Hausdorff keys."""
    return (
        *("dice", "iou", "sensitivity", "precision"),
        *("volume_reference_ml", "volume_prediction_ml", "volume_difference_ml"),
        *(f"hd_{unit}", f"hd95_{unit}", "nsd_1mm", "lesion_dice", "lesion_hd95_mm", "empty"),
    )


def default_regions(scheme: LabelScheme) -> tuple[str, ...]:
    """Return the regions of the scheme and then its single labels, each name once."""
    return tuple(dict.fromkeys([*scheme.regions, *scheme.values]))


@dataclass(frozen=True)
class EvaluationOptions:
    """How a case is scored.

    Attributes
    ----------
    convention : str
        'surface_area', 'voxel_directed' or 'voxel_pooled' (see `surface`).
    unit : str
        'mm', or 'voxel' to ignore the spacing in the keys `hd_voxel` and `hd95_voxel`.
    hd_penalty : float or None
        Distance when one mask is empty, in that unit; None leaves these out (null).
    lesionwise : str or None
        'brats2023', 'brats2024_ssa', or None to leave the lesion scores None.

    Raises
    ------
    DatasetError
        If a name is not known or the penalty is not a finite number >= 0.
    """

    convention: str = "surface_area"
    unit: str = "mm"
    hd_penalty: float | None = DEFAULT_HD_PENALTY
    lesionwise: str | None = "brats2023"

    def __post_init__(self) -> None:
        check_convention(self.convention)
        if self.unit not in UNITS:
            raise DatasetError(f"The unit {self.unit!r} is not known", expected=f"one of {list(UNITS)}")
        if self.hd_penalty is not None and not (np.isfinite(self.hd_penalty) and self.hd_penalty >= 0):
            raise DatasetError(
                f"The Hausdorff penalty is {self.hd_penalty!r}", expected="a finite number >= 0, or null"
            )
        if self.lesionwise is not None:
            lesion_rules(self.lesionwise)


def evaluate_case(
    reference: Volume,
    prediction: Volume,
    scheme: LabelScheme,
    *,
    convention: str = "surface_area",
    unit: str = "mm",
    hd_penalty: float | None = DEFAULT_HD_PENALTY,
    regions: Iterable[str] | None = None,
    lesionwise: str | None = "brats2023",
    name: str = "",
) -> dict[str, RegionScores]:
    """Score a predicted labelmap against the reference, region by region.

    Both masks of a region empty: overlaps are 1 and distances 0. One empty: Dice, IoU and
    NSD are 0 and distances are `hd_penalty`; the ratio whose denominator is 0 (sensitivity
    or precision) is None. Volumes are in ml, the difference is prediction minus reference.

    Parameters
    ----------
    reference, prediction : Volume
        Labelmaps (Z, Y, X) on the same grid.
    convention : str
        `surface_area`, `voxel_directed` or `voxel_pooled` (see `surface`).
    unit : str
        'mm', or 'voxel' to ignore the spacing in the keys `hd_voxel` and `hd95_voxel`. NSD
        and the lesion-wise distances stay in mm.
    hd_penalty : float or None
        Distance when one mask is empty, in that unit; None gives None.
    regions : iterable of str or None
        Names of regions or labels; None takes `default_regions`.
    lesionwise : str or None
        'brats2023', 'brats2024_ssa', or None to leave the lesion scores None.
    name : str
        The case, as errors should name it.

    Returns
    -------
    dict
        Region name -> scores under `score_keys(unit)`. No value is NaN or infinite.

    Raises
    ------
    GeometryError
        If the grids differ.
    DatasetError
        If a labelmap holds values outside the scheme, or an option is not known.
    """
    options = EvaluationOptions(convention, unit, hd_penalty, lesionwise)
    names = default_regions(scheme) if regions is None else tuple(regions)
    case = f" of case {name!r}" if name else ""
    _check_grids(reference, prediction, case)
    labels = _cropped_labels(reference.array, prediction.array, scheme, case)
    spacing = reference.spacing_zyx_mm
    scores: dict[str, RegionScores] = {}
    for region in names:
        masks = (scheme.mask(labels[0], region), scheme.mask(labels[1], region))
        counts = overlap_counts(*masks)
        scores[region] = {
            **_overlap_scores(counts, reference.voxel_volume_ml),
            **_distance_scores(masks, counts, spacing, options),
            **_lesion_scores(masks, _cores(labels, scheme, region), spacing, options),
            "empty": counts.empty,
        }
    return scores


def _check_grids(reference: Volume, prediction: Volume, case: str) -> None:
    if not reference.same_grid(prediction):
        raise GeometryError(
            f"The prediction{case} has {prediction.geometry_text()}; the reference has {reference.geometry_text()}",
            expected="both labelmaps on the same grid (size, spacing, origin and axes)",
            remedy="Check the pairing, or resample one to the other with nearest-neighbour interpolation",
        )


def _cropped_labels(reference: np.ndarray, prediction: np.ndarray, scheme: LabelScheme, case: str) -> Masks:
    """Return both labelmaps, checked, in the box that holds all labels (1 voxel if there are none)."""
    occupied = reference != 0
    occupied |= prediction != 0
    # Three voxels around, so that the dilations of lesion-wise scores never meet a wall early.
    box = bounding_box(occupied, margin=3) or (slice(0, 1),) * 3
    return (
        to_scheme(reference[box], scheme, source=f"The reference{case}"),
        to_scheme(prediction[box], scheme, source=f"The prediction{case}"),
    )


def _overlap_scores(counts: OverlapCounts, voxel_ml: float) -> RegionScores:
    return {
        "dice": counts.dice,
        "iou": counts.iou,
        "sensitivity": counts.sensitivity,
        "precision": counts.precision,
        "volume_reference_ml": counts.reference * voxel_ml,
        "volume_prediction_ml": counts.prediction * voxel_ml,
        "volume_difference_ml": (counts.prediction - counts.reference) * voxel_ml,
    }


def _distance_scores(masks: Masks, counts: OverlapCounts, spacing: Spacing, options: EvaluationOptions) -> RegionScores:
    keys = (f"hd_{options.unit}", f"hd95_{options.unit}", "nsd_1mm")
    if counts.empty == "both":
        return dict(zip(keys, (0.0, 0.0, 1.0), strict=True))
    if counts.empty != "none":
        return dict(zip(keys, (options.hd_penalty, options.hd_penalty, 0.0), strict=True))
    in_mm = surface_distances(masks[0], masks[1], spacing, options.convention)
    shown = in_mm
    if options.unit == "voxel" and spacing != _VOXEL_SPACING:
        shown = surface_distances(masks[0], masks[1], _VOXEL_SPACING, options.convention)
    values = (shown.hausdorff(), shown.hausdorff_percentile(95.0), in_mm.surface_dice(1.0))
    return dict(zip(keys, values, strict=True))


def _cores(labels: Masks, scheme: LabelScheme, region: str) -> Masks | None:
    """Return the masks of the label that fills the region up to the next larger one, if there is one."""
    core = core_label(scheme, region)
    return None if core is None else (scheme.mask(labels[0], core), scheme.mask(labels[1], core))


def _lesion_scores(masks: Masks, cores: Masks | None, spacing: Spacing, options: EvaluationOptions) -> RegionScores:
    if options.lesionwise is None:
        return {"lesion_dice": None, "lesion_hd95_mm": None}
    found = lesion_scores(
        *masks,
        spacing,
        lesion_rules(options.lesionwise),
        convention=options.convention,
        hd_penalty=options.hd_penalty,
        cores=cores,
    )
    return {"lesion_dice": found.dice, "lesion_hd95_mm": found.hd95_mm}
