"""How likely found lesions are real, fitted and judged leave-one-fold-out; used by scripts/fit_doubt.py."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from dice_forecast import Row, auc, labels_of, probability_of
from held_out import HeldOut
from scipy import ndimage

from ssaglioma.evaluation.lesion_confidence import FEATURES, lesion_features, real_lesions
from ssaglioma.evaluation.linear_model import LinearModel, fit_logistic
from ssaglioma.labels import GLIOMA

_BINS = 5


@dataclass(frozen=True)
class Found:
    """One lesion of one segmented case, and whether it is real."""

    scanner: str
    fold: int
    region: str
    real: bool
    row: Row


@cache
def _numbered(one: HeldOut, region: str) -> tuple[np.ndarray, list[bool]]:
    return real_lesions(GLIOMA.mask(labels_of(one), region), one.truth(region))


def lesions(cases: list[HeldOut], temperatures: dict[str, float]) -> list[Found]:
    """Return every lesion that the product would show."""
    found = []
    for one in cases:
        voxel_mm3 = float(np.prod(one.spacing_zyx_mm))
        for region in one.regions:
            numbered, real = _numbered(one, region)
            probability = probability_of(one, region, temperatures)
            for number, box in enumerate(ndimage.find_objects(numbered), start=1):
                inside = probability[box][numbered[box] == number]
                row = {**lesion_features(inside, voxel_mm3), "mean": float(inside.mean())}
                found.append(Found(one.scanner, one.fold, region, real[number - 1], row))
    return found


def fit(chosen: list[Found]) -> LinearModel:
    """Fit the lesions of one region."""
    return fit_logistic([one.row for one in chosen], [one.real for one in chosen], FEATURES)


def fit_lesion_models(cases: list[HeldOut], temperatures: dict[str, float]) -> dict[str, Any]:
    """Return the numbers for the card, fitted on all cases; a region whose lesions are all real has none."""
    everything = lesions(cases, temperatures)
    models = {}
    for region in cases[0].regions:
        own = [one for one in everything if one.region == region]
        if len({one.real for one in own}) == 2:
            models[region] = fit(own).to_json()
    return {"regions": models}


def judge_lesions(
    fitted: list[HeldOut], unseen: list[HeldOut], by_fold: dict[int, dict[str, float]]
) -> dict[str, dict[str, Any]]:
    """Print how well false lesions are told from real ones; return the errors for the card."""
    told: list[tuple[Found, float]] = []
    for fold, heat in by_fold.items():
        everything = lesions(fitted, heat)
        extra = lesions([one for one in unseen if one.fold == fold], heat)
        for region in fitted[0].regions:
            model = fit([one for one in everything if one.region == region and one.fold != fold])
            own = [one for one in [*everything, *extra] if one.region == region and one.fold == fold]
            told += [(one, model.probability(one.row)) for one in own]
    print(
        "\n| scanner | region | lesions | real | AUC | of the mean p | Brier | of the mean p "
        "| error (5 bins) | of the mean p |"
    )
    print("|---" * 10 + "|")
    found: dict[str, dict[str, Any]] = {}
    for region in fitted[0].regions:
        for scanner in dict.fromkeys(one.scanner for one in [*fitted, *unseen]):
            chosen = [pair for pair in told if pair[0].region == region and pair[0].scanner == scanner]
            real = np.array([one.real for one, _ in chosen])
            sure = np.array([value for _, value in chosen])
            mean = np.array([one.row["mean"] for one, _ in chosen])
            brier, plain = (float(np.mean((values - real) ** 2)) for values in (sure, mean))
            error = binned_error(sure, real)
            print(
                f"| {scanner} | {region} | {len(real)} | {real.sum()} | {auc(sure, real)} | {auc(mean, real)} "
                f"| {brier:.3f} | {plain:.3f} | {error:.3f} | {binned_error(mean, real):.3f} |"
            )
            found.setdefault(region, {})[scanner] = {
                "lesions": len(real),
                "real": int(real.sum()),
                "brier": round(brier, 3),
                "calibration_error": round(error, 3),
            }
    return found


def binned_error(predicted: np.ndarray, real: np.ndarray) -> float:
    """Return the expected calibration error over five bins of equal width."""
    place = np.minimum((predicted * _BINS).astype(int), _BINS - 1)
    parts = [(place == index) for index in range(_BINS)]
    return float(sum(part.mean() * abs(predicted[part].mean() - real[part].mean()) for part in parts if part.any()))
