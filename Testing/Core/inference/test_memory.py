"""Memory: foretold from sizes alone, chosen by what there is, and made do with when it runs out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ssaglioma
from ssaglioma.cli.main import main
from ssaglioma.errors import DeviceError
from ssaglioma.inference import available_memory, steady
from ssaglioma.inference.activations import peak_activation_bytes, weight_shapes
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.inference.memory import (
    CaseSize,
    MemoryStep,
    first_that_fits,
    is_out_of_memory,
    started_gib,
    steps_of,
    work_gib,
)
from ssaglioma.inference.steady import MemoryPlan, plan_memory, run_steadily, size_of
from ssaglioma.networks.graph import Graph, Step
from ssaglioma.packages import read_package, write_package
from ssaglioma.packages.resources import locate

BRATS = CaseSize(4, (155, 240, 240), 2, (145, 175, 140), (1.0, 1.0, 1.0))
GIB = 1 << 30


class CountingEngine(PackageEngine):
    """Logits are twice the first channels; it runs out of memory above a number of tiles."""

    name = "onnxruntime"
    most = 99

    def logits(self, tiles):
        self.seen = [*getattr(self, "seen", []), len(tiles)]
        if len(tiles) > self.most:
            raise RuntimeError("std::bad_alloc")
        return 2 * tiles[:, :3]


@pytest.fixture
def package(package_folder):
    return read_package(package_folder)


@pytest.fixture
def engine(package):
    return CountingEngine(package, threads=1)


def test_activations_are_the_largest_sum_of_tensors_alive_at_one_time():
    steps = (
        Step("Conv", ("image", "a.weight"), "a", {"strides": (1, 1)}),
        Step("LeakyRelu", ("a",), "b"),
        Step("Conv", ("b", "c.weight"), "c", {"strides": (2, 2)}),
        Step("ConvTranspose", ("c", "d.weight"), "d", {"strides": (2, 2)}),
        Step("Concat", ("d", "b"), "e"),
        Step("Conv", ("e", "f.weight"), "logits", {"strides": (1, 1)}),
    )
    widths = {"a.weight": (4, 1, 3, 3), "c.weight": (8, 4, 3, 3), "d.weight": (8, 4, 2, 2), "f.weight": (3, 8, 1, 1)}
    graph = Graph(2, 1, 3, steps, tuple(widths))
    # voxels x channels: b 4 x 64, c 8 x 16 and d 4 x 64 die at the concatenation, which makes 8 x 64 beside b and d
    assert peak_activation_bytes(graph, widths, (1, 1, 8, 8)) == 4 * (4 + 4 + 8) * 64
    assert peak_activation_bytes(graph, widths, (3, 1, 8, 8)) == 3 * 4 * (4 + 4 + 8) * 64


def test_shapes_of_weights_are_read_without_the_weights(package):
    assert weight_shapes(package) == {name: value.shape for name, value in package.weights().items()}


def test_each_step_needs_less_than_the_one_before(package):
    steps = steps_of(package, 8)
    assert [step.at_once for step in steps] == [8, 4, 2, 1, 1]
    assert [step.keep_probabilities for step in steps] == [True] * 4 + [False]
    large = CaseSize(4, (200, 600, 600), 4, (20, 60, 60), (1.0, 1.0, 1.0))
    needed = [work_gib(package, "torch", large, step) for step in steps]
    assert needed[-1] < needed[0] and needed == sorted(needed, reverse=True)
    assert all(step.keep_probabilities for step in steps_of(package, 8, may_drop_probabilities=False))


def test_larger_cases_and_more_images_need_more(package):
    step = steps_of(package, 2)[0]
    twice = CaseSize(4, (310, 240, 240), 2, (290, 175, 140), (1.0, 1.0, 1.0))
    assert work_gib(package, "onnxruntime", twice, step) > work_gib(package, "onnxruntime", BRATS, step)
    added = started_gib("onnxruntime", BRATS) - started_gib("onnxruntime", CaseSize(1, *list(vars(BRATS).values())[1:]))
    assert added == pytest.approx(3 * 155 * 240 * 240 * 2 / GIB)


def test_the_first_step_that_fits_is_taken():
    assert first_that_fits([3.0, 2.0], None) == 0
    assert first_that_fits([3.0, 2.0], 2.5) == 1
    assert first_that_fits([3.0, 2.0], 1.5) is None


def test_a_model_that_would_fit_is_named(engine, case_volumes, monkeypatch, package_folder, tmp_path):
    small = write_package(
        tmp_path, replace(engine.package.card, name="tiny-preview", patch=(32, 32)), engine.package.weights()
    )
    monkeypatch.setattr(steady, "list_packages", lambda: [engine.package, small])
    monkeypatch.setattr(steady, "resident_gib", lambda: 1.0)
    size = size_of(case_volumes)
    large, tiny = (1.0 + work_gib(one, engine.name, size, steps_of(one, 2)[-1]) for one in (engine.package, small))
    with pytest.raises(DeviceError, match=r"use --model tiny-preview") as caught:
        plan_memory(engine, case_volumes, (large + tiny) / 2)
    assert f"{large:.2f} GiB at least" in str(caught.value)
    with pytest.raises(DeviceError, match="choose a smaller model"):
        plan_memory(engine, case_volumes, 1.0)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : ... std::bad_alloc"),
        RuntimeError("Failed to allocate memory for requested buffer of size 99"),
    ],
)
def test_every_engines_words_for_no_memory_are_known(error):
    assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("The size of tensor a (3) must match"))


def test_fewer_tiles_at_once_give_the_same_logits(engine, case_volumes):
    image = np.stack([volume.array for volume in case_volumes.values()]).astype(np.float32)
    whole = engine.predict(image, (3.0, 1.0, 1.0))
    assert max(engine.seen) == engine.slices_at_once
    engine.seen, engine.at_once = [], 1
    np.testing.assert_array_equal(engine.predict(image, (3.0, 1.0, 1.0)), whole)
    assert max(engine.seen) == 1


def test_a_pass_that_runs_out_of_memory_is_repeated_in_smaller_steps(engine, case_volumes):
    engine.most = 1
    plan = plan_memory(engine, case_volumes)
    image = np.stack([volume.array for volume in case_volumes.values()]).astype(np.float32)
    seen = []

    def work(keep_probabilities):
        found = engine.predict(image, (3.0, 1.0, 1.0))
        seen.append((keep_probabilities, engine.notes))
        return found

    run_steadily(engine, plan, work)
    assert seen == [(True, ("Memory is short: 1 slice(s) at once instead of 2.",))]
    assert engine.notes == () and engine.at_once == engine.slices_at_once


def test_memory_that_runs_out_in_the_smallest_way_too_ends_with_both_figures(engine):
    plan = MemoryPlan((MemoryStep(1, (192, 160)),), (0.75,), 0, 0.5)

    def work(keep_probabilities):
        raise MemoryError

    with pytest.raises(DeviceError, match=r"0\.50 GiB can be used\. Expected 0\.75 GiB") as caught:
        run_steadily(engine, plan, work)
    assert caught.value.exit_code == 3


def test_other_errors_are_not_taken_for_a_lack_of_memory(engine, case_volumes):
    def work(keep_probabilities):
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        run_steadily(engine, plan_memory(engine, case_volumes), work)


def test_the_size_of_a_case_is_that_of_its_images_and_brain(case_volumes):
    size = size_of(case_volumes)
    assert (size.images, size.shape, size.bytes_per_voxel) == (4, (8, 40, 36), 4)
    assert all(inside <= whole for inside, whole in zip(size.box, size.shape)) and size.box != size.shape


def test_a_limit_below_the_need_ends_before_any_work(case_folder, package_folder, tmp_path, capsys):
    words = ["segment", str(case_folder), "--model", str(package_folder), "--output", str(tmp_path / "o"), "--engine"]
    assert main([*words, "torch", "--memory-limit", "0.01"]) == 3
    told = capsys.readouterr().err
    assert "0.01 GiB can be used. Expected" in told and told.count("\n") == 1
    assert not list((tmp_path / "o").iterdir())
    assert main([*words, "torch", "--memory-limit", "much"]) == 2
    assert "--memory-limit is 'much'" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")
def test_a_container_may_leave_less_than_the_computer_has(tmp_path):
    group = tmp_path / "clinic" / "job"
    group.mkdir(parents=True)
    own = tmp_path / "own"
    own.write_text("0::/clinic/job\n")
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("1000\n")
    (group.parent / "memory.max").write_text("5000\n")
    (group.parent / "memory.current").write_text("2000\n")
    assert available_memory._left_in_cgroup(tmp_path, own) == 3000
    assert available_memory._left_in_cgroup(tmp_path, tmp_path / "none") > 1 << 50


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a record for each program")
def test_the_peak_of_a_child_leaves_out_what_its_parent_held():
    child = "from ssaglioma.inference.segment import peak_memory_gib; print(peak_memory_gib())"
    parent = "import subprocess, sys; held = bytearray(400 << 20); subprocess.run([sys.executable, '-c', sys.argv[1]])"
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1])}
    words = [sys.executable, "-c", parent, child]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
    assert 0.01 < float(done.stdout) < 0.3


LIMITED = """
import resource, sys
limit = int(float(sys.argv[1]) * (1 << 30))
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
from ssaglioma.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


