"""Scores of two masks that need only voxel counts, with a stated rule for empty masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OverlapCounts:
    """Voxel counts of two masks.

    Attributes
    ----------
    reference, prediction : int
        Voxels in each mask.
    both : int
        Voxels in both masks.
    """

    reference: int
    prediction: int
    both: int

    @property
    def empty(self) -> str:
        """Which mask holds no voxel: 'none', 'reference', 'prediction' or 'both'."""
        if self.reference and self.prediction:
            return "none"
        if self.reference:
            return "prediction"
        return "reference" if self.prediction else "both"

    @property
    def dice(self) -> float:
        """2 |R n P| / (|R| + |P|), in 0..1; 1 when both masks are empty."""
        total = self.reference + self.prediction
        return 2.0 * self.both / total if total else 1.0

    @property
    def iou(self) -> float:
        """|R n P| / |R u P|, in 0..1; 1 when both masks are empty."""
        union = self.reference + self.prediction - self.both
        return self.both / union if union else 1.0

    @property
    def sensitivity(self) -> float | None:
        """|R n P| / |R|; 1 when both masks are empty, None when only the reference is."""
        if self.reference:
            return self.both / self.reference
        return None if self.prediction else 1.0

    @property
    def precision(self) -> float | None:
        """|R n P| / |P|; 1 when both masks are empty, None when only the prediction is."""
        if self.prediction:
            return self.both / self.prediction
        return None if self.reference else 1.0


def overlap_counts(reference: np.ndarray, prediction: np.ndarray) -> OverlapCounts:
    """Count the voxels of two bool masks of the same shape.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if reference.shape != prediction.shape:
        raise ValueError(f"reference has shape {reference.shape!r}, prediction {prediction.shape!r}")
    return OverlapCounts(
        reference=int(np.count_nonzero(reference)),
        prediction=int(np.count_nonzero(prediction)),
        both=int(np.count_nonzero(reference & prediction)),
    )
