"""The torch engine on a GPU: number format and layout by its kind, and back to the processor where it is too small.

There is no GPU here: its kind is told to torch, and its lack of memory is raised where the network would run.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ssaglioma.inference.device import bfloat16_pays
from ssaglioma.inference.engine_torch import TorchEngine
from ssaglioma.inference.segment import segment_case
from ssaglioma.inference.steady import GPU_LEFT, plan_memory, run_steadily
from ssaglioma.packages import read_package


class SmallGpu(TorchEngine):
    """Says that it computes on a GPU, which has room for `room` tiles at once; computes on the processor."""

    room = 0

    def __init__(self, package, **settings):
        super().__init__(package, device="cpu", **settings)
        self.device, self.device_name = torch.device("cuda"), "cuda"
        self.seen: list[tuple[str, int]] = []

    def logits(self, tiles):
        self.seen.append((self.device.type, len(tiles)))
        if self.device.type == "cuda" and len(tiles) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        device, self.device = self.device, torch.device("cpu")
        try:
            return super().logits(tiles)
        finally:
            self.device = device


@pytest.fixture
def package(package_folder):
    return read_package(package_folder)


def segmented(engine, case_volumes):
    plan = plan_memory(engine, case_volumes)
    return run_steadily(engine, plan, lambda keep: segment_case(case_volumes, engine, keep_probabilities=keep))


def test_a_gpu_that_is_too_small_for_the_smallest_step_hands_over_to_the_processor(package, case_volumes):
    engine = SmallGpu(package, threads=1)
    result = segmented(engine, case_volumes)
    on_gpu = [tiles for device, tiles in engine.seen if device == "cuda"]
    assert sorted(set(on_gpu), reverse=True) == [6, 4, 2, 1], "the six slices first, then fewer"
    assert max(tiles for device, tiles in engine.seen if device == "cpu") == 6, "then as usual"
    assert GPU_LEFT in result.warnings and engine.device_name == "cpu"
    expected = segment_case(case_volumes, TorchEngine(package, device="cpu", threads=1))
    np.testing.assert_array_equal(result.labelmap.array, expected.labelmap.array)
    np.testing.assert_array_equal(result.probabilities["WT"].array, expected.probabilities["WT"].array)


def test_a_gpu_with_room_for_fewer_slices_keeps_the_work(package, case_volumes):
    engine = SmallGpu(package, threads=1)
    engine.room = 2
    result = segmented(engine, case_volumes)
    assert {device for device, _ in engine.seen} == {"cuda"} and engine.device_name == "cuda"
    assert [text for text in result.warnings if "Memory is short: 2 slice(s) at once instead of 8" in text]
    assert GPU_LEFT not in result.warnings


def test_the_next_case_begins_on_the_processor_without_the_note(package, case_volumes):
    engine = SmallGpu(package, threads=1)
    segmented(engine, case_volumes)
    engine.seen.clear()
    assert GPU_LEFT not in segmented(engine, case_volumes).warnings
    assert {device for device, _ in engine.seen} == {"cpu"}


def test_memory_that_runs_out_on_the_processor_too_is_an_error(package, case_volumes, monkeypatch):
    engine = SmallGpu(package, threads=1)

    def run_out(self, tiles):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(SmallGpu, "logits", run_out)
    with pytest.raises(torch.OutOfMemoryError):
        segmented(engine, case_volumes)
    assert engine.device_name == "cpu" and not engine.leave_gpu()


@pytest.mark.parametrize(("capability", "pays"), [((6, 1), False), ((7, 5), False), ((8, 6), True), ((9, 0), True)])
def test_bfloat16_is_for_gpus_that_have_it_and_not_for_those_that_emulate_it(monkeypatch, capability, pays):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: True)
    assert bfloat16_pays(torch.device("cuda")) is pays


@pytest.mark.parametrize(
    ("device", "half", "layout"),
    [
        ("cuda", True, torch.channels_last),
        ("cuda", False, torch.contiguous_format),
        ("cpu", True, torch.contiguous_format),
    ],
)
def test_channels_last_is_for_2d_networks_on_tensor_cores(package, monkeypatch, device, half, layout):
    engine = TorchEngine(package, device="cpu", threads=1)
    moved = []
    monkeypatch.setattr("ssaglioma.inference.engine_torch.bfloat16_pays", lambda device: half)
    monkeypatch.setattr(
        engine.network, "to", lambda place, memory_format: moved.append(memory_format) or engine.network
    )
    engine._use(torch.device(device))
    assert moved == [layout] and engine._half is (torch.bfloat16 if half else None)


def test_the_layout_changes_no_logit(package):
    engine = TorchEngine(package, device="cpu", threads=1)
    tiles = np.random.default_rng(2).normal(size=(2, 4, *package.card.patch)).astype(np.float32)
    before = engine.logits(tiles)
    engine._layout = torch.channels_last
    engine.network.to(memory_format=torch.channels_last)
    np.testing.assert_allclose(engine.logits(tiles), before, atol=1e-4)
