"""How well `ssaglioma segment` tells the time left, against the time that it then takes.

Usage: python Testing/benchmarks/bench_time_left.py [FOLDER ...] [--clock processor|wall] [-- options of segment]

FOLDER: prepared or raw cases; the sample case by default. Goal: wrong by 20 % at most after a third of the run.
With `--clock processor` (the default) the command reckons in its own processor's seconds, on one thread: what an idle
one-core computer would show, whatever else this one does. The seconds left are read off the events that programs get.
The first tile is that of the process's own start (goal 3 s, with the processor's clock and a prepared case).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ssaglioma.packages.resources import locate

GOAL_SHARE = 0.2
THIRDS = (1 / 3, 2 / 3)
CHILD = """
import json, sys, time
wall = sys.argv.pop(1) == "wall"
clock = time.monotonic if wall else time.process_time
time.monotonic = clock
out = sys.stdout
class Stamped:
    def write(self, text):
        if text.startswith("{"):
            text = json.dumps({**json.loads(text), "clock": clock()})
        return out.write(text)
    def flush(self):
        out.flush()
sys.stdout = Stamped()
from ssaglioma.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def main() -> int:
    """Print a row for each case; exit code 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--clock", choices=("processor", "wall"), default="processor")
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    args = parser.parse_args(words[:cut])
    folders = args.folders or [next(path for path in sorted(locate("SampleCases").iterdir()) if path.is_dir())]
    worst = 0.0
    print("| case | seconds | first tile | left told and true after 1/3 | wrong by | after 2/3 | wrong by |")
    print("|---|---|---|---|---|---|---|")
    for folder in folders:
        total, first, told = run(folder, args.clock, words[cut + 1 :])
        cells = [folder.name, f"{total:.1f}", f"{first:.1f}"]
        for third in THIRDS:
            gone, left = next((gone, left) for gone, left in told if gone >= third * total)
            error = left / (total - gone) - 1
            cells += [f"{left:.1f}, {total - gone:.1f}", f"{error:+.0%}"]
            worst = max(worst, abs(error)) if third == THIRDS[0] else worst
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\nWorst after a third {worst:.0%} (goal {GOAL_SHARE:.0%})")
    return int(worst > GOAL_SHARE)


def run(folder: Path, clock: str, options: list[str]) -> tuple[float, float, list[tuple[float, float]]]:
    """Segment a case; return the seconds of the whole, those until the first tile, and each (gone, left as told)."""
    one = {"OMP_NUM_THREADS": "1", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1"} if clock == "processor" else {}
    with tempfile.TemporaryDirectory() as output:
        words = ["segment", str(folder), "--output", output, "--progress", "json", *options]
        command = [sys.executable, "-c", CHILD, clock, *words]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **one})
    if done.returncode:
        raise RuntimeError(f"The run ended with {done.returncode}: {done.stderr.strip()}")
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    began, ended = events[0]["clock"], events[-1]["clock"]
    progress = [event for event in events if event["event"] == "progress" and event["seconds_left"] is not None]
    first = next(event["clock"] for event in progress if "done" in event) - (began if clock == "wall" else 0.0)
    return ended - began, first, [(event["clock"] - began, event["seconds_left"]) for event in progress]


if __name__ == "__main__":
    sys.exit(main())
