"""OpenVINO on the CPU (Apache-2.0, 59 MB to download): the fastest engine for networks in 3D."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino

from ssaglioma.inference.engine import PackageEngine
from ssaglioma.networks.graph import IMAGE
from ssaglioma.packages import ModelPackage
from ssaglioma.packages.onnx_export import onnx_model


def compile_model(model: bytes, threads: int, *, exact: bool = False) -> Any:
    """Return a compiled model; `exact` keeps float32 where the processor could take bfloat16.

    Threads are not bound to cores: a core that another program has taken would hold up all the others.
    """
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
    if exact:
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    return core.compile_model(core.read_model(model), "CPU", settings)


class OpenVinoEngine(PackageEngine):
    """Runs a model package with OpenVINO, in bfloat16 where the processor has it; see `PackageEngine`.

    Raises
    ------
    ModelPackageError
        If the network cannot be written as ONNX, or the weights do not fit it.
    """

    name = "openvino"

    def __init__(self, package: ModelPackage, **settings: Any) -> None:
        super().__init__(package, **settings)
        exact = package.card.plan is not None  # as nnU-Net, which computes in float32 on CPUs
        self._request = compile_model(onnx_model(package), self.threads, exact=exact).create_infer_request()

    def logits(self, tiles: np.ndarray) -> np.ndarray:
        """Return the logits (B, R, *patch) of tiles (B, C, *patch), both float32."""
        self._request.infer({IMAGE: np.ascontiguousarray(tiles)})
        return np.array(self._request.get_output_tensor(0).data)
