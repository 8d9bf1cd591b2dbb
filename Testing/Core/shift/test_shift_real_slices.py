"""Published slices of adult and Sub-Saharan cases: apart from each other, not within.

Each slice is a weighted sum of four contrasts, so this judges the command, not a scanner.
"""

import json
import os
from pathlib import Path

import pytest

from ssaglioma.cli.main import main

DATA = Path(os.environ.get("SSAGLIOMA_DATA", Path.home() / ".cache" / "ssaglioma-data")) / "slices"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the published slices are not unpacked at {DATA} (make data)"),
]


@pytest.fixture
def every(tmp_path):
    """Makes a folder of links to every so many slices of a published set."""

    def make(name, group, first, step):
        folder = tmp_path / name
        folder.mkdir()
        for file in sorted((DATA / group).glob("*.jpg"))[first::step]:
            (folder / file.name).symlink_to(file)
        return folder

    return make


@pytest.fixture
def compared(tmp_path):
    def compare(source, target):
        path = tmp_path / f"{source.name}-{target.name}.json"
        words = ["shift", "--source", str(source), "--target", str(target), "--json", str(path), "--progress", "none"]
        assert main(words) == 0
        return json.loads(path.read_text(encoding="utf-8"))["contrasts"]["image"]

    return compare


def test_halves_of_one_set_are_one_set_and_two_sets_are_not(every, compared):
    halves = compared(every("even", "ssa", 0, 2), every("odd", "ssa", 1, 2))
    assert halves["energy_p"]["source_target"] > 0.05
    apart = compared(every("adult", "gli", 0, 40), every("ssa", "ssa", 0, 2))
    assert apart["energy_p"]["source_target"] < 0.01
    for name in ("js", "frechet", "energy", "spectrum"):
        near, far = (found["distances"]["source_target"]["all"][name] for found in (halves, apart))
        assert far["value"] > max(2 * near["value"], far["floor"]), name
