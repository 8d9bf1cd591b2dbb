"""The likeliest way to give some of the candidates the four sequences, and how sure each of them is.

A candidate that is left over must be something too: it repeats a sequence that another one fills, which its name and
voxels must then allow, or it is another kind of image, which its name must then allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.contrast_rules import ContrastEvidence

# All in log-odds, by judgement: there is no sample of archives from which they could be counted.
_UNUSED = -2.0  # a candidate is left over: one that fits no free slot better than by chance stays out
_OTHER_KIND = -3.0  # an image whose name or tags name a sequence is another kind of image
_SWAP = 5.0  # two names that were swapped are one mistake and not two, about 1 in 20 against two right names
_ORDER = 0.7  # the earlier of two T1s is the one without agent: 2 to 1, for some protocols are mixed

TRUST: Mapping[int, float] = {4: 0.99, 3: 0.8, 2: 0.6, 1: 0.3}
"""How far voxels are believed, by the number of images: the rest is chance.

On patients left out, four images were told rightly in 99 of 100 sets, three in 87 and two in 83; a little less is
believed of few images, for raw scans of unknown scanners are not what was fitted to.
"""
_LONE_T1 = 0.35  # of a T1 without its partner the voxels hardly tell whether it has agent: so much is shared out

Choice = dict[str, Sequence]


@dataclass(frozen=True, eq=False)
class Odds:
    """What is known of the candidates of a study.

    Attributes
    ----------
    told : mapping of key to ndarray, shape (4,)
        Log-odds against chance of what names and tags say; of all candidates.
    named : mapping of key to Sequence
        What the name says; only of those whose name says something.
    preferences : mapping of key to float
        Added where a candidate is used.
    evidence : ContrastEvidence or None
        What the voxels say; not of all, perhaps.
    earlier : mapping of (key, key) to float
        +1 where the first was made before the second, -1 after it; only of those whose order is known.
    """

    told: Mapping[str, np.ndarray]
    named: Mapping[str, Sequence]
    preferences: Mapping[str, float]
    evidence: ContrastEvidence | None
    earlier: Mapping[tuple[str, str], float]

    def told_of(self, choice: Choice, held: Mapping[str, Sequence]) -> float:
        """Return the log-odds of a choice by all but voxels and what is left over."""
        score = sum(self.preferences[key] for key in choice)
        score += sum(float(self.told[key][SEQUENCE_ORDER.index(name)]) for key, name in choice.items())
        for first, second in combinations([key for key in choice if key not in held], 2):
            names = (self.named.get(first), self.named.get(second))
            seen = self.evidence is not None and {first, second} <= set(self.evidence.single)
            if seen and names == (choice[second], choice[first]):  # nothing but voxels can show a swap
                score += _SWAP
            for pair in ((first, second), (second, first)):
                if (choice[pair[0]], choice[pair[1]]) == (Sequence.T1N, Sequence.T1C):
                    score += _ORDER * self.earlier.get(pair, 0.0)
        return score


def best_choice(odds: Odds, held: Mapping[str, Sequence]) -> tuple[Choice, dict[str, float]]:
    """Return the likeliest choice, and for each chosen candidate the probability that it shows its sequence.

    Parameters
    ----------
    held : mapping of key to Sequence
        What is decided already.
    """
    choices = list(_choices(list(odds.told), held))
    seen = _voxel_odds(choices, odds.evidence, held)
    scores = np.array(
        [
            odds.told_of(choice, held)
            + seen[frozenset(choice.items())]
            + sum(_left_over(key, choice, odds, seen) for key in odds.told if key not in choice)
            for choice in choices
        ]
    )
    best = choices[int(np.argmax(scores))]
    return best, _sureness(best, choices, scores)


def _left_over(key: str, choice: Choice, odds: Odds, seen: Mapping[frozenset[tuple[str, Sequence]], float]) -> float:
    told = odds.told[key]
    best = _OTHER_KIND if told.any() else 0.0
    items = frozenset(choice.items())
    for other, sequence in choice.items():
        repeated = seen.get((items - {(other, sequence)}) | {(key, sequence)})  # the same choice with this one instead
        by_voxels = 0.0 if repeated is None else min(0.0, repeated - seen[items])
        best = max(best, float(told[SEQUENCE_ORDER.index(sequence)]) + by_voxels)
    return _UNUSED + best


def _voxel_odds(
    choices: Seq[Choice], evidence: ContrastEvidence | None, held: Mapping[str, Sequence]
) -> dict[frozenset[tuple[str, Sequence]], float]:
    """For each choice the log-odds, by voxels, against chance among the choices of the same images.

    Voxels tell which contrast an image has beside the others, not whether it is one of the four at all.
    """
    result = np.zeros(len(choices))
    groups: dict[frozenset[str], list[int]] = {}
    sizes: dict[frozenset[str], int] = {}
    for number, choice in enumerate(choices):
        free = {k: v for k, v in choice.items() if k not in held and evidence is not None and k in evidence.single}
        if evidence is not None and free:
            result[number] = evidence.score(free)
            groups.setdefault(frozenset(choice), []).append(number)
            sizes[frozenset(choice)] = len(free)
    for images, members in groups.items():
        shares = np.exp(result[members] - result[members].max())
        shares = _with_lone_t1([choices[number] for number in members], shares)
        trust = TRUST[sizes[images]]
        result[members] = np.log(trust * shares / shares.mean() + 1 - trust)
    return {frozenset(choice.items()): float(value) for choice, value in zip(choices, result)}


def _with_lone_t1(choices: Seq[Choice], shares: np.ndarray) -> np.ndarray:
    """The shares of the choices, where a choice with one of T1 and T1Gd gives a part to the same with the other."""
    other = {Sequence.T1N: Sequence.T1C, Sequence.T1C: Sequence.T1N}
    places = {frozenset(choice.items()): number for number, choice in enumerate(choices)}
    result = shares.copy()
    for number, choice in enumerate(choices):
        exchanged = places.get(frozenset((key, other.get(name, name)) for key, name in choice.items()))
        if exchanged is not None and not set(other) <= set(choice.values()):
            result[number] = (1 - _LONE_T1) * shares[number] + _LONE_T1 * shares[exchanged]
    return result


def _sureness(best: Choice, choices: Seq[Choice], scores: np.ndarray) -> dict[str, float]:
    """Of the same candidates in other slots alone: that another one would serve as well is no doubt about this one."""
    weights = np.exp(scores - scores.max())
    rivals = [(choice, weight) for choice, weight in zip(choices, weights) if set(choice) == set(best)]
    total = sum(weight for _, weight in rivals)
    return {
        key: float(sum(weight for choice, weight in rivals if choice[key] is sequence) / total)
        for key, sequence in best.items()
    }


def _choices(keys: list[str], held: Mapping[str, Sequence]) -> Iterator[Choice]:
    """Every way to give some of the candidates different sequences; what is held stays in all of them."""
    free = [key for key in keys if key not in held]
    slots = [sequence for sequence in SEQUENCE_ORDER if sequence not in held.values()]
    for count in range(min(len(free), len(slots)) + 1):
        for some in combinations(free, count):
            for order in permutations(slots, count):
                yield {**held, **dict(zip(some, order))}
