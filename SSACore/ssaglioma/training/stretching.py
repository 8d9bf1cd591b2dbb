"""Training images brought to a model's voxel size, as its engine does it with a new image."""

from __future__ import annotations

import numpy as np

from ssaglioma.inference.model_grid import shape_at, to_shape
from ssaglioma.types import Spacing

WantedSpacing = tuple[float | None, ...]
"""Voxel size of a model in mm, (Z, Y, X); None keeps an axis as it is."""


def stretched(
    image: np.ndarray, labels: np.ndarray, have_mm: Spacing, want_mm: WantedSpacing
) -> tuple[np.ndarray, np.ndarray]:
    """Return a normalised image (C, Z, Y, X) and its labels (Z, Y, X) at another voxel size.

    The image is interpolated linearly; of the labels the one with the largest interpolated share is taken.
    """
    shape = shape_at(want_mm, labels.shape, have_mm)
    return to_shape(image, shape), labels_to_shape(labels, shape)


def labels_to_shape(labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return labels (Z, Y, X) stretched to a shape."""
    if labels.shape == tuple(shape):
        return np.ascontiguousarray(labels)
    values = np.unique(labels)
    shares = to_shape(np.stack([labels == value for value in values]).astype(np.float32), shape)
    return values[shares.argmax(axis=0)].astype(np.uint8)
