"""A series that may fill a slot: what its name and tags say, and what makes it better than its like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.assignment import Guess, name_and_tag_guesses
from ssaglioma.preprocessing.series import Series
from ssaglioma.volume import Volume, to_canonical

_NO_AGENT_SHARE = 0.6  # of the T1s whose tags name no agent, so many have none
_TAGS_FIT_NONE = -1.5  # log-odds of each of the four where echo and repetition time fit none of them
_THICK_MM, _UNKNOWN_MM = 2.5, 5.0
_PLANES = ("axial", "coronal", "sagittal")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A series that may fill a slot, with all that decides between it and others.

    Attributes
    ----------
    series : Series
    by_name, by_tags : Guess or None
    thickness_mm : float
        Of the thickest voxel axis.
    plane : str
        'axial', 'coronal' or 'sagittal' slices; 'thin' where no axis is thick; empty where it is not known.
    """

    series: Series
    by_name: Guess
    by_tags: Guess | None
    thickness_mm: float
    plane: str

    @classmethod
    def of(cls, series: Series, volume: Volume | None) -> Candidate:
        """Look at a series, and at its volume if it was read."""
        by_name, by_tags = name_and_tag_guesses(series.name, series.tags)
        if by_name.sequence is None and by_name.reason == "the name does not tell" and series.tags.get("ProtocolName"):
            by_name = name_and_tag_guesses(series.tags["ProtocolName"])[0]
        if volume is None:
            return cls(series, by_name, by_tags, number_of(series.tags.get("SliceThickness"), _UNKNOWN_MM), "")
        spacing = to_canonical(volume).spacing_zyx_mm
        plane = _PLANES[int(np.argmax(spacing))] if max(spacing) > _THICK_MM else "thin"
        return cls(series, by_name, by_tags, max(spacing), plane)

    @property
    def guesses(self) -> list[Guess]:
        """What name and tags say, without those that say nothing."""
        return [guess for guess in (self.by_name, self.by_tags) if guess is not None and guess.sequence is not None]

    @property
    def agent_untold(self) -> bool:
        """Whether tags say T1 only because no agent is named: many scanners never name it."""
        says_t1 = self.by_tags is not None and self.by_tags.sequence is Sequence.T1N
        return says_t1 and not self.series.tags.get("ContrastBolusAgent", "").strip()

    def told(self) -> np.ndarray:
        """Log-odds (4,) against chance of what name and tags say."""
        total = np.zeros(len(SEQUENCE_ORDER))
        for guess in self.guesses:
            wrong = (1 - guess.confidence) / (len(SEQUENCE_ORDER) - 1)
            shares = [guess.confidence if name is guess.sequence else wrong for name in SEQUENCE_ORDER]
            if guess is self.by_tags and self.agent_untold:
                shares[:2] = [_NO_AGENT_SHARE * sum(shares[:2]), (1 - _NO_AGENT_SHARE) * sum(shares[:2])]
            total += np.log(np.array(shares) * len(SEQUENCE_ORDER))
        if self.by_tags is not None and self.by_tags.sequence is None:
            total += _TAGS_FIT_NONE
        return total

    def preference(self) -> float:
        """Return a little more for thin slices, originals, axial planes, repeats: it decides between equals alone."""
        derived = "DERIVED" in self.series.tags.get("ImageType", "").upper()
        upright = 0.05 if self.plane in ("axial", "thin") else 0.0
        later = 0.01 * min(number_of(self.series.tags.get("SeriesNumber"), 0.0), 1000) / 1000
        return 0.3 / (1 + self.thickness_mm / 5) + upright + later - (0.3 if derived else 0.0)


def number_of(text: str | None, otherwise: float) -> float:
    """Return the first number of a tag's text, or another one where there is none."""
    try:
        return float(str(text).split("\\")[0])
    except ValueError:
        return otherwise
