"""How sure a model was: confidence of each region, and the slices where it hesitated most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.evaluation.slices import AxialSlice, axial_slice
from ssaglioma.labels import LabelScheme
from ssaglioma.volume import Volume, check_same_grid, to_canonical


@dataclass(frozen=True)
class DoubtfulSlice:
    """An axial slice with the doubt that it holds.

    Attributes
    ----------
    plane : AxialSlice
    doubt_ml : float
        Sum of 4 p (1 - p) over voxels and regions, times the voxel volume: a millilitre at
        p = 0.5 counts as one, a millilitre that is certain as none.
    """

    plane: AxialSlice
    doubt_ml: float


def check_probabilities(probabilities: Mapping[str, Volume], labelmap: Volume, scheme: LabelScheme) -> None:
    """Raise unless these are probabilities of the scheme's regions on the labelmap's grid.

    Raises
    ------
    DatasetError
        For an unknown region, or values outside 0..1.
    GeometryError
        If a grid differs.
    """
    for region, volume in probabilities.items():
        if region not in scheme.regions:
            raise DatasetError(
                f"The region {region!r} of a probability image is not in scheme {scheme.name!r}",
                expected=f"one of {list(scheme.regions)}",
            )
        low, high = float(volume.array.min()), float(volume.array.max())
        if not (low >= 0 and high <= 1):
            raise DatasetError(
                f"The probability image of {region} holds values from {low:g} to {high:g}",
                expected="values from 0 to 1",
                remedy="Give the probability images that `ssaglioma segment --probabilities` wrote",
            )
    check_same_grid({"the labelmap": labelmap, **{f"{name} probability": v for name, v in probabilities.items()}})


def region_probability(name: str, probabilities: Mapping[str, Volume], scheme: LabelScheme) -> np.ndarray | None:
    """Return the probability (Z, Y, X) of a region or of a single label; None where it cannot be told.

    Regions are nested, so the probability of a label is that of the smallest region around it
    less that of the next region inside: P(ED) = P(WT) - P(TC), P(NCR) = P(TC) - P(ET).
    """
    if name in probabilities:
        return probabilities[name].array
    around = [region for region, names in scheme.regions.items() if name in names]
    if name not in scheme.values or not around:
        return None
    own = min(around, key=lambda region: len(scheme.regions[region]))
    inside = [
        region
        for region, names in scheme.regions.items()
        if set(names) < set(scheme.regions[own]) and name not in names
    ]
    inner = max(inside, key=lambda region: len(scheme.regions[region]), default=None)
    rest = set(scheme.regions[own]) - set(scheme.regions[inner] if inner else ())
    if rest != {name} or own not in probabilities or (inner and inner not in probabilities):
        return None
    if inner is None:
        return probabilities[own].array
    return np.clip(probabilities[own].array - probabilities[inner].array, 0.0, 1.0)


def confidence(name: str, mask: np.ndarray, probabilities: Mapping[str, Volume], scheme: LabelScheme) -> float | None:
    """Return the mean probability (0..1) of a region inside its mask (Z, Y, X); None if either is missing."""
    probability = region_probability(name, probabilities, scheme)
    if probability is None or not mask.any():
        return None
    return float(probability[mask].mean(dtype=np.float64))


def doubtful_slices(probabilities: Mapping[str, Volume], most: int = 10) -> tuple[DoubtfulSlice, ...]:
    """Return the axial slices with the most doubt, the worst first; slices without any are left out.

    Parameters
    ----------
    probabilities : mapping of region to Volume
        Values in 0..1, all on one grid, in any orientation.
    most : int
        Length of the list.
    """
    if not probabilities:
        return ()
    first = next(iter(probabilities.values()))
    canonical = to_canonical(first)
    doubt = np.zeros(canonical.shape[0])
    for volume in probabilities.values():
        values = to_canonical(volume).array.astype(np.float32)
        doubt += (4 * values * (1 - values)).sum(axis=(1, 2), dtype=np.float64)
    order = [int(number) for number in np.argsort(-doubt, kind="stable")[:most] if doubt[number] > 0]
    return tuple(
        DoubtfulSlice(axial_slice(canonical, first, number), float(doubt[number] * first.voxel_volume_ml))
        for number in order
    )
