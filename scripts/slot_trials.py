"""How often `preprocessing.slot_check` finds images in the wrong place, and how often it doubts right ones.

Usage: python scripts/slot_trials.py CACHE [--glioma FOLDER [--scans 3]] [--also FOLDER ...]

CACHE holds the sets that `contrast_sets.py` made, of which the stripped ones count. Whatever is said of a case comes
from numbers that never saw it: the rules are fitted, and the thresholds chosen, without its fold (real cases: the folds
of training/folds.json; anatomies: dealt). --glioma tries the check itself on the images as they are read, --scans
on so many of them by scanners too; --also tries it, with the shipped numbers, on cases that nothing was fitted to.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
from contrast_sets import REAL_STRIPPED, STRIPPED, Images, read_sets
from fit_contrast_rules import FOLDS, FeatureSet, fitted

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.assignment import guess_sequence
from ssaglioma.preprocessing.contrast_rules import ContrastEvidence, ContrastRules
from ssaglioma.preprocessing.slot_check import LEAST_LOG_ODDS, check_slots, doubt_of, slot_evidence
from ssaglioma.synthesis.scanner import apply_scan, draw_scan
from ssaglioma.training.folds import GLIOMA_FOLDS, read_folds
from ssaglioma.volume import find_cases, read_volume

THRESHOLDS = np.arange(1.0, 12.1, 0.5)
MOST_FALSE = 0.02
SCANNERS = ("1.5T_ssa", "0.3T_permanent")
RIGHT, SWAPPED, TURNED, MOVED = "right", "two swapped", "three or four turned", "in a slot that none was meant for"
SWAPS = tuple(combinations(SEQUENCE_ORDER, 2))


@dataclass(frozen=True)
class Trial:
    """One way to give the images of a set.

    Attributes
    ----------
    kind, scanner : str
    fold : int
    shown, given : tuple of Sequence
        What the images show, and what they were given as.
    log_odds : float
        Against what was given.
    named : bool
        Whether the likeliest assignment is the right one.
    """

    kind: str
    scanner: str
    fold: int
    shown: tuple[Sequence, ...]
    given: tuple[Sequence, ...]
    log_odds: float
    named: bool

    @property
    def way(self) -> str:
        """How it is wrong."""
        wrong = sum(a is not b for a, b in zip(self.shown, self.given))
        if set(self.shown) != set(self.given):
            return MOVED
        return RIGHT if not wrong else SWAPPED if wrong == 2 else TURNED


def given_as(evidence: ContrastEvidence, given: Mapping[Sequence, Sequence]) -> ContrastEvidence:
    """Return evidence on images that are given as something else."""
    names = {shown.value: slot.value for shown, slot in given.items()}
    single = {names[key]: scores for key, scores in evidence.single.items()}
    return ContrastEvidence(single, {(names[a], names[b]): scores for (a, b), scores in evidence.pair.items()})


def trials_of(item: FeatureSet, fold: int, rules: ContrastRules) -> list[Trial]:
    """Every way to give two, three or four images of a set."""
    evidence = item.evidence(rules)
    made = []
    for count in LEAST_LOG_ODDS:
        for shown in combinations(SEQUENCE_ORDER, count):
            some = evidence.among([name.value for name in shown])
            for given in permutations(SEQUENCE_ORDER, count):
                doubt = doubt_of(given_as(some, dict(zip(shown, given))))
                named = all(doubt.looks.get(slot, slot) is name for name, slot in zip(shown, given))
                made.append(Trial(item.kind, item.scanner, fold, shown, given, doubt.log_odds, named))
    return made


def threshold(trials: Iterable[Trial]) -> float:
    """Return the least threshold that doubts at most two right sets in a hundred of each kind."""
    right = [one for one in trials if one.way == RIGHT]
    kinds = [np.array([one.log_odds for one in right if one.kind == kind]) for kind in (REAL_STRIPPED, STRIPPED)]
    return float(next(t for t in THRESHOLDS if all((odds >= t).mean() <= MOST_FALSE for odds in kinds)))


def rules_by_fold(sets: list[FeatureSet], folds: Mapping[str, int]) -> dict[int, ContrastRules]:
    """The rules that never saw a fold's patients; whole heads are fitted to, as for the shipped ones."""
    return {fold: fitted([item for item in sets if folds[item.patient] != fold]) for fold in range(FOLDS)}


def folds_of(sets: list[FeatureSet]) -> dict[str, int]:
    """The fold of each patient: real ones as in training, anatomies dealt."""
    groups = read_folds(GLIOMA_FOLDS).groups
    real = {f"real_{name}": fold for fold, group in enumerate(groups) for name in group}
    made = sorted({item.patient for item in sets} - set(real))
    return {**real, **{name: number % FOLDS for number, name in enumerate(made)}}


