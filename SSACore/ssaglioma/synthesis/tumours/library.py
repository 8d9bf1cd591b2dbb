"""Tumours shaped by a library of labelmaps: mirrored, turned, scaled, bent, and placed inside the brain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.labels import GLIOMA, to_scheme
from ssaglioma.synthesis.fields import integrated, random_velocity, refined, sample
from ssaglioma.types import PathLike
from ssaglioma.volume import read_volume, to_canonical

LEAST_INSIDE = 0.7
"""Least share of a placed tumour that must lie in brain tissue."""

_TRIES, _WARP_STEP, _MARGIN = 60, 4, 10
_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


@dataclass(frozen=True)
class LibraryTumour:
    """One tumour taken from a labelmap.

    Attributes
    ----------
    mask : str
        Path of the labelmap, relative to the library.
    centre : tuple of 3 floats
        Voxel (Z, Y, X) of the case where the tumour's centre comes to lie.
    mirrored : bool
    rotation_degrees : float
        About the axis Z.
    scale : float
    warp_sigma_mm, warp_amplitude_mm : float
    warp_seed : int
    push_mm : float
        Mass effect.
    """

    mask: str
    centre: tuple[float, float, float]
    mirrored: bool
    rotation_degrees: float
    scale: float
    warp_sigma_mm: float
    warp_amplitude_mm: float
    warp_seed: int
    push_mm: float

    def __post_init__(self) -> None:
        if self.scale <= 0 or self.warp_sigma_mm <= 0 or self.push_mm < 0:
            raise DatasetError(
                f"The tumour has scale {self.scale!r}, warp {self.warp_sigma_mm!r} mm, push {self.push_mm!r} mm",
                expected="positive scale and warp, a push of at least 0",
            )


def find_masks(library: PathLike) -> list[str]:
    """Return the labelmaps of a folder and its sub-folders, relative to it, sorted.

    Raises
    ------
    DatasetError
        If there is none.
    """
    root = Path(library)
    found = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.name.lower().endswith(_SUFFIXES))
    if not found:
        raise DatasetError(f"The folder {str(root)!r} holds no labelmap", expected="tumour labelmaps, *.nii.gz")
    return found


def read_mask(library: PathLike, name: str) -> np.ndarray:
    """Return the tumour's labels (uint8), cut to its bounding box, on a canonical grid.

    Raises
    ------
    DatasetError
        If the labelmap is empty.
    """
    volume = to_canonical(read_volume(Path(library) / name))
    labels = to_scheme(volume.array, GLIOMA, source=name).astype(np.uint8)
    if not labels.any():
        raise DatasetError(f"The labelmap {name!r} is empty", expected="a tumour", remedy="Take it out of the library")
    spans = [np.flatnonzero(labels.any(axis=tuple(k for k in range(3) if k != axis))) for axis in range(3)]
    return labels[tuple(slice(int(s[0]), int(s[-1]) + 1) for s in spans)]


def draw_library_tumour(
    generator: np.random.Generator, library: PathLike, names: list[str], brain: np.ndarray
) -> LibraryTumour:
    """Draw a labelmap and a place where at least 70 % of it lies in tissue.

    Parameters
    ----------
    brain : ndarray of bool, shape (Z, Y, X)
        Tissue of the case, 1 mm, on its whole grid.

    Raises
    ------
    DatasetError
        If the labelmap is larger than the brain, or fits nowhere.
    """
    name = names[int(generator.integers(len(names)))]
    labels = read_mask(library, name)
    shape_only: dict[str, Any] = {
        "mask": name,
        "mirrored": bool(generator.random() < 0.5),
        "rotation_degrees": float(generator.uniform(-15, 15)),
        "scale": float(generator.uniform(0.85, 1.15)),
        "warp_sigma_mm": float(generator.uniform(8, 16)),
        "warp_amplitude_mm": float(generator.uniform(0.5, 2.5)),
        "warp_seed": int(generator.integers(2**31)),
        "push_mm": float(generator.uniform(0, 5)),
    }
    inner = np.argwhere(brain[::2, ::2, ::2]) * 2
    _check_size(labels, shape_only["scale"], int(brain.sum()), name)
    best: tuple[float, LibraryTumour] | None = None
    for _ in range(_TRIES):
        spot = inner[int(generator.integers(len(inner)))]
        tumour = LibraryTumour(centre=(float(spot[0]), float(spot[1]), float(spot[2])), **shape_only)
        share = _share_inside(labels, tumour, brain)
        if best is None or share > best[0]:
            best = (share, tumour)
        if share >= LEAST_INSIDE + 0.15:
            break
    if best is None or best[0] < LEAST_INSIDE:
        raise DatasetError(
            f"The tumour of {name!r} fits nowhere in this brain",
            expected=f"a place with {LEAST_INSIDE:.0%} of it in tissue",
            remedy="Take it out of the library, or use another anatomy",
        )
    return best[1]


def place_mask(labels: np.ndarray, tumour: LibraryTumour, tissue: np.ndarray) -> np.ndarray:
    """Return the labelmap (uint8, shape of `tissue`) of a tumour, turned, bent, placed and cut to the tissue.

    Raises
    ------
    DatasetError
        If the tumour is larger than the brain.
    """
    _check_size(labels, tumour.scale, int(tissue.sum()), tumour.mask)
    half = np.ceil(np.linalg.norm(labels.shape) / 2 * tumour.scale) + _MARGIN
    low = [max(int(c - half), 0) for c in tumour.centre]
    high = [min(int(c + half) + 1, size) for c, size in zip(tumour.centre, tissue.shape)]
    box = tuple(slice(a, b) for a, b in zip(low, high))
    offset = np.stack(
        np.meshgrid(
            *(np.arange(a, b, dtype=np.float32) - c for a, b, c in zip(low, high, tumour.centre)), indexing="ij"
        )
    )
    places = _mask_places(offset, labels.shape, tumour)
    placed = np.zeros(tissue.shape, np.uint8)
    shares = [sample((labels == value).astype(np.float32), places, mode="constant") for value in (1, 2, 3)]
    whole = sum(shares) >= 0.5
    placed[box] = np.where(whole, np.argmax(shares, axis=0) + 1, 0)
    return placed * tissue.astype(np.uint8)


def _mask_places(offset: np.ndarray, shape: tuple[int, ...], tumour: LibraryTumour) -> np.ndarray:
    """Voxels of the labelmap for offsets (3, ...) in mm from the tumour's centre."""
    grid = offset.shape[1:]
    coarse = tuple(-(-size // _WARP_STEP) + 1 for size in grid)
    generator = np.random.default_rng(tumour.warp_seed)
    velocity = random_velocity(
        generator,
        coarse,  # type: ignore[arg-type]
        sigma=tumour.warp_sigma_mm / _WARP_STEP,
        amplitude=tumour.warp_amplitude_mm / _WARP_STEP,
    )
    bent = offset + refined(integrated(velocity) * _WARP_STEP, _WARP_STEP, grid)  # type: ignore[arg-type]
    return _turned(bent, shape, tumour)


def _turned(offset: np.ndarray, shape: tuple[int, ...], tumour: LibraryTumour) -> np.ndarray:
    angle = np.float32(np.deg2rad(tumour.rotation_degrees))
    z, y, x = offset / np.float32(tumour.scale)
    turned_y, turned_x = np.cos(angle) * y - np.sin(angle) * x, np.sin(angle) * y + np.cos(angle) * x
    if tumour.mirrored:
        turned_x = -turned_x
    return np.stack([part + (size - 1) / 2 for part, size in zip((z, turned_y, turned_x), shape)])


def _share_inside(labels: np.ndarray, tumour: LibraryTumour, brain: np.ndarray) -> float:
    """Share of the tumour's voxels that lie in the brain, without the bend; every third voxel is looked at."""
    at = np.argwhere(labels > 0)[::27].astype(np.float32) - (np.asarray(labels.shape) - 1) / 2
    if tumour.mirrored:
        at[:, 2] = -at[:, 2]
    angle = np.deg2rad(tumour.rotation_degrees)
    y, x = np.cos(angle) * at[:, 1] + np.sin(angle) * at[:, 2], -np.sin(angle) * at[:, 1] + np.cos(angle) * at[:, 2]
    moved = np.stack([at[:, 0], y, x], axis=1) * tumour.scale + np.asarray(tumour.centre)
    index = np.rint(moved).astype(int)
    inside = ((index >= 0) & (index < brain.shape)).all(axis=1)
    clipped = np.clip(index, 0, np.asarray(brain.shape) - 1)
    return float((brain[tuple(clipped.T)] & inside).mean()) if len(index) else 0.0


def _check_size(labels: np.ndarray, scale: float, brain_voxels: int, name: str) -> None:
    tumour_ml, brain_ml = np.count_nonzero(labels) * scale**3 / 1000, brain_voxels / 1000
    if tumour_ml > 0.6 * brain_ml:
        raise DatasetError(
            f"The tumour of {name!r} has {tumour_ml:.0f} ml, the brain {brain_ml:.0f} ml",
            expected="a tumour smaller than the brain (60 % of it at most)",
            remedy="Check that the labelmap and the anatomy have 1 mm voxels",
        )
