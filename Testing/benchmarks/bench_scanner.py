"""Time of the scanner simulator: one slice for a slider, one whole volume.

Usage: python Testing/benchmarks/bench_scanner.py [--threads 2]. Goals: a 240x240 slice in at most 50 ms, a volume of
240x240x155 in at most 2 s on two cores. The image is an ellipsoid of texture with a background of 0, as after a brain
extraction. 'all effects' adds motion with rotation, ghosts, a spike and a displacement to what the preset draws.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np

from ssaglioma.labels import Sequence
from ssaglioma.synthesis.scanner import (
    PRESETS,
    Displacement,
    Ghosting,
    Motion,
    Pose,
    ScanParameters,
    Spikes,
    apply_scan,
    draw_scan,
)
from ssaglioma.volume import Volume

SHAPE, REPEATS = (155, 240, 240), 5
SLICE_GOAL_S, VOLUME_GOAL_S = 0.050, 2.0


def a_head(shape: tuple[int, int, int]) -> Volume:
    """Return an ellipsoid of brain-like texture that fills the grid as a brain does."""
    grid = np.meshgrid(*(np.linspace(-1, 1, size) if size > 1 else np.zeros(1) for size in shape), indexing="ij")
    brain = (grid[0] / 0.85) ** 2 + (grid[1] / 0.72) ** 2 + (grid[2] / 0.58) ** 2 < 1
    values = np.random.default_rng(0).integers(200, 900, shape)
    return Volume((values * brain).astype(np.uint16))


def with_everything(parameters: ScanParameters) -> ScanParameters:
    """Return the parameters with every artifact in the T1 image."""
    return ScanParameters(
        contrast=parameters.contrast,
        slices=parameters.slices,
        in_plane=parameters.in_plane,
        bias=parameters.bias,
        noise=parameters.noise,
        motion=Motion((Pose(0.7, (2.0, 1.0), 2.0), Pose(0.2, (-1.0, 0.0), -1.0))),
        ghosting=Ghosting(),
        spikes=Spikes(),
        registration=(Displacement("t1n", (1.0, 0.5, -0.5), (1.0, 1.0, 1.0)),),
    )


def best_seconds(volume: Volume, parameters: ScanParameters, threads: int) -> tuple[float, float, float]:
    """Return the best and the median wall time of some runs after one to warm up, and the least processor time."""
    apply_scan({Sequence.T1N: volume}, parameters, grid="original", threads=threads)
    times, work = [], []
    for _ in range(REPEATS):
        began, worked = time.perf_counter(), time.process_time()
        apply_scan({Sequence.T1N: volume}, parameters, grid="original", threads=threads)
        times.append(time.perf_counter() - began)
        work.append(time.process_time() - worked)
    return min(times), float(np.median(times)), min(work)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    threads = parser.parse_args().threads
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{threads} threads, load of the machine {load:.1f} on {os.cpu_count()} cores")
    print(f"best / median wall / least processor seconds of {REPEATS}")
    for title, volume, goal in (
        ("slice 240x240", a_head((1, 240, 240)), SLICE_GOAL_S),
        ("volume 240x240x155", a_head(SHAPE), VOLUME_GOAL_S),
    ):
        for name in PRESETS:
            drawn = draw_scan(name, np.random.default_rng(0)).changed({"missing": None, "wrap": None})
            for words, parameters in ((name, drawn), (f"{name}, all effects", with_everything(drawn))):
                best, median, work = best_seconds(volume, parameters, threads)
                verdict = "ok" if best <= goal else "TOO SLOW"
                print(
                    f"{title:20} {words:28} {best:7.3f} / {median:7.3f} / {work:7.3f} s  (goal {goal:g} s)  {verdict}"
                )


if __name__ == "__main__":
    main()
