"""The stages of a scan, one after the other: head, slices, coil, and each slice through fold-over and k-space."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.scanner.effects import PLANES
from ssaglioma.synthesis.scanner.fields import RANGE_STRIDE, at_field, biased, folded
from ssaglioma.synthesis.scanner.head import displaced, is_stripped, left_behind, signal_mask
from ssaglioma.synthesis.scanner.kspace import KSpacePlan, acquire, kspace_windows
from ssaglioma.synthesis.scanner.parameters import ScanParameters
from ssaglioma.synthesis.scanner.slices import SlicePlan, slice_plan
from ssaglioma.volume import Volume, to_canonical


@dataclass(frozen=True)
class Frame:
    """Where a box lies in a plane.

    Attributes
    ----------
    shape : tuple of int
        Of the plane.
    box : tuple of slice
    """

    shape: tuple[int, ...]
    box: tuple[slice, ...]

    def filled(self, part: np.ndarray) -> np.ndarray:
        """Return planes (N, Y, X) that hold this part (N, y, x) in the box, and 0 around it."""
        whole = np.zeros((len(part), *self.shape), part.dtype)
        whole[(slice(None), *self.box)] = part
        return whole


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices in the scanner.

    Attributes
    ----------
    image : ndarray of float32, shape (N, Y, X)
        What lies there, slices along the first axis.
    mask : ndarray of bool, shape (N, Y, X)
        Where there is signal.
    spacing_mm : tuple of 3 floats
        In the order of the axes.
    stripped : bool
        Whether the background is exactly 0.
    plan : SlicePlan or None
        How thin slices became these; None where they are the image's own.
    signal : float
        Mean signal of the brain.
    frame : Frame or None
        Of which image and mask hold the box alone; outside it all is 0.
    """

    image: np.ndarray
    mask: np.ndarray
    spacing_mm: tuple[float, float, float]
    stripped: bool
    plan: SlicePlan | None = None
    signal: float = 0.0
    frame: Frame | None = None

    def cropped(self) -> Stack:
        """Return the same without what is 0 around the brain in every slice.

        The box begins where the range of the coil's field is sampled, so that it stays the same to the bit.
        """
        lines = [np.flatnonzero(self.mask.any(axis=(0, axis))) for axis in (2, 1)]
        box = tuple(slice(int(line[0]) // RANGE_STRIDE * RANGE_STRIDE, int(line[-1]) + 1) for line in lines)
        inside = (slice(None), *box)
        image, mask = np.ascontiguousarray(self.image[inside]), np.ascontiguousarray(self.mask[inside])
        return replace(self, image=image, mask=mask, frame=Frame(self.image.shape[1:], box))

    def slices(self, chosen: list[int] | None) -> tuple[np.ndarray, np.ndarray]:
        """Return image and mask of all slices, or of these, in their whole size."""
        if chosen is None and self.frame is None:
            return self.image, self.mask
        numbers = list(range(len(self.image))) if chosen is None else chosen
        image, mask = self.image[numbers], self.mask[numbers]
        return (image, mask) if self.frame is None else (self.frame.filled(image), self.frame.filled(mask))


def slice_axis(parameters: ScanParameters) -> int:
    """Return the axis of a canonical image that the scanner's slices are stacked along."""
    return PLANES.index(parameters.slices.plane) if parameters.slices else 0


def in_head(
    sequence: Sequence, upright: Volume, background: Volume | None, parameters: ScanParameters, threads: int = 1
) -> Stack:
    """Return what lies in the scanner, on canonical axes, cut into thin slices.

    Raises
    ------
    DatasetError
        If the image has negative values, or holds nothing.
    """
    image = upright.array.astype(np.float32, copy=False)  # nothing below writes into it
    mask = signal_mask(image)
    stripped = is_stripped(image)
    if not mask.any() or image.min() < 0:
        raise DatasetError(
            f"The {sequence.display_name} image has values from {image.min():g} to {image.max():g}",
            expected="a magnitude image: 0 or more, with signal",
            remedy="Give the image before it was normalized",
        )
    if parameters.contrast is not None:
        image = at_field(image, mask, parameters.contrast, sequence)
    if parameters.skull is not None and background is not None:
        other = to_canonical(background).array.astype(np.float32)
        rest = left_behind(other, mask, parameters.skull, upright.spacing_zyx_mm)
        image, mask = np.where(rest, other, image), mask | rest
    for one in parameters.registration:
        if one.sequence == sequence.value and (any(one.shift_mm) or any(one.degrees)):
            image = displaced(image, one, upright.spacing_zyx_mm, threads)
            mask = displaced(mask.astype(np.float32), one, upright.spacing_zyx_mm, threads) > 0.5
    axis = slice_axis(parameters)
    spacing = _moved(upright.spacing_zyx_mm, axis)
    return Stack(np.moveaxis(image, axis, 0), np.moveaxis(mask, axis, 0), spacing, stripped)


def in_slices(stack: Stack, parameters: ScanParameters) -> Stack:
    """Return the slices that the scanner excites, thick ones where they were asked.

    Raises
    ------
    DatasetError
        If they are thinner than those of the image.
    """
    spacing = stack.spacing_mm
    plan = slice_plan(parameters.slices, len(stack.image), spacing[0]) if parameters.slices else None
    if plan is None:
        return stack
    image, mask = plan.thick(stack.image), plan.thick(stack.mask.astype(np.float32)) > 0.5
    return replace(stack, image=image, mask=mask, spacing_mm=(plan.step_mm, *spacing[1:]), plan=plan)


def in_coil(stack: Stack, parameters: ScanParameters) -> Stack:
    """Return the slices under the sensitivity of the coil, with their mean signal."""
    image = stack.image
    if parameters.bias is not None:
        image = biased(image, stack.mask, parameters.bias, stack.spacing_mm)
    signal = float(image[stack.mask].mean()) if stack.mask.any() else 0.0
    return replace(stack, image=image, signal=signal)


def acquired(
    stack: Stack,
    sequence: Sequence,
    parameters: ScanParameters,
    chosen: list[int] | None = None,
    *,
    threads: int = 1,
) -> np.ndarray:
    """Return slices (float32, (N, Y, X)) after fold-over, k-space and magnitude: all, or those of these numbers.

    Raises
    ------
    DatasetError
        If a finer resolution than the image's is asked.
    """
    count = len(stack.image)
    numbers = list(range(count)) if chosen is None else chosen
    image, mask = stack.slices(chosen)
    plan = _kspace_plan(parameters, sequence, stack.signal, (stack.spacing_mm[1], stack.spacing_mm[2]))
    kspace_windows(image.shape[1:], plan)  # refuses an impossible resolution before any work
    if parameters.wrap is not None and sequence.value in parameters.wrap.sequences:
        axis = 1 + parameters.phase_axis
        size = max(1, round(parameters.wrap.field_of_view_mm / stack.spacing_mm[axis]))
        image, mask = folded(image, axis, size), folded(mask.astype(np.float32), axis, size) > 0.5

    def one(place: int) -> np.ndarray:
        if stack.stripped and not mask[place].any():
            return np.zeros(image.shape[1:], np.float32)
        slice_ = acquire(image[place], plan, numbers[place], count)
        return slice_ * mask[place] if stack.stripped else slice_

    if threads <= 1:  # a thread would only cost its start
        return np.stack([one(place) for place in range(len(numbers))])
    with ThreadPoolExecutor(threads) as pool:
        return np.stack(list(pool.map(one, range(len(numbers)))))


def _kspace_plan(
    parameters: ScanParameters, sequence: Sequence, signal: float, spacing: tuple[float, float]
) -> KSpacePlan:
    def here(effect):  # type: ignore[no-untyped-def]
        return effect if effect is not None and sequence.value in effect.sequences else None

    motion, spikes = here(parameters.motion), here(parameters.spikes)
    return KSpacePlan(
        spacing_mm=spacing,
        phase_axis=parameters.phase_axis,
        in_plane=parameters.in_plane,
        poses=motion.poses if motion else (),
        ghosting=here(parameters.ghosting),
        spikes=spikes.spikes if spikes else (),
        signal=signal,
        sigma=signal / parameters.noise.snr if parameters.noise else 0.0,
        seeds=(parameters.noise.seed if parameters.noise else 0, SEQUENCE_ORDER.index(sequence)),
    )


def is_off(parameters: ScanParameters, sequence: Sequence) -> bool:
    """Tell whether a scan leaves a sequence as it is."""
    everywhere = ("contrast", "slices", "in_plane", "bias", "noise", "skull")
    named = ("motion", "ghosting", "spikes", "wrap")
    on = any(getattr(parameters, name) is not None for name in everywhere)
    on = on or any(
        getattr(parameters, name) and sequence.value in getattr(parameters, name).sequences for name in named
    )
    return not on and all(one.sequence != sequence.value for one in parameters.registration)


def _moved(values: tuple[float, ...], axis: int) -> tuple[float, float, float]:
    rest = [value for k, value in enumerate(values) if k != axis]
    return (values[axis], rest[0], rest[1])