def judge(trials: list[Trial]) -> None:
    """Print what thresholds of the other folds find on each fold, and the thresholds of all."""
    for count in LEAST_LOG_ODDS:
        some = [one for one in trials if len(one.shown) == count]
        limits = {fold: threshold(one for one in some if one.fold != fold) for fold in range(FOLDS)}
        print(f"\n{count} images: thresholds {limits}, on all {threshold(some)}, shipped {LEAST_LOG_ODDS[count]}")
        print(f"| images | {RIGHT} | {SWAPPED} | {TURNED} | {MOVED} |\n{'|---' * 5}|")
        for kind, scanner in sorted({(one.kind, one.scanner) for one in some}):
            own = [one for one in some if (one.kind, one.scanner) == (kind, scanner)]
            ways = ([one for one in own if one.way == way] for way in (RIGHT, SWAPPED, TURNED, MOVED))
            print(f"| {kind}, {scanner} | " + " | ".join(share(part, limits) for part in ways) + " |")
            if count == len(SEQUENCE_ORDER) and kind == REAL_STRIPPED:
                parts = (
                    (a, b, [one for one in own if one.way == SWAPPED and one.given[SEQUENCE_ORDER.index(a)] is b])
                    for a, b in SWAPS
                )
                print("|   | " + "; ".join(f"{a.value}<>{b.value} {share(part, limits)}" for a, b, part in parts))


def share(trials: list[Trial], limits: Mapping[int, float]) -> str:
    """How many are doubted, of how many."""
    found = [one for one in trials if one.log_odds >= limits[one.fold]]
    wrong = sum(not one.named for one in found if one.way != RIGHT)
    return f"{len(found)}/{len(trials)}" + (f" ({wrong} told wrongly)" if wrong else "") if trials else "-"


def try_images(name: str, images: Images, rules: ContrastRules | None) -> np.ndarray:
    """Give images rightly and with each pair swapped, to the check itself; return whether it doubts, (1 + swaps,)."""
    began = time.process_time()
    doubts = [check_slots(images, rules) is not None]
    seconds = time.process_time() - began
    evidence = slot_evidence(images, rules)
    whole = len(images) == len(SEQUENCE_ORDER)
    for a, b in SWAPS if whole else ():
        doubt = doubt_of(given_as(evidence, {**{n: n for n in images}, a: b, b: a}))
        doubts.append(doubt.log_odds >= LEAST_LOG_ODDS[len(images)] and set(doubt.looks) == {a, b})
    missed = [f"{a.value}<>{b.value}" for (a, b), found in zip(SWAPS, doubts[1:]) if not found]
    state = "doubted" if doubts[0] else "right"
    print(f"  {name}: {state}, swaps missed: {missed}, {seconds:.2f} s of processor", flush=True)
    return np.array(doubts)


def main() -> None:
    """Fit, judge, and try whole images where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--glioma", type=Path)
    parser.add_argument("--scans", type=int, default=0, help="cases that are scanned too (%(default)s)")
    parser.add_argument("--also", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    sets = [FeatureSet.of(item) for item in read_sets(args.cache)]
    folds = folds_of(sets)
    sets = [item for item in sets if not item.patient.startswith("raw_")]
    rules = rules_by_fold(sets, folds)
    stripped = [item for item in sets if item.kind in (REAL_STRIPPED, STRIPPED)]
    judge([one for item in stripped for one in trials_of(item, folds[item.patient], rules[folds[item.patient]])])
    cases = find_cases(args.glioma) if args.glioma else []
    found: dict[str, list[np.ndarray]] = {}
    for number, case in enumerate(cases):
        images = {name: read_volume(path) for name, path in case.sequences.items()}
        own = rules[folds[f"real_{case.name}"]]
        found.setdefault("as they are", []).append(try_images(case.name, images, own))
        if number % max(1, len(cases) // max(1, args.scans)) == 0 and args.scans:
            for scanner in SCANNERS:
                scan = apply_scan(images, draw_scan(scanner, np.random.default_rng(number)), threads=1)
                found.setdefault(scanner, []).append(try_images(f"{case.name} {scanner}", scan, own))
    print("\n| whole images | n | doubted | " + " | ".join(f"{a.value}<>{b.value}" for a, b in SWAPS) + " |")
    for title, rows in found.items():
        counts = np.sum([row for row in rows if len(row) == 1 + len(SWAPS)], axis=0)
        print(f"| {title} | {len(rows)} | " + " | ".join(map(str, counts.tolist())) + " |")
    for folder in args.also:
        files = {guess_sequence(path.name).sequence: path for path in sorted(folder.glob("*.nii*"))}
        images = {name: read_volume(files[name]) for name in SEQUENCE_ORDER if name in files}
        try_images(str(folder), images, None)


if __name__ == "__main__":
    main()
