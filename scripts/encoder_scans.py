"""Slices of held-out glioma cases as they are and through simulated scanners; helpers of `compare_encoders.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.style.learned import picture_box
from ssaglioma.style.pictures import slice_pictures
from ssaglioma.synthesis.scanner import PRESETS, apply_scan, draw_scan
from ssaglioma.volume import Case, Volume, find_cases, read_volume, to_canonical

ORIGINAL = "original"
SCANNERS = tuple(PRESETS)
_SLAB_MM = 10
_HEIGHTS = (0.5, 0.65)


@dataclass(frozen=True, eq=False)
class Scan:
    """One slice of one contrast.

    Attributes
    ----------
    case : str
    place : int
        Which slice of the case.
    contrast : str
        't1n', 't1c', 't2w' or 't2f'.
    scanner : str
        'original' or a preset of `synthesis.scanner`.
    picture : ndarray of float32, shape (Y, X)
        0 to 1, exactly 0 outside the brain, cut to the brain; edges are multiples of 8. All scans of a place are
        cut alike.
    brain : ndarray of bool of the same shape
    """

    case: str
    place: int
    contrast: str
    scanner: str
    picture: np.ndarray
    brain: np.ndarray


def held_out_scans(folder: Path, names: tuple[str, ...], seed: int) -> list[Scan]:
    """Return two slices of each case: four contrasts, as they are and through every scanner, a scan drawn for each.

    Only 21 mm around a slice are scanned, which is wider than the thickest simulated slice and its neighbours.
    """
    cases = {case.name: case for case in find_cases(folder)}
    missing = sorted(set(names) - set(cases))
    if missing:
        raise SystemExit(f"{folder} lacks the cases {missing}")
    return [scan for number, name in enumerate(names) for scan in _scans_of(cases[name], [seed, number])]


def _scans_of(case: Case, seed: list[int]) -> list[Scan]:
    volumes = {one: to_canonical(read_volume(case.sequences[one])) for one in SEQUENCE_ORDER}
    filled = np.flatnonzero(volumes[Sequence.T1N].array.any(axis=(1, 2)))
    generator, scans = np.random.default_rng(seed), []
    for place, height in enumerate(_HEIGHTS):
        middle = int(filled[0] + height * (filled[-1] - filled[0]))
        slab = {one: _slab(volume, middle) for one, volume in volumes.items()}
        versions = {ORIGINAL: slab}
        for name in SCANNERS:
            # Without lost contrasts, for every scan is compared in all four.
            parameters = draw_scan(name, generator).changed({"missing": None})
            versions[name] = apply_scan(slab, parameters, grid="original", threads=1)
        box = picture_box((slab[Sequence.T1N].array[_SLAB_MM] > 0)[None], 8)
        for scanner, contrasts in versions.items():
            for one, volume in contrasts.items():
                picture, brain = _cut(volume.array[_SLAB_MM], box)
                scans.append(Scan(case.name, place, one.value, scanner, picture, brain))
    return scans


def _slab(volume: Volume, middle: int) -> Volume:
    part = volume.array[middle - _SLAB_MM : middle + _SLAB_MM + 1].astype(np.float32)
    return Volume(part, volume.spacing_zyx_mm)


def _cut(array: np.ndarray, box: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Return a slice on the scale that stylizers use, and its brain, cut to a box that may reach beyond it."""
    pictures = slice_pictures(array, "slice")
    wide = [np.pad(one, 16) for one in (pictures.unit[0].clip(0, 1), pictures.foreground[0])]
    inner = tuple(slice(part.start + 16, part.stop + 16) for part in box)
    return wide[0][inner].astype(np.float32), wide[1][inner]


def degraded(picture: np.ndarray, brain: np.ndarray, kind: str, level: float, seed: int) -> np.ndarray:
    """Return a slice (Y, X) with noise of this standard deviation or a blur of this sigma in pixels; 0 stays 0.

    Noise is that of a magnitude image (Rician): two Gaussian channels.
    """
    if kind == "noise":
        real, imaginary = np.random.default_rng(seed).normal(0, level, (2, *picture.shape))
        made = np.hypot(picture + real, imaginary)
    else:
        # Over the brain alone, so that the dark background does not flow in.
        weight = ndimage.gaussian_filter(brain.astype(np.float32), level)
        made = ndimage.gaussian_filter(picture, level) / np.maximum(weight, 1e-3)
    return np.where(brain, made, 0).clip(0, 1).astype(np.float32)
