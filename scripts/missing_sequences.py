"""Measure what missing sequences cost a model on the cases that it never saw.

    python scripts/missing_sequences.py DATA/glioma PACKAGE --fold 0 --scores costs.json [--write-card]

Every subset of sequences that holds T1Gd or FLAIR is segmented and scored. A subset whose scores are in the JSON file
is left alone, so the command can be repeated after a break. With --write-card the losses of mean Dice go into the card
of the package; a gain counts as no loss.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from ssaglioma.labels import GLIOMA, SEQUENCE_ORDER, Sequence
from ssaglioma.packages import read_package
from ssaglioma.packages.package import CARD_FILE
from ssaglioma.training.folds import read_folds
from ssaglioma.training.validation import mean_dice, validate_package
from ssaglioma.volume import find_cases
from ssaglioma.volume.atomic import write_json_atomic

COMPLETE = "none"
Dice = dict[str, float]


def subsets() -> Iterator[tuple[Sequence, ...]]:
    """What may be missing, nothing first."""
    for count in range(len(SEQUENCE_ORDER)):
        for missing in combinations(SEQUENCE_ORDER, count):
            if not {Sequence.T1C, Sequence.T2F} <= set(missing):
                yield missing


def key_of(missing: tuple[Sequence, ...]) -> str:
    """Return the key of a subset as model cards spell it; 'none' for the complete set."""
    return "+".join(one.value for one in missing) or COMPLETE


def average(dice: Dice) -> float:
    """Mean over the regions."""
    return sum(dice.values()) / len(dice)


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("package", type=Path)
    parser.add_argument("--fold", type=int, required=True, help="fold that the package never saw")
    parser.add_argument("--scores", type=Path, required=True, metavar="FILE", help="JSON with what was measured so far")
    parser.add_argument("--write-card", action="store_true")
    args = parser.parse_args()
    package = read_package(args.package)
    cases = {case.name: case for case in find_cases(args.data)}
    held_out = [cases[name] for name in read_folds().held_out(args.fold)]
    found: dict[str, Dice] = json.loads(args.scores.read_text()) if args.scores.is_file() else {}
    print("| missing | " + " | ".join(GLIOMA.regions) + " | cost |\n" + "|---" * (len(GLIOMA.regions) + 2) + "|")
    for missing in subsets():
        key = key_of(missing)
        if key not in found:
            scores = validate_package(package, held_out, without=missing)
            means = {region: mean_dice(scores, region)[0] for region in GLIOMA.regions}
            found[key] = {region: value for region, value in means.items() if value is not None}
            write_json_atomic(found, args.scores)
        cost = average(found[COMPLETE]) - average(found[key])
        words = ", ".join(one.display_name for one in missing) or "nothing"
        print(
            f"| {words} | " + " | ".join(f"{value:.3f}" for value in found[key].values()) + f" | {cost:.3f} |",
            flush=True,
        )
    if args.write_card:
        costs = {
            key: round(max(0.0, average(found[COMPLETE]) - average(dice)), 3)
            for key, dice in found.items()
            if key != COMPLETE
        }
        write_json_atomic(replace(package.card, missing_cost=costs).to_json(), args.package / CARD_FILE)


if __name__ == "__main__":
    main()
