"""Fit preprocessing/training_look.json: how the images look that the models learnt from.

Usage: python scripts/fit_training_look.py CASES_FOLDER [--check FOLDER]

CASES_FOLDER holds prepared cases (BraTS names), here the 24 of the five folds. Only means and spreads of a few
brightness figures leave it. `--check` prints the distances of other prepared cases instead of fitting.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing import training_look
from ssaglioma.preprocessing.intensity import brain_mask
from ssaglioma.preprocessing.training_look import FEATURES, Look, look_features
from ssaglioma.training.folds import read_folds
from ssaglioma.volume import Case, find_cases, read_volume, to_canonical
from ssaglioma.volume.atomic import write_json_atomic


def features_of(case: Case) -> dict[Sequence, np.ndarray]:
    """The figures of each image of a case."""
    images = {name: to_canonical(read_volume(path)).array for name, path in case.sequences.items()}
    mask = brain_mask(np.stack(list(images.values())))
    return {name: look_features(image, mask) for name, image in images.items()}


def fitted(cases: list[Case]) -> dict[str, dict]:
    """The numbers of each sequence."""
    found = [features_of(case) for case in cases]
    return {name.value: Look.fit(np.stack([one[name] for one in found])).to_json() for name in SEQUENCE_ORDER}


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--check", action="store_true", help="print distances of these cases; write nothing")
    args = parser.parse_args()
    cases = find_cases(args.cases)
    if args.check:
        looks = training_look.training_looks()
        for case in cases:
            found = {name: looks[name].distance(one) for name, one in features_of(case).items()}
            print(case.name, *(f"{name.value} {d:.2f} (limit {looks[name].limit:.2f})" for name, d in found.items()))
        return
    names = {name for group in read_folds().groups for name in group}
    used = [case for case in cases if case.name in names]
    target = Path(training_look.__file__).with_name("training_look.json")
    note = f"scripts/fit_training_look.py on {len(used)} prepared cases of the BraTS 2018 and 2021 training sets"
    write_json_atomic({"made_by": note, "features": list(FEATURES), "looks": fitted(used)}, target)
    print(f"{target}: {len(used)} cases")


if __name__ == "__main__":
    main()
