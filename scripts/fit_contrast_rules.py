"""Fit the numbers of preprocessing/contrast_rules.json, and report how often they are right on patients left out.

Usage: python scripts/fit_contrast_rules.py GLIOMA ANATOMY [--raw FOLDER ...] [--write]

GLIOMA holds labelled cases with names that find_cases knows (stripped, aligned); ANATOMY holds FreeSurfer-style
whole-head label maps, from which stripped and whole heads are rendered. Folders of --raw (raw scans of one patient
each, file names that tell the sequence) are never fitted to: they are aligned and judged only. Without --write the
shipped numbers stay as they are.
"""

from __future__ import annotations

import argparse
import json
from itertools import permutations
from pathlib import Path

import numpy as np
import SimpleITK

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing import contrast_rules
from ssaglioma.preprocessing.alignment import align_all
from ssaglioma.preprocessing.assignment import guess_sequence
from ssaglioma.preprocessing.contrast_rules import PAIRS, ContrastEvidence, Discriminant
from ssaglioma.preprocessing.rigid import shrunk
from ssaglioma.synthesis.anatomy import find_anatomies, read_anatomy
from ssaglioma.synthesis.anatomy.source import FULL
from ssaglioma.synthesis.mr.protocol import draw_protocol
from ssaglioma.synthesis.mr.relaxation import draw_tissues
from ssaglioma.synthesis.mr.rendering import Appearance, render
from ssaglioma.volume import Volume, find_cases, read_volume
from ssaglioma.volume.sitk import from_sitk, to_sitk

STEP, SYNTHETIC_WEIGHT, SHRINKAGE = 3, 0.5, 0.1
TARGET = Path(contrast_rules.__file__).with_suffix(".json")

Features = tuple[list[np.ndarray], list[np.ndarray]]  # of each image, and of each of PAIRS that can be made


class Set:
    """The images of one head and their features; `patient` says which sets must be left out together."""

    def __init__(self, kind: str, patient: str, images: dict[Sequence, Volume]) -> None:
        self.kind, self.patient = kind, patient
        self.names = [name for name in SEQUENCE_ORDER if name in images]
        values, depth = contrast_rules.core_values({name.value: images[name] for name in self.names})
        self.single = {name: contrast_rules.single_features(values[name.value], depth) for name in self.names}
        self.pair = {
            pair: contrast_rules.pair_features(values[pair[0].value], values[pair[1].value])
            for pair in permutations(self.names, 2)
        }


def real_sets(folder: Path) -> list[Set]:
    """The sets of a folder of stripped, aligned cases."""
    sets = []
    for case in find_cases(folder):
        images = {}
        for name, path in case.sequences.items():
            images[name] = from_sitk(shrunk(SimpleITK.Cast(to_sitk(read_volume(path)), SimpleITK.sitkFloat32), STEP))
        sets.append(Set("real, stripped", case.name, images))
    return sets


def synthetic_sets(folder: Path) -> list[Set]:
    """Healthy heads at a third of the label maps' resolution, with the skull and without it."""
    sets = []
    for number, path in enumerate(find_anatomies(folder)):
        source = read_anatomy(path)
        fractions = {k: v[::STEP, ::STEP, ::STEP].astype(np.float32) / FULL for k, v in source.fractions.items()}
        brain = source.brain[::STEP, ::STEP, ::STEP] > FULL // 2
        generator = np.random.default_rng(number)
        appearance = Appearance(draw_protocol(generator), draw_tissues(generator), seed=number)
        spacing = tuple(STEP * value for value in source.spacing_zyx_mm)
        arrays = render(fractions, brain, appearance)
        for kind, mask in (("synthetic, whole head", np.ones_like(brain)), ("synthetic, stripped", brain)):
            sets.append(Set(kind, path.name, {k: Volume(v * mask, spacing) for k, v in arrays.items()}))  # type: ignore[arg-type]
    return sets


def raw_set(folder: Path) -> Set:
    """The set of a folder of raw scans, aligned; files whose name tells no sequence are passed over."""
    images = {}
    for path in sorted(folder.glob("*.nii*")):
        sequence = guess_sequence(path.name).sequence
        if sequence is not None and "mask" not in path.name:
            images[sequence] = read_volume(path)
    aligned = align_all(images)
    return Set("real, raw", str(folder), {name: item.volume for name, item in aligned.items()})


