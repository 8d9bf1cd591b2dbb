"""What the command line imports before the first tile: nothing that the first tile can do without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ssaglioma
from ssaglioma.cli.main import COMMANDS, build_parser

UNUSED_BEFORE_THE_FIRST_TILE = {
    "PIL", "matplotlib", "monai", "pandas", "pydicom", "requests", "skimage", "surface_distance",
}  # fmt: skip
SLOW_PARTS_OF_SCIPY = {"scipy.optimize", "scipy.signal", "scipy.spatial", "scipy.stats"}

TO_THE_FIRST_TILE = """
import json, sys
from ssaglioma.cli import main, running

class FirstTile(BaseException):
    pass

def load_engine(package, args, **options):
    from ssaglioma.inference.engine import PackageEngine

    class Engine(PackageEngine):
        name = "onnxruntime"
        def logits(self, tiles):
            raise FirstTile

    return Engine(package, threads=1)

running.load_engine = load_engine
try:
    main.main(sys.argv[1:])
except FirstTile:
    print("SEEN", json.dumps(sorted(sys.modules)))
"""


def modules_after(script: str, *arguments: str) -> set[str]:
    """The modules that a child process had imported when it printed SEEN."""
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("SEEN")]
    assert lines, done.stdout + done.stderr
    return set(json.loads(lines[0].removeprefix("SEEN")))


def roots(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def test_importing_the_command_line_imports_no_library():
    seen = modules_after("import json, sys, ssaglioma.cli.main; print('SEEN', json.dumps(sorted(sys.modules)))")
    assert not roots(seen) & {"numpy", "scipy", "SimpleITK", "torch", *UNUSED_BEFORE_THE_FIRST_TILE}


@pytest.mark.parametrize("command", ["segment", "doctor", "kit"])
def test_the_options_of_a_command_need_no_network_library(command):
    script = "import json, sys; from ssaglioma.cli.main import build_parser; build_parser(sys.argv[1]);"
    seen = modules_after(script + "print('SEEN', json.dumps(sorted(sys.modules)))", command)
    assert not roots(seen) & {"torch", "openvino", "onnxruntime", *UNUSED_BEFORE_THE_FIRST_TILE}
    assert not seen & SLOW_PARTS_OF_SCIPY


def test_a_prepared_case_reaches_the_first_tile_without_what_only_raw_images_and_reports_need(
    case_folder, package_folder, tmp_path
):
    arguments = ("segment", str(case_folder), "--model", str(package_folder), "--output", str(tmp_path / "out"))
    seen = modules_after(TO_THE_FIRST_TILE, *arguments)
    assert not roots(seen) & {"torch", *UNUSED_BEFORE_THE_FIRST_TILE}
    assert not seen & SLOW_PARTS_OF_SCIPY


def test_one_command_reads_the_same_words_as_all_of_them():
    words = ["segment", "folder", "--output", "out", "--mirror"]
    assert vars(build_parser("segment").parse_args(words)).keys() == vars(build_parser().parse_args(words)).keys()


def test_every_command_of_the_table_can_be_called():
    helped = build_parser().format_help()
    assert all(f"    {name}" in helped for name in COMMANDS)
