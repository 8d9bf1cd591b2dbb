"""Fit the numbers of preprocessing/contrast_rules.json, and report how often they are right on patients left out.

Usage: python scripts/fit_contrast_rules.py CACHE [--write]

CACHE holds the sets that `contrast_sets.py` made. Raw sets are never fitted to, they are judged alone. Five folds of
patients (and of anatomies) are left out in turn. Without --write the shipped numbers stay as they are.

The fit is a conditional random field: over every subset of a set's images the probability of the right assignment
among all assignments is driven up, with a quadratic penalty on the weights.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
from contrast_sets import REAL_RAW, ValueSet, read_sets
from scipy import optimize

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing import contrast_rules
from ssaglioma.preprocessing.contrast_rules import PAIRS, ContrastEvidence, ContrastRules, LinearScores

SYNTHETIC_WEIGHT, PENALTY, FOLDS, STEPS = 0.5, 2.0, 5, 150
SUBSET_WEIGHTS = {1: 0.25, 2: 0.5, 3: 1.0, 4: 2.0}
TARGET = Path(contrast_rules.__file__).with_suffix(".json")


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of the images of one set, alone and in pairs."""

    kind: str
    scanner: str
    patient: str
    single: dict[Sequence, np.ndarray]
    pair: dict[tuple[Sequence, Sequence], np.ndarray]

    @classmethod
    def of(cls, item: ValueSet) -> FeatureSet:
        """Measure a set."""
        return cls(
            item.kind,
            item.scanner,
            item.patient,
            {
                name: contrast_rules.single_features(values, item.depth, item.spots[name])
                for name, values in item.values.items()
            },
            {
                (a, b): contrast_rules.pair_features(item.values[a], item.values[b])
                for a, b in permutations(item.values, 2)
            },
        )

    def evidence(self, rules: ContrastRules) -> ContrastEvidence:
        """What fitted numbers say about it."""
        return ContrastEvidence(
            {k.value: rules.single.scores(f) for k, f in self.single.items()},
            {(a.value, b.value): rules.pair.scores(f) for (a, b), f in self.pair.items()},
        )


@dataclass(frozen=True, eq=False)
class Subset:
    """All assignments of some images of a set: indices into the scores of images (4, 4) and of pairs (12, 12).

    Attributes
    ----------
    images, classes : ndarray, shape (assignments, images)
    pairs, pair_classes : ndarray, shape (assignments, ordered pairs)
    right : int
        Number of the right assignment.
    weight : float
    """

    images: np.ndarray
    classes: np.ndarray
    pairs: np.ndarray
    pair_classes: np.ndarray
    right: int
    weight: float

    @classmethod
    def of(cls, images: tuple[int, ...]) -> Subset:
        """Number the assignments of some of the four images."""
        number = {
            pair: PAIRS.index((SEQUENCE_ORDER[pair[0]], SEQUENCE_ORDER[pair[1]])) for pair in permutations(range(4), 2)
        }
        choices = list(permutations(range(4), len(images)))
        pairs = list(permutations(range(len(images)), 2))
        return cls(
            np.array([images] * len(choices)),
            np.array(choices),
            np.array([[number[images[a], images[b]] for a, b in pairs]] * len(choices), int).reshape(len(choices), -1),
            np.array([[number[c[a], c[b]] for a, b in pairs] for c in choices], int).reshape(len(choices), -1),
            choices.index(images),
            SUBSET_WEIGHTS[len(images)],
        )


SUBSETS = [Subset.of(images) for size in SUBSET_WEIGHTS for images in combinations(range(4), size)]


def fitted(sets: list[FeatureSet]) -> ContrastRules:
    """The weights of one image and of two; sets of four images alone are used."""
    whole = [item for item in sets if len(item.single) == len(SEQUENCE_ORDER)]
    shares = np.array([1.0 if item.kind.startswith("real") else SYNTHETIC_WEIGHT for item in whole])
    single = np.array([[item.single[name] for name in SEQUENCE_ORDER] for item in whole])
    pair = np.array([[item.pair[names] for names in PAIRS] for item in whole])
    blank = []
    for features, count in ((single, len(SEQUENCE_ORDER)), (pair, len(PAIRS))):
        rows = features.reshape(-1, features.shape[2])
        zeros = np.zeros((count, rows.shape[1]))
        blank.append(LinearScores(rows.mean(axis=0), rows.std(axis=0) + 1e-6, zeros, zeros[:, 0]))
    images, pairs = (_with_one(scores.standardised(rows)) for scores, rows in zip(blank, (single, pair)))
    start = np.zeros(4 * images.shape[2] + len(PAIRS) * pairs.shape[2])
    found = optimize.minimize(
        _loss, start, args=(images, pairs, shares), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
    )
    tables = _tables(found.x, images, pairs)
    made = [LinearScores(s.centre, s.scale, table[:, :-1], table[:, -1]) for s, table in zip(blank, tables)]
    return ContrastRules(made[0], made[1])


