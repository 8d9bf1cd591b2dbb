"""Diameters against an exhaustive search over all pairs of faces."""

import itertools

import numpy as np
import pytest
from scipy import ndimage

from ssaglioma.evaluation.chords import face_midpoints, largest_diameter_mm, longest_chord


def all_faces(mask):
    """The middles of the faces, voxel by voxel and neighbour by neighbour."""
    found = []
    for index in np.argwhere(mask):
        for axis, side in itertools.product(range(mask.ndim), (-1, 1)):
            other = index.copy()
            other[axis] += side
            inside = (other >= 0).all() and (other < mask.shape).all() and mask[tuple(other)]
            if not inside:
                found.append((index + other) / 2)
    return np.array(found)


def runs_inside(start, end, mask):
    line = np.linspace(start, end, 400).T
    return bool((ndimage.map_coordinates(mask.astype(float), line, order=1, mode="grid-constant") > 1e-9).all())


def search(mask, spacing, angle=None):
    """Length of the longest line inside, by trying every pair; `angle` is the direction it must stand on."""
    best = 0.0
    for start, end in itertools.combinations(all_faces(mask), 2):
        step = (end - start) * spacing
        length = float(np.hypot(*step))
        if angle is not None and abs(step @ angle) > np.sin(np.radians(5)) * length * np.hypot(*angle) + 1e-9:
            continue
        if length > best and runs_inside(start, end, mask):
            best = length
    return best


def random_mask(seed, shape):
    generator = np.random.default_rng(seed)
    return ndimage.gaussian_filter(generator.normal(size=shape), 1.3) > 0.05


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (5.0, 0.7, 1.3)])
def test_the_largest_diameter_is_that_of_all_pairs(seed, spacing):
    mask = random_mask(seed, (5, 7, 6))
    points = all_faces(mask) * spacing
    expected = max(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(points, 2))
    assert largest_diameter_mm(mask, spacing) == pytest.approx(expected, abs=1e-9)


def test_the_faces_are_those_found_voxel_by_voxel():
    mask = random_mask(3, (4, 5, 6))
    found = {tuple(point) for point in face_midpoints(mask)}
    assert found == {tuple(point) for point in all_faces(mask)} and len(found) == len(face_midpoints(mask))


@pytest.mark.parametrize(
    ("shape", "spacing", "expected"),
    [((1, 1, 1), (3.0, 1.0, 1.0), 3.0), ((1, 10, 1), (1.0, 1.0, 1.0), 10.0), ((1, 2), (1.0, 2.0), 4.0)],
)
def test_a_row_of_voxels_measures_from_face_to_face(shape, spacing, expected):
    assert largest_diameter_mm(np.ones(shape, bool), spacing) == pytest.approx(expected)


def test_an_empty_mask_has_no_diameter():
    assert largest_diameter_mm(np.zeros((3, 3, 3), bool), (1.0, 1.0, 1.0)) == 0.0


def test_a_ball_measures_its_diameter():
    grid = np.stack(np.meshgrid(*[np.arange(-30, 31)] * 3, indexing="ij"))
    assert largest_diameter_mm((grid**2).sum(axis=0) <= 25.0**2, (1.0, 1.0, 1.0)) == pytest.approx(51.0, abs=0.5)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.6, 1.7)])
def test_the_longest_chord_inside_is_that_of_all_pairs(seed, spacing):
    pieces, _ = ndimage.label(random_mask(seed, (9, 9)), structure=np.ones((3, 3)))
    mask = pieces == np.argmax(np.bincount(pieces.ravel())[1:]) + 1
    chord = longest_chord(face_midpoints(mask), mask, spacing)
    assert chord is not None
    assert chord.length_mm == pytest.approx(search(mask, spacing), abs=1e-9)
    across = longest_chord(face_midpoints(mask), mask, spacing, perpendicular_to=chord)
    angle = np.subtract(chord.end_yx, chord.start_yx) * spacing
    assert (0.0 if across is None else across.length_mm) == pytest.approx(search(mask, spacing, angle), abs=1e-9)


def test_a_chord_does_not_leave_a_horseshoe():
    mask = np.ones((12, 12), bool)
    mask[:9, 3:9] = False
    chord = longest_chord(face_midpoints(mask), mask, (1.0, 1.0))
    assert chord is not None and runs_inside(chord.start_yx, chord.end_yx, mask)
    assert chord.length_mm < largest_diameter_mm(mask, (1.0, 1.0)) - 1.5
