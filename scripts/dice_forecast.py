"""The forecast of Dice, fitted and judged leave-one-fold-out; used by scripts/fit_doubt.py."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from held_out import HeldOut
from scipy import stats
from scipy.special import expit

from ssaglioma.evaluation.expected_dice import FEATURES, INTERVAL, LOW_DICE, DiceModel, dice_features
from ssaglioma.evaluation.linear_model import fit_ridge
from ssaglioma.evaluation.overlap import overlap_counts
from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.labels import GLIOMA

SMALLEST_MM3 = 50.0
ALTERNATIVES = (("soft_dice",), FEATURES, (*FEATURES, "look"))
Row = dict[str, float]


@dataclass(frozen=True)
class Sample:
    """One region of one segmented case."""

    case: str
    scanner: str
    fold: int
    region: str
    dice: float
    row: Row


@cache
def labels_of(one: HeldOut) -> np.ndarray:
    """Return the labelmap (Z, Y, X) that the product makes of a case."""
    raw = expit(one.logits.astype(np.float32)) * one.brain
    return regions_to_labels(raw, one.regions, GLIOMA, SMALLEST_MM3 / float(np.prod(one.spacing_zyx_mm)))


def probability_of(one: HeldOut, region: str, temperatures: dict[str, float]) -> np.ndarray:
    """Return the calibrated probability (Z, Y, X) of a region, 0 outside the brain."""
    logits = one.logits[one.regions.index(region)].astype(np.float32)
    return expit(logits / np.float32(temperatures[region])) * one.brain


def samples(cases: list[HeldOut], temperatures: dict[str, float]) -> list[Sample]:
    """Return features and true Dice of every region that was found."""
    found = []
    for one in cases:
        labels = labels_of(one)
        for region in one.regions:
            mask = GLIOMA.mask(labels, region)
            row = dice_features(probability_of(one, region, temperatures), mask, one.spacing_zyx_mm)
            if row is not None:
                dice = overlap_counts(one.truth(region), mask).dice
                row["look"] = max(one.looks.values())
                found.append(Sample(one.case, one.scanner, one.fold, region, dice, row))
    return found


def fit(chosen: list[Sample], names: tuple[str, ...]) -> DiceModel:
    """Fit the samples of one region; the interval comes from folds left out in turn."""
    missed = []
    for fold in {one.fold for one in chosen}:
        rest = [one for one in chosen if one.fold != fold]
        model = fit_ridge([one.row for one in rest], [one.dice for one in rest], names)
        told = DiceModel(model, 0.0, 0.0)
        missed += [one.dice - told(one.row).dice for one in chosen if one.fold == fold]
    outside = 100 * (1 - INTERVAL) / 2
    low, high = np.percentile(missed, (outside, 100 - outside))
    final = fit_ridge([one.row for one in chosen], [one.dice for one in chosen], names)
    return DiceModel(final, min(float(low), 0.0), max(float(high), 0.0))


def fit_dice_models(cases: list[HeldOut], temperatures: dict[str, float]) -> dict[str, Any]:
    """Return the numbers for the card, fitted on all cases."""
    everything = samples(cases, temperatures)
    regions = dict.fromkeys(one.region for one in everything)
    return {
        "regions": {
            region: fit([one for one in everything if one.region == region], FEATURES).to_json() for region in regions
        }
    }


def judge_dice(
    fitted: list[HeldOut], unseen: list[HeldOut], by_fold: dict[int, dict[str, float]]
) -> dict[str, dict[str, Any]]:
    """Print how well Dice is foretold for cases of folds that were not fitted; return the errors for the card."""
    training = {fold: samples(fitted, heat) for fold, heat in by_fold.items()}
    extra = {fold: samples([one for one in unseen if one.fold == fold], heat) for fold, heat in by_fold.items()}
    print(
        "\n| scanner | region | n | features | mean error | of a constant | Spearman | within the interval "
        "| Dice < 0.6: flagged | false alarms | AUC |"
    )
    print("|---" * 11 + "|")
    found: dict[str, dict[str, Any]] = {}
    scanners = list(dict.fromkeys(one.scanner for one in [*fitted, *unseen]))
    for region in fitted[0].regions:
        for names in ALTERNATIVES:
            pairs = _forecasts(region, names, training, extra)
            for scanner in [*scanners, "all fitted"]:
                seen = {one.scanner for one in fitted} if scanner == "all fitted" else {scanner}
                chosen = [pair for pair in pairs if pair[0].scanner in seen]
                cells = _scores(chosen)
                label = {1: "soft Dice", len(FEATURES): "all four"}.get(len(names), "with look")
                print(f"| {scanner} | {region} | {len(chosen)} | {label} | {cells['text']} |")
                if names == FEATURES:
                    found.setdefault(region, {})[scanner] = {k: v for k, v in cells.items() if k != "text"}
    return found


def _forecasts(
    region: str, names: tuple[str, ...], training: dict[int, list[Sample]], extra: dict[int, list[Sample]]
) -> list[tuple[Sample, float, float, float, float]]:
    """Return each sample with its forecast, interval, and the mean Dice of the other folds."""
    pairs = []
    for fold, everything in training.items():
        own = [one for one in everything if one.region == region]
        rest = [one for one in own if one.fold != fold]
        model = fit(rest, names)
        constant = float(np.mean([one.dice for one in rest]))
        told = [one for one in [*own, *extra[fold]] if one.fold == fold and one.region == region]
        for one in told:
            forecast = model(one.row)
            pairs.append((one, forecast.dice, forecast.low, forecast.high, constant))
    return pairs


def _scores(pairs: list[tuple[Sample, float, float, float, float]]) -> dict[str, Any]:
    truth = np.array([pair[0].dice for pair in pairs])
    told, low, high, constant = (np.array([pair[index] for pair in pairs]) for index in (1, 2, 3, 4))
    bad, flagged = truth < LOW_DICE, told < LOW_DICE
    error, plain = float(np.abs(told - truth).mean()), float(np.abs(constant - truth).mean())
    rank = float(stats.spearmanr(told, truth).statistic)
    inside = float(((truth >= low) & (truth <= high)).mean())
    text = (
        f"{error:.3f} | {plain:.3f} | {rank:.2f} | {100 * inside:.0f} % | {(bad & flagged).sum()} of {bad.sum()} "
        f"| {(~bad & flagged).sum()} of {(~bad).sum()} | {auc(-told, bad)}"
    )
    return {
        "cases": len(pairs),
        "mean_error": round(error, 3),
        "in_interval": round(inside, 2),
        "low_found": f"{int((bad & flagged).sum())} of {int(bad.sum())}",
        "false_alarms": f"{int((~bad & flagged).sum())} of {int((~bad).sum())}",
        "text": text,
    }


def auc(scores: np.ndarray, positive: np.ndarray) -> str:
    """Return the area under the ROC curve (Mann-Whitney) as text; '-' where one of the two is empty."""
    if not positive.any() or positive.all():
        return "-"
    u = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
    return f"{u / (positive.sum() * (~positive).sum()):.2f}"
