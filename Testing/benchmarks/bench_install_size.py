"""Megabytes on disk of what an installation adds: to an empty Python, and to 3D Slicer's.

Usage: python Testing/benchmarks/bench_install_size.py [--extra NAME ...] [--find-links DIR]

The requirements are installed into a temporary virtual environment (with what pip is set up for), and every file is
counted for the distribution that lists it. Slicer ships numpy, scipy, SimpleITK, pydicom, Pillow, requests, packaging
itself: what is left of the sum is what the extension adds there.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from ssaglioma.cli.kit_own_wheel import write_own_wheel

SHIPPED_WITH_SLICER = {"numpy", "scipy", "simpleitk", "pydicom", "pillow", "requests", "packaging", "pip"}
GOAL_BARE_MB, GOAL_ADDED_MB = 700.0, 200.0
FORBIDDEN = {"itk", "torch"}

LIST_SIZES = """
import json, os
from importlib import metadata
sizes = {}
for one in metadata.distributions():
    paths = {os.path.realpath(one.locate_file(file)) for file in one.files or ()}
    sizes[one.metadata["Name"]] = (one.version, sum(os.path.getsize(path) for path in paths if os.path.isfile(path)))
print(json.dumps(sizes))
"""


def main() -> int:
    """Print a table of sizes; exit code 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extra", action="append", default=[], help="an extra of ssaglioma, such as train")
    parser.add_argument("--find-links", action="append", default=[], help="folder with wheels, as for pip")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        python = install(Path(place), args)
        sizes = sizes_of(python)
    total = sum(size for _, size in sizes.values()) / 1e6
    added = sum(size for name, (_, size) in sizes.items() if canonical(name) not in SHIPPED_WITH_SLICER) / 1e6
    print("| package | version | MB | in Slicer |\n|---|---|---|---|")
    for name, (version, size) in sorted(sizes.items(), key=lambda item: -item[1][1]):
        print(f"| {name} | {version} | {size / 1e6:.1f} | {'yes' if canonical(name) in SHIPPED_WITH_SLICER else ''} |")
    print(f"\nBare installation {total:.0f} MB (goal {GOAL_BARE_MB:.0f}); added to Slicer {added:.0f} MB ", end="")
    print(f"(goal {GOAL_ADDED_MB:.0f}), ssaglioma itself and its models among them")
    found = sorted({canonical(name) for name in sizes} & FORBIDDEN) if not args.extra else []
    if found:
        print(f"These must not be in it: {', '.join(found)}")
    return int(not args.extra and (total > GOAL_BARE_MB or added > GOAL_ADDED_MB or bool(found)))


def install(place: Path, args: argparse.Namespace) -> Path:
    """Install the running ssaglioma into a new virtual environment; return its interpreter."""
    venv.create(place / "new", with_pip=True)
    python = place / "new" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    extras = f"[{','.join(args.extra)}]" if args.extra else ""
    links = [word for folder in args.find_links for word in ("--find-links", folder)]
    options = ["--disable-pip-version-check", "--quiet", "install", "--no-compile", "--only-binary", ":all:", *links]
    subprocess.run([str(python), "-m", "pip", *options, f"{write_own_wheel(place)}{extras}"], check=True)
    return python


def sizes_of(python: Path) -> dict[str, tuple[str, int]]:
    """Version and bytes of each distribution that an interpreter sees, but for what came with the environment."""
    said = subprocess.run([str(python), "-c", LIST_SIZES], capture_output=True, text=True, check=True).stdout
    return {name: tuple(value) for name, value in json.loads(said).items() if canonical(name) != "setuptools"}


def canonical(name: str) -> str:
    """A distribution's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
