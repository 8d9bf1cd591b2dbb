"""Applying a scan to real or synthetic volumes: contrast, place, skull, slices, coil, k-space, magnitude.

The order is that of the machine: the coil's sensitivity weighs the signal and not the noise, noise enters in the
acquired k-space before it is filled with zeros, and the magnitude is taken last. An image whose background was exactly
0 (brain extracted) gets that background back, as after the extraction of the scanned case.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.scanner.effects import PLANES
from ssaglioma.synthesis.scanner.parameters import ScanParameters
from ssaglioma.synthesis.scanner.slices import SlicePlan, slice_plan
from ssaglioma.synthesis.scanner.stages import acquired, in_coil, in_head, in_slices, is_off, slice_axis
from ssaglioma.volume import Volume, from_canonical, to_canonical

GRIDS = ("native", "original")


def apply_scan(
    volumes: Mapping[Sequence, Volume],
    parameters: ScanParameters,
    *,
    grid: str = "native",
    background: Mapping[Sequence, Volume] | None = None,
    threads: int = 2,
) -> dict[Sequence, Volume]:
    """Return the scanned volumes (float32) in the order of the sequences, without the missing ones.

    Parameters
    ----------
    grid : str
        'native': the thick slices, in canonical axes (the grid of the input where no slice changes).
        'original': the grid of the input, linear between slices.
    background : mapping of Sequence to Volume, optional
        The head's other tissues on the grid of the volumes, 0 in the brain; needed for residual skull.
    threads : int
        Changes the time alone, not a byte.

    Raises
    ------
    DatasetError
        If the physics is impossible for these volumes, or nothing would be left.
    """
    if grid not in GRIDS:
        raise DatasetError(f"The grid {grid!r} is not known", expected=f"one of {list(GRIDS)}")
    lost = parameters.missing.sequences if parameters.missing else ()
    wanted = [sequence for sequence in SEQUENCE_ORDER if sequence in volumes and sequence.value not in lost]
    if not wanted:
        raise DatasetError(
            f"No sequence is left: given {[one.value for one in volumes]}, missing {list(lost)}",
            expected="at least one that was acquired",
            remedy="Leave this effect out (missing=none)",
        )
    if parameters.skull is not None and background is None:
        raise DatasetError(
            "Residual skull was asked, but the images hold no skull",
            expected="an image of the head's other tissues beside each sequence",
            remedy="Give one, or leave this effect out (skull=none)",
        )
    given = background or {}
    return {one: _scanned(one, volumes[one], given.get(one), parameters, (grid, threads)) for one in wanted}


def scan_labels(labelmap: Volume, parameters: ScanParameters, *, grid: str = "native") -> Volume:
    """Return the labels on the grid of the scan: in each thick voxel the one with the most weight.

    On the original grid they stay as they are.
    """
    if grid == "original" or parameters.slices is None:
        return labelmap
    upright, axis = to_canonical(labelmap), PLANES.index(parameters.slices.plane)
    plan = slice_plan(parameters.slices, upright.shape[axis], upright.spacing_zyx_mm[axis])
    if plan is None:
        return labelmap
    thick = plan.labels(np.moveaxis(upright.array, axis, 0))
    return _thick_volume(thick, upright, axis, plan)


def _scanned(
    sequence: Sequence, volume: Volume, background: Volume | None, parameters: ScanParameters, how: tuple[str, int]
) -> Volume:
    grid, threads = how
    if is_off(parameters, sequence):
        return volume.with_array(volume.array.astype(np.float32))
    upright = to_canonical(volume)
    axis = slice_axis(parameters)
    stack = in_head(sequence, upright, background, parameters, threads)
    count = len(stack.image)
    stack = in_coil(in_slices(stack, parameters), parameters)
    image, plan = acquired(stack, sequence, parameters, threads=threads), stack.plan
    if plan is not None and grid == "native":
        return _thick_volume(np.moveaxis(image, 0, axis), upright, axis, plan, moved=False)
    if plan is not None:
        image = plan.thin(image, upright.spacing_zyx_mm[axis], count)
    return from_canonical(np.ascontiguousarray(np.moveaxis(image, 0, axis)), upright, volume)


def _thick_volume(array: np.ndarray, upright: Volume, axis: int, plan: SlicePlan, *, moved: bool = True) -> Volume:
    array = np.moveaxis(array, 0, axis) if moved else array
    spacing = tuple(plan.step_mm if k == axis else step for k, step in enumerate(upright.spacing_zyx_mm))
    column = np.asarray(upright.direction_lps)[:, 2 - axis]
    origin = tuple(np.array(upright.origin_lps_mm) + plan.first_mm * column)
    return Volume(np.ascontiguousarray(array), spacing, origin, upright.direction_lps)  # type: ignore[arg-type]
