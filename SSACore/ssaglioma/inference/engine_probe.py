"""A self-test of engines: a tiny network with random weights, computed by numpy beside it.

A runtime built for another processor, or whose library is damaged, is found here and not in a patient's result.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ssaglioma.networks.forms import LEAKY_SLOPE, NORM_EPSILON
from ssaglioma.networks.graph import UNetPlan, unet_graph
from ssaglioma.packages.onnx_file import onnx_bytes

_PLAN = UNetPlan(
    dims=2,
    features=(9, 17),
    kernels=((3, 3), (3, 3)),
    strides=((1, 1), (2, 2)),
    encoder_blocks=(1, 1),
    decoder_convs=(1,),
)
_CHANNELS, _REGIONS, _SHAPE = 2, 3, (2, 2, 16, 12)
_TOLERANCE = 0.05
"""Far above the rounding of bfloat16 on numbers of about 1, far below any wrong result."""

Weights = dict[str, np.ndarray]


def engine_problem(run: Callable[[bytes, np.ndarray], np.ndarray]) -> str | None:
    """Return what is wrong with an engine, or None.

    Parameters
    ----------
    run : callable
        Logits of an ONNX model's bytes and an image (B, C, Y, X) on the engine.
    """
    generator = np.random.default_rng(5)
    graph = unet_graph(_PLAN, in_channels=_CHANNELS, out_channels=_REGIONS)
    weights = _random_weights(generator)
    image = generator.normal(size=_SHAPE).astype(np.float32)
    try:
        found = run(onnx_bytes(graph, weights), image)
    except Exception as error:  # noqa: BLE001  runtimes throw what they like; each is a reason to pass them over
        return (str(error).splitlines() or [type(error).__name__])[0]
    expected = judge(weights, image)
    if found.shape != expected.shape or not np.isfinite(found).all():
        return "a test network gave no numbers"
    off = float(np.abs(found - expected).max())
    return None if off < _TOLERANCE else f"a test network gave a wrong result (off by {off:.2g})"


def judge(weights: Weights, image: np.ndarray) -> np.ndarray:
    """Return the test network's logits, (B, R, Y, X), computed by numpy in float64."""
    first = _unit(weights, "encoder.stages.0.0.convs.0", image.astype(np.float64), 1)
    second = _unit(weights, "encoder.stages.1.0.convs.0", first, 2)
    up = weights["decoder.transpconvs.0.weight"]
    raised = np.einsum("bcyx,cdij->bdyixj", second, up)
    batch, channels, rows, _, columns, _ = raised.shape
    raised = raised.reshape(batch, channels, 2 * rows, 2 * columns)
    raised += weights["decoder.transpconvs.0.bias"][:, None, None]
    joined = _unit(weights, "decoder.stages.0.convs.0", np.concatenate([raised, first], 1), 1)
    head = weights["decoder.seg_layers.0.weight"][:, :, 0, 0]
    return np.einsum("bcyx,rc->bryx", joined, head) + weights["decoder.seg_layers.0.bias"][:, None, None]


def _unit(weights: Weights, owner: str, image: np.ndarray, stride: int) -> np.ndarray:
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::stride, ::stride]
    values = np.einsum("bcyxij,dcij->bdyx", windows, weights[f"{owner}.conv.weight"])
    values += weights[f"{owner}.conv.bias"][:, None, None]
    mean, variance = values.mean((2, 3), keepdims=True), values.var((2, 3), keepdims=True)
    values = (values - mean) / np.sqrt(variance + NORM_EPSILON)
    values = values * weights[f"{owner}.norm.weight"][:, None, None] + weights[f"{owner}.norm.bias"][:, None, None]
    return np.where(values < 0, LEAKY_SLOPE * values, values)


def _random_weights(generator: np.random.Generator) -> Weights:
    wide, deep = _PLAN.features
    shapes = {
        "encoder.stages.0.0.convs.0": (wide, _CHANNELS, 3, 3),
        "encoder.stages.1.0.convs.0": (deep, wide, 3, 3),
        "decoder.stages.0.convs.0": (wide, 2 * wide, 3, 3),
    }
    weights: Weights = {}
    for owner, shape in shapes.items():
        weights[f"{owner}.conv.weight"] = generator.normal(0, 0.2, shape)
        for name in ("conv.bias", "norm.weight", "norm.bias"):
            weights[f"{owner}.{name}"] = generator.normal(0.5, 0.2, shape[0])
    weights["decoder.transpconvs.0.weight"] = generator.normal(0, 0.2, (deep, wide, 2, 2))
    weights["decoder.transpconvs.0.bias"] = generator.normal(0, 0.2, wide)
    weights["decoder.seg_layers.0.weight"] = generator.normal(0, 0.2, (_REGIONS, wide, 1, 1))
    weights["decoder.seg_layers.0.bias"] = generator.normal(0, 0.2, _REGIONS)
    return {name: value.astype(np.float32) for name, value in weights.items()}
