"""The Dice to expect of a result that has no reference: from the model's own probabilities and the shape it found.

If the calibrated probabilities p are honest, a mask m has the expected Dice 2 sum(p m) / (sum p + sum m). They are
honest on average only, so a ridge regression on held-out cases corrects that figure by the doubt around the mask, its
size and its shape; the spread of what it missed by there gives the interval. The numbers stand in the model card, made
by scripts/fit_doubt.py, with the error that they had on cases that were not fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ssaglioma.errors import ModelPackageError
from ssaglioma.evaluation.linear_model import LinearModel
from ssaglioma.evaluation.masks import bounding_box
from ssaglioma.labels import LabelScheme
from ssaglioma.types import Spacing
from ssaglioma.volume import Volume

FEATURES = ("soft_dice", "doubt", "log_volume", "sphericity")
LOW_DICE = 0.6
"""Below this an outline is of little use; the smallest Dice that is not warned of."""
INTERVAL = 0.9
"""Share of the fitted cases between the bounds; of cases of a fold that was not fitted it was 0.81 to 0.88."""
_LEAST_ML, _ML_PER_MM3 = 1e-3, 1e-3
_FARTHEST = 2.5
"""Standard deviations."""


@dataclass(frozen=True)
class ExpectedDice:
    """What to expect of one region.

    Attributes
    ----------
    dice, low, high : float
        The Dice to expect, and the bounds between which at least four of five held-out results lay; 0..1.
    """

    dice: float
    low: float
    high: float

    @property
    def doubtful(self) -> bool:
        """Whether a Dice below 0.6 is to be expected."""
        return self.dice < LOW_DICE

    @property
    def unsure(self) -> bool:
        """Whether a Dice below 0.6 would be no surprise."""
        return self.low < LOW_DICE

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, rounded to three digits."""
        return {**{name: round(value, 3) for name, value in asdict(self).items()}, "doubtful": self.doubtful}


@dataclass(frozen=True)
class DiceModel:
    """How the Dice of one region is foretold.

    Attributes
    ----------
    model : LinearModel
    low, high : float
        Added to the forecast for the bounds of the interval; low is 0 or less, high 0 or more.
    """

    model: LinearModel
    low: float
    high: float

    def __call__(self, features: Mapping[str, float]) -> ExpectedDice:
        """Return the forecast for the features of `dice_features`.

        A feature far from those of the fitted cases is taken as 2.5 standard deviations away: nothing is foretold from
        beyond what was seen.
        """
        fitted = zip(self.model.names, self.model.mean, self.model.scale)
        near = {
            name: float(np.clip(features[name], mean - _FARTHEST * scale, mean + _FARTHEST * scale))
            for name, mean, scale in fitted
        }
        dice = float(np.clip(self.model(near), 0, 1))
        low, high = (float(np.clip(dice + rest, 0, 1)) for rest in (self.low, self.high))
        return ExpectedDice(dice, low, high)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"model": self.model.to_json(), "low": round(self.low, 4), "high": round(self.high, 4)}


def dice_models(values: Mapping[str, Any]) -> dict[str, DiceModel]:
    """Return the models of a card's `expected_dice`, by region.

    Raises
    ------
    ModelPackageError
        If the numbers make no sense.
    """
    if not values:
        return {}
    try:
        return {
            region: DiceModel(LinearModel.from_json(one["model"]), float(one["low"]), float(one["high"]))
            for region, one in values["regions"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelPackageError(
            f"The card's expected_dice cannot be used ({error!r})",
            expected="'regions' with model, low and high for each",
            remedy="Copy or download the model package again",
        ) from error


def dice_features(probability: np.ndarray, mask: np.ndarray, spacing_zyx_mm: Spacing) -> dict[str, float] | None:
    """Return the features of one region; None for an empty mask, of which nothing can be foretold.

    soft_dice: expected Dice of the probabilities. doubt: log10 of 4 p (1 - p) summed over all voxels, over the mask's
    voxels. log_volume: log10 of ml. sphericity: surface of a ball of the mask's volume over the mask's voxel faces.

    Parameters
    ----------
    probability : ndarray, shape (Z, Y, X)
        Calibrated, 0..1.
    mask : ndarray of bool, same shape
    """
    box = bounding_box(mask)
    if box is None:
        return None
    size = float(mask.sum())
    mass = float(probability.sum(dtype=np.float64))
    inside = float(probability[mask].sum(dtype=np.float64))
    doubt = float((4 * probability * (1 - probability)).sum(dtype=np.float64))
    volume_mm3 = size * float(np.prod(spacing_zyx_mm))
    return {
        "soft_dice": 2 * inside / (mass + size),
        "doubt": float(np.log10(max(doubt / size, 1e-6))),
        "log_volume": float(np.log10(max(volume_mm3 * _ML_PER_MM3, _LEAST_ML))),
        "sphericity": float(np.cbrt(np.pi) * (6 * volume_mm3) ** (2 / 3) / _faces_mm2(mask[box], spacing_zyx_mm)),
    }


def expected_dice(
    labelmap: Volume, scheme: LabelScheme, probabilities: Mapping[str, Volume], models: Mapping[str, DiceModel]
) -> dict[str, ExpectedDice]:
    """Return the Dice to expect of each region that was found and has a model.

    Parameters
    ----------
    labelmap : Volume
    probabilities : mapping of region to Volume
        Calibrated, on the same grid.
    """
    found = {}
    for region, model in models.items():
        if region in probabilities and region in scheme.regions:
            mask = scheme.mask(labelmap.array, region)
            features = dice_features(probabilities[region].array, mask, labelmap.spacing_zyx_mm)
            if features is not None:
                found[region] = model(features)
    return found


def _faces_mm2(mask: np.ndarray, spacing_zyx_mm: Spacing) -> float:
    """Return the area of all voxel faces between a mask and what is not of it."""
    padded = np.pad(mask, 1).astype(np.int8)
    area = 0.0
    for axis, size in enumerate(spacing_zyx_mm):
        area += float(np.abs(np.diff(padded, axis=axis)).sum()) * float(np.prod(spacing_zyx_mm)) / size
    return area
