"""Does what was found look like a glioma before surgery in an adult? Simple figures against those of known gliomas.

The limits (tumour_scope.json) are percentiles over labelmaps of known gliomas, fitted by scripts/fit_tumour_scope.py.
A finding says 'may not be'; it is no diagnosis, and its absence proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from ssaglioma.evaluation.quality import Finding
from ssaglioma.labels import LabelScheme, Sequence
from ssaglioma.volume import Volume

_FILE = "tumour_scope.json"
_LEAST_PIECE_ML = 0.1
_LEAST_CONFIDENCE = 0.7
_CAVITY_ML, _CAVITY_SHARE = 8.0, 0.25
_ML_PER_MM3 = 1e-3
_FLUID_PERCENTILES = (15.0, 85.0)


@lru_cache(maxsize=1)
def scope_limits() -> dict[str, Any]:
    """Return the shipped numbers."""
    values: dict[str, Any] = json.loads(Path(__file__).with_name(_FILE).read_text(encoding="utf-8"))
    return values


def pieces_ml(mask: np.ndarray, spacing_zyx_mm: tuple[float, ...]) -> list[float]:
    """Return the volumes of a mask's connected pieces (all neighbours) of 0.1 ml and more, the largest first."""
    pieces, count = ndimage.label(mask, structure=np.ones((3,) * mask.ndim, bool))
    if not count:
        return []
    each = np.bincount(pieces.ravel())[1:] * float(np.prod(spacing_zyx_mm)) * _ML_PER_MM3
    return sorted((float(volume) for volume in each if volume >= _LEAST_PIECE_ML), reverse=True)


def scope_findings(
    labelmap: Volume, scheme: LabelScheme, probabilities: Mapping[str, Volume], sequences: Iterable[Sequence]
) -> list[Finding]:
    """Return what speaks against a glioma before surgery; empty where nothing does.

    Parameters
    ----------
    labelmap : Volume
    probabilities : mapping of region to Volume
        On the grid of the labelmap.
    sequences : iterable of Sequence
        What the model had.
    """
    whole = next(iter(scheme.regions))
    tumour = scheme.mask(labelmap.array, whole)
    findings = [] if Sequence.T1C in sequences else [Finding("no_core", "amber")]
    if not tumour.any():
        return [Finding("no_tumour", "amber"), *findings]
    limits = scope_limits()
    total = float(tumour.sum() * labelmap.voxel_volume_ml)
    if total < limits["least_ml"]:
        findings.append(Finding("small_tumour", "amber", "", {"ml": total, "limit": limits["least_ml"]}))
    pieces = pieces_ml(tumour, labelmap.spacing_zyx_mm)
    share = 100 * pieces[0] / sum(pieces) if pieces else 100.0
    if share < limits["least_largest_percent"]:
        values = {"lesions": len(pieces), "percent": share, "limit": limits["least_largest_percent"]}
        findings.append(Finding("scattered", "amber", "", values))
    confidence = float(probabilities[whole].array[tumour].mean())
    if confidence < _LEAST_CONFIDENCE:
        findings.append(Finding("unsure", "amber", "", {"confidence": confidence, "limit": _LEAST_CONFIDENCE}))
    return findings


def cavity_findings(labelmap: Volume, scheme: LabelScheme, images: Mapping[Sequence, Volume]) -> list[Finding]:
    """Return whether a large part of the tumour is fluid, as after an operation or in a cyst.

    Parameters
    ----------
    labelmap : Volume
    images : mapping of Sequence to Volume
        Prepared (background 0), on the grid of the labelmap.
    """
    tumour = scheme.mask(labelmap.array, next(iter(scheme.regions)))
    total_ml = float(tumour.sum() * labelmap.voxel_volume_ml)
    fluid_ml = _fluid_voxels(tumour, images) * labelmap.voxel_volume_ml
    if fluid_ml > _CAVITY_ML and fluid_ml > _CAVITY_SHARE * total_ml:
        return [Finding("cavity", "amber", "", {"ml": fluid_ml})]
    return []


def _fluid_voxels(tumour: np.ndarray, images: Mapping[Sequence, Volume]) -> float:
    """Number of voxels of the tumour that are among the brain's brightest on T2 and darkest on T1Gd and FLAIR."""
    needed = (Sequence.T1C, Sequence.T2W, Sequence.T2F)
    if not all(name in images for name in needed):
        return 0.0
    arrays = {name: images[name].array for name in needed}
    brain = np.all([array > 0 for array in arrays.values()], axis=0)
    if not brain.any():
        return 0.0
    dark, bright = _FLUID_PERCENTILES
    fluid = tumour & brain & (arrays[Sequence.T2W] > np.percentile(arrays[Sequence.T2W][brain], bright))
    for name in (Sequence.T1C, Sequence.T2F):
        fluid &= arrays[name] < np.percentile(arrays[name][brain], dark)
    return float(fluid.sum())
