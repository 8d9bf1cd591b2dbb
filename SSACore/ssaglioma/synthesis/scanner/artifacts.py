"""Artifacts of a scan as frozen dataclasses: motion, ghosts, spikes and fold-over.

Each names the sequences that it hit. Axes are those of `effects`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ssaglioma.synthesis.scanner.checks import SEQUENCE_NAMES, check_choice, check_number, check_sequences, check_vector


@dataclass(frozen=True)
class Pose:
    """Where the head lay during a part of the scan, in the plane of the slice.

    Attributes
    ----------
    at : float
        Part of the scan (0 to 1, phase-encoding lines in order). Below 0.5 the pose holds for all lines
        before it, otherwise for all lines from it on: the center of k-space, which sets where the
        anatomy appears, is never moved, and labels stay true.
    shift_mm : tuple of 2 floats
        Along the in-plane axes.
    degrees : float
        Rotation about the center of the slice.
    """

    at: float
    shift_mm: tuple[float, float] = (0.0, 0.0)
    degrees: float = 0.0

    def __post_init__(self) -> None:
        check_number(self, "at", 0, 1, "")
        check_vector(self, "shift_mm", 2, 100, "mm")
        check_number(self, "degrees", -90, 90, "degrees")


@dataclass(frozen=True)
class Motion:
    """Sudden movements of the head between phase-encoding lines.

    Attributes
    ----------
    poses : tuple of Pose
    sequences : tuple of str
        Those during which the patient moved.
    """

    poses: tuple[Pose, ...] = (Pose(0.7, (2.0, 0.0), 1.0),)
    sequences: tuple[str, ...] = SEQUENCE_NAMES

    def __post_init__(self) -> None:
        check_sequences(self)


@dataclass(frozen=True)
class Ghosting:
    """Copies of the head along the phase-encoding direction, from a periodic change of its signal.

    Attributes
    ----------
    period_lines : int
        Lines of one period; the ghosts are displaced by plus and minus a field of view over it.
    percent : float
        Height of each ghost, in percent of the image (period 2: the two coincide in one of this height).
    sequences : tuple of str
    """

    period_lines: int = 4
    percent: float = 5.0
    sequences: tuple[str, ...] = SEQUENCE_NAMES

    def __post_init__(self) -> None:
        check_choice(self, "period_lines", tuple(range(2, 65)))
        check_number(self, "percent", 0, 50, "percent")
        check_sequences(self)


@dataclass(frozen=True)
class Spike:
    """One wrong point of k-space: stripes over a slice.

    Attributes
    ----------
    place : tuple of 2 floats
        In the acquired k-space, -1 to 1 along the in-plane axes.
    percent : float
        Height of the stripes in percent of the brain's mean signal.
    slice_at : float or None
        Which slice it hits, 0 (first) to 1 (last); None for all.
    """

    place: tuple[float, float] = (0.3, 0.2)
    percent: float = 10.0
    slice_at: float | None = None

    def __post_init__(self) -> None:
        check_vector(self, "place", 2, 1, "of the acquired k-space")
        check_number(self, "percent", 0, 1000, "percent")
        if self.slice_at is not None:
            check_number(self, "slice_at", 0, 1, "")


@dataclass(frozen=True)
class Spikes:
    """Electric discharges during the scan.

    Attributes
    ----------
    spikes : tuple of Spike
    sequences : tuple of str
    """

    spikes: tuple[Spike, ...] = (Spike(),)
    sequences: tuple[str, ...] = SEQUENCE_NAMES

    def __post_init__(self) -> None:
        check_sequences(self)


@dataclass(frozen=True)
class Wrap:
    """A field of view smaller than the head along the phase-encoding direction: the rest folds over.

    Attributes
    ----------
    field_of_view_mm : float
    sequences : tuple of str
    """

    field_of_view_mm: float = 200.0
    sequences: tuple[str, ...] = SEQUENCE_NAMES

    def __post_init__(self) -> None:
        check_number(self, "field_of_view_mm", 0, 1000, "mm", above=True)
        check_sequences(self)
