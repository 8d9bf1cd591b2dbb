"""Single slices of a scan, many times a second: what a moved knob leaves alone is not computed again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import Sequence
from ssaglioma.synthesis.scanner.parameters import ScanParameters
from ssaglioma.synthesis.scanner.stages import Stack, acquired, in_coil, in_head, in_slices, is_off, slice_axis
from ssaglioma.volume import Volume, to_canonical


class SliceScanner:
    """Shows slices of one volume as `apply_scan` does on the grid of the input, to the bit.

    Of the stages of a scan (head, thick slices, coil) the last result of each is kept, and taken again while the
    parameters that it depends on stay. Only the slices that are asked for go through k-space. It holds up to twice the
    volume's memory.

    Parameters
    ----------
    volume : Volume
        The voxels must not change while this lives.
    sequence : Sequence
    """

    def __init__(self, volume: Volume, sequence: Sequence) -> None:
        self._volume, self._sequence = to_canonical(volume), sequence
        self._kept: dict[str, tuple[tuple[object, ...], Stack]] = {}

    def slice(self, parameters: ScanParameters, index: int) -> np.ndarray:
        """Return a slice (float32, (Y, X)) of the canonical volume, along the axis of the scanner's slices.

        Raises
        ------
        DatasetError
            If the physics is impossible for this volume, residual skull was asked (it needs images of its own), or
            there is no such slice.
        """
        axis = slice_axis(parameters)
        count = self._volume.shape[axis]
        if not 0 <= index < count:
            raise DatasetError(
                f"The slice {index!r} was asked of an image of {count} slices", expected=f"0 to {count - 1}"
            )
        if parameters.skull is not None:
            raise DatasetError("Residual skull was asked of a single slice", expected="a scan without it (skull=none)")
        if is_off(parameters, self._sequence):
            return np.take(self._volume.array, index, axis=axis).astype(np.float32)
        stack = self._stack(parameters, axis)
        if stack.plan is None:
            return np.asarray(acquired(stack, self._sequence, parameters, [index])[0])
        low, high, share = stack.plan.between(index, self._volume.spacing_zyx_mm[axis])
        made = acquired(stack, self._sequence, parameters, [low] if share == 0 else [low, high])
        return np.asarray(made[0] if share == 0 else made[0] * (1 - share) + share * made[1])

    def _stack(self, parameters: ScanParameters, axis: int) -> Stack:
        head_key = (axis, parameters.contrast, parameters.registration)
        slices_key = (*head_key, parameters.slices)
        head = self._stage("head", head_key, lambda: self._head(parameters))
        slices = self._stage("slices", slices_key, lambda: in_slices(head, parameters))
        return self._stage("coil", (*slices_key, parameters.bias), lambda: in_coil(slices, parameters))

    def _head(self, parameters: ScanParameters) -> Stack:
        """Return the head, cut to the brain where nothing lies around it."""
        head = in_head(self._sequence, self._volume, None, parameters)
        return head.cropped() if head.stripped and not parameters.registration else head

    def _stage(self, name: str, key: tuple[object, ...], make: Callable[[], Stack]) -> Stack:
        if name not in self._kept or self._kept[name][0] != key:
            self._kept[name] = (key, make())
        return self._kept[name][1]
