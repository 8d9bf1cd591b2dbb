"""Peak memory of `ssaglioma segment` against what it foretold, for several sizes, both routes and all engines.

Usage: python Testing/benchmarks/bench_memory.py [--engines A,B] [--cases A,B] [--model NAME|PATH ...] [FOLDER ...]

Cases: the sample case, the same with half and with 1.7 times the voxels along each axis in plane, in float32, and a raw
head (four scans with skull, in different poses); FOLDERs, prepared or raw, take their place where any is given, unless
--cases names some, too. Each run is a process of its own; what it foretells, it foretells before any work. Goal: 15 %.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Core"))
from raw_heads import head_grid, scan, turned

from ssaglioma.cli.inputs import read_case
from ssaglioma.inference.engine_choice import ENGINES, is_installed
from ssaglioma.labels import Sequence
from ssaglioma.packages.resources import locate
from ssaglioma.volume import Volume, find_case, write_volume

GOAL_SHARE = 0.15
SIZES = {"sample": 1.0, "half": 0.5, "large": 1.7, "float32": 1.0}
RAW = "raw"


def main() -> int:
    """Print one row for each run; exit code 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", default=",".join(name for name in ENGINES if is_installed(name)))
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--cases", help=f"some of {','.join((*SIZES, RAW))} (default: all)")
    parser.add_argument("--model", action="append", default=[], help="default: the first one shipped")
    args = parser.parse_args()
    worst = 0.0
    print("| case | engine | model | foretold GiB | taken GiB | difference |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        made = args.cases.split(",") if args.cases else [] if args.folders else [*SIZES, RAW]
        for case in (*made, *args.folders):
            folder = case if isinstance(case, Path) else write_case(Path(place), case)
            for engine in args.engines.split(","):
                for model in args.model or [""]:
                    foretold, taken = run(folder, engine, model)
                    worst = max(worst, abs(foretold / taken - 1))
                    name = model or "first"
                    cells = f"{foretold:.2f} | {taken:.2f} | {foretold / taken - 1:+.0%}"
                    print(f"| {folder.name} | {engine} | {name} | {cells} |", flush=True)
    print(f"\nWorst {worst:.0%} (goal {GOAL_SHARE:.0%})")
    return int(worst > GOAL_SHARE)


def write_case(place: Path, name: str) -> Path:
    """Write one of the cases; return its folder."""
    return write_raw(place) if name == RAW else write_sized(place, name)


def write_sized(place: Path, name: str) -> Path:
    """Write the sample case with another number of voxels in plane (nearest), or as float32; return its folder."""
    sample = next(path for path in sorted(locate("SampleCases").iterdir()) if path.is_dir())
    folder = place / name
    folder.mkdir()
    for sequence, image in read_case(find_case(sample)).items():
        shape = (image.shape[0], *(round(size * SIZES[name]) for size in image.shape[1:]))
        picks = [np.minimum(np.arange(new) * old // new, old - 1) for old, new in zip(image.shape, shape)]
        array = np.ascontiguousarray(image.array[np.ix_(*picks)])
        z, y, x = (mm * old / new for mm, old, new in zip(image.spacing_zyx_mm, image.shape, shape))
        kept = array.astype(np.float32) if name == "float32" else array
        target = folder / f"case-{sequence.value}.nii.gz"
        write_volume(Volume(kept, (z, y, x), image.origin_lps_mm, image.direction_lps), target)
    return folder


def write_raw(place: Path) -> Path:
    """Write four scans of a head with skull; return their folder."""
    folder = place / RAW
    folder.mkdir()
    spacings = {Sequence.T1C: (1.2, 0.9, 0.9), Sequence.T2F: (6.0, 0.9, 0.9), Sequence.T2W: (5.0, 0.9, 0.9)}
    poses = {Sequence.T2F: turned((5, 4, -3), (-6, 3, 8)), Sequence.T2W: turned((-6, 0, 3), (4, 7, -5))}
    for sequence, spacing in {**spacings, Sequence.T1N: (5.5, 0.9, 0.9)}.items():
        image = scan(sequence, head_grid(spacing), poses.get(sequence))
        write_volume(image.with_array(np.round(image.array).astype(np.int16)), folder / f"head_{sequence.value}.nii.gz")
    return folder


def run(folder: Path, engine: str, model: str) -> tuple[float, float]:
    """Segment in a child process; return the peak that was foretold and the one that was measured, in GiB."""
    command = [sys.executable, "-m", "ssaglioma", "segment", str(folder), "--engine", engine, "--device", "cpu"]
    with tempfile.TemporaryDirectory() as output:
        words = ["--output", output, "--progress", "json", *(["--model", model] if model else [])]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return result["predicted_memory_gib"], result["peak_memory_gib"]


if __name__ == "__main__":
    sys.exit(main())
