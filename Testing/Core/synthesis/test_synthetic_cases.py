"""Whole synthetic cases, and the command that writes them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_heads import head_volume

import ssaglioma
from ssaglioma.cli.main import main
from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.anatomy import GRID_SHAPE, anatomy_from_labels
from ssaglioma.synthesis.case import CaseParameters, DrawOptions, draw_case, make_case
from ssaglioma.synthesis.mr import RandomAppearance
from ssaglioma.synthesis.records import digest, from_plain, to_plain
from ssaglioma.volume import find_cases, read_volume, write_volume


def test_a_case_has_four_images_and_labels_on_the_brats_grid(case_of_seed_3):
    _, case = case_of_seed_3
    assert tuple(case.images) == SEQUENCE_ORDER
    brain = case.images[Sequence.T1N] > 0
    assert case.labels.shape == GRID_SHAPE and set(np.unique(case.labels)) <= {0, 1, 2, 3}
    for image in case.images.values():
        assert image.shape == GRID_SHAPE and image.dtype == np.uint16
        assert np.array_equal(image > 0, brain)
        assert np.percentile(image[brain], 99.9) == pytest.approx(1000, abs=2)
    assert not (case.labels[~brain] > 0).any()


def test_a_tumour_is_seen_in_the_images(case_of_seed_3):
    _, case = case_of_seed_3
    flair = case.images[Sequence.T2F].astype(float)
    healthy = (flair > 0) & (case.labels == 0)
    assert flair[case.labels == 2].mean() > 1.2 * np.median(flair[healthy])


def test_drawn_parameters_survive_json_and_give_the_same_case(small_head, case_of_seed_3):
    parameters, case = case_of_seed_3
    back = from_plain(CaseParameters, json.loads(json.dumps(to_plain(parameters))))
    assert back == parameters and digest(back) == digest(parameters)
    again = make_case(small_head, back)
    assert all(np.array_equal(case.images[name], again.images[name]) for name in SEQUENCE_ORDER)
    assert np.array_equal(case.labels, again.labels)


def test_other_seeds_give_other_parameters(small_head):
    digests = {digest(draw_case(np.random.default_rng(seed), small_head)) for seed in range(6)}
    assert len(digests) == 6


@pytest.mark.slow
def test_random_contrasts_follow_no_physics(small_head):
    parameters = draw_case(np.random.default_rng(5), small_head, DrawOptions(share_randomised=1.0))
    assert isinstance(parameters.appearance, RandomAppearance)
    assert from_plain(CaseParameters, to_plain(parameters)) == parameters
    case = make_case(small_head, parameters)
    assert all(image.max() > 500 for image in case.images.values())


@pytest.mark.slow
def test_a_case_with_skull_has_signal_outside_the_brain():
    source = anatomy_from_labels(head_volume(skull=True), "head")
    parameters = draw_case(np.random.default_rng(1), source, DrawOptions(stripped=False))
    head = make_case(source, parameters).images[Sequence.T1N]
    bare = make_case(source, replace(parameters, head=replace(parameters.head, stripped=True))).images[Sequence.T1N]
    assert (head[bare == 0] > 100).mean() > 0.02


def test_another_anatomy_than_that_of_the_parameters_is_refused(small_head, case_of_seed_3):
    parameters, _ = case_of_seed_3
    with pytest.raises(DatasetError, match="'small head'.*Expected 'other'"):
        make_case(small_head, replace(parameters, anatomy="other"))


_DIGEST = """
import hashlib, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from small_heads import head_volume
from ssaglioma.synthesis.anatomy import anatomy_from_labels
from ssaglioma.synthesis.case import draw_case, make_case
source = anatomy_from_labels(head_volume(), "small head")
case = make_case(source, draw_case(np.random.default_rng(3), source))
arrays = [*case.images.values(), case.labels]
print(hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest())
"""


@pytest.mark.slow
def test_one_and_two_threads_give_the_same_bytes():
    found = []
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(names, threads)}
        environment["PYTHONPATH"] = str(Path(ssaglioma.__file__).parents[1])
        command = [sys.executable, "-c", _DIGEST, str(Path(__file__).parent)]
        found.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(found[0].strip()) == 64
    assert found[0] == found[1]


def synthesize(anatomy, output, *more):
    words = ["synthesize", "--anatomy", anatomy, "--seed", 7, "--output", output, "--progress", "none", *more]
    return main([str(word) for word in words])


@pytest.fixture(scope="module")
def anatomy_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("anatomy") / "head.nii.gz"
    write_volume(head_volume(), path)
    return path


@pytest.fixture(scope="module")
def output(anatomy_file, tmp_path_factory):
    """Two cases, made by two processes."""
    folder = tmp_path_factory.mktemp("cases")
    assert synthesize(anatomy_file, folder, "--cases", 2, "--jobs", 2) == 0
    return folder


@pytest.mark.slow
def test_the_command_writes_cases_that_are_found_and_read(output):
    cases = find_cases(output)
    assert [case.name for case in cases] == ["SYN-00007-00000", "SYN-00007-00001"]
    assert set(cases[0].sequences) == set(SEQUENCE_ORDER)
    volume = read_volume(cases[0].reference)
    assert volume.shape == GRID_SHAPE and volume.origin_lps_mm == (0.0, -239.0, 0.0)
    record = json.loads((output / cases[1].name / "synthesis.json").read_text())
    parameters = from_plain(CaseParameters, record["parameters"])
    assert record["digest"] == digest(parameters) and record["labels"] == "glioma"


@pytest.mark.slow
def test_finished_cases_are_kept_and_half_made_ones_are_made_again_with_the_same_bytes(anatomy_file, output, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(output, out)
    first, second = out / "SYN-00007-00000", out / "SYN-00007-00001"
    times = {path.name: path.stat().st_mtime_ns for path in first.iterdir()}
    second.rename(out / ".unfinished-SYN-00007-00001")
    (out / ".unfinished-SYN-00007-00001" / "SYN-00007-00001-t1n.nii.gz").write_bytes(b"half")
    assert synthesize(anatomy_file, out, "--cases", 2) == 0
    assert times == {path.name: path.stat().st_mtime_ns for path in first.iterdir()}
    assert sorted(path.name for path in out.iterdir()) == [first.name, second.name]
    for path in sorted(second.iterdir()):
        assert path.read_bytes() == (output / second.name / path.name).read_bytes(), path.name
    assert len(list(second.iterdir())) == 6


@pytest.mark.slow
def test_cases_of_another_request_are_not_mixed_in(anatomy_file, output, capsys):
    assert synthesize(anatomy_file, output, "--cases", 1, "--variant", "cystic") == 2
    assert "another request" in capsys.readouterr().err


def test_an_anatomy_without_white_matter_ends_the_command(tmp_path, capsys):
    volume = head_volume()
    write_volume(volume.with_array(np.where(np.isin(volume.array, (2, 41)), 3, volume.array)), tmp_path / "grey.nii.gz")
    assert synthesize(tmp_path / "grey.nii.gz", tmp_path / "out", "--cases", 1) == 2
    assert "white matter" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_no_cases_are_not_a_number_of_cases(anatomy_file, tmp_path, capsys):
    assert synthesize(anatomy_file, tmp_path / "out", "--cases", 0) == 2
    assert "less than 1" in capsys.readouterr().err


@pytest.mark.slow
def test_a_scanner_is_applied_on_the_grid_of_the_labels(anatomy_file, output, tmp_path):
    assert synthesize(anatomy_file, tmp_path / "ssa", "--cases", 1, "--scanner", "1.5T_ssa") == 0
    case = find_cases(tmp_path / "ssa")[0]
    record = json.loads((case.reference.parent / "synthesis.json").read_text())
    assert record["scanner"]["preset"] == "1.5T_ssa"
    assert record["parameters"]["appearance"]["protocol"]["field_t"] == 3.0
    read = {name: read_volume(path) for name, path in case.sequences.items()}
    assert {volume.shape for volume in read.values()} == {GRID_SHAPE}
    thick = record["scanner"]["slices"]["thickness_mm"]
    assert thick > 3
    sharp = read_volume(find_cases(output)[0].sequences[Sequence.T2W]).array.astype(float)
    across = np.abs(np.diff(next(iter(read.values())).array.astype(float), axis=0)).mean()
    assert across < 0.8 * np.abs(np.diff(sharp, axis=0)).mean()


def test_an_unknown_scanner_is_refused_before_anything_is_made(anatomy_file, tmp_path, capsys):
    assert synthesize(anatomy_file, tmp_path / "out", "--cases", 1, "--scanner", "9T") == 2
    assert "'9T' is not known" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
