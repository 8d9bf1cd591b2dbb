"""Which engine runs a model: the one that was asked for, or the fastest that works on this computer.

Measured (docs/decisions/0022): for networks in 2D ONNX Runtime and OpenVINO are equally fast, and the first starts in a
tenth of a second; in 3D OpenVINO is the faster by half. Where the processor computes in bfloat16, OpenVINO and torch do
so. An NVIDIA GPU needs torch.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.errors import DeviceError
from ssaglioma.inference.engine import PackageEngine
from ssaglioma.inference.engine_names import AUTO, ENGINE_CHOICES, ENGINES, ONNX_RUNTIME, OPENVINO, TORCH
from ssaglioma.inference.engine_probe import engine_problem
from ssaglioma.inference.threads import compute_threads
from ssaglioma.networks.graph import IMAGE
from ssaglioma.packages import ModelPackage
from ssaglioma.packages.onnx_export import has_graph

_HALF_FLAGS = {"avx512_bf16", "amx_bf16"}
_EXTRAS = {ONNX_RUNTIME: "onnxruntime", OPENVINO: "'ssaglioma[openvino]'", TORCH: "'ssaglioma[torch]'"}


def load_engine(
    package: ModelPackage,
    *,
    engine: str = AUTO,
    device: str = AUTO,
    threads: int | None = None,
    **settings: Any,
) -> PackageEngine:
    """Load a model on an engine.

    Parameters
    ----------
    engine : str
        One of `ENGINE_CHOICES`; 'auto' takes torch on an NVIDIA GPU that works, else the fastest engine for the CPU
        that is installed, knows the network and passes a self-test. What was passed over stands in its `notes`.
    device : str
        'auto', 'cpu', 'cuda' or 'cuda:N'.
    threads : int, optional
        On the CPU; `compute_threads()` by default.
    settings
        `mirror` and `looks` of `PackageEngine`.

    Raises
    ------
    DeviceError
        If the engine or device that was asked for cannot be used, or none can.
    ModelPackageError
        If the model cannot run on the engine that was asked for.
    """
    if engine not in ENGINE_CHOICES:
        raise DeviceError(f"The engine {engine!r} is not known", expected="one of " + ", ".join(ENGINE_CHOICES))
    place = device.strip().lower()
    if place.split(":")[0] not in (AUTO, "cpu", "cuda"):
        raise DeviceError(f"The device {device!r} is not known", expected="auto, cpu, cuda or cuda:N")
    settings["threads"] = threads or compute_threads()
    if engine == TORCH or place.startswith("cuda"):
        return _on_torch(package, engine, place, settings)
    if engine != AUTO:
        problem = engine_trouble(engine)
        if problem:
            raise _unusable(engine, problem)
        return _open(engine, package, settings)
    if place == AUTO and is_installed(TORCH) and nvidia_gpus():
        on_gpu = _on_torch(package, AUTO, AUTO, settings)
        if on_gpu.device_name != "cpu":
            return on_gpu
    return _fastest(package, settings)


def engine_order(dims: int, *, half: bool) -> tuple[str, ...]:
    """Return the engines for a CPU, the fastest first, by the dimensions of a network and whether bfloat16 pays."""
    if half:
        return (OPENVINO, TORCH, ONNX_RUNTIME) if dims == 3 else (OPENVINO, ONNX_RUNTIME, TORCH)
    return (OPENVINO, ONNX_RUNTIME, TORCH) if dims == 3 else (ONNX_RUNTIME, OPENVINO, TORCH)


def is_installed(engine: str) -> bool:
    """Tell whether the library of an engine is there; it is not imported."""
    try:
        return util.find_spec(engine) is not None
    except (ImportError, ValueError):
        return False


@lru_cache(maxsize=len(ENGINES))
def engine_trouble(engine: str) -> str | None:
    """Return why ONNX Runtime or OpenVINO cannot be used here, or None; the self-test runs once in a process."""
    if not is_installed(engine):
        return "it is not installed"
    try:
        if engine == ONNX_RUNTIME:
            from ssaglioma.inference.engine_onnxruntime import open_session

            return engine_problem(lambda model, image: open_session(model, 1).run(None, {IMAGE: image})[0])
        from ssaglioma.inference.engine_openvino import compile_model

        return engine_problem(lambda model, image: np.array(compile_model(model, 1)({IMAGE: image})[0]))
    except (ImportError, OSError) as error:
        return f"its library cannot be loaded ({(str(error).splitlines() or ['no reason given'])[0]})"


def nvidia_gpus() -> int:
    """Return how many GPUs NVIDIA's driver sees; asks the driver itself, for torch takes seconds to load."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        count = ctypes.c_int(0)
        return count.value if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 else 0
    except (OSError, AttributeError):
        return 0


def computes_in_half() -> bool:
    """Tell whether this processor has instructions for bfloat16; False where the system does not tell."""
    try:
        return bool(_HALF_FLAGS & set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split()))
    except OSError:
        return False


def _fastest(package: ModelPackage, settings: Mapping[str, Any]) -> PackageEngine:
    reasons: dict[str, str] = {}
    if has_graph(package):
        for engine in engine_order(len(package.card.patch), half=computes_in_half()):
            if not is_installed(engine):
                continue
            problem = None if engine == TORCH else engine_trouble(engine)
            if problem is None:
                chosen = _open(engine, package, settings)
                chosen.notes = tuple(f"{name} was passed over: {why}." for name, why in reasons.items())
                return chosen
            reasons[engine] = problem
    elif is_installed(TORCH):
        return _open(TORCH, package, settings)
    else:
        reasons[TORCH] = f"it is not installed, and the network {package.card.network!r} runs on it alone"
    found = "; ".join(f"{name}: {why}" for name, why in reasons.items()) or "none is installed"
    missing = ONNX_RUNTIME if has_graph(package) else TORCH
    raise DeviceError(
        f"No engine can run the model {package.card.name!r} here ({found})",
        expected="ONNX Runtime, OpenVINO or torch",
        remedy=f"pip install {_EXTRAS[missing]}, or see 'ssaglioma doctor'",
    )


def _on_torch(package: ModelPackage, engine: str, device: str, settings: Mapping[str, Any]) -> PackageEngine:
    if engine not in (AUTO, TORCH):
        raise DeviceError(
            f"The engine {engine!r} cannot use the device {device!r}",
            expected="the device cpu",
            remedy="Leave --engine or --device away; NVIDIA GPUs are used by torch",
        )
    if not is_installed(TORCH):
        raise _unusable(TORCH, "it is not installed")
    from ssaglioma.inference.engine_torch import TorchEngine

    return TorchEngine(package, device=device, **settings)


def _open(engine: str, package: ModelPackage, settings: Mapping[str, Any]) -> PackageEngine:
    if engine == ONNX_RUNTIME:
        from ssaglioma.inference.engine_onnxruntime import OnnxRuntimeEngine

        return OnnxRuntimeEngine(package, **settings)
    if engine == OPENVINO:
        from ssaglioma.inference.engine_openvino import OpenVinoEngine

        return OpenVinoEngine(package, **settings)
    from ssaglioma.inference.engine_torch import TorchEngine

    return TorchEngine(package, device="cpu", **settings)


def _unusable(engine: str, problem: str) -> DeviceError:
    return DeviceError(
        f"The engine {engine!r} cannot be used: {problem}",
        expected="another engine, or its library",
        remedy=f"pip install {_EXTRAS[engine]}, or leave --engine away",
    )
