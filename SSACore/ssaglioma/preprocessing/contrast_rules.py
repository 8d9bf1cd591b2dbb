"""Which contrast an image shows, told from its voxels: how bright fluid, deep and shallow tissue and the tails are.

Physics gives the rules: fluid is darkest in T1 and FLAIR and brightest in T2; white matter is brighter than grey in
T1 and darker in T2 and FLAIR; a contrast agent adds bright spots to an image that is otherwise T1. Two images of one
head say more than each alone: where one is brightest (fluid in T2, vessels in T1Gd), the other has a rank that
depends on its contrast. All images together are judged at once: the scores of images and pairs add up over an
assignment, and scripts/fit_contrast_rules.py fitted their weights so that the right assignment of every subset is the
likeliest (a conditional random field over the images: Lafferty, McCallum and Pereira, ICML 2001).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from scipy import ndimage

from ssaglioma.errors import DatasetError
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.bright_spots import bright_spots
from ssaglioma.preprocessing.depth import fill_slices
from ssaglioma.preprocessing.rigid import foreground_of, shrunk
from ssaglioma.volume import Volume, to_canonical
from ssaglioma.volume.sitk import from_sitk, to_sitk

PAIRS: tuple[tuple[Sequence, Sequence], ...] = tuple(permutations(SEQUENCE_ORDER, 2))
_FIT_FILE = "contrast_rules.json"
_VOXEL_MM, _BAND_MM, _DEPTH_SHARE = 3.0, (12.0, 95.0), 0.28
_MOST_VOXELS, _LEAST_VOXELS, _TAIL_SHARE, _RANK_BINS = 12000, 400, 0.03, 12
_PERCENTILES = (1, 5, 25, 75, 95, 99, 99.8)
_FLOOR, _WILDEST = 0.02, 6.0
_REVERSED = [0, 3, 4, 1, 2, 7, 8, 5, 6]
"""Where the features of two images stand when the two change places."""


@dataclass(frozen=True, eq=False)
class LinearScores:
    """A score for each class, linear in standardised features.

    Attributes
    ----------
    centre, scale : ndarray, shape (F,)
        Features are standardised by them, and held within 6 standard deviations.
    weights : ndarray, shape (K, F)
    offsets : ndarray, shape (K,)
    """

    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray

    def standardised(self, features: np.ndarray) -> np.ndarray:
        """Return features (..., F) in standard deviations, -6..6: one wild feature must not decide alone."""
        return np.clip((features - self.centre) / self.scale, -_WILDEST, _WILDEST)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Return one value for each class, shape (K,), for features (F,)."""
        return self.weights @ self.standardised(features) + self.offsets

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, rounded to five digits."""
        return {name: np.vectorize(lambda v: float(f"{v:.5g}"))(getattr(self, name)).tolist() for name in _FIELDS}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LinearScores:
        """Build from plain JSON values."""
        return cls(**{name: np.array(values[name], float) for name in _FIELDS})


_FIELDS = ("centre", "scale", "weights", "offsets")


@dataclass(frozen=True, eq=False)
class ContrastRules:
    """The fitted numbers.

    Attributes
    ----------
    single : LinearScores
        Of one image; a class for each of `SEQUENCE_ORDER`.
    pair : LinearScores
        Of two images in order; a class for each of `PAIRS`.
    """

    single: LinearScores
    pair: LinearScores


@dataclass(frozen=True, eq=False)
class ContrastEvidence:
    """What the voxels of some images of one head say.

    Attributes
    ----------
    single : mapping of key to ndarray, shape (4,)
        Score of the image as each of `SEQUENCE_ORDER`; differences are log-odds.
    pair : mapping of (key, key) to ndarray, shape (12,)
        The same of two images and each of `PAIRS`; the two orders of a pair count half each.
    """

    single: Mapping[str, np.ndarray]
    pair: Mapping[tuple[str, str], np.ndarray]

    def among(self, keys: Iterable[str]) -> ContrastEvidence:
        """Return the evidence on some of the images."""
        some = list(keys)
        return ContrastEvidence(
            {key: self.single[key] for key in some}, {pair: self.pair[pair] for pair in permutations(some, 2)}
        )

    def score(self, choice: Mapping[str, Sequence]) -> float:
        """Return the log-probability, up to a constant, that the images are what a choice says."""
        total = sum(float(self.single[key][SEQUENCE_ORDER.index(sequence)]) for key, sequence in choice.items())
        for first, second in permutations(choice, 2):
            total += float(self.pair[first, second][PAIRS.index((choice[first], choice[second]))]) / 2
        return total

    def probabilities(self) -> dict[str, np.ndarray]:
        """Return the probability (4,) of each sequence for each of at most four images, all of different contrast."""
        keys = list(self.single)
        if not 1 <= len(keys) <= len(SEQUENCE_ORDER):
            raise ValueError(f"There must be 1 to 4 images, found {len(keys)!r}")
        choices = list(permutations(SEQUENCE_ORDER, len(keys)))
        scores = np.array([self.score(dict(zip(keys, choice))) for choice in choices])
        weights = np.exp(scores - scores.max())
        weights /= weights.sum()
        result = {key: np.zeros(len(SEQUENCE_ORDER)) for key in keys}
        for weight, choice in zip(weights, choices):
            for key, sequence in zip(keys, choice):
                result[key][SEQUENCE_ORDER.index(sequence)] += weight
        return result


@lru_cache(maxsize=1)
def contrast_rules() -> ContrastRules:
    """Return the shipped numbers."""
    values = json.loads(Path(__file__).with_name(_FIT_FILE).read_text(encoding="utf-8"))
    return ContrastRules(LinearScores.from_json(values["single"]), LinearScores.from_json(values["pair"]))


def contrast_evidence(volumes: Mapping[str, Volume], rules: ContrastRules | None = None) -> ContrastEvidence:
    """Judge images of one head by their voxels.

    Parameters
    ----------
    volumes : mapping of str to Volume
        Roughly aligned (a few millimetres), with or without skull, of any grid; at least one.

    Raises
    ------
    DatasetError
        If an image shows too little of a brain to judge it.
    """
    known = rules or contrast_rules()
    values, depth = core_values(volumes)
    single = {
        key: known.single.scores(single_features(values[key], depth, bright_spots(volume)))
        for key, volume in volumes.items()
    }
    pair = {}
    for a, b in combinations(values, 2):
        features = pair_features(values[a], values[b])
        pair[a, b], pair[b, a] = known.pair.scores(features), known.pair.scores(features[_REVERSED])
    return ContrastEvidence(single, pair)


def core_values(volumes: Mapping[str, Volume]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the values (N,) of each image at the same places deep in the head, and how deep (0..1) these lie.

    The places lie 12 to 95 mm below the vertex and deeper than 28 % of the greatest depth: brain, with the skull
    and without it.
    """
    keys = list(volumes)
    finest = min(keys, key=lambda key: max(volumes[key].spacing_zyx_mm))
    grid = shrunk(SimpleITK.Cast(to_sitk(to_canonical(volumes[finest])), SimpleITK.sitkFloat32), _VOXEL_MM)
    depth = _depth(from_sitk(foreground_of(grid)))
    arrays = {}
    for key in keys:
        image = shrunk(SimpleITK.Cast(to_sitk(volumes[key]), SimpleITK.sitkFloat32), _VOXEL_MM)
        arrays[key] = SimpleITK.GetArrayFromImage(SimpleITK.Resample(image, grid, defaultPixelValue=np.nan))
    places = (depth > _DEPTH_SHARE) & np.all([np.isfinite(array) for array in arrays.values()], axis=0)
    count = int(places.sum())
    if count < _LEAST_VOXELS:
        raise DatasetError(
            "The images show too little of a brain to tell their contrast",
            expected="whole heads or brains that lie on each other",
            remedy="Name the sequences yourself",
        )
    step = -(-count // _MOST_VOXELS)
    return {key: array[places][::step].astype(float) for key, array in arrays.items()}, depth[places][::step]


def _depth(mask: Volume) -> np.ndarray:
    """Distance to the head's surface as a share of the greatest; 0 outside a band below the vertex."""
    head = ndimage.binary_closing(mask.array > 0, iterations=2) | (mask.array > 0)
    head = fill_slices(head)
    spacing = mask.spacing_zyx_mm
    depth = ndimage.distance_transform_edt(head, sampling=spacing)
    filled = np.flatnonzero(head.sum(axis=(1, 2)) * spacing[1] * spacing[2] > 1500)
    if len(filled) == 0:
        return np.zeros(head.shape)
    below = (filled[-1] - np.arange(len(head))) * spacing[0]
    depth[(below <= _BAND_MM[0]) | (below >= _BAND_MM[1])] = 0
    return depth / max(float(np.percentile(depth[depth > 0], 99.5)), 1e-6) if depth.any() else depth


def single_features(values: np.ndarray, depth: np.ndarray, spots: np.ndarray) -> np.ndarray:
    """Return the features (F,) of one image: percentiles against the median, skewness, shallow against deep, spots."""
    median = max(float(np.median(values)), 1e-6)

    def level(some: np.ndarray, percentile: float) -> float:
        return float(np.log(max(float(np.percentile(some, percentile)), _FLOOR * median) / median))

    deep, shallow = values[depth > 0.6], values[depth <= 0.45]
    if min(len(deep), len(shallow)) == 0:
        deep = shallow = values
    scores = (values - values.mean()) / max(float(values.std()), 1e-6)
    return np.array(
        [level(values, p) for p in _PERCENTILES]
        + [float(np.clip((scores**3).mean(), -3, 3)), level(shallow, 50) - level(deep, 50)]
        + [level(deep, 5), level(deep, 97), level(shallow, 5), level(shallow, 97)]
        + spots.tolist()
    )


def pair_features(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the features (F,) of two images at the same voxels (N,): ranks in each other's tails, odd residuals."""
    orders = np.argsort(first, kind="stable"), np.argsort(second, kind="stable")
    ranks = _ranks(orders[0]), _ranks(orders[1])
    count = max(1, round(_TAIL_SHARE * len(first)))
    features = [float(np.corrcoef(*ranks)[0, 1])]
    for order, other in ((orders[0], ranks[1]), (orders[1], ranks[0])):
        features += [float(other[order[:count]].mean()), float(other[order[-count:]].mean())]
    features += _residual_tails(orders[0], _scaled(second)) + _residual_tails(orders[1], _scaled(first))
    return np.array(features)


def _ranks(order: np.ndarray) -> np.ndarray:
    ranks = np.empty(len(order))
    ranks[order] = np.arange(len(order)) / len(order)
    return ranks


def _scaled(values: np.ndarray) -> np.ndarray:
    low, middle, high = np.percentile(values, (16, 50, 84))
    return (values - middle) / max(float(high - low), 1e-6)


def _residual_tails(order: np.ndarray, other: np.ndarray) -> list[float]:
    """How far one image lies above and below what the other lets expect: bright spots that only one of them has."""
    rest = np.concatenate([other[part] - np.median(other[part]) for part in np.array_split(order, _RANK_BINS)])
    low, shoulder, high = np.percentile(rest, (0.5, 90, 99.5))
    return [
        float(np.log((high + _FLOOR) / (-low + _FLOOR))),
        float(np.log((high + _FLOOR) / (max(shoulder, 0) + _FLOOR))),
    ]
