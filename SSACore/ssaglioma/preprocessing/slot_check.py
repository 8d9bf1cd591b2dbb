"""Does every image show what it was given as? Asked of prepared images, which nothing else protects from a mix-up.

Two files in each other's place give a clean-looking, wrong result. The voxels of all images are judged together
(`contrast_rules`): the likeliest assignment of sequences to images is held against the given one. Nothing is ever
re-ordered; a person decides. How sure it is: scripts/slot_trials.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from types import MappingProxyType

import numpy as np

from ssaglioma.errors import DatasetError, SequenceError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.contrast_rules import ContrastEvidence, ContrastRules, contrast_evidence
from ssaglioma.preprocessing.intensity import bounding_box
from ssaglioma.preprocessing.rigid import shrunk
from ssaglioma.volume import Volume, to_canonical
from ssaglioma.volume.sitk import from_sitk, to_sitk

LEAST_LOG_ODDS: Mapping[int, float] = MappingProxyType({4: 2.5, 3: 3.5, 2: 6.0})
"""How much likelier, in log-odds, another assignment must be than the given one, by the number of images.

For each number the least, in halves, that doubted at most two right sets in a hundred of real cases, and of
synthetic ones, on patients left out (scripts/slot_trials.py). One image alone is never doubted.
"""
_VOXEL_MM, _MARGIN_MM, _STEP, _LEAST_BRAIN_ML = 2.0, 6.0, 2, 500.0
_TWIN = {Sequence.T1N: Sequence.T1C, Sequence.T1C: Sequence.T1N}


@dataclass(frozen=True)
class SlotDoubt:
    """Images that look like something else than they were given as.

    Attributes
    ----------
    looks : mapping of Sequence to Sequence
        What the image in a slot looks like; only of slots where that is something else.
    log_odds : float
        How much likelier the images are this than what they were given as.
    """

    looks: Mapping[Sequence, Sequence]
    log_odds: float

    @property
    def swapped(self) -> tuple[tuple[Sequence, Sequence], ...]:
        """Pairs of slots that look like each other's, in the order of `SEQUENCE_ORDER`."""
        return tuple((a, b) for a, b in combinations(self.looks, 2) if self.looks[a] is b and self.looks[b] is a)


def check_slots(volumes: Mapping[Sequence, Volume], rules: ContrastRules | None = None) -> SlotDoubt | None:
    """Return what speaks against the slots of skull-stripped, aligned images; None where nothing does.

    Parts of brains are not judged, for the rules were fitted to whole ones.

    Parameters
    ----------
    volumes : mapping of Sequence to Volume
        Background 0; their headers lay them on each other.
    rules : ContrastRules or None
        Other numbers than those shipped, for tests on patients left out.

    Raises
    ------
    SequenceError
        If one image was given twice.
    """
    given = {name: volumes[name] for name in SEQUENCE_ORDER if name in volumes}
    _refuse_twins(given)
    if len(given) not in LEAST_LOG_ODDS or min(map(_filled_ml, given.values())) < _LEAST_BRAIN_ML:
        return None
    try:
        evidence = slot_evidence(given, rules)
    except DatasetError:  # no brain to judge: whatever these are, `inference` says what it needs
        return None
    doubt = doubt_of(evidence)
    return doubt if doubt.looks and doubt.log_odds >= LEAST_LOG_ODDS[len(given)] else None


def slot_evidence(volumes: Mapping[Sequence, Volume], rules: ContrastRules | None = None) -> ContrastEvidence:
    """Return what the voxels of stripped, aligned images say; its keys are the values of the given `Sequence`s.

    Raises
    ------
    DatasetError
        If they show too little of a brain.
    """
    return contrast_evidence({name.value: _small(volume) for name, volume in volumes.items()}, rules)


def doubt_of(evidence: ContrastEvidence) -> SlotDoubt:
    """Return what the images look like, by `slot_evidence`, however weak it is.

    Of a T1 without its partner nobody can tell whether it has contrast agent, so that these two count as one there.
    """
    given = tuple(Sequence(key) for key in evidence.single)
    choices = list(permutations(SEQUENCE_ORDER, len(given)))
    scores = np.array([evidence.score(dict(zip(evidence.single, choice))) for choice in choices])
    allowed = {given}
    if len(set(_TWIN) & set(given)) == 1:
        allowed.add(tuple(_TWIN.get(name, name) for name in given))
    as_given = max(score for choice, score in zip(choices, scores) if choice in allowed)
    best = choices[int(np.argmax(scores))]
    if best in allowed:
        return SlotDoubt({}, 0.0)
    looks = {slot: found for slot, found in zip(given, best) if slot is not found}
    return SlotDoubt(looks, float(scores.max() - as_given))


def _refuse_twins(given: Mapping[Sequence, Volume]) -> None:
    for (one, first), (other, second) in combinations(given.items(), 2):
        if first.shape == second.shape and np.array_equal(first.array, second.array):
            raise SequenceError(
                f"The images given as {one.display_name} and as {other.display_name} are the same, voxel for voxel",
                expected="another image for each sequence",
                remedy=f"Give the right file, or leave {one.display_name} or {other.display_name} away",
            )


def _filled_ml(volume: Volume) -> float:
    return float(np.count_nonzero(volume.array[::_STEP, ::_STEP, ::_STEP])) * _STEP**3 * volume.voxel_volume_ml


def _small(volume: Volume) -> Volume:
    """The image's brain with voxels of about 2 mm, as the rules were fitted."""
    filled = volume.array[::_STEP, ::_STEP, ::_STEP] != 0
    if not filled.any():
        return volume
    box = []
    for part, size, step in zip(bounding_box(filled), volume.shape, volume.spacing_zyx_mm):
        margin = _STEP + round(_MARGIN_MM / step)
        box.append(slice(max(0, _STEP * part.start - margin), min(size, _STEP * part.stop + margin)))
    first = np.array([*(part.start for part in reversed(box)), 1.0])
    origin = tuple((volume.affine_lps @ first)[:3].tolist())
    array = np.ascontiguousarray(volume.array[tuple(box)], np.float32)
    brain = to_canonical(Volume(array, volume.spacing_zyx_mm, origin, volume.direction_lps))
    return from_sitk(shrunk(to_sitk(brain), _VOXEL_MM))
