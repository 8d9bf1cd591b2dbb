"""Small heads for tests: nested ellipsoids with the codes of FreeSurfer's label maps."""

import numpy as np

from ssaglioma.volume import Volume

SHAPE = (76, 92, 76)


def head_codes(*, skull=False):
    """Return a label map (int16) of 2 mm voxels: white matter, a ribbon of cortex, ventricles, CSF, maybe a skull."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in SHAPE), indexing="ij")
    radius = np.sqrt((z / 0.86) ** 2 + (y / 0.88) ** 2 + (x / 0.86) ** 2)
    left = x > 0
    codes = np.zeros(SHAPE, np.int16)
    if skull:
        codes[radius < 1.14] = 511
        codes[radius < 1.09] = 515
    codes[radius < 1.02] = 24
    codes[radius < 0.97] = np.where(left, 3, 42)[radius < 0.97]
    codes[radius < 0.84] = np.where(left, 2, 41)[radius < 0.84]
    for centre, code in ((0.18, 4), (-0.18, 43)):
        codes[((x - centre) / 0.08) ** 2 + (y / 0.3) ** 2 + ((z - 0.1) / 0.14) ** 2 < 1] = code
    for centre, code in ((0.33, 10), (-0.33, 49)):
        codes[((x - centre) / 0.1) ** 2 + (y / 0.22) ** 2 + (z / 0.14) ** 2 < 1] = code
    return codes


def head_volume(**options):
    return Volume(head_codes(**options), (2.0, 2.0, 2.0))
