"""A head of ellipsoids, known at every point in space: scalp, skull, brain; on any grid."""

import numpy as np

from ssaglioma.volume import Volume

BRAIN, SKULL, HEAD = np.array([60.0, 75.0, 55.0]), np.array([67.0, 82.0, 62.0]), np.array([74.0, 89.0, 69.0])
"""Half axes in mm along left, posterior, superior."""

BRAIN_ML = 4 / 3 * np.pi * float(np.prod(BRAIN)) / 1000
LEVELS = {"scalp": 1000.0, "skull": 60.0, "brain": 500.0}


def grid(
    shape=(40, 52, 44), spacing=(4.0, 4.0, 4.0), axes=(0, 1, 2), signs=(1, 1, 1), turn=0.0, centre=(0.0, 0.0, 0.0)
):
    """An empty volume; its array's X, Y, Z run along the patient axes `axes` with `signs`, turned about the last."""
    direction = np.zeros((3, 3))
    for column, (axis, sign) in enumerate(zip(axes, signs)):
        direction[axis, column] = sign
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    direction = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ direction
    half = (np.array(shape[::-1]) - 1) / 2 * np.array(spacing[::-1])
    return Volume(np.zeros(shape, np.float32), spacing, tuple(np.array(centre) - direction @ half), direction)


def points(volume):
    """Position of every voxel's centre in LPS mm, shape (Z, Y, X, 3)."""
    index = np.moveaxis(np.indices(volume.shape)[::-1], 0, -1)
    return index @ volume.affine_lps[:3, :3].T + volume.affine_lps[:3, 3]


def brain_of(volume):
    """True in the phantom's brain."""
    return ((points(volume) / BRAIN) ** 2).sum(-1) < 1


def scanned(volume, noise=0.0, brain=LEVELS["brain"]):
    """The phantom on a volume's grid; air is 0, or noisy."""
    place = points(volume)
    image = np.zeros(volume.shape, np.float32)
    for radii, level in ((HEAD, LEVELS["scalp"]), (SKULL, LEVELS["skull"]), (BRAIN, brain)):
        image[((place / radii) ** 2).sum(-1) < 1] = level
    generator = np.random.default_rng(4)
    texture = 1 + 0.05 * generator.standard_normal(volume.shape, dtype=np.float32)
    real, imaginary = noise * generator.standard_normal((2, *volume.shape), dtype=np.float32)
    return volume.with_array(np.hypot(image * texture + real, imaginary))


def dice(first, second):
    return 2 * (first & second).sum() / (first.sum() + second.sum())
