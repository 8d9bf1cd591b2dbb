"""Names of directions in the patient, so that left and right can be seen in a slice view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# A component of a unit vector below this (15 degrees) adds no letter
OBLIQUE_LIMIT = 0.26
_LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))


def direction_letters(direction_ras: Sequence[float]) -> str:
    """Letters of a direction in RAS, the largest component first: ``L``, or ``LA`` for an oblique one.

    Raises ValueError when the direction has no length.
    """
    vector = np.asarray(direction_ras, dtype=float)
    length = float(np.linalg.norm(vector))
    if length == 0.0:
        raise ValueError("A direction of length 0 has no name: expected a vector in RAS.")
    vector = vector / length
    order = sorted(range(3), key=lambda axis: -abs(vector[axis]))
    named = [axis for axis in order if abs(vector[axis]) >= OBLIQUE_LIMIT]
    return "".join(_LETTERS[axis][0 if vector[axis] > 0 else 1] for axis in named)


def edge_letters(slice_node: Any) -> dict[str, str]:
    """Letters at the ``right``, ``left``, ``top`` and ``bottom`` edge of a vtkMRMLSliceNode's view."""
    matrix = slice_node.GetSliceToRAS()
    to_right = np.array([matrix.GetElement(row, 0) for row in range(3)])
    to_top = np.array([matrix.GetElement(row, 1) for row in range(3)])
    return {
        "right": direction_letters(to_right),
        "left": direction_letters(-to_right),
        "top": direction_letters(to_top),
        "bottom": direction_letters(-to_top),
    }


def offset_text(slice_node: Any, offset_mm: float) -> str:
    """The slice's place along its normal, with the side that its positive numbers lie on: ``S: 12.0mm``."""
    matrix = slice_node.GetSliceToRAS()
    return f"{direction_letters([matrix.GetElement(row, 2) for row in range(3)])}: {offset_mm:.1f}mm"
