"""Applying a scan to real or synthetic volumes: contrast, place, skull, slices, coil, k-space, magnitude.

The order is that of the machine: the coil's sensitivity weighs the signal and not the noise, noise enters in the
acquired k-space before it is filled with zeros, and the magnitude is taken last. An image whose background was exactly
0 (brain extracted) gets that background back, as after the extraction of the scanned case.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.synthesis.scanner.effects import PLANES
from ssaglioma.synthesis.scanner.fields import at_field, biased, folded
from ssaglioma.synthesis.scanner.head import displaced, is_stripped, left_behind, signal_mask
from ssaglioma.synthesis.scanner.kspace import KSpacePlan, acquire, kspace_windows
from ssaglioma.synthesis.scanner.parameters import ScanParameters
from ssaglioma.synthesis.scanner.slices import SlicePlan, slice_plan
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
    if _is_off(parameters, sequence):
        return volume.with_array(volume.array.astype(np.float32))
    upright = to_canonical(volume)
    axis = PLANES.index(parameters.slices.plane) if parameters.slices else 0
    stripped = is_stripped(upright.array)
    image, mask = _head(sequence, upright, background, parameters, threads)
    image, mask, spacing = np.moveaxis(image, axis, 0), np.moveaxis(mask, axis, 0), _moved(upright.spacing_zyx_mm, axis)
    plan = slice_plan(parameters.slices, len(image), spacing[0]) if parameters.slices else None
    count = len(image)
    if plan is not None:
        image, mask = plan.thick(image), plan.thick(mask.astype(np.float32)) > 0.5
        spacing = (plan.step_mm, *spacing[1:])
    image = _in_scanner(image, mask, (sequence, stripped, threads), spacing, parameters)
    if plan is not None and grid == "native":
        return _thick_volume(np.moveaxis(image, 0, axis), upright, axis, plan, moved=False)
    if plan is not None:
        image = plan.thin(image, upright.spacing_zyx_mm[axis], count)
    return from_canonical(np.ascontiguousarray(np.moveaxis(image, 0, axis)), upright, volume)


def _head(
    sequence: Sequence, upright: Volume, background: Volume | None, parameters: ScanParameters, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what lies in the scanner (float32, canonical axes) and the mask of its signal."""
    image = upright.array.astype(np.float32)
    mask = signal_mask(image)
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
    return image, mask


def _in_scanner(
    image: np.ndarray,
    mask: np.ndarray,
    which: tuple[Sequence, bool, int],
    spacing: tuple[float, ...],
    parameters: ScanParameters,
) -> np.ndarray:
    """Return the slices after coil, fold-over, k-space and magnitude."""
    sequence, stripped, threads = which
    if parameters.bias is not None:
        image = biased(image, mask, parameters.bias, spacing)
    signal = float(image[mask].mean()) if mask.any() else 0.0
    plan = _kspace_plan(parameters, sequence, signal, (spacing[1], spacing[2]))
    kspace_windows(image.shape[1:], plan)  # refuses an impossible resolution before any work
    if parameters.wrap is not None and sequence.value in parameters.wrap.sequences:
        axis = 1 + parameters.phase_axis
        size = max(1, round(parameters.wrap.field_of_view_mm / spacing[axis]))
        image, mask = folded(image, axis, size), folded(mask.astype(np.float32), axis, size) > 0.5

    def one(index: int) -> np.ndarray:
        if stripped and not mask[index].any():
            return np.zeros(image.shape[1:], np.float32)
        slice_ = acquire(image[index], plan, index, len(image))
        return slice_ * mask[index] if stripped else slice_

    with ThreadPoolExecutor(max(1, threads)) as pool:
        return np.stack(list(pool.map(one, range(len(image)))))


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


def _is_off(parameters: ScanParameters, sequence: Sequence) -> bool:
    everywhere = ("contrast", "slices", "in_plane", "bias", "noise", "skull")
    named = ("motion", "ghosting", "spikes", "wrap")
    on = any(getattr(parameters, name) is not None for name in everywhere)
    on = on or any(
        getattr(parameters, name) and sequence.value in getattr(parameters, name).sequences for name in named
    )
    return not on and all(one.sequence != sequence.value for one in parameters.registration)


def _thick_volume(array: np.ndarray, upright: Volume, axis: int, plan: SlicePlan, *, moved: bool = True) -> Volume:
    array = np.moveaxis(array, 0, axis) if moved else array
    spacing = tuple(plan.step_mm if k == axis else step for k, step in enumerate(upright.spacing_zyx_mm))
    column = np.asarray(upright.direction_lps)[:, 2 - axis]
    origin = tuple(np.array(upright.origin_lps_mm) + plan.first_mm * column)
    return Volume(np.ascontiguousarray(array), spacing, origin, upright.direction_lps)  # type: ignore[arg-type]


def _moved(values: tuple[float, ...], axis: int) -> tuple[float, float, float]:
    rest = [value for k, value in enumerate(values) if k != axis]
    return (values[axis], rest[0], rest[1])
