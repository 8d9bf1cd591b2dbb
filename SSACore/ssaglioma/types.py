"""Shared aliases, protocols and file schemas that belong to no single room."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol, Union, runtime_checkable

import numpy as np

PathLike = Union[str, "os.PathLike[str]"]
Spacing = tuple[float, float, float]
"""Voxel size in mm along (Z, Y, X)."""

ProgressCallback = Callable[[float, str], None]
"""Called with the fraction done (0..1) and a short message for the user."""


@runtime_checkable
class Predictor(Protocol):
    """A trained model that turns an image into class or region probabilities."""

    def predict(self, array: np.ndarray, spacing_zyx_mm: Spacing) -> np.ndarray:
        """Return probabilities (R, Z, Y, X) in 0..1 for an image (C, Z, Y, X) of float32."""
        ...


def no_progress(fraction: float, message: str) -> None:
    """Ignore progress; the default of every `progress` argument."""
