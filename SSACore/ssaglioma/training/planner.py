"""nnU-Net's rules for a network's patch, topology and batch, from the sizes of the images (Isensee et al. 2021).

The default planner of nnU-Net v2 at its 8 GB target. A network's memory is judged by the number of values that its
convolutions give for one sample.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.networks import PLANNED, PlannedConfiguration

_LEAST_EDGE, _NEAR = 4, 2.0
_BASE_FEATURES, _MOST_FEATURES = 32, {2: 512, 3: 320}
_START_EDGE = {2: 2048, 3: 256}
_REFERENCE, _REFERENCE_BATCH = {2: 85_000_000, 3: 560_000_000}, {2: 12, 3: 2}
_LEAST_BATCH, _SHARE_OF_DATA = 2, 0.05
_ANISOTROPY = 3.0
_CONVS = 2


@dataclass(frozen=True)
class NetworkPlan:
    """What nnU-Net would train.

    Attributes
    ----------
    network : PlannedConfiguration
    batch_size : int
    values : int
        Values that all convolutions give for one sample: the planner's measure of memory.
    spacing_mm : tuple of float
        Voxel size, along the network's axes.
    """

    network: PlannedConfiguration
    batch_size: int
    values: int
    spacing_mm: tuple[float, ...]


def target_spacing(spacings: Seq[Seq[float]], shapes: Seq[Seq[int]]) -> tuple[float, ...]:
    """Return the voxel size (Z, Y, X) in mm to which cases are brought: the median of each axis.

    An axis that is both thick and short takes the 10th percentile of its voxel sizes instead.
    """
    target, sizes = np.median(spacings, axis=0), np.median(shapes, axis=0)
    axis = int(np.argmax(target))
    others = [other for other in range(3) if other != axis]
    thick = target[axis] > _ANISOTROPY * max(target[others])
    if thick and sizes[axis] * _ANISOTROPY < min(sizes[others]):
        finest = float(np.percentile(np.asarray(spacings)[:, axis], 10))
        target[axis] = max(max(target[others]) + 1e-5, finest) if finest < max(target[others]) else finest
    return tuple(float(edge) for edge in target)


def plan_network(
    spacing_mm: Seq[float], median_shape: Seq[int], cases: int, *, dims: int = 3, outputs: int = 4
) -> NetworkPlan:
    """Return the network, patch and batch for images of a median size.

    Parameters
    ----------
    spacing_mm : sequence of 3 floats
        Voxel size (Z, Y, X) that cases are brought to; the largest first, if they differ.
    median_shape : sequence of 3 ints
        Size (Z, Y, X) at that voxel size, after cropping.
    cases : int
    dims : int
        3, or 2 for slices along the first axis.
    outputs : int
        Entries of `labels` in dataset.json, the background among them.

    Raises
    ------
    DatasetError
        If sizes or dims make no sense.
    """
    if dims not in (2, 3) or min(median_shape) < 1 or min(spacing_mm) <= 0 or cases < 1:
        raise DatasetError(f"A plan for {cases} cases of {median_shape!r} voxels of {spacing_mm!r} mm in {dims}D")
    spacing, shape = tuple(spacing_mm)[3 - dims :], tuple(median_shape)[3 - dims :]
    inverse = 1 / np.asarray(spacing)
    edges = inverse * (_START_EDGE[dims] ** dims / np.prod(inverse)) ** (1 / dims)
    patch = tuple(min(round(float(edge)), size) for edge, size in zip(edges, shape))
    network = _network(spacing, patch)
    reference, batch = _REFERENCE[dims], _REFERENCE_BATCH[dims]
    while convolution_values(network, outputs) / batch * 2 > reference:
        network = _network(spacing, _smaller(network, spacing, shape))
    values = convolution_values(network, outputs)
    voxels = float(np.prod(median_shape)) * cases
    most = round(voxels * _SHARE_OF_DATA / math.prod(network.patch))
    size = max(min(round(reference / values * batch), most), _LEAST_BATCH)
    return NetworkPlan(network, size, values, spacing)


def convolution_values(network: PlannedConfiguration, outputs: int) -> int:
    """Return how many values the convolutions of a PlainConvUNet give for one patch, the finest head included."""
    size, total, levels = list(network.patch), 0, []
    for stride, features, convs in zip(network.strides, network.features, network.encoder_blocks):
        size = [edge // step for edge, step in zip(size, stride)]
        levels.append(features * math.prod(size))
        total += convs * levels[-1]
    total += sum((convs + 1) * level for convs, level in zip(network.decoder_convs, levels[-2::-1]))
    return total + outputs * math.prod(network.patch)


def _smaller(network: PlannedConfiguration, spacing: Seq[float], shape: Seq[int]) -> tuple[int, ...]:
    """Return the patch with the axis shortened that is longest beside the images."""
    patch = list(network.patch)
    axis = int(np.argsort([edge / size for edge, size in zip(patch, shape)])[-1])
    tried = list(patch)
    tried[axis] -= network.axis_divisors[axis]
    patch[axis] -= _network(spacing, tuple(tried)).axis_divisors[axis]
    return tuple(patch)


def _network(spacing: Seq[float], patch: Seq[int]) -> PlannedConfiguration:
    """Return the network for a patch, which is enlarged to what the strides need."""
    dims = len(patch)
    strides, kernels = _topology(list(spacing), list(patch))
    divisors = [math.prod(stride[axis] for stride in strides) for axis in range(dims)]
    stages = len(strides)
    return PlannedConfiguration(
        name=PLANNED,
        citation="rules of nnU-Net's planner (Isensee et al. 2021)",
        dims=dims,
        patch=tuple(math.ceil(edge / divisor) * divisor for edge, divisor in zip(patch, divisors)),
        encoder="plain",
        features=tuple(min(_BASE_FEATURES * 2**stage, _MOST_FEATURES[dims]) for stage in range(stages)),
        kernels=tuple(kernels),
        strides=tuple(strides),
        encoder_blocks=(_CONVS,) * stages,
        decoder_convs=(_CONVS,) * (stages - 1),
    )


def _topology(spacing: list[float], size: list[int]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Return the strides and kernels of the stages: axes are halved together while their voxels are alike."""
    axes = range(len(size))
    strides: list[tuple[int, ...]] = [(1,) * len(size)]
    kernels: list[tuple[int, ...]] = []
    kernel = [1] * len(size)
    while True:
        halved = [axis for axis in axes if size[axis] >= 2 * _LEAST_EDGE]
        finest = min((spacing[axis] for axis in halved), default=0.0)
        halved = [axis for axis in halved if spacing[axis] / finest < _NEAR]
        if not halved or (len(halved) == 1 and size[halved[0]] < 3 * _LEAST_EDGE):
            return strides, [*kernels, (3,) * len(size)]
        kernel = [3 if edge == 3 or spacing[axis] / min(spacing) < _NEAR else 1 for axis, edge in zip(axes, kernel)]
        for axis in halved:
            spacing[axis], size[axis] = spacing[axis] * 2, math.ceil(size[axis] / 2)
        strides.append(tuple(2 if axis in halved else 1 for axis in axes))
        kernels.append(tuple(kernel))
