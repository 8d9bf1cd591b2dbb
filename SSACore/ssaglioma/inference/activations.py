"""How much memory one pass of a network takes, worked out from its graph and the sizes of its weights alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import prod

from ssaglioma.networks.graph import IMAGE, LOGITS, Graph, Step
from ssaglioma.packages.package import WEIGHTS_FILE, Package

_FLOAT_BYTES = 4
_IN_PLACE = {"LeakyRelu", "Relu", "Add"}
"""Operators whose result takes the place of their first input, where nothing else needs that."""


def peak_activation_bytes(graph: Graph, widths: Mapping[str, Sequence[int]], tiles: Sequence[int]) -> int:
    """Return the largest sum of tensors that are alive at one time, the input among them, in float32.

    Parameters
    ----------
    widths : mapping of str to shape
        Shapes of the tensors of the weights file.
    tiles : sequence of int
        (B, C, *spatial) of the input.
    """
    last_use = {name: index for index, step in enumerate(graph.steps) for name in step.inputs}
    shapes: dict[str, tuple[int, ...]] = {IMAGE: tuple(tiles)}
    alive = {IMAGE: _bytes(shapes[IMAGE])}
    peak = alive[IMAGE]
    for index, step in enumerate(graph.steps):
        shapes[step.output] = _output_shape(step, shapes, widths)
        done = [name for name in step.inputs if name in alive and last_use[name] == index and name != LOGITS]
        first = step.inputs[0]
        if step.operator in _IN_PLACE and first in done and shapes[first] == shapes[step.output]:
            done.remove(first)
            del alive[first]
        alive[step.output] = _bytes(shapes[step.output])
        peak = max(peak, sum(alive.values()))
        for name in set(done):
            del alive[name]
    return peak


def weight_shapes(package: Package) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a package's tensors; only the head of the file is read.

    The head is JSON behind its length (8 bytes), so that a screen can tell what a run takes before the library
    safetensors is installed.
    """
    with open(package.folder / WEIGHTS_FILE, "rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        head = json.loads(stream.read(length))
    return {name: tuple(entry["shape"]) for name, entry in head.items() if name != "__metadata__"}


def _output_shape(
    step: Step, shapes: Mapping[str, tuple[int, ...]], widths: Mapping[str, Sequence[int]]
) -> tuple[int, ...]:
    batch, channels, *spatial = shapes[step.inputs[0]]
    strides = step.attributes.get("strides", (1,) * len(spatial))
    assert isinstance(strides, tuple)  # as `GraphBuilder` writes it
    if step.operator == "Conv":
        edges = [-(-size // stride) for size, stride in zip(spatial, strides)]
        return (batch, widths[step.inputs[1]][0], *edges)
    if step.operator == "ConvTranspose":
        return (batch, widths[step.inputs[1]][1], *(size * stride for size, stride in zip(spatial, strides)))
    if step.operator == "AveragePool":
        return (batch, channels, *(size // stride for size, stride in zip(spatial, strides)))
    if step.operator == "Concat":
        return (batch, sum(shapes[name][1] for name in step.inputs), *spatial)
    return shapes[step.inputs[0]]


def _bytes(shape: Sequence[int]) -> int:
    return _FLOAT_BYTES * prod(shape)


def pass_flops(graph: Graph, widths: Mapping[str, Sequence[int]], tiles: Sequence[int]) -> int:
    """Return the additions and multiplications of the convolutions of one pass; see `peak_activation_bytes`."""
    shapes: dict[str, tuple[int, ...]] = {IMAGE: tuple(tiles)}
    total = 0
    for step in graph.steps:
        shapes[step.output] = _output_shape(step, shapes, widths)
        if step.operator == "Conv":
            total += 2 * prod(shapes[step.output]) * prod(widths[step.inputs[1]][1:])
        elif step.operator == "ConvTranspose":
            total += 2 * prod(shapes[step.inputs[0]]) * prod(widths[step.inputs[1]][1:])
    return total