def _with_one(features: np.ndarray) -> np.ndarray:
    return np.concatenate([features, np.ones((*features.shape[:2], 1))], axis=2)


def _tables(numbers: np.ndarray, images: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cut = len(SEQUENCE_ORDER) * images.shape[2]
    return numbers[:cut].reshape(len(SEQUENCE_ORDER), -1), numbers[cut:].reshape(len(PAIRS), -1)


def _loss(numbers: np.ndarray, images: np.ndarray, pairs: np.ndarray, shares: np.ndarray) -> tuple[float, np.ndarray]:
    """Weighted negative log-probability of the right assignments, plus the penalty; and its gradient."""
    tables = _tables(numbers, images, pairs)
    scores, pair_scores = images @ tables[0].T, pairs @ tables[1].T / 2
    slopes, pair_slopes = np.zeros_like(scores), np.zeros_like(pair_scores)
    loss = 0.0
    for subset in SUBSETS:
        total = scores[:, subset.images, subset.classes].sum(axis=2)
        total = total + pair_scores[:, subset.pairs, subset.pair_classes].sum(axis=2)
        weights = np.exp(total - total.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        loss -= float((subset.weight * shares * np.log(weights[:, subset.right] + 1e-300)).sum())
        weights[:, subset.right] -= 1
        weights *= (subset.weight * shares)[:, None]
        for number in range(weights.shape[1]):
            slopes[:, subset.images[number], subset.classes[number]] += weights[:, number, None]
            pair_slopes[:, subset.pairs[number], subset.pair_classes[number]] += weights[:, number, None]
    result = []
    for slope, features, table in ((slopes, images, tables[0]), (pair_slopes / 2, pairs, tables[1])):
        kept = table * np.append(np.ones(table.shape[1] - 1), 0)
        loss += PENALTY * float((kept**2).sum())
        result.append((np.einsum("nic,nif->cf", slope, features) + 2 * PENALTY * kept).ravel())
    return loss, np.concatenate(result)


def folds_of(sets: list[FeatureSet]) -> dict[str, int]:
    """The fold of each patient, real and synthetic ones dealt apart."""
    patients = sorted({item.patient for item in sets if item.kind != REAL_RAW})
    kinds = {prefix: [name for name in patients if name.startswith(prefix)] for prefix in ("real_", "made_")}
    return {name: number % FOLDS for names in kinds.values() for number, name in enumerate(names)}


def rules_of_folds(sets: list[FeatureSet]) -> dict[int, ContrastRules]:
    """For each fold the numbers that never saw its patients; under -1 those of all, for raw sets."""
    folds = folds_of(sets)
    known = [item for item in sets if item.kind != REAL_RAW]
    rules = {fold: fitted([i for i in known if folds[i.patient] != fold]) for fold in range(FOLDS)}
    return {**rules, -1: fitted(known)}


def report(sets: list[FeatureSet], rules: dict[int, ContrastRules]) -> None:
    """Print how many images and sets were told rightly by voxels alone."""
    print(f"{len(sets)} sets, {FOLDS} folds of patients; voxels alone, no name, no tag")
    folds = folds_of(sets)
    counts: dict[tuple[str, str], np.ndarray] = defaultdict(lambda: np.zeros(5, int))
    for item in sets:
        found = item.evidence(rules[folds.get(item.patient, -1)])
        probabilities = found.probabilities()
        right = [int(probabilities[n.value].argmax()) == SEQUENCE_ORDER.index(n) for n in item.single]
        alone = sum(int(found.single[n.value].argmax()) == SEQUENCE_ORDER.index(n) for n in item.single)
        counts[item.kind, item.scanner] += np.array([alone, sum(right), len(right), all(right), 1])
        if not all(right):
            told = {n: SEQUENCE_ORDER[int(p.argmax())].value for n, p in probabilities.items()}
            print(f"  wrong: {item.patient}, {item.scanner}, {item.kind}: told {told}")
    for (kind, scanner), (alone, together, images, whole, number) in sorted(counts.items()):
        print(f"{kind:22} {scanner:15} one image {alone}/{images}, as a set {together}/{images}, sets {whole}/{number}")


def main() -> None:
    """Read, fit, report, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    sets = [FeatureSet.of(item) for item in read_sets(args.cache)]
    rules = rules_of_folds(sets)
    report(sets, rules)
    if args.write:
        values = {"single": rules[-1].single.to_json(), "pair": rules[-1].pair.to_json()}
        TARGET.write_text(json.dumps(values) + "\n", encoding="utf-8")
        print(f"written: {TARGET}")


if __name__ == "__main__":
    main()
