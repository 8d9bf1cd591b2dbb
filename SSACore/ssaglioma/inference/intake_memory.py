"""What raw images will take of memory, known when they were found: alignment, brain mask, model, way home.

The alignment works on copies of the native images; the brain mask and everything behind it on the model's grid, whose
size is that of a usual brain until one is found. `Testing/benchmarks/bench_memory.py` compares it with what is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from ssaglioma.errors import DeviceError
from ssaglioma.inference.memory import CaseSize, MemoryStep, first_that_fits, steps_of, work_gib
from ssaglioma.packages import ModelPackage
from ssaglioma.types import Spacing

_GIB = 1 << 30
_FLOAT_BYTES = 4
_STARTED_GIB = {"onnxruntime": 0.24, "openvino": 0.27, "torch": 0.48}
"""A process with the libraries of the intake."""
_MASK_GIB = 0.13
"""The brain-mask model, loaded and at work."""
_ALIGN_COPIES = 5
"""Of the fixed and the moving image, in float32, while one is laid on the other."""
_GRID_COPIES = 1.3
_USUAL_BRAIN_MM = (150.0, 178.0, 145.0)
"""Box around a brain with its margin, (Z, Y, X)."""


@dataclass(frozen=True)
class NativeSize:
    """Size of one raw image.

    Attributes
    ----------
    voxels, bytes_per_voxel : int
    """

    voxels: int
    bytes_per_voxel: int


@dataclass(frozen=True)
class RawMemory:
    """What raw images will take, in GiB of the whole process.

    Attributes
    ----------
    intake_gib : float
        Peak until the images are prepared; there is no smaller way of doing it.
    model_gib : tuple of float
        Peak of the segmentation and of the way home, for each of `steps_of`.
    """

    intake_gib: float
    model_gib: tuple[float, ...]

    @property
    def usual_gib(self) -> float:
        """Peak in the usual way of working."""
        return max(self.intake_gib, self.model_gib[0])

    def within(self, limit_gib: float | None) -> float:
        """Return the peak in GiB of the first way of working that keeps within a limit (None is no limit).

        Raises
        ------
        DeviceError
            If even the smallest way of working takes more.
        """
        peaks = [max(self.intake_gib, peak) for peak in self.model_gib]
        chosen = first_that_fits(peaks, limit_gib)
        if chosen is not None:
            return peaks[chosen]
        part = "preparing these images" if self.intake_gib >= min(self.model_gib) else "segmenting these images"
        raise DeviceError(
            f"There is too little memory for {part}: {limit_gib:.2f} GiB can be used",
            expected=f"{min(peaks):.2f} GiB at least, in the smallest way of working",
            remedy="Close other programs, raise --memory-limit if it was given, or use a computer with more memory",
        )


def raw_memory(
    package: ModelPackage,
    engine: str,
    natives: Mapping[str, NativeSize],
    *,
    reference: str,
    anchor: str,
    slices_at_once: int,
    spacing_mm: float = 1.0,
) -> RawMemory:
    """Foretell what raw images take.

    Parameters
    ----------
    package : ModelPackage
        Of the segmentation.
    engine : str
        'onnxruntime', 'openvino' or 'torch'.
    natives : mapping of str to NativeSize
        The images by any names.
    reference, anchor : str
        The image that the others are laid on, and the one whose grid the result lies on.
    slices_at_once : int
        Of a 2D network, the engine's own number.
    spacing_mm : float
        Of the prepared images.
    """
    fixed = natives[reference].voxels
    read = sum(size.voxels * size.bytes_per_voxel for size in natives.values())
    largest = max((size.voxels for name, size in natives.items() if name != reference), default=0)
    box = tuple(max(1, round(edge / spacing_mm)) for edge in _USUAL_BRAIN_MM)
    laid = (len(natives) - 1) * fixed * _FLOAT_BYTES
    aligning = read + laid + _ALIGN_COPIES * (fixed + largest) * _FLOAT_BYTES
    prepared = len(natives) * prod(box) * _FLOAT_BYTES
    preparing = read + laid + _GRID_COPIES * prepared + _MASK_GIB * _GIB
    held = _STARTED_GIB[engine] + (read + prepared) / _GIB + _MASK_GIB
    spacing: Spacing = (spacing_mm, spacing_mm, spacing_mm)
    size = CaseSize(len(natives), box, _FLOAT_BYTES, box, spacing, natives[anchor].voxels)
    steps: tuple[MemoryStep, ...] = steps_of(package, slices_at_once, may_drop_probabilities=False)
    work = tuple(held + work_gib(package, engine, size, step) for step in steps)
    return RawMemory(_STARTED_GIB[engine] + max(aligning, preparing) / _GIB, work)
