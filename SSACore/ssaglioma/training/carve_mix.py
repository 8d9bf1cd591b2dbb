"""Mixed cases: the tumour of one training case, with a rim of its surroundings, in the brain of another.

CarveMix (Zhang et al. 2023, NeuroImage, doi:10.1016/j.neuroimage.2023.120041; arXiv:2108.06883): the carved region is
{voxels whose signed distance to the tumour is at most w}. Its width is drawn from a mixture of the whole range inwards
and outwards there; here it is outwards only, 0 to a third of the tumour's radius, so that no label is carved in two.
Both cases lie in one atlas space (as BraTS cases do), so the tumour keeps its place. Departure: it is faded in over 2
voxels, as z-scores of two patients differ. Only training cases are mixed, so a held-out patient lends nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence as Seq

import numpy as np
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.training.cases import OUTSIDE, TrainingCase

_LARGEST_RIM = 1 / 3
_FADE_VOXELS = 2.0
_LEAST_INSIDE = 0.95
_TRIES = 12


def mixed_cases(cases: Seq[TrainingCase], each: int, seed: int) -> list[TrainingCase]:
    """Return so many mixed cases for each case that a tumour of another fits into, held in memory.

    A case takes the tumours of other cases in random order; one fits if 95 % of it lies in the brain and the host's
    own tumour keeps no loose rest (it is covered, or far enough to stay whole). Hosts that none fits get none.

    Raises
    ------
    DatasetError
        If fewer than two cases are given, or nothing is asked for.
    """
    if len(cases) < 2 or each < 1:
        raise DatasetError(f"{each} mixed cases of {len(cases)} cases were asked for", expected="one of two or more")
    mixed = []
    for host in cases:
        generator = np.random.default_rng([seed, zlib.crc32(host.name.encode())])
        donors = [case for case in cases if case.name != host.name]
        made = 0
        for index in generator.permutation(len(donors))[:_TRIES]:
            share = float(generator.uniform(0, _LARGEST_RIM))
            found = mix(host, donors[int(index)], share)
            if found is not None:
                mixed.append(found)
                made += 1
            if made == each:
                break
    return mixed


def mix(host: TrainingCase, donor: TrainingCase, rim_share: float) -> TrainingCase | None:
    """Return the host with the donor's tumour, or None where it does not fit.

    Parameters
    ----------
    rim_share : float
        Width of the rim, as a share of the radius of a ball as large as the tumour.
    """
    labels = centred(donor.labels, host.labels.shape, OUTSIDE)
    tumour = _is_tumour(labels)
    brain = host.labels != OUTSIDE
    voxels = int(tumour.sum())
    if voxels == 0 or (tumour & brain).sum() < _LEAST_INSIDE * voxels:
        return None
    rim = rim_share * (3 * voxels / (4 * np.pi)) ** (1 / 3)
    distance = ndimage.distance_transform_edt(~tumour)
    carved = (distance <= rim) & brain & (labels != OUTSIDE)
    if _leaves_a_rest(_is_tumour(host.labels), carved):
        return None
    weight = np.where(brain & (labels != OUTSIDE), np.clip(1 - (distance - rim) / _FADE_VOXELS, 0, 1), 0)
    weight = weight.astype(np.float32)
    image = np.stack(
        [
            (1 - weight) * own.astype(np.float32) + weight * centred(other, host.labels.shape, 0).astype(np.float32)
            for own, other in zip(host.image, donor.image)
        ]
    )
    new = np.where(carved, labels, host.labels).astype(np.uint8)
    return TrainingCase(f"{host.name}_with_{donor.name}", image.astype(np.float16), new, host.slice_mm)


def centred(array: np.ndarray, shape: tuple[int, ...], fill: float) -> np.ndarray:
    """Return an array (Z, Y, X) on another shape, middle on middle, cut or filled."""
    result = np.full(shape, fill, array.dtype)
    source, target = [], []
    for have, want in zip(array.shape, shape):
        low_have, low_want = max((have - want) // 2, 0), max((want - have) // 2, 0)
        size = min(have, want)
        source.append(slice(low_have, low_have + size))
        target.append(slice(low_want, low_want + size))
    result[tuple(target)] = array[tuple(source)]
    return result


def _is_tumour(labels: np.ndarray) -> np.ndarray:
    return (labels != 0) & (labels != OUTSIDE)


def _leaves_a_rest(own: np.ndarray, carved: np.ndarray) -> bool:
    """Tell whether the host's tumour is cut: touched, but neither covered for the most part nor hardly touched."""
    if not own.any():
        return False
    covered = float((own & carved).sum()) / float(own.sum())
    return 0.02 < covered < 0.9
