"""Options of `ssaglioma train` for copies of the real cases through simulated scanners."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ssaglioma.cli.console import Console
from ssaglioma.errors import DatasetError

if TYPE_CHECKING:
    from ssaglioma.cli.train_style import TrainingSide
    from ssaglioma.training.scanner_copies import ScannedSet
    from ssaglioma.training.stretching import WantedSpacing

COPIES_FILE = "scanned.json"


def add_scanner_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the parser; defaults are those of `ScannerAugmentation`."""
    group = parser.add_argument_group("copies of the real cases through simulated scanners (labels stay)")
    group.add_argument("--scan-copies", type=int, metavar="N", help="make N copies of each case")
    group.add_argument("--scan-presets", metavar="PRESET[,PRESET]", help="scanners, taken in turn, e.g. 1.5T_ssa")
    group.add_argument("--scan-share", type=float, metavar="P", help="share of patches cut from copies (default 0.5)")
    group.add_argument(
        "--mask-faults", type=float, metavar="P", help="share of copies with a badly cut brain mask (default 0.25)"
    )


def scanned_set(
    args: argparse.Namespace, side: TrainingSide, spacing: WantedSpacing | None, console: Console
) -> ScannedSet | None:
    """Return the copies that the options ask for, or None; they are recorded in the output folder.

    Raises
    ------
    DatasetError
        If options make no sense, a copy cannot be made, or one shows a held-out patient.
    """
    given = {
        "presets": None if args.scan_presets is None else tuple(args.scan_presets.split(",")),
        "probability": args.scan_share,
        "faults": args.mask_faults,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if args.scan_copies is None:
        if given:
            raise DatasetError("Options for scanned copies were given alone", expected="--scan-copies N beside them")
        return None
    from ssaglioma.evaluation import write_json
    from ssaglioma.training.scanner_copies import ScannedSet, ScannerAugmentation, make_scans, plan_scans

    augmentation = ScannerAugmentation(copies=args.scan_copies, **given)  # type: ignore[arg-type]
    recipes = plan_scans(augmentation, side.files)
    copies = make_scans(recipes, side.cases, side.cache, side.channels, spacing, console.progress)
    found = ScannedSet(copies, augmentation, folds=side.folds, fold=side.fold)
    console.print(f"{len(recipes)} scanned copies take the place of {augmentation.probability:.0%} of their patches")
    args.output.mkdir(parents=True, exist_ok=True)
    record = {**found.identity(), "copies": {recipe.name: recipe.to_json() for recipe in recipes}}
    write_json(record, args.output / COPIES_FILE)
    return found
