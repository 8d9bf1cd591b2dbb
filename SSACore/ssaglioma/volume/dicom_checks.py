"""Whether the slices of a DICOM series make one regular volume."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np

from ssaglioma.errors import GeometryError
from ssaglioma.volume.dicom_headers import Slice

SAME_PLACE_MM = 0.01
_STEP_TOLERANCE_SHARE = 0.05
_TILT_TOLERANCE_MM = 0.05


def check_slices(slices: Seq[Slice], source: str) -> None:
    """Raise unless the slices, in the order of their position, form a box of even steps.

    Parameters
    ----------
    slices : sequence of Slice
        At least two.
    source : str
        What errors call the series.

    Raises
    ------
    GeometryError
        If slices are missing, given twice, unevenly spaced, of different size, without a place, or sheared.
    """
    if not all(one.is_placed for one in slices):
        raise GeometryError(
            f"{source} has slices that do not say where they lie",
            expected="ImagePositionPatient and ImageOrientationPatient in every file",
            remedy="Export the original series again (screen captures and secondary captures cannot be used)",
        )
    first = slices[0]
    if any(one.size != first.size or not np.allclose(one.axes, first.axes, atol=1e-3) for one in slices):
        raise GeometryError(
            f"{source} mixes slices of different size or direction",
            expected="parallel slices of one size",
            remedy="Choose another series (this looks like a localizer)",
        )
    positions = np.array([one.position_mm for one in slices])
    steps = np.diff(positions)
    places = 1 + int((steps > SAME_PLACE_MM).sum())
    if len(slices) >= 2 * places:
        raise GeometryError(
            f"{source} holds {len(slices)} images at {places} places: it is 4D",
            expected="one image at each place",
            remedy="Diffusion, perfusion and dynamic series cannot be used; of several echoes, export one",
        )
    _check_steps(steps, source)
    along = np.cross(*first.axes)
    moves = np.diff([one.origin_lps_mm for one in slices], axis=0)
    shear = np.abs(moves - np.outer(moves @ along, along)).max()
    if shear > _TILT_TOLERANCE_MM:
        raise GeometryError(
            f"The slices of {source[0].lower() + source[1:]} are shifted sideways by {shear:.2f} mm from one to the "
            "next (gantry tilt)",
            expected="slices stacked at a right angle",
            remedy="Resample the series to a regular grid first",
        )


def _check_steps(steps: np.ndarray, source: str) -> None:
    step = float(np.median(steps))
    if step <= 0 or np.abs(steps - step).max() > _STEP_TOLERANCE_SHARE * step:
        worst = int(np.argmax(np.abs(steps - step)))
        raise GeometryError(
            f"{source} has slices {steps[worst]:.2f} mm apart between number {worst + 1} and {worst + 2}, "
            f"elsewhere {step:.2f} mm",
            expected="evenly spaced slices",
            remedy="A slice is missing or given twice: export the series again",
        )
