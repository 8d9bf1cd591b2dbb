"""`ssaglioma degrade` on a small case."""

import json

import numpy as np
import pytest

from ssaglioma.cli.main import main
from ssaglioma.labels import GLIOMA
from ssaglioma.synthesis.scanner import ScanParameters
from ssaglioma.volume import find_case, read_labelmap, read_volume


def degrade(case, output, *more):
    return main(["degrade", str(case), "--output", str(output), "--progress", "none", *more])


QUIET = ("--set", "missing=none", "--set", "wrap=none")


def test_a_case_becomes_thick_slices_with_labels_and_all_parameters(case_folder, tmp_path):
    assert degrade(case_folder, tmp_path / "out", "--scanner", "1.5T_ssa", "--set", "noise.snr=12", *QUIET) == 0
    made = find_case(tmp_path / "out" / "case-001")
    assert len(made.sequences) == 4 and made.reference is not None
    document = json.loads((tmp_path / "out" / "case-001" / "scan.json").read_text())
    scan = ScanParameters.from_json(document)
    assert scan.noise.snr == 12 and scan.preset == "1.5T_ssa" and document["grid"] == "native"
    labels = read_labelmap(made.reference, GLIOMA)
    for path in made.sequences.values():
        image = read_volume(path)
        assert image.same_grid(labels)
        assert image.spacing_zyx_mm[0] == pytest.approx(scan.slices.thickness_mm + scan.slices.gap_mm, abs=1e-3)


def test_the_original_grid_keeps_the_labels(case_folder, tmp_path):
    more = ("--scanner", "64mT", "--seed", "5", "--grid", "original", *QUIET)
    assert degrade(case_folder, tmp_path / "out", *more) == 0
    before, after = find_case(case_folder), find_case(tmp_path / "out")
    kept = read_labelmap(after.reference, GLIOMA)
    assert np.array_equal(kept.array, read_labelmap(before.reference, GLIOMA).array)
    for sequence, path in after.sequences.items():
        assert read_volume(path).same_grid(read_volume(before.sequences[sequence]))


def test_a_scan_is_repeated_from_its_file_to_the_byte(case_folder, tmp_path):
    assert degrade(case_folder, tmp_path / "a", "--scanner", "0.3T_permanent", "--seed", "9") == 0
    assert degrade(case_folder, tmp_path / "b", "--scan", str(tmp_path / "a" / "case-001" / "scan.json")) == 0
    first, second = find_case(tmp_path / "a"), find_case(tmp_path / "b")
    assert list(first.sequences) == list(second.sequences)
    for sequence, path in first.sequences.items():
        assert np.array_equal(read_volume(path).array, read_volume(second.sequences[sequence]).array)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), "No scanner was given"),
        (("--scanner", "7T"), "'7T' is not known"),
        (("--scanner", "64mT", "--set", "noise.snr=-1"), "Noise.snr is -1"),
        (("--scanner", "64mT", "--set", "noise.snr"), "NAME=VALUE"),
        (("--scanner", "64mT", "--set", "slices.thickness_mm=2"), "3 mm or more"),
        (("--scanner", "64mT", "--set", "skull.percent=10", *QUIET), "hold no skull"),
        (("--scanner", "64mT", "--seed", "-4"), "seed is -4"),
        (("--scan", "nowhere.json"), "cannot be read"),
        (("--scan", "nowhere.json", "--scanner", "64mT"), "Both"),
    ],
)
def test_wrong_requests_end_with_two_and_say_why(case_folder, tmp_path, capsys, words, found):
    assert degrade(case_folder, tmp_path / "out", *words) == 2
    assert found in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_with_files_is_not_written_over(case_folder, capsys):
    before = sorted(path.name for path in case_folder.iterdir())
    assert degrade(case_folder, case_folder.parent, "--scanner", "64mT") == 2
    assert "is not empty" in capsys.readouterr().err
    assert sorted(path.name for path in case_folder.iterdir()) == before
