"""Which series fills which slot: names, tags and voxels weighed together, disagreements said aloud.

Every source gives each series a log-probability of each sequence; the joint choice with the greatest sum wins, so
that two images whose names were swapped are told by their voxels, and one doubtful image by the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from ssaglioma.errors import SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.assignment import guess_sequence
from ssaglioma.preprocessing.candidates import Candidate, number_of
from ssaglioma.preprocessing.contrast_rules import ContrastEvidence
from ssaglioma.preprocessing.joint_choice import Odds, best_choice
from ssaglioma.preprocessing.series import Series, reason_to_leave_out
from ssaglioma.preprocessing.voxel_evidence import see_voxels
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume

MOST_CANDIDATES = 8
_T1S = {Sequence.T1N, Sequence.T1C}
_MOST_OF_ONE_GUESS = 3
_SURE = {4: 0.8, 3: 0.9, 2: 0.99}  # by the number of images: that an image looks like another is reported from here


@dataclass(frozen=True)
class SlotChoice:
    """The series that fills a slot.

    Attributes
    ----------
    key : str
    confidence : float
        0..1: probability, by all evidence, that the series shows this sequence; 1 where the user said so.
    reasons : tuple of str
        For people.
    conflicts : tuple of str
        One sentence for each disagreement between name, tags and voxels.
    """

    key: str
    confidence: float
    reasons: tuple[str, ...]
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sorting:
    """What became of each series.

    Attributes
    ----------
    chosen : mapping of Sequence to SlotChoice
        In the order of `SEQUENCE_ORDER`; slots without a series are absent.
    left_out : mapping of key to str
        Why.
    apart : tuple of str
        Keys of series that could not be laid on the others; may be another head.
    """

    chosen: Mapping[Sequence, SlotChoice]
    left_out: Mapping[str, str] = field(default_factory=dict)
    apart: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[str, ...]:
        """All disagreements, slot by slot."""
        return tuple(text for choice in self.chosen.values() for text in choice.conflicts)


def sort_series(
    series: Seq[Series],
    volumes: Mapping[str, Volume] | None = None,
    *,
    overrides: Mapping[Sequence, str] | None = None,
    left_out: Mapping[str, str] | None = None,
    evidence: ContrastEvidence | None = None,
    progress: ProgressCallback = no_progress,
) -> Sorting:
    """Choose a series for each sequence.

    Parameters
    ----------
    series : sequence of Series
    volumes : mapping of key to Volume, or None
        What `read_candidates` gave; their voxels are judged too. None: names and tags alone.
    overrides : mapping of Sequence to key, or None
        What the user says; never questioned, though a conflict is still reported.
    left_out : mapping of key to str
        Why some are out already.
    evidence : ContrastEvidence or None
        What the voxels say, where that is known already; None: they are looked at.

    Raises
    ------
    SequenceError
        If an override names no series, or one series twice.
    """
    fixed, out, images = dict(overrides or {}), dict(left_out or {}), volumes or {}
    _check_overrides(fixed, series)
    candidates = []
    for item in series:
        reason = out.get(item.key) or reason_to_leave_out(item)
        if reason and item.key not in fixed.values():
            out[item.key] = reason
        else:
            out.pop(item.key, None)
            candidates.append(Candidate.of(item, images.get(item.key)))
    candidates = _best_known(candidates, fixed, out)
    apart: tuple[str, ...] = ()
    if evidence is None:
        keys = [item.series.key for item in candidates]
        seen = see_voxels({key: images[key] for key in keys if key in images}, progress)
        evidence, apart = seen.evidence, seen.apart
    usable = [
        item
        for item in candidates
        if item.guesses or item.series.key in fixed.values() or (evidence and item.series.key in evidence.single)
    ]
    odds = Odds(
        {item.series.key: item.told() for item in usable},
        {item.series.key: item.by_name.sequence for item in usable if item.by_name.sequence is not None},
        {item.series.key: item.preference() for item in usable},
        evidence,
        _before_agent(usable),
    )
    choice, sure = best_choice(odds, {key: sequence for sequence, key in fixed.items()})
    return _sorting(candidates, choice, sure, evidence, (fixed, out, apart))


def _sorting(
    candidates: list[Candidate],
    choice: Mapping[str, Sequence],
    sure: Mapping[str, float],
    evidence: ContrastEvidence | None,
    rest: tuple[Mapping[Sequence, str], dict[str, str], tuple[str, ...]],
) -> Sorting:
    fixed, out, apart = rest
    by_key = {item.series.key: item for item in candidates}
    looks = _looks(choice, evidence)
    chosen = {}
    for sequence in SEQUENCE_ORDER:
        key = next((key for key, value in choice.items() if value is sequence), None)
        if key is not None:
            conflicts = _conflicts(by_key[key], sequence, _surely(looks, key, choice))
            if sequence in fixed:
                chosen[sequence] = SlotChoice(key, 1.0, ("chosen by the user",), conflicts)
            else:
                chosen[sequence] = SlotChoice(key, sure[key], _reasons(by_key[key], looks.get(key)), conflicts)
    for key, item in by_key.items():
        if key not in choice:
            out[key] = _why_unused(item, chosen, by_key)
    return Sorting(chosen, out, tuple(key for key in apart if key in choice))


def _check_overrides(fixed: Mapping[Sequence, str], series: Seq[Series]) -> None:
    known = {item.key for item in series}
    for sequence, key in fixed.items():
        if key not in known:
            raise SequenceError(
                f"There is no series {key!r} to be {sequence.display_name}", expected=f"one of {sorted(known)}"
            )
    if len(set(fixed.values())) < len(fixed):
        raise SequenceError("One series was given for two sequences", expected="another series for each sequence")


def _best_known(candidates: list[Candidate], fixed: Mapping[Sequence, str], out: dict[str, str]) -> list[Candidate]:
    """At most so many candidates as can be compared jointly: of each guess the best few, then those that tell least."""
    places: dict[Sequence | None, int] = {}
    ranked = []
    for item in sorted(candidates, key=lambda item: -item.preference()):
        guess = guess_sequence(item.series.name, item.series.tags)
        place = places[guess.sequence] = places.get(guess.sequence, -1) + 1
        held = item.series.key in fixed.values()
        ranked.append((not held, place >= _MOST_OF_ONE_GUESS, guess.sequence is None, place, item))
    kept = [row[-1] for row in sorted(ranked, key=lambda row: row[:-1])[:MOST_CANDIDATES]]
    for item in candidates:
        if item not in kept:
            out[item.series.key] = "other series fit better by name, tags and resolution"
    return [item for item in candidates if item in kept]


def _before_agent(candidates: list[Candidate]) -> dict[tuple[str, str], float]:
    """For pairs of one DICOM study whether the first was made earlier (+1) or later (-1): T1 comes before T1Gd."""
    numbers = {
        item.series.key: number_of(item.series.tags.get("SeriesNumber"), 0.0)
        for item in candidates
        if item.series.is_dicom and item.series.tags.get("SeriesNumber")
    }
    return {(a, b): float(np.sign(numbers[b] - numbers[a])) for a, b in permutations(numbers, 2)}


def _looks(choice: Mapping[str, Sequence], evidence: ContrastEvidence | None) -> dict[str, np.ndarray]:
    """Probability (4,) of each sequence for each chosen series, by the voxels of all chosen ones together."""
    keys = [key for key in choice if evidence is not None and key in evidence.single]
    return evidence.among(keys).probabilities() if evidence is not None and keys else {}


def _reasons(item: Candidate, looks: np.ndarray | None) -> tuple[str, ...]:
    reasons = [guess.reason for guess in item.guesses] or ["neither name nor tags tell"]
    if looks is not None:
        best = int(np.argmax(looks))
        reasons.append(f"its voxels look like {SEQUENCE_ORDER[best].display_name} ({looks[best]:.0%})")
    return tuple(reasons)


def _surely(looks: Mapping[str, np.ndarray], key: str, choice: Mapping[str, Sequence]) -> Sequence | None:
    """What an image looks like, if that is sure; of a T1 without its partner nobody can tell whether it has agent."""
    if key not in looks or looks[key].max() < _SURE.get(len(looks), np.inf):
        return None
    found, used = SEQUENCE_ORDER[int(np.argmax(looks[key]))], choice[key]
    lone = len(_T1S & set(choice.values())) < len(_T1S)
    return None if lone and {found, used} <= _T1S else found


def _conflicts(item: Candidate, used: Sequence, looks: Sequence | None) -> tuple[str, ...]:
    """Sentences on a chosen series whose name, tags or voxels say something else than its slot."""
    says = {"its name says": item.by_name.sequence, "it looks like": looks}
    if item.by_tags is not None and not (item.agent_untold and used is Sequence.T1C):
        says["its tags say"] = item.by_tags.sequence
    against = [f"{words} {s.display_name}" for words, s in says.items() if s is not None and s is not used]
    return (f"{item.series.name!r} is used as {used.display_name}, but {' and '.join(against)}",) if against else ()


def _why_unused(item: Candidate, chosen: Mapping[Sequence, SlotChoice], by_key: Mapping[str, Candidate]) -> str:
    guess = guess_sequence(item.series.name, item.series.tags)
    if guess.sequence is None or guess.sequence not in chosen:
        return f"nothing tells what it is ({guess.reason})"
    other = by_key[chosen[guess.sequence].key]
    text = f"{guess.sequence.display_name} is filled by {other.series.name!r}"
    if other.thickness_mm < 0.9 * item.thickness_mm:
        return f"{text}, which is finer ({other.thickness_mm:.3g} mm against {item.thickness_mm:.3g} mm)"
    if other.plane in ("axial", "thin") and item.plane not in ("axial", "thin", ""):
        return f"{text}, which is {other.plane} and not {item.plane}"
    return f"{text}, which fits better"
