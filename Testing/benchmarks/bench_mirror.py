"""Mirroring only where doubt is high: what it gains and costs beside none and full, on cases with a reference.

Usage: python Testing/benchmarks/bench_mirror.py FOLDER [FOLDER ...] [--areas 150,300,600] [--model PACKAGE]

FOLDER: prepared cases with a reference that the model (the shipped one, or PACKAGE) has not seen. A slice is doubtful
where at least an area (mm2) of brain has a probability of 0.2 to 0.8 for some region; its logits are then averaged with
those of the mirrored slice. Every slice goes through the network once and once mirrored; all ways are made of these
logits. Passes are counted as each way would need them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ssaglioma.cli.inputs import read_case
from ssaglioma.inference.engine import PackageEngine, sigmoid
from ssaglioma.inference.engine_choice import load_engine
from ssaglioma.inference.looks import Looks
from ssaglioma.inference.segment import segment_case
from ssaglioma.labels import GLIOMA
from ssaglioma.packages import find_package
from ssaglioma.volume import find_case, read_labelmap

DOUBT = (0.2, 0.8)


class Mirror:
    """Takes the place of an engine's `_forward`: mirrors slices of so much doubt (0: all, infinite: none)."""

    def __init__(self, logits: Callable[[np.ndarray], np.ndarray]) -> None:
        self._logits = logits
        self._known: dict[int, tuple[np.ndarray, np.ndarray, int]] = {}
        self.least_area_mm2, self.passes = 0.0, 0

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        """Return the logits of tiles (B, C, Y, X) of 1 mm pixels."""
        return np.stack([self._one(tile) for tile in tiles])

    def forget(self) -> None:
        """Begin another case."""
        self._known.clear()

    def _one(self, tile: np.ndarray) -> np.ndarray:
        key = hash(tile.tobytes())
        if key not in self._known:
            plain = self._logits(tile[None])[0]
            mirrored = np.flip(self._logits(np.ascontiguousarray(np.flip(tile, -1))[None])[0], -1).copy()
            shares = sigmoid(plain)
            doubtful = ((shares > DOUBT[0]) & (shares < DOUBT[1])).any(axis=0) & (tile != 0).any(axis=0)
            self._known[key] = plain, mirrored, int(doubtful.sum())
        plain, mirrored, area = self._known[key]
        again = area >= self.least_area_mm2
        self.passes += 1 + again
        return (plain + mirrored) / 2 if again else plain


def main() -> int:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--areas", default="30,75,150,300,600")
    parser.add_argument("--model", metavar="PACKAGE")
    args = parser.parse_args()
    ways = {"none": np.inf, "full": 0.0} | {f"doubtful, {area} mm2": float(area) for area in args.areas.split(",")}
    engine = load_engine(find_package(args.model), engine="onnxruntime", device="cpu", looks=Looks())
    mirror = Mirror(engine.logits)
    engine._forward = mirror  # type: ignore[method-assign]
    scores: dict[str, list[list[float]]] = {way: [] for way in ways}
    passes = dict.fromkeys(ways, 0)
    for folder in args.folders:
        mirror.forget()
        for way, area in ways.items():
            mirror.least_area_mm2, mirror.passes = area, 0
            scores[way].append(dice(engine, folder))
            passes[way] += mirror.passes
    print("| mirrored | mean WT | TC | ET | change WT | TC | ET | passes | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    none = np.mean(scores["none"], axis=0)
    for way in ways:
        mean = np.mean(scores[way], axis=0)
        cells = [*(f"{value:.4f}" for value in mean), *(f"{value:+.4f}" for value in mean - none)]
        print(f"| {way} | {' | '.join(cells)} | {passes[way]} | {passes[way] / passes['none']:.2f} |")
    return 0


def dice(engine: PackageEngine, folder: Path) -> list[float]:
    """Return the Dice of WT, TC and ET of a case; 1 where both masks are empty."""
    case = find_case(folder)
    found = segment_case(read_case(case), engine, keep_probabilities=False).labelmap.array
    truth = read_labelmap(case.reference, GLIOMA).array
    result = []
    for region in ("WT", "TC", "ET"):
        ours, theirs = GLIOMA.mask(found, region), GLIOMA.mask(truth, region)
        total = ours.sum() + theirs.sum()
        result.append(float(2 * (ours & theirs).sum() / total) if total else 1.0)
    return result


if __name__ == "__main__":
    sys.exit(main())
