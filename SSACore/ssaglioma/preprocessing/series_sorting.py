"""Which series fills which slot: names, tags and voxels weighed together, disagreements said aloud.

Every source gives each series a log-probability of each sequence; the joint choice with the greatest sum wins, so
that two images whose names were swapped are told by their voxels, and one doubtful image by the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from itertools import combinations, permutations

import numpy as np

from ssaglioma.errors import DatasetError, SequenceError, SSAGliomaError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.alignment import AlignmentSettings, align
from ssaglioma.preprocessing.assignment import Guess, name_and_tag_guesses
from ssaglioma.preprocessing.contrast_rules import PAIRS, ContrastEvidence, contrast_evidence
from ssaglioma.preprocessing.rigid import LEVELS
from ssaglioma.preprocessing.series import Series, reason_to_leave_out
from ssaglioma.volume import Volume

_CLASSES = len(SEQUENCE_ORDER)
_MOST_CANDIDATES = 7
_UNUSED = -2.0  # log-odds of leaving a candidate out: one that fits no free slot better than by chance stays out
_SURE = 0.8
_ROUGH = AlignmentSettings(levels=LEVELS[:2], most_disagreement_mm=10.0)


@dataclass(frozen=True)
class SlotChoice:
    """The series that fills a slot.

    Attributes
    ----------
    key : str
    confidence : float
        0..1: probability, by all evidence, that the series shows this sequence; 1 where the user said so.
    reason : str
        For people.
    """

    key: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Sorting:
    """What became of each series.

    Attributes
    ----------
    chosen : mapping of Sequence to SlotChoice
        In the order of `SEQUENCE_ORDER`; slots without a series are absent.
    left_out : mapping of key to str
        Why.
    conflicts : tuple of str
        One sentence for each disagreement between name, tags and voxels.
    """

    chosen: Mapping[Sequence, SlotChoice]
    left_out: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()


def sort_series(
    series: Seq[Series],
    volumes: Mapping[str, Volume] | None = None,
    *,
    overrides: Mapping[Sequence, str] | None = None,
    left_out: Mapping[str, str] | None = None,
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

    Raises
    ------
    SequenceError
        If an override names no series, or one series twice.
    """
    fixed = dict(overrides or {})
    _check_overrides(fixed, series)
    out = dict(left_out or {})
    candidates = []
    for item in series:
        reason = out.get(item.key) or ("" if item.key in fixed.values() else reason_to_leave_out(item))
        if item.key in fixed.values():
            out.pop(item.key, None)
            candidates.append(item)
        elif reason:
            out[item.key] = reason
        else:
            candidates.append(item)
    candidates = _best_known(candidates, fixed, out)
    evidence, problems = _voxel_evidence(candidates, volumes or {})
    choice, probabilities = _best_choice(candidates, evidence, volumes or {}, fixed)
    chosen = {}
    for sequence in SEQUENCE_ORDER:
        key = next((key for key, value in choice.items() if value is sequence), None)
        if key is not None:
            item = next(item for item in candidates if item.key == key)
            sure = 1.0 if fixed.get(sequence) == key else probabilities[key]
            chosen[sequence] = SlotChoice(key, sure, _reason(item, sequence, evidence, sequence in fixed))
    for item in candidates:
        if item.key not in choice:
            out[item.key] = _why_unused(item, chosen)
    return Sorting(chosen, out, tuple(problems + _conflicts(candidates, choice, evidence)))


def _check_overrides(fixed: Mapping[Sequence, str], series: Seq[Series]) -> None:
    known = {item.key for item in series}
    for sequence, key in fixed.items():
        if key not in known:
            raise SequenceError(
                f"There is no series {key!r} to be {sequence.display_name}", expected=f"one of {sorted(known)}"
            )
    if len(set(fixed.values())) < len(fixed):
        raise SequenceError("One series was given for two sequences", expected="another series for each sequence")


def _best_known(candidates: list[Series], fixed: Mapping[Sequence, str], out: dict[str, str]) -> list[Series]:
    """At most so many candidates as can be compared jointly; those whose name and tags tell least go first."""

    def known(item: Series) -> float:
        return 2.0 if item.key in fixed.values() else max(g.confidence for g in _guesses(item))

    kept = sorted(candidates, key=known, reverse=True)[:_MOST_CANDIDATES]
    for item in candidates:
        if item not in kept:
            out[item.key] = "other series fit better by name and tags"
    return [item for item in candidates if item in kept]


def _guesses(item: Series) -> list[Guess]:
    by_name, by_tags = name_and_tag_guesses(item.name, item.tags)
    return [guess for guess in (by_name, by_tags) if guess is not None and guess.sequence is not None] or [
        Guess(None, 0.0, "neither name nor tags tell")
    ]


def _voxel_evidence(
    candidates: list[Series], volumes: Mapping[str, Volume]
) -> tuple[ContrastEvidence | None, list[str]]:
    """Evidence of all candidates that can be roughly aligned to the best-resolved one, and what failed."""
    there = {item.key: volumes[item.key] for item in candidates if item.key in volumes}
    if not there:
        return None, []
    names = {item.key: item.name for item in candidates}
    first = min(there, key=lambda key: (max(there[key].spacing_zyx_mm), key))
    aligned, problems = {first: there[first]}, []
    for key, volume in there.items():
        if key != first and volume.same_grid(there[first]):
            aligned[key] = volume
        elif key != first:
            try:
                aligned[key] = align(volume, there[first], _ROUGH).volume
            except SSAGliomaError:
                problems.append(f"{names[key]!r} could not be laid on {names[first]!r}: is it the same head?")
    try:
        return contrast_evidence(aligned), problems
    except DatasetError as error:
        return None, [*problems, error.problem]


