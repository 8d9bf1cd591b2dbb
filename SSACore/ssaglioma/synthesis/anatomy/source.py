"""An anatomy to start from: fractions of each tissue, from a label map or from tissue probability maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy.tissues import (
    BRAIN_TISSUES,
    CHOROID,
    CORTEX,
    CSF,
    FREESURFER_CODES,
    HEAD_TISSUES,
    SOFT,
    TISSUES,
    VESSEL,
    WHITE,
)
from ssaglioma.synthesis.fields import upsampled
from ssaglioma.types import Spacing
from ssaglioma.volume import Volume, to_canonical

FULL = 255
"""Value of a voxel that is one tissue only; fractions are kept as uint8 to save memory."""

_LEAST_WHITE_ML = 50.0
_CLOSING_MM, _RIM_MM, _MASK_GRID_MM = 8.0, 1.0, 2.0
_NECK_MM = 25
_DURA_MM = 4.0


@dataclass(frozen=True, eq=False)
class SourceAnatomy:
    """Tissue fractions on a canonical grid (axes to the patient's superior, posterior and left).

    Attributes
    ----------
    name : str
        Where it came from; written into the parameters of a case.
    fractions : mapping of tissue to ndarray of uint8, shape (Z, Y, X)
        0..255; only tissues that occur.
    brain : ndarray of uint8, shape (Z, Y, X)
        255 inside the brain and the CSF in its furrows.
    spacing_zyx_mm : tuple of 3 floats
    """

    name: str
    fractions: Mapping[str, np.ndarray]
    brain: np.ndarray
    spacing_zyx_mm: Spacing

    def __post_init__(self) -> None:
        object.__setattr__(self, "fractions", MappingProxyType(dict(self.fractions)))

    @property
    def has_head(self) -> bool:
        """True if skull and skin are known."""
        return any(tissue in self.fractions for tissue in HEAD_TISSUES)

    def brain_box_mm(self) -> tuple[np.ndarray, np.ndarray]:
        """Return centre and size of the bounding box of white matter and cortex, in mm along (Z, Y, X).

        The brainstem is left out: how far down it reaches depends on the map.
        """
        spacing = np.asarray(self.spacing_zyx_mm)
        mask = self.fractions[WHITE] > FULL // 2
        low, high = _bounds(mask if CORTEX not in self.fractions else mask | (self.fractions[CORTEX] > FULL // 2))
        return (low + high - 1) / 2 * spacing, (high - low) * spacing


def anatomy_from_labels(volume: Volume, name: str) -> SourceAnatomy:
    """Return the anatomy of a FreeSurfer-style label map of any orientation.

    Raises
    ------
    DatasetError
        If the map holds no white matter (codes 2 and 41), or less than 50 ml of it.
    """
    canonical = to_canonical(volume)
    codes = np.asarray(canonical.array)
    found = np.unique(codes)
    white = np.isin(codes, FREESURFER_CODES[WHITE]).sum() * canonical.voxel_volume_ml
    if white < _LEAST_WHITE_ML:
        raise DatasetError(
            f"{name} holds {white:.1f} ml of white matter; its codes are {[int(v) for v in found[:12]]!r}",
            expected=f"a FreeSurfer-style label map with codes 2 and 41 (at least {_LEAST_WHITE_ML:.0f} ml)",
            remedy="Give an aseg or SynthSeg label map, not an image or a tumour labelmap",
        )
    table = np.zeros(int(max(found.max(), 0)) + 1, np.uint8)
    for number, tissue in enumerate(TISSUES, start=1):
        for code in FREESURFER_CODES[tissue]:
            if code < len(table):
                table[code] = number
    classes = table[np.clip(codes, 0, None).astype(np.intp)]
    classes = classes[_box(classes)]
    present = np.bincount(classes.ravel(), minlength=len(TISSUES) + 1)
    fractions = {
        tissue: (classes == number).astype(np.uint8) * FULL
        for number, tissue in enumerate(TISSUES, start=1)
        if present[number]
    }
    return _anatomy(name, fractions, canonical.spacing_zyx_mm)


def anatomy_from_maps(grey: Volume, white: Volume, brain: Volume, name: str) -> SourceAnatomy:
    """Return the anatomy of grey and white matter maps and a brain mask or template, all on one grid.

    Maps may be 0..1 or 0..255. The brain is where the third map is above 8 % of its greatest value; what
    is neither grey nor white there is CSF.

    Raises
    ------
    DatasetError
        If the white matter map holds less than 50 ml.
    """
    maps = [to_canonical(volume) for volume in (grey, white, brain)]
    spacing = maps[0].spacing_zyx_mm
    arrays = [m.array.astype(np.float32) / max(float(m.array.max()), 1e-6) for m in maps]
    inside = arrays[2] > 0.08
    total = np.maximum(arrays[0] + arrays[1], 1)
    parts = {CORTEX: arrays[0] / total, WHITE: arrays[1] / total}
    parts[CSF] = 1 - parts[CORTEX] - parts[WHITE]
    volume_ml = float(parts[WHITE].sum() * maps[0].voxel_volume_ml)
    if volume_ml < _LEAST_WHITE_ML:
        raise DatasetError(
            f"The tissue maps of {name} hold {volume_ml:.1f} ml of white matter",
            expected=f"at least {_LEAST_WHITE_ML:.0f} ml",
        )
    low, high = _bounds(inside)
    box = tuple(slice(max(a - 2, 0), b + 2) for a, b in zip(low, high))
    fractions = {key: np.rint(part * inside * FULL).astype(np.uint8)[box] for key, part in parts.items()}
    return SourceAnatomy(name, fractions, inside[box].astype(np.uint8) * FULL, spacing)


def _anatomy(name: str, fractions: dict[str, np.ndarray], spacing: Spacing) -> SourceAnatomy:
    inner = [fractions[t] for t in (*BRAIN_TISSUES, CHOROID) if t in fractions]
    brain = closed_brain(np.maximum.reduce(inner) > 0, spacing)
    fractions = _with_dura(fractions, brain, spacing)
    for tissue in HEAD_TISSUES:
        if tissue in fractions:
            brain &= fractions[tissue] == 0
    low, high = _bounds(brain)
    neck = int(_NECK_MM / spacing[0])
    margin = [(neck, 40), (40, 25), (25, 25)] if any(t in fractions for t in HEAD_TISSUES) else [(3, 3)] * 3
    box = tuple(slice(max(int(a) - m, 0), int(b) + n) for a, b, (m, n) in zip(low, high, margin))
    cut = {tissue: np.ascontiguousarray(part[box]) for tissue, part in fractions.items()}
    inside = brain[box]
    if CSF in cut:  # spinal CSF outside the brain is neither brain nor drawn
        cut[CSF] = cut[CSF] * (inside | np.array(bool(margin[0][0] > 3)))
    nothing = inside & (np.maximum.reduce(list(cut.values())) == 0)
    cut[CSF] = np.where(nothing, FULL, cut.get(CSF, 0)).astype(np.uint8)
    return SourceAnatomy(name, cut, inside.astype(np.uint8) * FULL, spacing)


def _with_dura(fractions: dict[str, np.ndarray], brain: np.ndarray, spacing: Spacing) -> dict[str, np.ndarray]:
    """Call soft tissue deep between the brain's parts vessel: falx, tentorium and the sinuses in them.

    A brain extraction keeps these; left out, they would be holes.
    """
    if SOFT not in fractions:
        return fractions
    steps = max(1, round(_DURA_MM / min(spacing)))
    deep = ndimage.binary_erosion(brain, iterations=steps) & (fractions[SOFT] > 0)
    return {**fractions, SOFT: fractions[SOFT] * ~deep, VESSEL: deep.astype(np.uint8) * FULL}


def closed_brain(tissue: np.ndarray, spacing: Spacing) -> np.ndarray:
    """Return brain tissue with furrows and ventricles closed: grown, then shrunk a little less; on a 2 mm grid."""
    steps = [max(1, round(_MASK_GRID_MM / value)) for value in spacing]
    coarse = np.pad(tissue[tuple(slice(None, None, step) for step in steps)], 6)
    grid = [step * value for step, value in zip(steps, spacing)]
    grown = ndimage.distance_transform_edt(~coarse, sampling=grid) <= _CLOSING_MM
    depth = ndimage.distance_transform_edt(grown, sampling=grid)
    signed = (depth - (_CLOSING_MM - _RIM_MM))[6:-6, 6:-6, 6:-6]
    return ndimage.binary_fill_holes((upsampled(signed, tissue.shape) > 0) | tissue)


def _box(classes: np.ndarray) -> tuple[slice, ...]:
    low, high = _bounds(classes > 0)
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high))


def _bounds(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and one past the last voxel along each axis."""
    spans = [np.flatnonzero(mask.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    return np.array([span[0] for span in spans]), np.array([span[-1] + 1 for span in spans])
