"""Small bright and dark structures of a head, shell by shell: what tells a T1 with contrast agent from one without.

Vessels and sinuses enhance in every head, with a tumour or without, and are a few millimetres wide: a white top-hat in
the plane of the slices (Serra, Image Analysis and Mathematical Morphology, 1982) keeps them and drops all shading.
"""

from __future__ import annotations

import numpy as np
import SimpleITK
from scipy import ndimage

from ssaglioma.preprocessing.depth import depth_mm
from ssaglioma.preprocessing.intensity import bounding_box
from ssaglioma.preprocessing.rigid import foreground_of, shrunk
from ssaglioma.volume import Volume, to_canonical
from ssaglioma.volume.sitk import to_sitk

_VOXEL_MM, _WIDTH_MM, _BELOW_VERTEX_MM = 2.0, 10.0, 95.0
_SHELLS_MM = ((0.0, 7.0), (7.0, 20.0), (20.0, np.inf))
_BRIGHT, _DARK = (97.0, 99.7), (97.0,)
_FLOOR, _LEAST_VOXELS = 0.01, 200
COUNT = len(_SHELLS_MM) * (len(_BRIGHT) + len(_DARK))


def bright_spots(volume: Volume) -> np.ndarray:
    """Return the features (F,) of one image: logarithms of heights of spots against the median of the head.

    For each shell below the surface (to 7, to 20 mm, deeper), percentiles of what sticks out of its surroundings of
    10 mm in the plane, bright ones first. A shell of too few voxels gives that of the whole head.
    """
    image = shrunk(SimpleITK.Cast(to_sitk(to_canonical(volume)), SimpleITK.sitkFloat32), _VOXEL_MM)
    spacing = image.GetSpacing()[::-1]
    head = SimpleITK.GetArrayFromImage(foreground_of(image)) > 0
    filled = np.flatnonzero(head.any(axis=(1, 2)))
    if len(filled) == 0:
        return np.full(COUNT, np.log(_FLOOR))
    head[: max(0, int(filled[-1] - _BELOW_VERTEX_MM / spacing[0]))] = False
    across = int(np.argmax(spacing)) if max(spacing) > 1.2 * min(spacing) else 0
    size = [1 if axis == across else 2 * max(1, round(_WIDTH_MM / step / 2)) + 1 for axis, step in enumerate(spacing)]
    box = _around(head, size)
    head, array = head[box], SimpleITK.GetArrayViewFromImage(image)[box]
    bright = array - ndimage.grey_opening(array, size)
    dark = ndimage.grey_closing(array, size) - array
    depth = depth_mm(head, spacing, _SHELLS_MM[-1][0])
    median = max(float(np.median(array[head])), 1e-6)
    features = []
    for low, high in _SHELLS_MM:
        shell = (depth > low) & (depth <= high)
        shell = shell if int(shell.sum()) >= _LEAST_VOXELS else head
        for heights, percentiles in ((bright[shell], _BRIGHT), (dark[shell], _DARK)):
            features += np.log(np.percentile(heights, percentiles) / median + _FLOOR).tolist()
    return np.array(features)


def _around(head: np.ndarray, size: list[int]) -> tuple[slice, ...]:
    """The box of a head with so much around it that neither an opening in windows of that size nor a depth changes."""
    box = bounding_box(head)
    margins = [max(1, 2 * (length // 2)) for length in size]
    return tuple(slice(max(0, one.start - margin), one.stop + margin) for one, margin in zip(box, margins))