def segment_below(limit_gib: float, folder: Path, *options: str) -> subprocess.CompletedProcess:
    """Segment the sample case in a child that may take no more private memory (touched or not) than this."""
    case = next(path for path in sorted(locate("SampleCases").iterdir()) if path.is_dir())
    words = ["segment", str(case), "--output", str(folder), "--device", "cpu", "--progress", "json", *options]
    environment = {**os.environ, "PYTHONPATH": str(Path(ssaglioma.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LIMITED, str(limit_gib), *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts anonymous memory on Linux alone")
def test_a_whole_case_is_segmented_below_4_gib_and_as_foretold(tmp_path):
    done = segment_below(4.0, tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["warnings"] == []
    assert result["peak_memory_gib"] < 4.0
    assert result["predicted_memory_gib"] == pytest.approx(result["peak_memory_gib"], rel=0.15)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts anonymous memory on Linux alone")
def test_far_too_little_memory_ends_with_a_plain_error(tmp_path):
    done = segment_below(0.7, tmp_path)
    if done.returncode == 0:  # an engine that is this small
        assert json.loads(done.stdout.splitlines()[-1])["peak_memory_gib"] < 0.7
        return
    assert done.returncode == 3
    assert "Traceback" not in done.stderr and "emory" in done.stderr
