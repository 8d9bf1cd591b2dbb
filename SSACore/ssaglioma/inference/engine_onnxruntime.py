"""The engine of the base installation: ONNX Runtime on the CPU (MIT license, 24 MB to download)."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from ssaglioma.inference.engine import PackageEngine
from ssaglioma.networks.graph import IMAGE
from ssaglioma.packages import ModelPackage
from ssaglioma.packages.onnx_export import onnx_model

_ERRORS_ONLY = 3


def open_session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """Return a session on the CPU that does not spin while it waits, so that the screen stays smooth."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class OnnxRuntimeEngine(PackageEngine):
    """Runs a model package with ONNX Runtime in float32; see `PackageEngine`.

    Raises
    ------
    ModelPackageError
        If the network cannot be written as ONNX, or the weights do not fit it.
    """

    name = "onnxruntime"

    def __init__(self, package: ModelPackage, **settings: Any) -> None:
        super().__init__(package, **settings)
        self._session = open_session(onnx_model(package), self.threads)

    def logits(self, tiles: np.ndarray) -> np.ndarray:
        """Return the logits (B, R, *patch) of tiles (B, C, *patch), both float32."""
        return self._session.run(None, {IMAGE: tiles})[0]
