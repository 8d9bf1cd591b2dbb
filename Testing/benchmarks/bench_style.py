"""Time of the stylisations: one slice for a slider, one whole case of four contrasts.

Usage: python Testing/benchmarks/bench_style.py [--threads 2] [--packages FOLDER_OR_NAME...]. Goals on two cores without
a GPU: a 240x240 slice through RAIN or AdaConv in at most 60 ms, histogram matching and Fourier in at most 20 ms, a case
of 240x240x155 and four contrasts in at most 60 s. 'new slice' is a slice never seen before, 'again' the same one in
another style, as while a slider moves. Without --packages RAIN and AdaConv run on fresh weights of the small encoder:
the time does not depend on the weights. The image is an ellipsoid of texture with a background of 0.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import torch

from ssaglioma.labels import SEQUENCE_ORDER
from ssaglioma.packages.package import find_package_of
from ssaglioma.style.building import build_style_network
from ssaglioma.style.packaged import load_stylizer
from ssaglioma.style.registry import create_stylizer
from ssaglioma.style.stylizer import Stylizer
from ssaglioma.volume import Volume

SHAPE, REPEATS = (155, 240, 240), 15
QUICK = ("histogram", "nyul", "fourier")
LEARNED = ("adain", "rain", "adaconv", "adaconv_structure")
GOALS_MS = {"histogram": 20, "fourier": 20, "rain": 60, "adaconv": 60}
CASE_GOAL_S = 60


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--packages", nargs="*", default=[])
    parser.add_argument("--skip-case", action="store_true", help="time slices only")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"{args.threads} threads, load {os.getloadavg()[0]:.1f} before the start, torch {torch.__version__}")
    head = a_head(SHAPE)
    slice_ = head.array[SHAPE[0] // 2]
    style = np.rot90(slice_).copy() ** 1.5
    for name, stylizer in stylizers(args.packages):
        stylizer.fit([], [style])
        slices = [np.roll(slice_, number, axis=0) for number in range(REPEATS + 1)]
        fresh, _ = timed(lambda one=stylizer, left=slices: one.stylize(left.pop()), REPEATS)
        wall, work = timed(lambda one=stylizer: one.stylize(slice_), REPEATS)
        goal = next((f", goal {ms} ms" for method, ms in GOALS_MS.items() if method == stylizer.method), "")
        line = f"{name:26} new slice {1000 * fresh:6.1f} ms, again {1000 * wall:6.1f} ms"
        line += f" (processor {1000 * work:5.1f}){goal}"
        if not args.skip_case:
            case = dict.fromkeys(SEQUENCE_ORDER, head)
            stylizer.fit([], [dict.fromkeys(SEQUENCE_ORDER, style)])
            seconds, _ = timed(lambda one=stylizer, images=case: one.stylize(images), 1)
            line += f"   case of four contrasts {seconds:5.1f} s (goal {CASE_GOAL_S} s)"
        print(line, flush=True)
    return 0


def stylizers(packages: list[str]) -> Iterator[tuple[str, Stylizer]]:
    """Return the methods, or those of packages beside the quick ones."""
    for name in QUICK:
        yield name, create_stylizer(name)
    for name in packages:
        package = find_package_of("stylizer", name)
        yield package.card.name, load_stylizer(package, slice_axis="axial", force=True)
    if not packages:
        for name in LEARNED:
            for keep in (0, 1):
                network = build_style_network(name, options={"keep_detail": keep})
                yield name + (" + detail" if keep else ""), create_stylizer(name, network=network)


def timed(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the medians of wall and processor time in seconds, after one run to warm up where there are several."""
    if repeats > 1:
        work()
    walls, processor = [], []
    for _ in range(repeats):
        began, used = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    return median(walls), median(processor)


def a_head(shape: tuple[int, int, int]) -> Volume:
    """Return an ellipsoid of brain-like texture that fills the grid as a brain does."""
    grid = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    brain = (grid[0] / 0.85) ** 2 + (grid[1] / 0.72) ** 2 + (grid[2] / 0.58) ** 2 < 1
    return Volume((np.random.default_rng(0).integers(200, 900, shape) * brain).astype(np.float32))


if __name__ == "__main__":
    raise SystemExit(main())
