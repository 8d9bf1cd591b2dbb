"""A traffic light for a case: what speaks against trusting a result, each reason with its numbers.

It never refuses anything. Green: nothing was found. Amber: look at the result with the reason in mind. Red: expect the
result to be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ssaglioma.evaluation.quality_words import finding_text, light_text

LIGHTS: tuple[str, ...] = ("green", "amber", "red")
MIXED_UP: tuple[str, ...] = ("swapped", "wrong_slot")
"""Findings that say that an image does not show what it was given as."""
Value = str | int | float


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    key : str
        Which; the sentences stand in `quality_words`.
    light : str
        'green', 'amber' or 'red'.
    subject : str
        The image that it is about, as radiologists call it; empty for the whole case.
    values : mapping of str to str, int or float
        What was measured and the limit that it was held against.
    """

    key: str
    light: str
    subject: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.light not in LIGHTS:
            raise ValueError(f"The light is {self.light!r}, expected one of {LIGHTS}")
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))
        self.text()

    def text(self, language: str = "en") -> str:
        """Return the finding as a sentence, in 'en' or 'fr'."""
        return finding_text(self.key, self.subject, self.values, language)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, the English sentence among them."""
        values = {name: round(v, 4) if isinstance(v, float) else v for name, v in self.values.items()}
        return {"key": self.key, "light": self.light, "subject": self.subject, **values, "text": self.text()}


@dataclass(frozen=True)
class QualityReport:
    """All that was looked at in a case.

    Attributes
    ----------
    findings : tuple of Finding
        Worst first.
    """

    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.findings, key=lambda finding: -LIGHTS.index(finding.light))
        object.__setattr__(self, "findings", tuple(ordered))

    @property
    def light(self) -> str:
        """The worst light of all findings; green without any."""
        return self.findings[0].light if self.findings else LIGHTS[0]

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """The findings that are not green."""
        return tuple(finding for finding in self.findings if finding.light != LIGHTS[0])

    @property
    def mixed_up(self) -> bool:
        """Whether images look as if they lay in each other's place: then nothing may be foretold of the result."""
        return any(finding.key in MIXED_UP for finding in self.findings)

    def also(self, findings: Iterable[Finding]) -> QualityReport:
        """Return a report with more findings."""
        return QualityReport((*self.findings, *findings))

    def text(self, language: str = "en") -> str:
        """Return what the light means, as one sentence."""
        return light_text(self.light, language)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "light": self.light,
            "meaning": self.text(),
            "findings": [finding.to_json() for finding in self.findings],
        }


def graded(value: float, amber: float, red: float) -> str:
    """Return the light of a value against two limits; with red above amber high values are bad, else low ones."""
    if red >= amber:
        return LIGHTS[2] if value > red else LIGHTS[1] if value > amber else LIGHTS[0]
    return LIGHTS[2] if value < red else LIGHTS[1] if value < amber else LIGHTS[0]
