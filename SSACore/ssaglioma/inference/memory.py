"""What a segmentation will take of memory, known before it starts, and how it does with less.

The sum is made of arrays whose sizes are known (images, network input, probabilities) and of one pass of the network,
which is worked out from its graph. `Testing/benchmarks/bench_memory.py` compares it with what is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from ssaglioma.errors import DeviceError
from ssaglioma.inference.activations import peak_activation_bytes, weight_shapes
from ssaglioma.inference.model_grid import model_shape, slice_axis
from ssaglioma.networks import configuration_of
from ssaglioma.packages import ModelPackage
from ssaglioma.types import Spacing

_GIB = 1 << 30
_FLOAT_BYTES = 4
_SMALLEST_EDGE = 64
_BRAIN_SHARE = 0.4
"""Part of an image's voxels in the box around the brain, where the image itself is not known yet (0.39 in BraTS)."""
_TIMES_ACTIVATIONS = {"onnxruntime": 1.5, "openvino": 1.1, "torch": 1.35}
_ON_TOP_GIB = {"onnxruntime": 0.03, "openvino": 0.06, "torch": 0.10}
_STARTED_GIB = {"onnxruntime": 0.24, "openvino": 0.27, "torch": 0.48}
"""A process with the engine and a small model loaded."""
_EXHAUSTED = re.compile(
    r"bad_alloc|out of memory|can't allocate memory|cannot allocate|failed to allocate|not enough memory"
    r"|could not allocate|unable to allocate",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CaseSize:
    """Sizes of a case on which its memory depends.

    Attributes
    ----------
    images : int
    shape : tuple of int
        (Z, Y, X) of the grid of the result.
    bytes_per_voxel : int
        Of the images as they were read.
    box : tuple of int
        (Z, Y, X) of the box around the brain.
    spacing_zyx_mm : Spacing
    home_voxels : int
        Of the native grid that the result of raw images is brought to; 0 for prepared ones.
    """

    images: int
    shape: tuple[int, ...]
    bytes_per_voxel: int
    box: tuple[int, ...]
    spacing_zyx_mm: Spacing
    home_voxels: int = 0

    @classmethod
    def of_headers(cls, images: int, shape: Sequence[int], spacing_zyx_mm: Spacing, bytes_per_voxel: int) -> CaseSize:
        """Return the sizes of images that were not read yet; the box is that of a usual head."""
        edge = _BRAIN_SHARE ** (1 / 3)
        box = tuple(max(1, round(size * edge)) for size in shape)
        return cls(images, tuple(shape), bytes_per_voxel, box, spacing_zyx_mm)


@dataclass(frozen=True)
class MemoryStep:
    """One way to run a model; later ones take less memory.

    Attributes
    ----------
    at_once : int
        Tiles that go through the network together.
    patch : tuple of int
        Size of a tile.
    keep_probabilities : bool
        Whether probabilities are kept besides the labels.
    """

    at_once: int
    patch: tuple[int, ...]
    keep_probabilities: bool = True

    def cost(self, first: MemoryStep) -> str:
        """What is given up against the first way, for people; empty where nothing is."""
        parts = [f"{self.at_once} slice(s) at once instead of {first.at_once}"] if self.at_once < first.at_once else []
        if self.patch != first.patch:
            parts.append(f"tiles of {_by(self.patch)} instead of {_by(first.patch)} voxels, which may cost accuracy")
        parts += [] if self.keep_probabilities else ["no probabilities, so no confidence"]
        return "; ".join(parts)


def steps_of(
    package: ModelPackage, slices_at_once: int, *, may_drop_probabilities: bool = True
) -> tuple[MemoryStep, ...]:
    """Return the ways to run a model, from the usual one to the smallest.

    Parameters
    ----------
    slices_at_once : int
        Of a 2D network, the engine's own number.
    """
    patch = tuple(package.card.patch)
    if len(patch) == 2:
        steps = [MemoryStep(slices_at_once, patch)]
        while steps[-1].at_once > 1:
            steps.append(MemoryStep(steps[-1].at_once // 2, patch))
    else:
        steps = [MemoryStep(1, patch)]
        while package.card.plan is None and max(steps[-1].patch) > _SMALLEST_EDGE:
            smaller = tuple(
                max(_SMALLEST_EDGE, edge // 2) if edge > _SMALLEST_EDGE else edge for edge in steps[-1].patch
            )
            steps.append(MemoryStep(1, smaller))
    if may_drop_probabilities:
        steps.append(replace(steps[-1], keep_probabilities=False))
    return tuple(steps)


def started_gib(engine: str, size: CaseSize) -> float:
    """Return what a process holds after reading the images and loading the model, before it did so."""
    return _STARTED_GIB[engine] + size.images * prod(size.shape) * size.bytes_per_voxel / _GIB


def work_gib(package: ModelPackage, engine: str, size: CaseSize, step: MemoryStep) -> float:
    """Return what segmenting takes at its peak, above images and model that are loaded already."""
    card = package.card
    channels, regions = len(card.channels), card.outputs
    axis = slice_axis(card, size.spacing_zyx_mm)
    order = [axis, *(other for other in range(3) if other != axis)]
    box = tuple(size.box[other] for other in order)
    mm = size.spacing_zyx_mm
    grid = model_shape(card, box, (mm[order[0]], mm[order[1]], mm[order[2]]))
    edges = step.patch if len(step.patch) == len(grid) else (1, *step.patch)
    padded = prod(max(size, edge) for size, edge in zip(grid, edges))
    inside, whole, same_grid = prod(box), prod(size.shape), grid == box
    network_input = (channels + 1 / _FLOAT_BYTES) * inside
    resampled = 0 if same_grid else channels * prod(grid)
    passing = resampled + (channels + regions) * padded + (padded if len(step.patch) == 3 else 0)
    returning = resampled + regions * (padded + inside * (1 if same_grid else 2))
    restoring = regions * (inside + (whole if step.keep_probabilities else 0)) + 2 * whole
    held = pass_bytes(package, engine, step) / _FLOAT_BYTES  # the engines keep it
    homing = held + regions * (whole + 2 * size.home_voxels) if size.home_voxels else 0
    passed = passing + held
    return max(network_input + max(passed, returning, restoring), homing) * _FLOAT_BYTES / _GIB


def pass_bytes(package: ModelPackage, engine: str, step: MemoryStep) -> float:
    """Return what one pass of the network takes; for networks without a graph, what their widest level would."""
    card = package.card
    configuration = configuration_of(card.network, card.architecture)
    shapes = weight_shapes(package)
    graph = configuration.graph(in_channels=card.inputs, out_channels=card.outputs)
    tiles = (step.at_once, card.inputs, *step.patch)
    if graph is None:
        widest = max(shape[0] for shape in shapes.values() if len(shape) == len(step.patch) + 2)
        activations = 4 * min(widest, 64) * _FLOAT_BYTES * step.at_once * prod(step.patch)
    else:
        activations = peak_activation_bytes(graph, shapes, tiles)
    return _TIMES_ACTIVATIONS[engine] * activations + _ON_TOP_GIB[engine] * _GIB


def expected_gib(package: ModelPackage, size: CaseSize, engine: str, slices_at_once: int) -> float:
    """Return the peak of a process that segments prepared images, before anything is read or loaded."""
    return started_gib(engine, size) + work_gib(package, engine, size, steps_of(package, slices_at_once)[0])


def first_that_fits(needed_gib: Sequence[float], limit_gib: float | None) -> int | None:
    """Return the index of the first way that needs no more than the limit (None is no limit); None if there is none."""
    fitting = (index for index, needed in enumerate(needed_gib) if limit_gib is None or needed <= limit_gib)
    return next(fitting, None)


def too_little(needed_gib: float, limit_gib: float, smaller_model: str = "") -> DeviceError:
    """Return the error for a case that does not fit in any way; `smaller_model` would fit."""
    model = f"use --model {smaller_model}" if smaller_model else "choose a smaller model (--model)"
    return DeviceError(
        f"There is too little memory for this case: {limit_gib:.2f} GiB can be used",
        expected=f"{needed_gib:.2f} GiB at least, in the smallest way of working",
        remedy=f"Close other programs, raise --memory-limit if it was given, {model}, "
        "or use a computer with more memory",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error of numpy or of any engine says that memory could not be had."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, Exception) and _EXHAUSTED.search(str(error)) is not None


def _by(patch: Sequence[int]) -> str:
    return " x ".join(map(str, patch))
