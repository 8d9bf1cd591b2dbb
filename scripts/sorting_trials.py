"""How often the four sequences are told rightly, on shuffled sets of patients that the numbers never saw.

Usage: python scripts/sorting_trials.py CACHE [--trials 500] [--seed 1]

CACHE holds the sets that `contrast_sets.py` made; five folds of patients are left out in turn, as in
`fit_contrast_rules.py`. Each trial takes a set, in a quarter of the trials without one of its images, shuffles it, adds
series that are no input, and gives names and tags in one of five ways: as one of four vendors writes them; names alone,
in English, French or Portuguese, or of files; tags alone; nothing at all; or with the names of two images swapped.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contrast_sets import REAL_RAW, read_sets
from fit_contrast_rules import FeatureSet, folds_of, rules_of_folds

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.contrast_rules import ContrastEvidence, ContrastRules
from ssaglioma.preprocessing.series import Series
from ssaglioma.preprocessing.series_sorting import Sorting, sort_series

WAYS = ("vendor", "names", "tags", "nothing", "swapped")
WAY_SHARES = (0.3, 0.2, 0.1, 0.2, 0.2)
RAW_SHARE, MISSING_CHANCE = 0.1, 0.25

Tags = dict[str, str]

NAMES = {  # T1, T1Gd, T2, FLAIR
    "English": ("Ax T1 SE", "Ax T1 SE +C", "Ax T2 FSE", "Ax T2 FLAIR"),
    "French": ("T1 axial", "T1 axial après injection", "T2 axial", "FLAIR axial"),
    "Portuguese": ("AX T1 SEM CONTRASTE", "AX T1 PÓS GADOLÍNIO", "AX T2 TSE", "AX FLAIR"),
    "BraTS": ("case_t1.nii.gz", "case_t1ce.nii.gz", "case_t2.nii.gz", "case_flair.nii.gz"),
    "BIDS": ("sub-01_T1w.nii.gz", "sub-01_ce-gd_T1w.nii.gz", "sub-01_T2w.nii.gz", "sub-01_FLAIR.nii.gz"),
}
VENDOR_NAMES = {
    "SIEMENS": ("t1_se_tra", "t1_se_tra_KM", "t2_tse_tra", "t2_tirm_tra_dark-fluid"),
    "GE": ("Ax T1 FLAIR", "Ax T1 FLAIR +C", "Ax T2 PROPELLER", "Ax T2 FLAIR"),
    "Philips": ("T1W_SE", "T1W_SE GADO", "T2W_TSE", "FLAIR_longTR"),
    "HITACHI": ("T1 SE AX", "T1 SE AX GD", "T2 FSE AX", "FLAIR AX"),
}
TIMES = {  # TR, TE, TI in ms, drawn between
    Sequence.T1N: ((400, 700), (8, 20), None),
    Sequence.T1C: ((400, 700), (8, 20), None),
    Sequence.T2W: ((3500, 6000), (80, 120), None),
    Sequence.T2F: ((7000, 10000), (90, 140), (1700, 2600)),
}
OTHERS = ("Localizer", "Repérage", "ADC (10^-6 mm²/s)", "ep2d_diff_b1000", "brainmask_t1.nii.gz", "MIP SWI", "LOC SAG")
AGENTS = ("Dotarem", "GADOVIST", "", "MAGNEVIST")


@dataclass(frozen=True)
class Trial:
    """One shuffled set.

    Attributes
    ----------
    kind, way : str
    series : tuple of Series
    truth : mapping of key to Sequence
    swapped : tuple of str
        Keys of images with each other's name.
    """

    kind: str
    way: str
    series: tuple[Series, ...]
    truth: dict[str, Sequence]
    swapped: tuple[str, ...]


def draw(item: FeatureSet, generator: np.random.Generator) -> Trial:
    """Draw which images are there, and what their names and tags say."""
    way = str(generator.choice(WAYS, p=WAY_SHARES))
    names = list(item.single)
    if generator.random() < MISSING_CHANCE and len(names) > 3:
        names.pop(int(generator.integers(len(names))))
    texts, tags = texts_of(way, names, generator)
    swapped: tuple[str, ...] = ()
    if way == "swapped":
        first, second = (names[k] for k in generator.choice(len(names), 2, replace=False))
        texts[first], texts[second] = texts[second], texts[first]
        swapped = (first.value, second.value)
    series = [Series(n.value, texts[n], tags[n], Path("study"), 24, is_dicom=bool(tags[n])) for n in names]
    for number, text in enumerate(generator.choice(OTHERS, int(generator.integers(0, 4)), replace=False)):
        series.append(Series(f"other {number}", str(text), {}, Path("study")))
    order = generator.permutation(len(series))
    return Trial(item.kind, way, tuple(series[k] for k in order), {n.value: n for n in names}, swapped)


def texts_of(
    way: str, names: list[Sequence], generator: np.random.Generator
) -> tuple[dict[Sequence, str], dict[Sequence, Tags]]:
    """Names and tags of the images of one study."""
    vendor = str(generator.choice(list(VENDOR_NAMES)))
    language = str(generator.choice(list(NAMES)))
    table = VENDOR_NAMES[vendor] if way == "vendor" else NAMES[language]
    texts, tags = {}, {}
    for number, name in enumerate(names):
        texts[name] = table[SEQUENCE_ORDER.index(name)] if way in ("vendor", "names", "swapped") else f"series {number}"
        tags[name] = tags_of(name, vendor, generator) if way in ("vendor", "tags") else {}
    return texts, tags


def tags_of(name: Sequence, vendor: str, generator: np.random.Generator) -> Tags:
    """Times of a spin-echo protocol; one tag in ten is missing, and the agent is named in three of four cases."""
    values = {"Modality": "MR", "Manufacturer": vendor, "ScanningSequence": "SE"}
    for tag, limits in zip(("RepetitionTime", "EchoTime", "InversionTime"), TIMES[name]):
        if limits is not None and generator.random() > 0.1:
            values[tag] = f"{generator.uniform(*limits):.1f}"
    if name is Sequence.T1C:
        values["ContrastBolusAgent"] = str(generator.choice(AGENTS))
    return {tag: text for tag, text in values.items() if text}


def evidence_of(item: FeatureSet, rules: ContrastRules, truth: dict[str, Sequence]) -> ContrastEvidence:
    """What the voxels of the images that are there say."""
    return item.evidence(rules).among(truth)


def main() -> None:
    """Draw, sort, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    sets = [FeatureSet.of(item) for item in read_sets(args.cache)]
    folds, rules = folds_of(sets), rules_of_folds(sets)
    raw, rest = [i for i in sets if i.kind == REAL_RAW], [i for i in sets if i.kind != REAL_RAW]
    generator = np.random.default_rng(args.seed)
    counts: dict[tuple[str, str], np.ndarray] = defaultdict(lambda: np.zeros(4, int))
    swaps, alarms = np.zeros(4, int), np.zeros(2, int)
    for number in range(args.trials):
        some = raw if raw and number < RAW_SHARE * args.trials else rest
        item = some[int(generator.integers(len(some)))]
        trial = draw(item, generator)
        found = sort_series(trial.series, evidence=evidence_of(item, rules[folds.get(item.patient, -1)], trial.truth))
        right = [key for key, name in trial.truth.items() if name in found.chosen and found.chosen[name].key == key]
        row = np.array([len(right), len(trial.truth), len(right) == len(trial.truth) == len(found.chosen), 1])
        size = f"all, {len(trial.truth)} images"
        for key in (
            (trial.kind, trial.way),
            (trial.kind, "all"),
            ("all", trial.way),
            ("all", "all"),
            (size, trial.way),
        ):
            counts[key] += row
        if not row[2]:
            told = {name.value: choice.key for name, choice in found.chosen.items()}
            print(f"wrong: {item.patient}, {item.scanner}, {item.kind}, {trial.way}: {told} {trial.swapped}")
        reported = sum(any(conflicted(found, key)) for key in trial.swapped)
        swaps += np.array([reported > 0, reported == 2, bool(row[2]), 1]) * bool(trial.swapped)
        alarms += np.array([bool(found.conflicts), 1]) * (trial.way in ("vendor", "names"))
    print(f"{args.trials} shuffled sets, seed {args.seed}, {len(sets)} sets of {len({i.patient for i in sets})} heads")
    for (kind, way), (right, images, whole, number) in sorted(counts.items()):
        share = f"images {right}/{images} ({right / images:.1%}), sets {whole}/{number} ({whole / number:.1%})"
        print(f"{kind:22} {way:8} {share}")
    print(
        f"swapped names: reported {swaps[0]}/{swaps[3]}, for both {swaps[1]}/{swaps[3]}, undone {swaps[2]}/{swaps[3]}"
    )
    print(f"true names with a conflict reported: {alarms[0]}/{alarms[1]}")


def conflicted(found: Sorting, key: str) -> list[bool]:
    """Whether a conflict was reported for the slot that a series fills, or the series was left out."""
    return [bool(choice.conflicts) for choice in found.chosen.values() if choice.key == key] or [key in found.left_out]


if __name__ == "__main__":
    main()
