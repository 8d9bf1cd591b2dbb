"""An image through an imported network of nnU-Net, step by step as nnU-Net's own predictor does it.

Isensee et al. 2021, nnU-Net v2: order of axes, resampling before and behind the network, mirroring, softmax or sigmoid.
nnU-Net adds its tiles up in float16 and is itself exact to about 3e-4 only; here float32 is used throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Seq

import numpy as np
from scipy import ndimage, special

from ssaglioma.errors import ModelPackageError
from ssaglioma.inference.sliding_window import predict_slices, predict_volume
from ssaglioma.labels import label_scheme
from ssaglioma.packages import ModelCard, ResamplingRule
from ssaglioma.types import ProgressCallback, Spacing, no_progress

Forward = Callable[[np.ndarray], np.ndarray]


def predict_planned(
    card: ModelCard,
    array: np.ndarray,
    spacing_zyx_mm: Spacing,
    forward: Forward,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Return region probabilities (R, Z, Y, X) of a normalised image (C, Z, Y, X).

    Parameters
    ----------
    card : ModelCard
        With a `plan`.
    forward : callable
        Logits of tiles, already averaged over mirrored ones.

    Raises
    ------
    ModelPackageError
        If the card has no plan.
    """
    plan = card.plan
    if plan is None:
        raise ModelPackageError(f"The model {card.name!r} has no plan of nnU-Net", expected="an imported network")
    moved = array.transpose(0, *(1 + axis for axis in plan.transpose))
    have = [spacing_zyx_mm[axis] for axis in plan.transpose]
    want = [card.spacing_zyx_mm[axis] or spacing_zyx_mm[axis] for axis in plan.transpose]
    shape = tuple(round(old / new * size) for old, new, size in zip(have, want, moved.shape[1:]))
    image = resampled(moved, shape, (have, want), plan.image)
    run: Callable[..., np.ndarray] = predict_slices if len(card.patch) == 2 else predict_volume
    logits = run(image, card.patch, forward, progress=progress)
    logits = resampled(logits, moved.shape[1:], (want, have), plan.logits)
    probabilities = region_probabilities(logits, card)
    return probabilities.transpose(0, *(1 + int(axis) for axis in np.argsort(plan.transpose)))


def region_probabilities(logits: np.ndarray, card: ModelCard) -> np.ndarray:
    """Return the probability of each region (R, ...): its own sigmoid, or the sum of its classes of a softmax."""
    values = np.asarray(logits, np.float32)
    if card.plan is None or not card.plan.classes:
        return special.expit(values)
    shares = special.softmax(values, axis=0)[1:]
    members = label_scheme(card.labels).regions
    inside = [[name in members[region] for name in card.plan.classes] for region in card.regions]
    return np.stack([shares[np.array(row)].sum(0) for row in inside])


def resampled(
    array: np.ndarray, shape: Seq[int], spacings: tuple[Seq[float], Seq[float]], rule: ResamplingRule
) -> np.ndarray:
    """Bring (C, Z, Y, X) to a shape (Z, Y, X); edges, not centres, of voxels stay in place.

    Splines stay within the range of the values that they pass through, and outside the image its border goes on.

    Parameters
    ----------
    spacings : pair of sequences of float
        Present and wanted voxel size in mm.
    """
    shape = tuple(int(size) for size in shape)
    if array.shape[1:] == shape:
        return array
    axis = _thick_axis(spacings, rule)
    stretched = [_stretched(channel.astype(np.float64), shape, axis, rule) for channel in array]
    return np.stack(stretched).astype(array.dtype)


def _thick_axis(spacings: tuple[Seq[float], Seq[float]], rule: ResamplingRule) -> int | None:
    """Return the axis that is treated apart: the one thick axis of the present, else of the wanted voxel size."""
    present, wanted = (np.asarray(spacing, np.float64) for spacing in spacings)
    if rule.thick_apart is False:
        return None
    thick = present
    if rule.thick_apart is None:
        found = [each for each in (present, wanted) if each.max() / each.min() > rule.anisotropy]
        if not found:
            return None
        thick = found[0]
    largest = np.flatnonzero(thick.max() / thick == 1)
    return int(largest[0]) if len(largest) == 1 else None


def _stretched(channel: np.ndarray, shape: tuple[int, ...], axis: int | None, rule: ResamplingRule) -> np.ndarray:
    if axis is None:
        return _zoomed(channel, shape, rule.order)
    slices = np.moveaxis(channel, axis, 0)
    plane = tuple(size for index, size in enumerate(shape) if index != axis)
    stack = np.moveaxis(np.stack([_zoomed(each, plane, rule.order) for each in slices]), 0, axis)
    if stack.shape == shape:
        return stack
    places = np.meshgrid(
        *((new / size) * (np.arange(size) + 0.5) - 0.5 for new, size in zip(stack.shape, shape)), indexing="ij"
    )
    return ndimage.map_coordinates(stack, places, order=rule.order_thick, mode="nearest")


def _zoomed(image: np.ndarray, shape: tuple[int, ...], order: int) -> np.ndarray:
    if image.shape == shape:
        return image
    factors = [new / old for new, old in zip(shape, image.shape)]
    stretched = ndimage.zoom(image, factors, order=order, mode="nearest", grid_mode=True)
    return np.clip(stretched, image.min(), image.max()) if order > 1 else stretched
