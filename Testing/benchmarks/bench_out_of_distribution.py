"""Can strange images be told from those that the models learnt from? The look score, on images of known strangeness.

    python Testing/benchmarks/bench_out_of_distribution.py DATA [--cases 12]

DATA holds glioma/ and cardiac/. The score of a case is that of the quality gate: the largest distance of a sequence
from the training cases over the limit of that sequence (`preprocessing.training_look`), here fitted without the case.
Every kind is held against the clean cases: area under the ROC curve, and the share above 1 (amber) and above 2 (red).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from scipy import stats

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.intensity import brain_mask
from ssaglioma.preprocessing.training_look import Look, look_features
from ssaglioma.synthesis.scanner import apply_scan, draw_scan
from ssaglioma.volume import Volume, find_cases, read_volume, to_canonical

PRESETS = ("3T_research", "1.5T_ssa", "0.3T_permanent", "64mT")
T1N, T1C, T2W, T2F = SEQUENCE_ORDER
Features = dict[Sequence, np.ndarray]


def features_of(images: Mapping[Sequence, Volume]) -> Features:
    """Return the figures of each image of a case."""
    arrays = {name: to_canonical(volume).array for name, volume in images.items()}
    mask = brain_mask(np.stack(list(arrays.values())))
    return {name: look_features(array, mask) for name, array in arrays.items()}


def curved(images: Mapping[Sequence, Volume], power: float) -> dict[Sequence, Volume]:
    """Return images whose brightness was bent: value ** power over the range of the brain."""
    made = {}
    for name, volume in images.items():
        array = volume.array.astype(np.float32)
        top = float(np.percentile(array[array > 0], 99.5))
        made[name] = volume.with_array(top * (array / top) ** power)
    return made


def wrong(found: Features) -> dict[str, Features]:
    """Return what the gate would see of wrong inputs, by kind; the figures of the images themselves stay."""
    return {
        "T1Gd and FLAIR swapped": {**found, T1C: found[T2F], T2F: found[T1C]},
        "T1 and T1Gd swapped": {**found, T1N: found[T1C], T1C: found[T1N]},
        "T2 in the slot of FLAIR": {**found, T2F: found[T2W]},
        "T1 in all four slots": dict.fromkeys(SEQUENCE_ORDER, found[T1N]),
    }


def hearts(folder: Path, most: int) -> list[Features]:
    """Return the figures of heart images (LGE) given in all four slots."""
    made = []
    for path in sorted(folder.glob("*_LGE.nii*"))[:most]:
        array = to_canonical(read_volume(path)).array.astype(np.float32)
        mask = array > np.percentile(array, 30)
        made.append(
            dict.fromkeys(SEQUENCE_ORDER, look_features(np.repeat(array, 4, axis=0), np.repeat(mask, 4, axis=0)))
        )
    return made


def main() -> None:
    """Score every kind and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cases", type=int, default=12, help="cases that are changed (%(default)s); all are fitted")
    args = parser.parse_args()
    cases = find_cases(args.data / "glioma")
    clean, made = {}, {}
    for number, case in enumerate(cases):
        images = {name: read_volume(path) for name, path in case.sequences.items()}
        clean[case.name] = features_of(images)
        if number % max(1, len(cases) // args.cases) == 0:
            kinds: dict[str, Features] = wrong(clean[case.name])
            for power in (0.6, 1.6):
                kinds[f"brightness to the power of {power:g}"] = features_of(curved(images, power))
            for preset in PRESETS:
                scan = draw_scan(preset, np.random.default_rng(number))
                kinds[f"scanner {preset}"] = features_of(apply_scan(images, scan, grid="original", threads=1))
            made[case.name] = kinds
        print(case.name, flush=True)
    looks = {
        left_out: {
            name: Look.fit(np.stack([one[name] for case, one in clean.items() if case != left_out]))
            for name in SEQUENCE_ORDER
        }
        for left_out in clean
    }

    def score(found: Features, left_out: str, over: Callable[[list[float]], float] = max) -> float:
        fitted = looks[left_out]
        return over([fitted[name].distance(values) / fitted[name].limit for name, values in found.items()])

    usual = np.array([score(found, name) for name, found in clean.items()])
    print(f"\n| images | n | median score | AUC against clean | above 1 | above 2 |\n{'|---' * 6}|")
    print(row("clean", usual, usual))
    for kind in next(iter(made.values())):
        print(row(kind, np.array([score(kinds[kind], name) for name, kinds in made.items()]), usual))
    some = next(iter(clean))
    strange = np.array([score(found, some) for found in hearts(args.data / "cardiac", args.cases)])
    print(row("heart (LGE) in all four slots", strange, usual))


def row(kind: str, scores: np.ndarray, usual: np.ndarray) -> str:
    """Return one line of the table."""
    u = stats.mannwhitneyu(scores, usual).statistic / (len(scores) * len(usual))
    above = " | ".join(f"{100 * (scores > limit).mean():.0f} %" for limit in (1, 2))
    return f"| {kind} | {len(scores)} | {np.median(scores):.2f} | {u:.2f} | {above} |"


if __name__ == "__main__":
    main()
