"""How likely a found lesion is a real one, by its size and the probabilities inside it.

A lesion is a connected piece (26 neighbours) of a region; it is real if a lesion of the reference lies within the steps
that BraTS 2023 allows when it matches lesions. The numbers are fitted on held-out cases by scripts/fit_doubt.py and
stand in the model card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from ssaglioma.errors import ModelPackageError
from ssaglioma.evaluation.lesionwise import lesion_rules
from ssaglioma.evaluation.linear_model import LinearModel
from ssaglioma.evaluation.masks import connected_components, dilate, grow_box
from ssaglioma.labels import LabelScheme
from ssaglioma.volume import Volume

FEATURES = ("log_volume", "mean_logit", "highest_logit")
_LIMIT = 1e-3
_ML_PER_MM3 = 1e-3


@dataclass(frozen=True)
class Lesion:
    """A connected piece of a region.

    Attributes
    ----------
    region : str
    volume_ml : float
    center_lps_mm : tuple of float
        Its centre of mass, (x, y, z).
    confidence : float or None
        How likely it is real (0..1); None where the model's card does not tell.
    """

    region: str
    volume_ml: float
    center_lps_mm: tuple[float, float, float]
    confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def lesion_models(values: Mapping[str, Any]) -> dict[str, LinearModel]:
    """Return the models of a card's `lesion_confidence`, by region.

    Raises
    ------
    ModelPackageError
        If the numbers make no sense.
    """
    if not values:
        return {}
    regions = values.get("regions")
    if not isinstance(regions, Mapping):
        raise ModelPackageError(
            f"The card's lesion_confidence is {values!r}", expected="'regions' with a linear model for each"
        )
    return {region: LinearModel.from_json(model) for region, model in regions.items()}


def lesion_features(inside: np.ndarray, voxel_mm3: float) -> dict[str, float]:
    """Return the features of a lesion from the calibrated probabilities of its voxels (N,)."""
    values = np.clip(inside.astype(np.float64), _LIMIT, 1 - _LIMIT)
    mean, highest = float(values.mean()), float(np.percentile(values, 95))
    return {
        "log_volume": float(np.log10(len(values) * voxel_mm3 * _ML_PER_MM3)),
        "mean_logit": float(np.log(mean / (1 - mean))),
        "highest_logit": float(np.log(highest / (1 - highest))),
    }


def real_lesions(mask: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, list[bool]]:
    """Return the numbered lesions of a mask (Z, Y, X), and for each whether a lesion of the reference is near it."""
    steps = lesion_rules("brats2023").dilation_steps
    lesions = connected_components(mask)
    real = []
    for number, box in enumerate(ndimage.find_objects(lesions), start=1):
        wide = grow_box(box, steps, lesions.shape)
        real.append(bool((dilate(lesions[wide] == number, steps) & reference[wide]).any()))
    return lesions, real


def find_lesions(
    labelmap: Volume,
    scheme: LabelScheme,
    probabilities: Mapping[str, Volume],
    models: Mapping[str, LinearModel],
) -> tuple[Lesion, ...]:
    """Return the lesions of each region that has a model, the likeliest first within a region.

    Parameters
    ----------
    labelmap : Volume
    probabilities : mapping of region to Volume
        Calibrated, on the same grid.
    """
    found = []
    voxel_mm3 = float(np.prod(labelmap.spacing_zyx_mm))
    for region in (name for name in scheme.regions if name in models and name in probabilities):
        lesions = connected_components(scheme.mask(labelmap.array, region))
        own = []
        for number, box in enumerate(ndimage.find_objects(lesions), start=1):
            mask = lesions[box] == number
            features = lesion_features(probabilities[region].array[box][mask], voxel_mm3)
            place = np.argwhere(mask).mean(axis=0) + [side.start for side in box]
            center = (labelmap.affine_lps @ [*place[::-1], 1.0])[:3]
            sure = models[region].probability(features)
            volume = float(mask.sum()) * labelmap.voxel_volume_ml
            own.append(Lesion(region, volume, (float(center[0]), float(center[1]), float(center[2])), sure))
        found += sorted(own, key=lambda lesion: (-(lesion.confidence or 0.0), -lesion.volume_ml))
    return tuple(found)
