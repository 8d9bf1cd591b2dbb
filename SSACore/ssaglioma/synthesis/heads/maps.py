"""Whole-head label maps as shares of tissue on a 2 mm grid, with the brain's outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy.source import closed_brain
from ssaglioma.synthesis.anatomy.tissues import (
    BONE,
    BRAIN_TISSUES,
    CHOROID,
    FREESURFER_CODES,
    HEAD_TISSUES,
    SKIN,
    SOFT,
    TISSUES,
    VESSEL,
)
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, atomic_path, read_volume, to_canonical

FAT, MARROW = "fat", "marrow"
CLASSES: tuple[str, ...] = (*TISSUES, VESSEL, FAT, MARROW)
"""What a head is made of; the rest is air. The maps' soft tissue is parted: fat under the skin, muscle below it;
marrow lies inside thick bone."""

MAP_MM = 2.0
_FAT_MM, _DURA_MM, _TABLE_VOXELS = 9.0, 4.0, 2
_FULL = 255


@dataclass(frozen=True, eq=False)
class HeadMap:
    """One head.

    Attributes
    ----------
    name : str
    shares : ndarray of uint8, shape (len(CLASSES) + 1, Z, Y, X)
        0..255 of each class, last the share of brain (furrows and ventricles included); canonical axes, 2 mm.
    """

    name: str
    shares: np.ndarray

    @property
    def brain(self) -> np.ndarray:
        """Share of brain, 0..255."""
        return self.shares[-1]


def head_map(volume: Volume, name: str) -> HeadMap:
    """Return the head of a FreeSurfer-style label map of any orientation, voxels of 1 mm.

    Raises
    ------
    DatasetError
        If the map holds no brain, no skull and skin, or other voxels.
    """
    canonical = to_canonical(volume)
    if not np.allclose(canonical.spacing_zyx_mm, 1.0, atol=0.05):
        raise DatasetError(f"{name} has voxels of {canonical.spacing_zyx_mm!r} mm", expected="1 mm")
    if not canonical.array.any():
        raise DatasetError(f"{name} is empty", expected="a label map of the whole head")
    codes = _cropped(np.asarray(canonical.array))
    tissue = {one: np.isin(codes, FREESURFER_CODES[one]) for one in TISSUES}
    inner = np.logical_or.reduce([tissue[one] for one in (*BRAIN_TISSUES, CHOROID)])
    if not inner.any() or not tissue[BONE].any() or not tissue[SKIN].any():
        raise DatasetError(
            f"{name} holds no brain, or no skull and skin",
            expected="a label map of the whole head with FreeSurfer's and 5xx codes",
        )
    closed = closed_brain(inner, canonical.spacing_zyx_mm)
    dura = (_depth_mm(closed) > _DURA_MM) & tissue[SOFT]
    tissue[SOFT] &= ~dura
    brain = closed.copy()
    for one in HEAD_TISSUES:
        brain &= ~tissue[one]
    fat = tissue[SOFT] & (_depth_mm(np.logical_or.reduce(list(tissue.values()))) < _FAT_MM)
    marrow = ndimage.binary_erosion(tissue[BONE], iterations=_TABLE_VOXELS)
    tissue |= {SOFT: tissue[SOFT] & ~fat, BONE: tissue[BONE] & ~marrow, VESSEL: dura, FAT: fat, MARROW: marrow}
    return HeadMap(name, np.stack([_halved(tissue[one]) for one in CLASSES] + [_halved(brain)]))


def read_head_maps(paths: Sequence[Path], cache: PathLike) -> list[HeadMap]:
    """Return the heads of label maps; each is kept in the cache folder, so that the next run starts at once.

    Raises
    ------
    DatasetError
        If a map cannot be used.
    """
    folder = Path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    heads = []
    for path in paths:
        kept = folder / f"{path.name.split('.')[0]}.npy"
        if not kept.is_file():
            made = head_map(read_volume(path), path.name).shares
            with atomic_path(kept) as temporary:
                np.save(temporary, made)
        heads.append(HeadMap(path.name, np.load(kept)))
    return heads


def _cropped(codes: np.ndarray) -> np.ndarray:
    """The box of what is not air with a margin, its edges of even length."""
    box = []
    for axis in range(3):
        seen = np.flatnonzero(codes.any(axis=tuple(other for other in range(3) if other != axis)))
        low, high = max(int(seen[0]) - 4, 0), min(int(seen[-1]) + 5, codes.shape[axis])
        box.append(slice(low, high - (high - low) % 2))
    return np.ascontiguousarray(codes[tuple(box)])


def _depth_mm(mask: np.ndarray) -> np.ndarray:
    """Distance from the border inwards, from a 2 mm grid; float32, the shape of the mask (even edges)."""
    depth = ndimage.distance_transform_edt(mask[::2, ::2, ::2], sampling=MAP_MM).astype(np.float32)
    return depth.repeat(2, 0).repeat(2, 1).repeat(2, 2)


def _halved(mask: np.ndarray) -> np.ndarray:
    """Mean of blocks of 2 x 2 x 2 voxels as 0..255."""
    z, y, x = (size // 2 for size in mask.shape)
    blocks = mask.reshape(z, 2, y, 2, x, 2).view(np.uint8).sum(axis=(1, 3, 5), dtype=np.uint8)
    return np.rint(blocks * np.float32(_FULL / 8)).astype(np.uint8)