def _best_choice(
    candidates: list[Series],
    evidence: ContrastEvidence | None,
    volumes: Mapping[str, Volume],
    fixed: Mapping[Sequence, str],
) -> tuple[dict[str, Sequence], dict[str, float]]:
    """The likeliest choice, and for each chosen series the probability that it shows its sequence."""
    keys = [item.key for item in candidates]
    told = {item.key: _told(item) for item in candidates}
    seen = {} if evidence is None else {k: _log_odds(v) for k, v in evidence.single.items()}
    pairs = {} if evidence is None else {k: _log_odds(v) for k, v in evidence.pair.items()}
    usable = [i.key for i in candidates if i.key in seen or i.key in fixed.values() or _guesses(i)[0].sequence]
    bonus = {item.key: _preference(item, volumes.get(item.key)) for item in candidates}
    choices, scores = [], []
    for choice in _choices(usable, fixed):
        score = _UNUSED * (len(keys) - len(choice)) + sum(bonus[key] for key in choice)
        for key, sequence in choice.items():
            index = SEQUENCE_ORDER.index(sequence)
            score += told[key][index] + (seen[key][index] if key in seen else 0.0)
        for pair in permutations([key for key in choice if key in seen and key not in fixed.values()], 2):
            score += pairs[pair][PAIRS.index((choice[pair[0]], choice[pair[1]]))] / 2
        choices.append(choice)
        scores.append(score)
    best = choices[int(np.argmax(scores))]
    # of the same series in other slots only: that another one would serve as well is no doubt about what this one is
    rivals = [
        (choice, np.exp(score - max(scores))) for choice, score in zip(choices, scores) if set(choice) == set(best)
    ]
    total = sum(weight for _, weight in rivals)
    sure = {
        key: float(sum(weight for choice, weight in rivals if choice[key] is sequence) / total)
        for key, sequence in best.items()
    }
    return best, sure


def _choices(keys: list[str], fixed: Mapping[Sequence, str]) -> Iterator[dict[str, Sequence]]:
    """Every way to give some of the series different sequences; overrides hold in all of them."""
    held = {key: sequence for sequence, key in fixed.items()}
    free = [key for key in keys if key not in held]
    slots = [sequence for sequence in SEQUENCE_ORDER if sequence not in fixed]
    for count in range(min(len(free), len(slots)) + 1):
        for some in combinations(free, count):
            for order in permutations(slots, count):
                yield {**held, **dict(zip(some, order))}


def _told(item: Series) -> np.ndarray:
    """Log-odds (4,) against chance of what name and tags say."""
    total = np.zeros(_CLASSES)
    for guess in _guesses(item):
        if guess.sequence is not None:
            wrong = (1 - guess.confidence) / (_CLASSES - 1)
            shares = [guess.confidence if sequence is guess.sequence else wrong for sequence in SEQUENCE_ORDER]
            total += np.log(np.array(shares) * _CLASSES)
    return total


def _log_odds(log_likelihoods: np.ndarray) -> np.ndarray:
    """Log-probabilities against chance."""
    top = log_likelihoods.max()
    return log_likelihoods - top - np.log(np.exp(log_likelihoods - top).mean())


def _preference(item: Series, volume: Volume | None) -> float:
    """A little more for original images and thin slices: it decides between equals and nothing else."""
    spacing = max(volume.spacing_zyx_mm) if volume is not None else float(item.tags.get("SliceThickness") or 5.0)
    derived = "DERIVED" in item.tags.get("ImageType", "").upper()
    return 0.3 / (1 + spacing / 5) - (0.3 if derived else 0.0)


def _reason(item: Series, sequence: Sequence, evidence: ContrastEvidence | None, by_user: bool) -> str:
    if by_user:
        return "chosen by the user"
    parts = [guess.reason for guess in _guesses(item)]
    if evidence is not None and item.key in evidence.single:
        looks = SEQUENCE_ORDER[int(np.argmax(evidence.single[item.key]))]
        parts.append(f"alone it looks like {looks.display_name}")
    return "; ".join(parts)


def _why_unused(item: Series, chosen: Mapping[Sequence, SlotChoice]) -> str:
    guess = _guesses(item)[-1]
    if guess.sequence in chosen and guess.sequence is not None:
        return f"{guess.sequence.display_name} is filled by {chosen[guess.sequence].key!r}, which fits better"
    return f"nothing tells what it is ({guess.reason})"


def _conflicts(
    candidates: list[Series], choice: Mapping[str, Sequence], evidence: ContrastEvidence | None
) -> list[str]:
    """Sentences on chosen series whose name, tags or voxels say something else than others do."""
    seen = {}
    if evidence is not None:
        keys = [key for key in choice if key in evidence.single]
        some = ContrastEvidence(
            {key: evidence.single[key] for key in keys}, {pair: evidence.pair[pair] for pair in permutations(keys, 2)}
        )
        seen = some.probabilities() if keys else {}
    result = []
    for item in candidates:
        if item.key not in choice:
            continue
        used = choice[item.key]
        by_name, by_tags = name_and_tag_guesses(item.name, item.tags)
        says = {"its name says": by_name.sequence, "its tags say": by_tags.sequence if by_tags else None}
        if item.key in seen and seen[item.key].max() >= _SURE:
            says["it looks like"] = SEQUENCE_ORDER[int(np.argmax(seen[item.key]))]
        against = [f"{words} {s.display_name}" for words, s in says.items() if s is not None and s is not used]
        if against:
            result.append(f"{item.name!r} is used as {used.display_name}, but {' and '.join(against)}")
    return result
