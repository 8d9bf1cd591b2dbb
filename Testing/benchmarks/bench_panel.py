"""Seconds to import SSAGliomaSeg's module file and to build its panel, in a fresh process each, without torch.

Usage: bench_panel.py [RUNS]. On the stand-in host (extra 'host'); goal: 1 s.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURE = """
import sys, time
import slicerhost
host = slicerhost.boot()
began = time.perf_counter()
host.load_module(sys.argv[1], enter=True)
print(f"{time.perf_counter() - began:.3f} {'torch' in sys.modules}")
"""


def main() -> int:
    """Run the benchmark."""
    if importlib.util.find_spec("slicer") is None or importlib.util.find_spec("PySide6") is None:
        print("The extra 'host' is not installed: nothing was measured.")
        return 0
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    module = str(ROOT / "SSAGliomaSeg" / "SSAGliomaSeg.py")
    seconds = []
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, module],
            cwd=ROOT / "Testing" / "host",
            env={**os.environ, "PYTHONPATH": str(ROOT / "SSACore"), "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            print(done.stderr, file=sys.stderr)
            return 1
        value, with_torch = done.stdout.split()[-2:]
        if with_torch == "True":
            print("The panel imported torch.", file=sys.stderr)
            return 1
        seconds.append(float(value))
    print(f"panel: median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s of {runs} fresh processes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
