"""Seconds and peak memory of `ssaglioma segment`, files to file, in a process of its own.

Usage: python Testing/benchmarks/bench_segment.py [CASE_FOLDER] [--repeats N]
Without a folder the shipped sample case is taken.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ssaglioma.packages.resources import locate


def main() -> None:
    """Print one line for each run and setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    case = args.case or next(path for path in sorted(locate("SampleCases").iterdir()) if path.is_dir())
    print(f"{platform.platform()}, {os.cpu_count()} cores, case {case.name}")
    print("| setting | run | wall s | read | load | prepare | predict | restore | peak GiB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for setting in ([], ["--mirror"]):
        for repeat in range(args.repeats):
            wall, result = run(case, setting)
            stages = " | ".join(
                f"{result['timings'][key]:.1f}" for key in ("read", "load", "prepare", "predict", "restore")
            )
            name = " ".join(setting) or "default"
            print(
                f"| {name} | {repeat + 1} | {wall:.1f} | {stages} | {result['peak_memory_gib']:.2f} |",
                flush=True,
            )


def run(case: Path, setting: list[str]) -> tuple[float, dict]:
    """Segment once in a child process; return wall seconds and the result event."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "ssaglioma",
            "segment",
            str(case),
            "--output",
            folder,
            "--device",
            "cpu",
        ]
        began = time.monotonic()
        done = subprocess.run([*command, *setting, "--progress", "json"], capture_output=True, text=True, check=True)
        wall = time.monotonic() - began
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return wall, next(event for event in events if event["event"] == "result")


if __name__ == "__main__":
    main()
