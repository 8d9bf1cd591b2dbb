"""nnU-Net's augmentations (Isensee et al. 2021) from MONAI's transforms, seeded for each patch.

Departures from nnU-Net, for short runs on small data: rotation is limited to +-30 degrees
in 2D too (nnU-Net: +-180), rotation and scaling share one draw with p 0.3 (nnU-Net: 0.2
each), shifts are added, and mirroring is left-right with p 0.5, other axes p 0.2 (nnU-Net: 0.5).
Contrast and gamma are drawn for each sequence by itself (nnU-Net: brightness is, gamma and contrast
are not): scanners change the contrast *between* sequences, and weak enhancement is lost first.
"""

from __future__ import annotations

import numpy as np
import torch
from monai.transforms import (
    Compose,
    RandAdjustContrast,
    RandGaussianNoise,
    RandGaussianSmooth,
    RandScaleIntensity,
    RandScaleIntensityFixedMean,
    RandShiftIntensity,
    RandSimulateLowResolution,
)
from monai.transforms.spatial.dictionary import RandAffined, RandFlipd

from ssaglioma.training.cases import OUTSIDE

_ROTATION_RADIANS = np.pi / 6
_SCALE = 0.25
_SHIFT_VOXELS = 12
_BLUR = (0.5, 1.0)
_LINEAR = {2: "bilinear", 3: "trilinear"}


class Augmentation:
    """Spatial and intensity augmentation of one patch.

    Parameters
    ----------
    patch : tuple of int
        Patch size, (Y, X) or (Z, Y, X) voxels.
    channel_dropout : float
        See `TrainingConfig`.
    anchors : tuple of int
        Channel numbers of which at least one is always kept (T1Gd and FLAIR).
    """

    def __init__(self, patch: tuple[int, ...], channel_dropout: float = 0.0, anchors: tuple[int, ...] = ()) -> None:
        self.channel_dropout = channel_dropout
        self.anchors = anchors
        dims = len(patch)
        rotations = (_ROTATION_RADIANS,) * (1 if dims == 2 else 3)
        self._spatial = Compose(
            [
                RandAffined(
                    keys=("image", "labels"),
                    prob=0.3,
                    rotate_range=rotations,
                    scale_range=(_SCALE,) * dims,
                    translate_range=(_SHIFT_VOXELS,) * dims,
                    mode=("bilinear", "nearest"),
                    padding_mode="zeros",
                    spatial_size=patch,
                    cache_grid=True,
                ),
                RandFlipd(keys=("image", "labels"), prob=0.5, spatial_axis=dims - 1),
                *(RandFlipd(keys=("image", "labels"), prob=0.2, spatial_axis=axis) for axis in range(dims - 1)),
            ]
        )
        self._intensity = Compose(
            [
                RandGaussianNoise(prob=0.15, mean=0.0, std=0.1),
                RandGaussianSmooth(prob=0.2, sigma_x=_BLUR, sigma_y=_BLUR, sigma_z=_BLUR),
                RandScaleIntensity(factors=0.25, prob=0.15, channel_wise=True),
                RandSimulateLowResolution(prob=0.2, zoom_range=(0.5, 1.0), upsample_mode=_LINEAR[dims]),
            ]
        )
        self._contrast = Compose(
            [
                RandScaleIntensityFixedMean(factors=0.35, prob=0.3, fixed_mean=True, preserve_range=True),
                RandAdjustContrast(prob=0.1, gamma=(0.7, 1.5), invert_image=True, retain_stats=True),
                RandAdjustContrast(prob=0.3, gamma=(0.7, 1.5), retain_stats=True),
                RandShiftIntensity(offsets=0.2, prob=0.2),
            ]
        )

    def __call__(self, image: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the augmented image (C, *patch) float32 and labels (*patch) uint8.

        Outside the brain the image is 0 again afterwards; `labels` keep `OUTSIDE` there.
        """
        self._spatial.set_random_state(seed=seed % 2**32)
        self._intensity.set_random_state(seed=(seed + 1) % 2**32)
        self._contrast.set_random_state(seed=(seed + 3) % 2**32)
        shifted = np.where(labels == OUTSIDE, 0, labels.astype(np.int16) + 1).astype(np.float32)
        moved = self._spatial({"image": image, "labels": shifted[None]})
        codes = np.rint(np.asarray(moved["labels"])[0]).astype(np.int16)
        changed = torch.as_tensor(self._intensity(moved["image"]))
        result = np.concatenate([np.asarray(self._contrast(channel[None]), np.float32) for channel in changed])
        result *= codes > 0
        self._drop_channels(result, np.random.default_rng(seed + 2))
        return result, np.where(codes > 0, codes - 1, OUTSIDE).astype(np.uint8)

    def _drop_channels(self, image: np.ndarray, generator: np.random.Generator) -> None:
        if self.channel_dropout <= 0 or generator.random() >= self.channel_dropout:
            return
        dropped = set(generator.permutation(len(image))[: int(generator.integers(1, max(2, len(image))))].tolist())
        if self.anchors and set(self.anchors) <= dropped:
            dropped.remove(self.anchors[int(generator.integers(len(self.anchors)))])
        image[sorted(dropped)] = 0
