"""A synthetic heart for the cardiac lesson: a short-axis stack in the contrasts of bSSFP and late enhancement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer

if TYPE_CHECKING:
    import numpy as np

NAMES = {"bssfp": "Synthetic heart bSSFP", "lge": "Synthetic heart LGE"}
_SIZE, _SLICES, _THICKNESS_MM, _PIXEL_MM = 192, 8, 8.0, 1.25
_LEVELS = {
    # chest, lung, muscle, blood, scar
    "bssfp": (330.0, 60.0, 260.0, 800.0, 270.0),
    "lge": (420.0, 90.0, 80.0, 450.0, 850.0),
}
_SCAR_DEGREES = (20.0, 110.0)
_NOISE = 18.0
_BLUR_PX = 0.8


def heartVolume(contrast: str):
    """Return the heart in 'bssfp' or 'lge', both of the same anatomy; float32, (8, 192, 192), 8 x 1.25 x 1.25 mm."""
    import numpy as np
    from scipy import ndimage

    from ssaglioma.volume import Volume

    chest, lung, muscle, blood, scar = _LEVELS[contrast]
    generator = np.random.default_rng({"bssfp": 1, "lge": 2}[contrast])
    pictures = []
    for number in range(_SLICES):
        tissue = _anatomy(1.0 - 0.07 * number)
        picture = np.select([tissue == value for value in range(1, 6)], [chest, lung, muscle, blood, scar], 0.0)
        picture = ndimage.gaussian_filter(picture, _BLUR_PX)
        noisy = np.hypot(
            picture + generator.normal(0, _NOISE, picture.shape), generator.normal(0, _NOISE, picture.shape)
        )
        pictures.append(np.where(tissue > 0, noisy, 0))
    array = np.stack(pictures).astype(np.float32)
    return Volume(array, (_THICKNESS_MM, _PIXEL_MM, _PIXEL_MM))


def _anatomy(scale: float) -> np.ndarray:
    """Return tissues of one slice: 0 air, 1 chest wall, 2 lung, 3 muscle, 4 blood, 5 scar."""
    import numpy as np

    y, x = np.indices((_SIZE, _SIZE)) - (_SIZE - 1) / 2
    tissue = np.zeros((_SIZE, _SIZE), np.uint8)
    tissue[(x / 92) ** 2 + (y / 84) ** 2 < 1] = 1
    tissue[(x / 78) ** 2 + (y / 68) ** 2 < 1] = 2
    tissue[(x / 56) ** 2 + (y / 50) ** 2 < 1] = 1
    left = np.hypot(x - 10, y - 4) / scale
    right = np.hypot((x + 20) / 1.1, y + 6) / scale
    tissue[(right < 30) & (left > 27)] = 4
    tissue[(right < 33) & (right >= 30) & (left > 27)] = 3
    tissue[left < 27] = 3
    angle = np.degrees(np.arctan2(y - 4, x - 10))
    tissue[(left < 21) & (angle > _SCAR_DEGREES[0]) & (angle < _SCAR_DEGREES[1])] = 5
    tissue[left < 17] = 4
    return tissue


def loadHeart(parameters) -> None:
    """Load the heart in both contrasts once: bSSFP as content, LGE as style, no labels."""
    from SSASlicerLib.volumes import node_from_volume

    nodes = {}
    for contrast, name in NAMES.items():
        node = slicer.mrmlScene.GetFirstNodeByName(name)
        nodes[contrast] = node if node is not None else node_from_volume(heartVolume(contrast), name)
    parameters.labels = None
    parameters.content, parameters.style = nodes["bssfp"], nodes["lge"]
