"""Augmentation of slices in place alone: mirroring, scale, shift, rotation and shear, as the cardiac studies have it.

Intensities stay as they are, so that what styles do is not done by something else. The numbers are those of the public
code of Gu et al. (github.com/MingxuanGu/Few-shot-UDA): scale 0.8 to 1.2, shift 10 %, rotation 10 degrees, shear 12,
each with p 0.5 together; mirroring p 0.5 an axis. What comes in from outside is 0 here, a random gray there.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from monai.transforms import Compose
from monai.transforms.spatial.dictionary import RandAffined, RandFlipd

from ssaglioma.training.cases import OUTSIDE

_ROTATION, _SHEAR, _SCALE, _SHIFT = math.radians(10), math.tan(math.radians(12)), 0.2, 0.1


class SliceAugmentation:
    """Moves a slice and its labels together; the same seed gives the same move.

    Parameters
    ----------
    patch : tuple of int
        (Y, X).
    """

    def __init__(self, patch: tuple[int, ...]) -> None:
        self._spatial = Compose(
            [
                RandAffined(
                    keys=("image", "labels"),
                    prob=0.5,
                    rotate_range=(_ROTATION,),
                    shear_range=(_SHEAR,) * 2,
                    scale_range=(_SCALE,) * 2,
                    translate_range=tuple(_SHIFT * edge for edge in patch),
                    mode=("bilinear", "nearest"),
                    padding_mode="zeros",
                    spatial_size=patch,
                    cache_grid=True,
                ),
                *(RandFlipd(keys=("image", "labels"), prob=0.5, spatial_axis=axis) for axis in range(2)),
            ]
        )

    def __call__(self, image: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return image (C, *patch) float32 and labels (*patch) uint8; `OUTSIDE` where nothing was."""
        self._spatial.set_random_state(seed=seed % 2**32)
        shifted = np.where(labels == OUTSIDE, 0, labels.astype(np.int16) + 1).astype(np.float32)
        moved = self._spatial({"image": image, "labels": shifted[None]})
        codes = np.rint(np.asarray(moved["labels"])[0]).astype(np.int16)
        picture = np.asarray(torch.as_tensor(moved["image"]), np.float32)
        return picture, np.where(codes > 0, codes - 1, OUTSIDE).astype(np.uint8)
