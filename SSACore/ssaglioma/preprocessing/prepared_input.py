"""Are these images prepared already, as challenge data are? Then nothing may be done to them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.stripped import is_stripped
from ssaglioma.volume import Volume, to_canonical

_LEAST_AIR_SHARE = 0.1
_MOST_BRAIN_ML = 2300.0
_SAME_BACKGROUND = 0.95
_SAMPLES, _SAMPLING_SLACK = 60_000, 1.1


def is_prepared(volumes: Mapping[Sequence, Volume]) -> bool:
    """Tell whether images can go to a model as they are.

    They must lie on one grid (its axes in any order), their background must be exactly 0, and what is left must be no
    larger than a brain. Then either their backgrounds are the same, as after one brain mask, or each looks like a
    brain without a skull.
    """
    known = [to_canonical(volume) for volume in volumes.values()]
    if not known or not all(volume.same_grid(known[0]) for volume in known[1:]):
        return False
    filled = [np.asarray(volume.array != 0) for volume in known]
    largest_ml = max(int(mask.sum()) * known[0].voxel_volume_ml for mask in filled)
    if any(mask.mean() > 1 - _LEAST_AIR_SHARE for mask in filled) or not 0 < largest_ml <= _MOST_BRAIN_ML:
        return False
    return (len(filled) > 1 and _agreement(filled) >= _SAME_BACKGROUND) or all(map(is_stripped, known))


def may_be_prepared(images: Iterable[tuple[np.ndarray, float]]) -> bool:
    """Tell from a few voxels whether images on one grid can be prepared ones; `is_prepared` decides.

    Parameters
    ----------
    images : iterable of (ndarray, shape (Z, Y, X), and the volume of a voxel in ml)
    """
    for array, voxel_ml in images:
        step = max(1, round((array.size / _SAMPLES) ** (1 / 3)))
        filled = float(np.count_nonzero(array[::step, ::step, ::step]) / array[::step, ::step, ::step].size)
        if filled > 1 - _LEAST_AIR_SHARE or not 0 < filled * array.size * voxel_ml <= _MOST_BRAIN_ML * _SAMPLING_SLACK:
            return False
    return True


def _agreement(masks: list[np.ndarray]) -> float:
    """The least Dice of any mask with the first one."""
    first = masks[0]
    return min(2 * float((first & mask).sum()) / max(float(first.sum() + mask.sum()), 1.0) for mask in masks[1:])
