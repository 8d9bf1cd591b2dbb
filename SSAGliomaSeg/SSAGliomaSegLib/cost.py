"""What a run will probably cost: device, seconds, memory."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import slicer

_SPEED_KEY = "SSAGliomaSeg/secondsPerMegavoxel"
_FIRST_SPEED = 0.9
"""Seconds for a million voxels on 2 cores without a GPU, before this computer was measured (RESULTS.md)."""
_START_SECONDS = 4.0
_MIRRORED_2D = 1.3
"""The network passes half as many slices more, and is half of a run (RESULTS.md)."""
_MEGAVOXEL = 1e6


@dataclass(frozen=True)
class RunCost:
    """What a run will probably need."""

    device: str
    seconds: float
    memoryGiB: float


class CostLogic:
    """Cost of a run; part of `SSAGliomaSegLogic`."""

    def expectedCost(self, parameters) -> RunCost:
        """Return time and memory that a run will probably need, from the last run on this computer."""
        node = self.gridNode(parameters)
        raw = self.willPrepare(parameters)
        voxels = self.preparedMegavoxels if raw else 0.0
        if not raw and node is not None and node.GetImageData() is not None:
            voxels = node.GetImageData().GetNumberOfPoints() / _MEGAVOXEL
        speed = float(slicer.app.userSettings().value(_SPEED_KEY) or _FIRST_SPEED)
        seconds = _START_SECONDS + speed * voxels * self._mirrored(parameters)
        memory = self.expectedRawMemoryGiB(parameters) if raw else self.expectedMemoryGiB(parameters)
        seconds += self.intakeSeconds() if raw else 0.0
        gpu = parameters.device == "cuda" or (parameters.device == "auto" and shutil.which("nvidia-smi") is not None)
        return RunCost("GPU" if gpu else "CPU", seconds, memory)

    def expectedMemoryGiB(self, parameters) -> float:
        """Return what the core foretells of the child's memory for the chosen images and model; 0 without an image."""
        from ssaglioma.inference.engine import PackageEngine
        from ssaglioma.inference.engine_names import ONNX_RUNTIME
        from ssaglioma.inference.memory import CaseSize, expected_gib

        node = self.gridNode(parameters)
        data = None if node is None else node.GetImageData()
        if data is None:
            return 0.0
        x, y, z = data.GetDimensions()
        mmX, mmY, mmZ = node.GetSpacing()
        images = len(self.chosenNodes(parameters))
        size = CaseSize.of_headers(images, (z, y, x), (mmZ, mmY, mmX), data.GetScalarSize())
        return expected_gib(self.modelPackage(parameters), size, ONNX_RUNTIME, PackageEngine.slices_at_once)

    def expectedRawMemoryGiB(self, parameters) -> float:
        """Return what the core foretells of the child's memory for raw scans; 0 without a usable image."""
        from ssaglioma.inference.engine import PackageEngine
        from ssaglioma.inference.engine_names import ONNX_RUNTIME
        from ssaglioma.inference.intake_memory import NativeSize, raw_memory

        nodes = {field: node for field, node in self.chosenNodes(parameters).items() if node.GetImageData() is not None}
        if not nodes:
            return 0.0
        images = {field: node.GetImageData() for field, node in nodes.items()}
        natives = {field: NativeSize(data.GetNumberOfPoints(), data.GetScalarSize()) for field, data in images.items()}
        thinnest = min(nodes, key=lambda field: max(nodes[field].GetSpacing()))
        reference = "t1gd" if "t1gd" in natives else thinnest
        anchor = next(field for field in ("t1gd", "flair", *natives) if field in natives)
        how = {"reference": reference, "anchor": anchor, "slices_at_once": PackageEngine.slices_at_once}
        return raw_memory(self.modelPackage(parameters), ONNX_RUNTIME, natives, **how).usual_gib

    def keepSpeed(self, order, seconds: float, values: dict) -> None:
        """Learn from a run how fast this computer is; `values` is what the run told."""
        if "grid_of" in values:  # raw: the model saw another grid than the anchor's
            self.keepIntakeSeconds(values.get("timings", {}))
            return
        voxels = order.anchor.GetImageData().GetNumberOfPoints() / _MEGAVOXEL
        speed = max(0.05, (seconds - _START_SECONDS) / voxels / self._mirrored(order.parameters))
        slicer.app.userSettings().setValue(_SPEED_KEY, f"{speed:.4f}")

    def _mirrored(self, parameters) -> float:
        """Return how many times longer mirroring takes: 2D models mirror where in doubt, 3D ones everything."""
        if not parameters.mirror:
            return 1.0
        return _MIRRORED_2D if len(self.modelPackage(parameters).card.patch) == 2 else 2.0
