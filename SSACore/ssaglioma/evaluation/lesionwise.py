"""Scores per lesion instead of per case, by the rules of BraTS 2023 and BraTS 2024 SSA.

Reference: Moawad et al. 2023, arXiv:2306.00838, and the evaluation scripts that the BraTS
organisers published for 2023 and 2024 (Sub-Saharan Africa).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation.masks import (
    Box,
    bounding_box,
    connected_components,
    dilate,
    grow_box,
    merged_components,
    union_box,
)
from ssaglioma.evaluation.overlap import overlap_counts
from ssaglioma.evaluation.surface import surface_distances
from ssaglioma.labels import LabelScheme
from ssaglioma.types import Spacing


@dataclass(frozen=True)
class LesionRules:
    """One year's definition of a lesion.

    Attributes
    ----------
    name : str
        Key in `LESION_RULES`.
    dilation_steps : int
        Steps (18-neighbourhood) within which lesions merge and predictions match.
    minimum_volume_mm3 : float
        Reference lesions must be larger than this to be scored.
    merge_predictions : bool
        Merge predicted components by dilation, as those of the reference.
    remove_up_to_voxels : int
        Predicted lesions of at most this many voxels are removed before scoring.
    join_through_core : bool
        Join enhancing lesions that touch the same non-enhancing lesion.
    """

    name: str
    dilation_steps: int = 3
    minimum_volume_mm3: float = 50.0
    merge_predictions: bool = False
    remove_up_to_voxels: int = 0
    join_through_core: bool = False


LESION_RULES: Mapping[str, LesionRules] = MappingProxyType(
    {
        "brats2023": LesionRules("brats2023"),
        "brats2024_ssa": LesionRules(
            "brats2024_ssa", merge_predictions=True, remove_up_to_voxels=50, join_through_core=True
        ),
    }
)


@dataclass(frozen=True)
class LesionScores:
    """Means over the lesions of one region, false positives counted as failures.

    Attributes
    ----------
    dice, nsd_05mm, nsd_1mm : float
        In 0..1; 1 when there is no lesion and no false positive.
    hd95_mm : float or None
        None when a penalty of None excluded everything.
    true_positives, false_negatives, false_positives : int
        Reference lesions found and missed (large ones only), predicted ones matching none.
    casewise_dice : float
        Dice of the whole region after this year's clean-up of the prediction.
    """

    dice: float
    hd95_mm: float | None
    nsd_05mm: float
    nsd_1mm: float
    true_positives: int
    false_negatives: int
    false_positives: int
    casewise_dice: float


def lesion_rules(name: str) -> LesionRules:
    """Return the rules by name, or raise `DatasetError`."""
    if name not in LESION_RULES:
        raise DatasetError(f"The lesion rules {name!r} are not known", expected=f"one of {sorted(LESION_RULES)}")
    return LESION_RULES[name]


def core_label(scheme: LabelScheme, region: str) -> str | None:
    """Return the label that, with this one-label region, makes up a larger region (glioma: ET -> NCR).

    None when the scheme has no such pair; then nothing is joined.
    """
    inner = set(scheme.regions.get(region, ()))
    for names in scheme.regions.values():
        rest = set(names) - inner
        if len(inner) == 1 and len(names) == 2 and inner < set(names):
            return rest.pop()
    return None


def lesion_scores(
    reference: np.ndarray,
    prediction: np.ndarray,
    spacing_zyx_mm: Spacing,
    rules: LesionRules,
    *,
    convention: str = "surface_area",
    hd_penalty: float | None = 374.0,
    cores: tuple[np.ndarray, np.ndarray] | None = None,
) -> LesionScores:
    """Score one region lesion by lesion.

    Parameters
    ----------
    reference, prediction : ndarray of bool, shape (Z, Y, X)
    rules : LesionRules
    convention : str
        How HD95 and NSD are measured (see `surface`).
    hd_penalty : float or None
        HD95 in mm of a missed or invented lesion; None leaves these out of the mean.
    cores : tuple of two bool ndarrays (Z, Y, X) or None
        Masks (reference, prediction) through which lesions join, where the rules say so.
    """
    cores = cores if rules.join_through_core else None
    steps = rules.dilation_steps
    everything = reference | prediction if cores is None else reference | prediction | cores[0] | cores[1]
    box = bounding_box(everything, margin=steps)
    if box is None:
        return LesionScores(1.0, 0.0, 1.0, 1.0, 0, 0, 0, 1.0)
    lesions = merged_components(reference[box], steps)
    found = _predicted_lesions(prediction[box], rules)
    if cores is not None:
        lesions = _join_touching(lesions, merged_components(cores[0][box], steps))
        found = _join_touching(found, _predicted_lesions(cores[1][box], rules))
    pairs, invented = _match(lesions, found, steps)
    voxel_mm3 = float(np.prod(spacing_zyx_mm))
    kept = [pair for pair in pairs if pair.voxels * voxel_mm3 > rules.minimum_volume_mm3]
    scored = _score_found(lesions, found, kept, spacing_zyx_mm, convention)
    missed = len(kept) - len(scored)
    return _means(scored, missed, invented, hd_penalty, overlap_counts(reference[box], found > 0).dice)


_LesionScore = tuple[float, float, float, float]
"""Dice, HD95 in mm, NSD at 0.5 mm and NSD at 1 mm of one lesion."""


@dataclass(frozen=True)
class _Pair:
    """A reference lesion: its number, box and size, and the predicted lesions that it meets."""

    number: int
    box: Box
    voxels: int
    matches: tuple[int, ...]


def _predicted_lesions(mask: np.ndarray, rules: LesionRules) -> np.ndarray:
    """Number the predicted lesions; the small ones are removed where the rules say so."""
    if not rules.merge_predictions:
        return connected_components(mask)
    lesions = merged_components(mask, rules.dilation_steps)
    keep = np.bincount(lesions.ravel()) > rules.remove_up_to_voxels
    return lesions * keep[lesions]


def _join_touching(lesions: np.ndarray, cores: np.ndarray) -> np.ndarray:
    """Give lesions that touch the same core one number: each follows the first core it touches.

    As in the script of the challenge, nothing is joined unless there are two touching pairs.
    """
    first_core: dict[int, int] = {}
    touching = 0
    for number, box in _numbered_boxes(lesions):
        box = grow_box(box, 1, lesions.shape)
        met = _numbers(cores[box][dilate(lesions[box] == number)])
        touching += len(met)
        if met:
            first_core[number] = met[0]
    if touching < 2:
        return lesions
    renumber = np.arange(int(lesions.max()) + 1, dtype=lesions.dtype)
    for number, core in first_core.items():
        renumber[number] = renumber.size + core
    return renumber[lesions]


def _match(lesions: np.ndarray, found: np.ndarray, steps: int) -> tuple[list[_Pair], int]:
    """Return each reference lesion with its matches, and the number of predictions without one."""
    pairs = []
    for number, box in _numbered_boxes(lesions):
        own = lesions[box] == number
        wide = grow_box(box, steps, lesions.shape)
        matches = _numbers(found[wide][dilate(lesions[wide] == number, steps)])
        pairs.append(_Pair(number, box, int(np.count_nonzero(own)), matches))
    matched = {number for pair in pairs for number in pair.matches}
    return pairs, len(set(_numbers(found)) - matched)


def _score_found(
    lesions: np.ndarray, found: np.ndarray, pairs: list[_Pair], spacing: Spacing, convention: str
) -> list[_LesionScore]:
    """Return, for each lesion that was met, the scores of it and the union of its matches."""
    boxes = dict(_numbered_boxes(found))
    scores = []
    for pair in pairs:
        if pair.matches:
            box = union_box([pair.box, *(boxes[number] for number in pair.matches)])
            reference, prediction = lesions[box] == pair.number, np.isin(found[box], pair.matches)
            distances = surface_distances(reference, prediction, spacing, convention)
            dice = overlap_counts(reference, prediction).dice
            nsd = (distances.surface_dice(0.5), distances.surface_dice(1.0))
            scores.append((dice, distances.hausdorff_percentile(95.0), *nsd))
    return scores


def _means(
    scored: list[_LesionScore],
    missed: int,
    invented: int,
    hd_penalty: float | None,
    casewise_dice: float,
) -> LesionScores:
    count = len(scored) + missed + invented
    penalties = [] if hd_penalty is None else [hd_penalty] * (missed + invented)
    distances = [score[1] for score in scored] + penalties
    hd95 = sum(distances) / len(distances) if distances else (None if count else 0.0)
    dice, nsd_05, nsd_1 = (sum(score[i] for score in scored) / count if count else 1.0 for i in (0, 2, 3))
    return LesionScores(dice, hd95, nsd_05, nsd_1, len(scored), missed, invented, casewise_dice)


def _numbered_boxes(numbered: np.ndarray) -> Iterable[tuple[int, Box]]:
    boxes = ndimage.find_objects(numbered)
    return [(number, box) for number, box in enumerate(boxes, start=1) if box is not None]


def _numbers(values: np.ndarray) -> tuple[int, ...]:
    """Return the numbers that occur, ascending, without the background 0."""
    return tuple(int(number) for number in np.unique(values) if number != 0)
