"""Held-out predictions, made once and kept, for fitting and judging calibration, thresholds and quality prediction.

    python scripts/held_out.py DATA/glioma RUNS --output held_out --scanners clean 1.5T_ssa 0.3T_permanent

RUNS/fold0 .. foldK hold run folders with `package/`; each case is segmented by the fold that never saw it, as it is and
through simulated scanners (its own seed; on the scanner's own thick slices, as `ssaglioma degrade` writes them). A file
for each case and scanner keeps the logits (float16, in the box of the brain), the reference, the brain and figures of
the images. A scanner `swap-t1c-t2f` gives two sequences in each other's place. Files that are there are left alone, so
the command can be repeated after a break.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ssaglioma.inference.engine import PackageEngine
from ssaglioma.inference.engine_choice import load_engine
from ssaglioma.labels import GLIOMA, Sequence
from ssaglioma.packages import read_package
from ssaglioma.preprocessing import prepare_case
from ssaglioma.preprocessing.training_look import look_features, training_looks
from ssaglioma.synthesis.scanner import apply_scan, draw_scan, scan_labels
from ssaglioma.training.folds import GLIOMA_FOLDS, read_folds
from ssaglioma.volume import Volume, find_cases, read_labelmap, read_volume, to_canonical
from ssaglioma.volume.atomic import atomic_path

CLEAN, SWAP = "clean", "swap-"
_LARGEST_LOGIT = 16.0


@dataclass(frozen=True, eq=False)
class HeldOut:
    """One case as the fold that never saw it segmented it, in the box of the brain.

    Attributes
    ----------
    case, scanner : str
    fold : int
    regions : tuple of str
    logits : ndarray of float16, shape (R, Z, Y, X)
        Before any temperature; outside the brain they mean nothing.
    reference : ndarray of uint8, shape (Z, Y, X)
        Labels.
    brain : ndarray of bool, shape (Z, Y, X)
    spacing_zyx_mm : tuple of float
    looks : dict of str to float
        Distance of each sequence from the training cases over its limit.
    """

    case: str
    scanner: str
    fold: int
    regions: tuple[str, ...]
    logits: np.ndarray
    reference: np.ndarray
    brain: np.ndarray
    spacing_zyx_mm: tuple[float, float, float]
    looks: dict[str, float]

    def truth(self, region: str) -> np.ndarray:
        """Return the reference of a region as a mask (Z, Y, X)."""
        return GLIOMA.mask(self.reference, region)

    def write(self, path: Path) -> None:
        """Write as .npz, atomically."""
        with atomic_path(path) as temporary, open(temporary, "wb") as stream:
            np.savez_compressed(
                stream,
                case=self.case,
                scanner=self.scanner,
                fold=self.fold,
                regions=list(self.regions),
                logits=self.logits,
                reference=self.reference,
                brain=self.brain,
                spacing_zyx_mm=self.spacing_zyx_mm,
                look_names=list(self.looks),
                look_values=list(self.looks.values()),
            )

    @classmethod
    def read(cls, path: Path) -> HeldOut:
        """Read what `write` wrote."""
        with np.load(path) as found:
            return cls(
                case=str(found["case"]),
                scanner=str(found["scanner"]),
                fold=int(found["fold"]),
                regions=tuple(str(name) for name in found["regions"]),
                logits=found["logits"],
                reference=found["reference"],
                brain=found["brain"],
                spacing_zyx_mm=tuple(float(value) for value in found["spacing_zyx_mm"]),
                looks=dict(zip(map(str, found["look_names"]), map(float, found["look_values"]))),
            )


def read_held_out(folder: Path, scanner: str) -> list[HeldOut]:
    """Read all cases of one scanner, by fold and name."""
    found = [HeldOut.read(path) for path in sorted(folder.glob(f"*@{scanner}.npz"))]
    return sorted(found, key=lambda one: (one.fold, one.case))


def scanned(
    images: dict[Sequence, Volume], labels: Volume, scanner: str, seed: int
) -> tuple[dict[Sequence, Volume], Volume]:
    """Return images and reference as they are, as a preset would show them on its slices, or with two slots swapped."""
    if scanner == CLEAN:
        return images, labels
    if scanner.startswith(SWAP):
        one, other = (Sequence.parse(name) for name in scanner.removeprefix(SWAP).split("-"))
        return {**images, one: images[other], other: images[one]}, labels
    scan = draw_scan(scanner, np.random.default_rng(seed))
    return apply_scan(images, scan, threads=1), scan_labels(labels, scan)


def look_shares(image: np.ndarray, mask: np.ndarray, channels: tuple[Sequence, ...]) -> dict[str, float]:
    """Return each channel's distance from the training cases over its limit; z-scored images (C, Z, Y, X)."""
    looks = training_looks()
    return {
        name.value: looks[name].distance(look_features(channel, mask)) / looks[name].limit
        for name, channel in zip(channels, image)
        if channel.any()
    }


def segmented(engine: PackageEngine, images: dict[Sequence, Volume], labels: Volume, named: tuple) -> HeldOut:
    """Segment one case; `named` is (case, scanner, fold)."""
    card = engine.package.card
    upright = {name: to_canonical(volume) for name, volume in images.items()}
    home = next(iter(upright.values()))
    prepared = prepare_case({name: volume.array for name, volume in upright.items()}, card.sequences)
    probabilities = engine.predict(prepared.image, home.spacing_zyx_mm).astype(np.float64)
    least = 1 / (1 + np.exp(_LARGEST_LOGIT))
    probabilities = np.clip(probabilities, least, 1 - least)
    return HeldOut(
        *named,
        regions=card.regions,
        logits=np.log(probabilities / (1 - probabilities)).astype(np.float16),
        reference=to_canonical(labels).array[prepared.box].astype(np.uint8),
        brain=prepared.mask,
        spacing_zyx_mm=home.spacing_zyx_mm,
        looks=look_shares(prepared.image, prepared.mask, card.sequences),
    )


def main() -> None:
    """Segment what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of case folders with references")
    parser.add_argument("runs", type=Path, help="folder of fold0, fold1, ...")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--scanners", nargs="+", default=[CLEAN, "1.5T_ssa"])
    parser.add_argument("--only", type=int, nargs="+", metavar="FOLD", help="segment the cases of these folds alone")
    parser.add_argument("--folds", type=Path, default=GLIOMA_FOLDS)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    cases = {case.name: case for case in find_cases(args.data)}
    folds = read_folds(args.folds)
    for scanner in args.scanners:
        for fold in range(len(folds.groups)):
            package = args.runs / f"fold{fold}" / "package"
            wanted = [name for name in folds.held_out(fold) if not (args.output / f"{name}@{scanner}.npz").is_file()]
            if not package.is_dir() or not wanted or fold not in (args.only or [fold]):
                continue
            engine = load_engine(read_package(package), device="cpu")
            for name in wanted:
                began = time.monotonic()
                case = cases[name]
                images = {sequence: read_volume(path) for sequence, path in case.sequences.items()}
                labels = read_labelmap(case.reference, GLIOMA)
                images, labels = scanned(images, labels, scanner, sorted(cases).index(name))
                found = segmented(engine, images, labels, (name, scanner, fold))
                found.write(args.output / f"{name}@{scanner}.npz")
                print(f"{name} {scanner} fold {fold}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
