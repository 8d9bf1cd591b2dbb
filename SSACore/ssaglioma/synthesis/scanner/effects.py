"""The effects of a scanner as frozen dataclasses of physical parameters; nothing is random in them.

What looks random in an image (noise, the place of a spike) is named by a number here, so the
same parameters always give the same image. In-plane axis 0 is the first array axis of a slice
(anterior-posterior of an axial one), axis 1 the second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.scanner.checks import (
    SEQUENCE_NAMES,
    check_choice,
    check_number,
    check_seed,
    check_sequences,
    check_vector,
)

PLANES = ("axial", "coronal", "sagittal")
PROFILES = ("sinc", "gaussian")


@dataclass(frozen=True)
class Slices:
    """Two-dimensional slices of a given thickness.

    Attributes
    ----------
    thickness_mm : float
        Full width of the slice profile at half its height.
    gap_mm : float
        Tissue between two slices that no slice sees.
    plane : str
        'axial', 'coronal' or 'sagittal'.
    profile : str
        'sinc' (a Hann-windowed sinc pulse of time-bandwidth product 4, small tip angle) or 'gaussian'.
    """

    thickness_mm: float = 5.0
    gap_mm: float = 0.0
    plane: str = "axial"
    profile: str = "sinc"

    def __post_init__(self) -> None:
        check_number(self, "thickness_mm", 0, 50, "mm", above=True)
        check_number(self, "gap_mm", 0, 50, "mm")
        check_choice(self, "plane", PLANES)
        check_choice(self, "profile", PROFILES)


@dataclass(frozen=True)
class InPlane:
    """In-plane resolution: only the inner part of k-space is acquired, the rest is filled with zeros.

    Attributes
    ----------
    phase_mm, read_mm : float
        Acquired pixel size (field of view over acquired matrix); the equivalent width (area over
        height) of the point spread function.
    gibbs : float
        1: k-space ends sharply (full ringing, 9 % at an edge). 0: a Hann window of the same equivalent width.
    """

    phase_mm: float = 1.0
    read_mm: float = 1.0
    gibbs: float = 1.0

    def __post_init__(self) -> None:
        check_number(self, "phase_mm", 0, 20, "mm", above=True)
        check_number(self, "read_mm", 0, 20, "mm", above=True)
        check_number(self, "gibbs", 0, 1, "")


@dataclass(frozen=True)
class Noise:
    """Thermal noise, complex and Gaussian in the acquired k-space: Rician in the image, Rayleigh in air.

    Attributes
    ----------
    snr : float
        Mean signal of the brain (of the whole head, where it was not extracted) over the standard deviation of the
        noise in the real channel.
    seed : int
    """

    snr: float = 20.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_number(self, "snr", 0, math.inf, "", above=True)
        check_seed(self)


@dataclass(frozen=True)
class BiasField:
    """Smooth sensitivity of the coil: a polynomial of order 3 in space.

    Attributes
    ----------
    peak_to_peak_percent : float
        Largest minus smallest value inside the brain, in percent of the middle between them.
    seed : int
        Names the shape of the field.
    """

    peak_to_peak_percent: float = 20.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_number(self, "peak_to_peak_percent", 0, 190, "percent")
        check_seed(self)


@dataclass(frozen=True)
class FieldContrast:
    """Contrast of T1-weighted images at another field strength (T1 grows with the field).

    Attributes
    ----------
    from_mt, to_mt : float
        Field strength of the given images and of the scanner, in mT.
    repetition_time_ms : float
        Of the T1-weighted spin echo, the same at both.
    """

    from_mt: float = 3000.0
    to_mt: float = 1500.0
    repetition_time_ms: float = 500.0

    def __post_init__(self) -> None:
        check_number(self, "from_mt", 10, 12000, "mT")
        check_number(self, "to_mt", 10, 12000, "mT")
        check_number(self, "repetition_time_ms", 0, 20000, "ms", above=True)


@dataclass(frozen=True)
class Displacement:
    """Rigid error of the registration of one sequence, about the middle of the image.

    Attributes
    ----------
    sequence : str
    shift_mm : tuple of 3 floats
        Along (Z, Y, X) of the canonical image: towards head, back and left of the patient.
    degrees : tuple of 3 floats
        Rotations about (Z, Y, X), applied in this order.
    """

    sequence: str
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    degrees: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        check_choice(self, "sequence", SEQUENCE_NAMES)
        check_vector(self, "shift_mm", 3, 100, "mm")
        check_vector(self, "degrees", 3, 90, "degrees")


@dataclass(frozen=True)
class ResidualSkull:
    """Skull and scalp that a brain extraction left behind; needs an image of the head's other tissues.

    Attributes
    ----------
    rim_mm : float
        How far from the brain it may lie.
    percent : float
        Share of that rim that was left.
    seed : int
        Names the patches.
    """

    rim_mm: float = 8.0
    percent: float = 20.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_number(self, "rim_mm", 0, 100, "mm", above=True)
        check_number(self, "percent", 0, 100, "percent")
        check_seed(self)


@dataclass(frozen=True)
class Missing:
    """Sequences that were not acquired.

    Attributes
    ----------
    sequences : tuple of str
    """

    sequences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_sequences(self)
        if len(self.sequences) == len(SEQUENCE_NAMES):
            raise DatasetError(
                "All sequences are missing", expected="at least one that was acquired", remedy="Leave one out"
            )
