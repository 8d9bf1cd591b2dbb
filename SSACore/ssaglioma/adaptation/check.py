"""Is a model better or worse than before? Compared on the same held-out cases, with limits set beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation.report_words import Words

_HOLDS_REGION = ("none", "prediction")
"""Values of a score's `empty` (which mask is empty) for which the reference holds the region."""
_UNCHANGED = 0.005


@dataclass(frozen=True)
class SafetyLimits:
    """How much worse a model may become and still be installed; the four are checked apart.

    Attributes
    ----------
    mean_drop : float
        Of the mean Dice over cases and regions. 0: on the whole it must not be worse.
    region_drop : float
        Of one region's mean Dice.
    case_drop : float
        Of one case's Dice in one region.
    false_volume_ml : float
        More volume, in ml, where the reference of a case holds no voxel of a region.

    Raises
    ------
    DatasetError
        If a limit is negative.
    """

    mean_drop: float = 0.0
    region_drop: float = 0.02
    case_drop: float = 0.10
    false_volume_ml: float = 1.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value >= 0:
                raise DatasetError(f"The limit {name} is {value!r}", expected="0 or more")


@dataclass(frozen=True)
class RegionChange:
    """One region over the held-out cases whose reference holds it.

    Attributes
    ----------
    before, after : mapping of str to float
        Dice of each case.
    """

    before: Mapping[str, float]
    after: Mapping[str, float]

    @property
    def mean_before(self) -> float:
        """Mean Dice of the earlier model."""
        return sum(self.before.values()) / len(self.before)

    @property
    def mean_after(self) -> float:
        """Mean Dice of the new model."""
        return sum(self.after.values()) / len(self.after)

    @property
    def change(self) -> float:
        """Mean Dice gained; negative if lost."""
        return self.mean_after - self.mean_before

    def count(self, direction: int) -> int:
        """Return the cases that became better (1), worse (-1) or stayed (0: within 0.005 of Dice)."""
        changes = [self.after[case] - self.before[case] for case in self.before]
        return sum((change > _UNCHANGED) - (change < -_UNCHANGED) == direction for change in changes)


@dataclass(frozen=True)
class Verdict:
    """Outcome of the comparison.

    Attributes
    ----------
    accepted : bool
    reasons : tuple of str
        Why it is refused, each by how much; empty if accepted.
    regions : mapping of str to RegionChange
        Regions that at least one held-out case holds.
    unchecked : tuple of str
        Regions that none holds.
    case_count : int
        Held-out cases.
    """

    accepted: bool
    reasons: tuple[str, ...]
    regions: Mapping[str, RegionChange]
    unchecked: tuple[str, ...]
    case_count: int

    @property
    def mean_change(self) -> float:
        """Dice gained in the mean over the regions."""
        return sum(change.change for change in self.regions.values()) / len(self.regions) if self.regions else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "accepted": self.accepted,
            "reasons": list(self.reasons),
            "held_out_cases": self.case_count,
            "mean_dice_change": self.mean_change,
            "unchecked_regions": list(self.unchecked),
            "regions": {
                region: {
                    "mean_dice_before": change.mean_before,
                    "mean_dice_after": change.mean_after,
                    "change": change.change,
                    "cases": len(change.before),
                    "better": change.count(1),
                    "same": change.count(0),
                    "worse": change.count(-1),
                    "dice_before": dict(change.before),
                    "dice_after": dict(change.after),
                }
                for region, change in self.regions.items()
            },
        }


def compare_scores(
    before: Mapping[str, Any], after: Mapping[str, Any], regions: Seq[str], limits: SafetyLimits = SafetyLimits()
) -> Verdict:
    """Judge a new model by the score documents of both (as `ssaglioma evaluate --json` writes them).

    Raises
    ------
    DatasetError
        If the documents are not of the same cases.
    """
    rows = [{row["case"]: row["regions"] for row in document["cases"]} for document in (before, after)]
    if set(rows[0]) != set(rows[1]) or not rows[0]:
        raise DatasetError(
            f"The scores before and after are of {sorted(rows[0])} and {sorted(rows[1])}",
            expected="the same held-out cases, at least one",
        )
    changes = {region: _region_change(rows[0], rows[1], region) for region in regions}
    held = {region: change for region, change in changes.items() if change.before}
    reasons = [*_drops(held, limits), *_false_volumes(rows[0], rows[1], regions, limits)]
    if not held:
        reasons.append("No held-out case holds any of the regions, so nothing can be said about the new model.")
    return Verdict(
        accepted=not reasons,
        reasons=tuple(reasons),
        regions=MappingProxyType(held),
        unchecked=tuple(region for region in regions if region not in held),
        case_count=len(rows[0]),
    )


def _region_change(before: Mapping[str, Any], after: Mapping[str, Any], region: str) -> RegionChange:
    cases = [case for case, scores in before.items() if scores[region]["empty"] in _HOLDS_REGION]
    return RegionChange(*({case: float(rows[case][region]["dice"]) for case in cases} for rows in (before, after)))


def _drops(regions: Mapping[str, RegionChange], limits: SafetyLimits) -> list[str]:
    reasons = []
    if regions:
        before, after = (
            sum(getattr(change, f"mean_{when}") for change in regions.values()) / len(regions)
            for when in ("before", "after")
        )
        if before - after > limits.mean_drop:
            reasons.append(_fell("The mean Dice of all regions", before, after, limits.mean_drop))
    for region, change in regions.items():
        if -change.change > limits.region_drop:
            cases = f"{len(change.before)} held-out case" + ("" if len(change.before) == 1 else "s")
            about = f"The mean Dice of {_named(region)} over {cases}"
            reasons.append(_fell(about, change.mean_before, change.mean_after, limits.region_drop))
        for case, dice in change.before.items():
            if dice - change.after[case] > limits.case_drop:
                about = f"The Dice of {_named(region)} in the case {case}"
                reasons.append(_fell(about, dice, change.after[case], limits.case_drop))
    return reasons


def _named(region: str) -> str:
    """Return a region's name as it stands within a sentence: 'enhancing tumor (ET)'."""
    name = Words("en").region(region)
    return name if name == region else name[0].lower() + name[1:]


def _fell(about: str, before: float, after: float, allowed: float) -> str:
    permitted = f"at most {allowed:.3f} is allowed" if allowed else "no fall is allowed"
    digits = 3 if before - after >= 0.0005 else 6
    return f"{about} fell from {before:.{digits}f} to {after:.{digits}f}, by {before - after:.{digits}f}; {permitted}."


def _false_volumes(
    before: Mapping[str, Any], after: Mapping[str, Any], regions: Seq[str], limits: SafetyLimits
) -> list[str]:
    reasons = []
    for case, scores in before.items():
        for region in regions:
            if scores[region]["empty"] in _HOLDS_REGION:
                continue
            found = [float(rows[case][region]["volume_prediction_ml"]) for rows in (before, after)]
            if found[1] - found[0] > limits.false_volume_ml:
                reasons.append(
                    f"In the case {case}, which has no {_named(region)}, the volume found rose from {found[0]:.1f} to "
                    f"{found[1]:.1f} ml, by {found[1] - found[0]:.1f} ml; at most {limits.false_volume_ml:.1f} ml is "
                    "allowed."
                )
    return reasons
