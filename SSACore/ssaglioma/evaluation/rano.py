"""Two diameters of each enhancing lesion, as the RANO criteria ask for them.

Reference: Wen et al. 2010 (RANO) and 2023 (RANO 2.0): the largest diameter of the enhancing
lesion in an axial slice, and the largest diameter perpendicular to it in the same slice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ssaglioma.evaluation.chords import Chord, face_midpoints, hull_points, longest_chord
from ssaglioma.evaluation.lesionwise import core_label
from ssaglioma.evaluation.masks import connected_components
from ssaglioma.evaluation.slices import AxialSlice, axial_slice
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.volume import Volume, to_canonical

MEASURABLE_MM = 10.0
MOST_LESIONS = 10
_NEIGHBOURS_8 = np.ones((3, 3), bool)
_ROUNDING_MM = 1e-6

Line = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class RanoLesion:
    """The two diameters of one enhancing lesion.

    Attributes
    ----------
    plane : AxialSlice
        Where both diameters lie.
    diameter_mm, perpendicular_mm : float
        Perpendicular 0 when no line stands at a right angle on the diameter.
    diameter_lps_mm, perpendicular_lps_mm : tuple of two points in LPS mm
        The ends; the perpendicular's are None when there is none.
    volume_ml : float
        Of the enhancing voxels.
    slices : int
        Number of axial slices that hold the lesion.
    smallest_measurable_mm : float
        10 mm, or twice the distance of the slices where that is more.
    """

    plane: AxialSlice
    diameter_mm: float
    perpendicular_mm: float
    diameter_lps_mm: Line
    perpendicular_lps_mm: Line | None
    volume_ml: float
    slices: int
    smallest_measurable_mm: float = MEASURABLE_MM

    @property
    def product_mm2(self) -> float:
        """Diameter times perpendicular."""
        return self.diameter_mm * self.perpendicular_mm

    @property
    def measurable(self) -> bool:
        """Whether both diameters reach the smallest one that may be measured, on two slices or more."""
        shorter = min(self.diameter_mm, self.perpendicular_mm)
        return self.slices > 1 and shorter + _ROUNDING_MM >= self.smallest_measurable_mm


@dataclass(frozen=True)
class _Piece:
    """A connected piece of a lesion in one slice: possible ends, where lines may run, and the bound of their length."""

    number: int
    points_yx: np.ndarray
    allowed: np.ndarray
    bound_mm: float


def rano_lesions(labelmap: Volume, scheme: LabelScheme = GLIOMA, region: str = "ET") -> tuple[RanoLesion, ...]:
    """Measure the largest lesions of a region, at most ten, by the RANO rules; the largest product comes first.

    A lesion is a 26-connected component; pieces that the necrotic core joins are one lesion.
    A diameter begins and ends on the region and may cross necrosis and enclosed holes, but no
    other tissue. Axial is the array axis nearest to the head-foot direction.

    Parameters
    ----------
    labelmap : Volume
        Labels in any orientation.
    """
    canonical = to_canonical(labelmap)
    mask = scheme.mask(canonical.array, region)
    core = core_label(scheme, region)
    joined = mask if core is None else mask | scheme.mask(canonical.array, core)
    components = connected_components(joined)
    sizes = np.bincount(components[mask])
    largest = np.argsort(-sizes, kind="stable")[:MOST_LESIONS]
    boxes = ndimage.find_objects(components)
    found = []
    for number in (int(value) for value in largest if sizes[value]):
        box = boxes[number - 1]
        own = components[box] == number
        found.append(_measure(own & mask[box], own, [side.start for side in box], canonical, labelmap))
    return tuple(sorted(found, key=lambda lesion: -lesion.product_mm2))


def _measure(mask: np.ndarray, joined: np.ndarray, corner: list[int], canonical: Volume, native: Volume) -> RanoLesion:
    spacing = canonical.spacing_zyx_mm[1:]
    diameter, piece = _longest(_pieces(mask, joined, spacing), spacing)
    perpendicular = longest_chord(piece.points_yx, piece.allowed, spacing, perpendicular_to=diameter)
    number = piece.number + corner[0]
    return RanoLesion(
        plane=axial_slice(canonical, native, number),
        diameter_mm=diameter.length_mm,
        perpendicular_mm=0.0 if perpendicular is None else perpendicular.length_mm,
        diameter_lps_mm=_ends(diameter, number, corner, canonical),
        perpendicular_lps_mm=None if perpendicular is None else _ends(perpendicular, number, corner, canonical),
        volume_ml=float(np.count_nonzero(mask)) * canonical.voxel_volume_ml,
        slices=int(mask.any(axis=(1, 2)).sum()),
        smallest_measurable_mm=max(MEASURABLE_MM, 2 * canonical.spacing_zyx_mm[0]),
    )


def _pieces(mask: np.ndarray, joined: np.ndarray, spacing: tuple[float, float]) -> list[_Piece]:
    """Return the connected pieces of a lesion in each of its slices, the largest possible diameter first."""
    pieces = []
    for number in np.flatnonzero(mask.any(axis=(1, 2))):
        solid, count = ndimage.label(ndimage.binary_fill_holes(joined[number]), structure=_NEIGHBOURS_8)
        for value in range(1, count + 1):
            allowed = solid == value
            own = allowed & mask[number]
            if own.any():
                points = face_midpoints(own)
                corners = hull_points(points, spacing) * np.asarray(spacing)
                bound = float(np.linalg.norm(corners[:, None] - corners[None], axis=-1).max())
                pieces.append(_Piece(int(number), points, allowed, bound))
    return sorted(pieces, key=lambda piece: -piece.bound_mm)


def _longest(pieces: list[_Piece], spacing: tuple[float, float]) -> tuple[Chord, _Piece]:
    """Return the longest chord of all pieces with its piece; most pieces are passed over by their bound."""
    best: tuple[Chord, _Piece] | None = None
    for piece in pieces:
        if best is not None and piece.bound_mm <= best[0].length_mm:
            break
        chord = longest_chord(hull_points(piece.points_yx, spacing), piece.allowed, spacing)
        if chord is None or chord.length_mm < piece.bound_mm - _ROUNDING_MM:
            chord = longest_chord(piece.points_yx, piece.allowed, spacing)
        if chord is not None and (best is None or chord.length_mm > best[0].length_mm):
            best = (chord, piece)
    if best is None:  # two faces of one voxel always see each other
        raise ValueError("A lesion without a voxel has no diameter")
    return best


def _ends(chord: Chord, number: int, corner: list[int], canonical: Volume) -> Line:
    points = []
    for y, x in (chord.start_yx, chord.end_yx):
        place = canonical.affine_lps @ [x + corner[2], y + corner[1], number, 1.0]
        points.append((float(place[0]), float(place[1]), float(place[2])))
    return points[0], points[1]
