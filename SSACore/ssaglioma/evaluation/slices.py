"""Where an axial slice of an image lies, whatever the order of the image's axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ssaglioma.volume import Volume


@dataclass(frozen=True)
class AxialSlice:
    """One axial slice of an image.

    Attributes
    ----------
    axis : int
        Array axis (0 to 2 of Z, Y, X) that the slices are cut along.
    index : int
        Number of the slice along that axis.
    center_lps_mm : tuple of 3 floats
        Patient position of the middle of the slice.
    """

    axis: int
    index: int
    center_lps_mm: tuple[float, float, float]


def axial_slice(canonical: Volume, native: Volume, number: int) -> AxialSlice:
    """Return the slice of the native image that is number `number` along Z of its canonical form."""
    from_index = np.linalg.inv(native.affine_lps)
    step = from_index @ canonical.affine_lps @ [0.0, 0.0, 1.0, 0.0]
    axis_xyz = int(np.argmax(np.abs(step[:3])))
    place = from_index @ canonical.affine_lps @ [0.0, 0.0, float(number), 1.0]
    middle = [(size - 1) / 2 for size in native.shape[::-1]]
    middle[axis_xyz] = float(np.round(place[axis_xyz]))
    center = native.affine_lps @ [*middle, 1.0]
    return AxialSlice(2 - axis_xyz, int(middle[axis_xyz]), tuple(float(value) for value in center[:3]))  # type: ignore[arg-type]
