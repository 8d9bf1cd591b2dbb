"""A head for the tests of the anatomy guard."""

import numpy as np
from scipy import ndimage

SHAPE = (111, 95)
SPACING = (1.0, 1.2)


def distance(centre):
    y, x = np.indices(SHAPE)
    return np.hypot((y - centre[0]) * SPACING[0], (x - centre[1]) * SPACING[1])


def head(lesion=True, seed=0):
    """A brain with ventricles, wavy gray matter and a lesion of three labels; exactly 0 around it."""
    y, x = np.indices(SHAPE)
    inside = ((y - 55) / 49) ** 2 + ((x - 47) / 39) ** 2 < 1
    picture = 300 + 60 * np.sign(np.sin(y / 5.5) * np.cos(x / 6.5))
    picture[(np.abs(x - 47) < 5) & (np.abs(y - 60) < 15)] = 120
    labels = np.zeros(SHAPE, np.uint8)
    if lesion:
        away = distance((34, 30))
        for radius, label, value in ((13, 2, 520), (9, 3, 700), (4, 1, 400)):
            labels[away < radius], picture[away < radius] = label, value
    picture = ndimage.gaussian_filter(picture, 0.8) + np.random.default_rng(seed).normal(0, 5, SHAPE)
    return np.where(inside, picture, 0).astype(np.float32), labels * inside
