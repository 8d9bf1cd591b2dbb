"""Fisher-Kolmogorov growth of a glioma: du/dt = div(D grad u) + rho u (1 - u), in mm and days.

u is the density of tumour cells as a share of the greatest density. D is larger in white matter than in
grey matter, and no cell leaves the brain or enters CSF (no flux through faces of voxels that are not
tissue). Explicit finite volumes: mass is kept exactly where rho = 0.

References: Harpold, Alvord, Swanson, J Neuropathol Exp Neurol 2007, doi:10.1097/nen.0b013e31802d9000;
a front travels at 2 sqrt(D rho) (Fisher 1937, doi:10.1111/j.1469-1809.1937.tb02153.x).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ssaglioma.errors import DatasetError

LEAST_TISSUE = 0.4
"""Voxels with less tissue than this hold no tumour cells."""

_STABLE_SHARE = 0.8
_LARGEST_REACTION = 0.2


@dataclass(frozen=True)
class GrowthParameters:
    """How a tumour spreads.

    Attributes
    ----------
    diffusion_mm2_per_day : float
        D in white matter.
    white_to_grey : float
        D in white matter over D in grey matter.
    proliferation_per_day : float
        rho.
    """

    diffusion_mm2_per_day: float
    white_to_grey: float
    proliferation_per_day: float

    def __post_init__(self) -> None:
        if self.diffusion_mm2_per_day <= 0 or self.white_to_grey < 1 or self.proliferation_per_day < 0:
            raise DatasetError(
                f"The growth has D {self.diffusion_mm2_per_day!r} mm2/day, white to grey {self.white_to_grey!r}, "
                f"rho {self.proliferation_per_day!r} per day",
                expected="D above 0, a ratio of at least 1, rho of at least 0",
            )

    @property
    def front_speed_mm_per_day(self) -> float:
        """Speed of a front in white matter."""
        return 2 * float(np.sqrt(self.diffusion_mm2_per_day * self.proliferation_per_day))

    @property
    def front_width_mm(self) -> float:
        """Length sqrt(D / rho) that sets how diffuse the front is."""
        return float(np.sqrt(self.diffusion_mm2_per_day / self.proliferation_per_day))


def time_step_days(parameters: GrowthParameters, spacing_mm: float) -> float:
    """Return the greatest time step that is stable and resolves the reaction."""
    diffusive = _STABLE_SHARE * spacing_mm**2 / (6 * parameters.diffusion_mm2_per_day)
    reactive = _LARGEST_REACTION / max(parameters.proliferation_per_day, 1e-9)
    return min(diffusive, reactive)


def grow(
    density: np.ndarray,
    white: np.ndarray,
    grey: np.ndarray,
    parameters: GrowthParameters,
    *,
    spacing_mm: float,
    days: float,
    until: Callable[[np.ndarray], bool] | None = None,
) -> tuple[np.ndarray, float]:
    """Return the density (float64, same shape) after some days, and how many days passed.

    Parameters
    ----------
    density : ndarray, shape (Z, Y, X)
        Start, 0..1; what lies outside tissue is dropped.
    white, grey : ndarray, shape (Z, Y, X)
        Fractions of tissue, 0..1.
    until : callable, optional
        Asked after each step; growth ends early when it says so.
    """
    tissue = (white + grey) >= LEAST_TISSUE
    medium = parameters.diffusion_mm2_per_day * (white + grey / parameters.white_to_grey)
    step = min(time_step_days(parameters, spacing_mm), days) if days > 0 else 0.0
    steps = int(np.ceil(days / step)) if step else 0
    step = days / steps if steps else 0.0
    faces = [_face_coefficients(medium, tissue, axis) * (step / spacing_mm**2) for axis in range(3)]
    u = np.where(tissue, density, 0.0).astype(np.float64)
    for number in range(steps):
        u = _stepped(u, faces, parameters.proliferation_per_day * step)
        if until is not None and until(u):
            return u, (number + 1) * step
    return u, days


def _stepped(u: np.ndarray, faces: list[np.ndarray], reaction: float) -> np.ndarray:
    change = reaction * u * (1 - u)
    for axis, face in enumerate(faces):
        if u.shape[axis] < 2:
            continue
        low, high = _halves(axis)
        flux = face * (u[high] - u[low])
        change[low] += flux
        change[high] -= flux
    return u + change


def _face_coefficients(medium: np.ndarray, tissue: np.ndarray, axis: int) -> np.ndarray:
    low, high = _halves(axis)
    return 0.5 * (medium[low] + medium[high]) * (tissue[low] & tissue[high])


def _halves(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    low = tuple(slice(None, -1) if k == axis else slice(None) for k in range(3))
    high = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
    return low, high