def fitted(sets: list[Set]) -> tuple[Discriminant, Discriminant]:
    """The discriminants of one image and of two."""
    weights = {id(item): 1.0 if item.kind.startswith("real") else SYNTHETIC_WEIGHT for item in sets}
    result = []
    for field, classes in (("single", list(SEQUENCE_ORDER)), ("pair", list(PAIRS))):
        rows = [(f, classes.index(k), weights[id(s)]) for s in sets for k, f in getattr(s, field).items()]
        features, numbers, shares = (np.array(column) for column in zip(*rows))
        result.append(Discriminant.fit(features, numbers, shares, shrinkage=SHRINKAGE))
    return result[0], result[1]


def evidence(item: Set, single: Discriminant, pair: Discriminant, temperature: float) -> ContrastEvidence:
    """What fitted numbers say about a set."""
    return ContrastEvidence(
        {k.value: single.log_likelihoods(f) / temperature for k, f in item.single.items()},
        {(a.value, b.value): pair.log_likelihoods(f) / temperature for (a, b), f in item.pair.items()},
    )


def left_out(sets: list[Set]) -> dict[str, list[tuple[Set, ContrastEvidence]]]:
    """Each set judged by numbers that never saw its patient, at temperature 1, by kind."""
    result: dict[str, list[tuple[Set, ContrastEvidence]]] = {}
    for patient in sorted({item.patient for item in sets}):
        known = [item for item in sets if item.patient != patient and item.kind != "real, raw"]
        numbers = fitted(known)
        for item in sets:
            if item.patient == patient:
                result.setdefault(item.kind, []).append((item, evidence(item, *numbers, 1.0)))
    return result


def temperature_of(judged: dict[str, list[tuple[Set, ContrastEvidence]]]) -> float:
    """The temperature with the best mean log-probability of the truth over all sets that were left out."""
    best = (-np.inf, 1.0)
    for temperature in (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0):
        total = []
        for found in judged.values():
            for item, unscaled in found:
                probabilities = scaled(unscaled, temperature).probabilities()
                total += [np.log(probabilities[n.value][SEQUENCE_ORDER.index(n)] + 1e-6) for n in item.names]
        best = max(best, (float(np.mean(total)), temperature))
    return best[1]


def scaled(found: ContrastEvidence, temperature: float) -> ContrastEvidence:
    """The same evidence at another temperature."""
    return ContrastEvidence(
        {k: v / temperature for k, v in found.single.items()}, {k: v / temperature for k, v in found.pair.items()}
    )


def report(judged: dict[str, list[tuple[Set, ContrastEvidence]]], temperature: float) -> None:
    """Print how many images and sets were told rightly."""
    print(f"temperature {temperature:g}; patients left out one by one")
    for kind, found in judged.items():
        alone = together = whole = images = 0
        for item, unscaled in found:
            probabilities = scaled(unscaled, temperature).probabilities()
            right = [int(probabilities[n.value].argmax()) == SEQUENCE_ORDER.index(n) for n in item.names]
            alone += sum(int(unscaled.single[n.value].argmax()) == SEQUENCE_ORDER.index(n) for n in item.names)
            together, whole, images = together + sum(right), whole + all(right), images + len(right)
            if not all(right):
                print(f"  wrong: {item.patient}", {k: p.round(2).tolist() for k, p in probabilities.items()})
        print(f"{kind:22} one image alone {alone}/{images}, as a set {together}/{images}, sets {whole}/{len(found)}")


def main() -> None:
    """Read, fit, report, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("glioma", type=Path)
    parser.add_argument("anatomy", type=Path)
    parser.add_argument("--raw", type=Path, nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    sets = real_sets(args.glioma) + synthetic_sets(args.anatomy) + [raw_set(folder) for folder in args.raw]
    judged = left_out(sets)
    temperature = temperature_of({kind: found for kind, found in judged.items() if kind != "real, raw"})
    report(judged, temperature)
    if args.write:
        single, pair = fitted([item for item in sets if item.kind != "real, raw"])
        values = {"temperature": temperature, "single": single.to_json(), "pair": pair.to_json()}
        TARGET.write_text(json.dumps(values) + "\n", encoding="utf-8")
        print(f"written: {TARGET}")


if __name__ == "__main__":
    main()
