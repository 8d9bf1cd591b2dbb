"""What learning from corrections did, in words and numbers for the person who corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ssaglioma.adaptation.check import RegionChange, SafetyLimits, Verdict
from ssaglioma.evaluation.report_words import Words

_FEW_CASES = 10
_WIDTH = 26


@dataclass(frozen=True)
class LearningReport:
    """Report of one round of learning from corrections.

    Attributes
    ----------
    model : str
        Name of the model.
    version_before, version_after : str
        Of the model that was installed, and of the new one.
    corrected_cases, replayed_cases : int
        Cases that the new model learned from, and earlier ones shown again beside them.
    correction_minutes : float
        Time that people spent on the corrections.
    training_minutes : float
    left_out : mapping of str to str
        Corrected cases that could not be used, and why.
    verdict : Verdict
    limits : SafetyLimits
    """

    model: str
    version_before: str
    version_after: str
    corrected_cases: int
    replayed_cases: int
    correction_minutes: float
    training_minutes: float
    left_out: Mapping[str, str]
    verdict: Verdict
    limits: SafetyLimits

    @property
    def installed(self) -> bool:
        """Whether the new model took the place of the earlier one."""
        return self.verdict.accepted

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "model": self.model,
            "version_before": self.version_before,
            "version_after": self.version_after,
            "installed": self.installed,
            "corrected_cases": self.corrected_cases,
            "replayed_cases": self.replayed_cases,
            "correction_minutes": self.correction_minutes,
            "training_minutes": self.training_minutes,
            "left_out": dict(self.left_out),
            "limits": vars(self.limits).copy(),
            "check": self.verdict.to_json(),
        }

    def to_text(self) -> str:
        """Return the report as plain text, the outcome first."""
        lines = [
            f"Learning from {_count(self.corrected_cases, 'corrected case')}: {self.model}",
            "",
            *self._outcome(),
            "",
            *self._table(),
            "",
            *self._notes(),
        ]
        return "\n".join(lines) + "\n"

    def _outcome(self) -> list[str]:
        if self.installed:
            return [
                f"INSTALLED: version {self.version_after} is now in use in place of {self.version_before}.",
                "On cases that it did not learn from it is not worse than before.",
                "The earlier version is kept; you can go back to it at any time.",
            ]
        return [
            f"NOT INSTALLED: version {self.version_before} stays in use.",
            "On cases that it did not learn from, the new version is worse than is allowed:",
            *(f"  - {reason}" for reason in self.verdict.reasons),
        ]

    def _table(self) -> list[str]:
        heading = f"{'Mean Dice on held-out cases':<{_WIDTH + 2}}{'before':>8}{'after':>8}{'change':>9}"
        rows = [f"{heading}   cases: better / same / worse"]
        words = Words("en")
        for region, change in self.verdict.regions.items():
            rows.append(f"{words.region(region):<{_WIDTH + 2}}{_numbers(change)}")
        rows += [
            f"{words.region(name):<{_WIDTH + 2}}not checked: no held-out case holds it"
            for name in self.verdict.unchecked
        ]
        return rows

    def _notes(self) -> list[str]:
        notes = [
            "Dice is the overlap with the expert's outline: 0 is none, 1 is the same outline.",
            f"The check was made on {_count(self.verdict.case_count, 'case')} that this round did not learn from.",
        ]
        if self.verdict.case_count < _FEW_CASES:
            notes.append("These are few cases: small changes, up or down, may be chance.")
        replay = _count(self.replayed_cases, "earlier case") if self.replayed_cases else "no earlier case"
        notes.append(
            f"Training took {self.training_minutes:.0f} min, with {replay} shown again"
            + (" so that nothing learned before is lost." if self.replayed_cases else ": what was learned may be lost.")
        )
        notes.append(f"The corrections themselves took {self.correction_minutes:.0f} min.")
        notes += [f"Left out: {case}, because {reason}." for case, reason in self.left_out.items()]
        return [*notes, "Research use only. Every outline must be checked by a radiologist."]


def _numbers(change: RegionChange) -> str:
    counts = f"{change.count(1)} / {change.count(0)} / {change.count(-1)}"
    return f"{change.mean_before:>8.3f}{change.mean_after:>8.3f}{change.change:>+9.3f}   {counts}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
