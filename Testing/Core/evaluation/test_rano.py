"""The two diameters of enhancing lesions: known shapes, any orientation, thick slices."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from ssaglioma.evaluation.chords import face_midpoints
from ssaglioma.evaluation.rano import rano_lesions
from ssaglioma.labels import GLIOMA
from ssaglioma.volume import Volume, from_canonical, to_canonical

NCR, ED, ET = (GLIOMA.values[name] for name in ("NCR", "ED", "ET"))
OBLIQUE = Rotation.from_euler("xyz", (8, -11, 14), degrees=True).as_matrix()


def block(shape=(9, 40, 40), label=ET, spacing=(1.0, 1.0, 1.0), **sides):
    array = np.zeros(shape, np.uint8)
    array[tuple(slice(*sides[axis]) for axis in "zyx")] = label
    return Volume(array, spacing, (-12.0, 30.0, 7.0))


def length(line):
    return float(np.linalg.norm(np.subtract(*line)))


def index_of(volume, point):
    return tuple(np.round((np.linalg.inv(volume.affine_lps) @ [*point, 1.0])[2::-1], 6))


def test_a_bar_is_as_long_and_wide_as_its_voxels():
    volume = block(z=(3, 6), y=(10, 12), x=(5, 35))
    (lesion,) = rano_lesions(volume)
    assert 30.0 <= lesion.diameter_mm <= np.hypot(30, 2)
    assert lesion.perpendicular_mm == pytest.approx(2.0, abs=0.01)
    assert lesion.product_mm2 == lesion.diameter_mm * lesion.perpendicular_mm
    assert lesion.volume_ml == pytest.approx(0.18) and lesion.slices == 3
    assert not lesion.measurable


def test_the_slice_with_the_largest_diameter_is_taken():
    volume = block(z=(2, 7), y=(12, 24), x=(12, 24))
    volume.array[5, 12:24, 10:27] = ET
    (lesion,) = rano_lesions(volume)
    assert (lesion.plane.axis, lesion.plane.index) == (0, 5)
    for point in (*lesion.diameter_lps_mm, *lesion.perpendicular_lps_mm):
        z, y, x = index_of(volume, point)
        assert z == pytest.approx(5)
        assert (y, x) in {tuple(np.round(face, 6)) for face in face_midpoints(volume.array[5] == ET)}
    assert length(lesion.diameter_lps_mm) == pytest.approx(lesion.diameter_mm)
    assert length(lesion.perpendicular_lps_mm) == pytest.approx(lesion.perpendicular_mm)


def test_the_two_lines_stand_at_a_right_angle_within_five_degrees():
    grid = np.stack(np.meshgrid(np.arange(40), np.arange(40), indexing="ij")) - 19.5
    turned = np.array([[0.8, 0.6], [-0.6, 0.8]]) @ grid.reshape(2, -1)
    ellipse = ((turned[0] / 15) ** 2 + (turned[1] / 9) ** 2 <= 1).reshape(40, 40)
    volume = block(z=(0, 1), y=(0, 1), x=(0, 1))
    volume.array[:] = 0
    volume.array[2:5, ellipse] = ET
    (lesion,) = rano_lesions(volume)
    assert lesion.diameter_mm == pytest.approx(30, abs=1) and lesion.perpendicular_mm == pytest.approx(18, abs=1)
    lines = [np.subtract(*line) for line in (lesion.diameter_lps_mm, lesion.perpendicular_lps_mm)]
    cosine = abs(lines[0] @ lines[1]) / (lesion.diameter_mm * lesion.perpendicular_mm)
    assert np.degrees(np.arcsin(cosine)) <= 5.001
    assert lesion.measurable


@pytest.mark.parametrize("reordered", [False, True])
def test_orientation_and_obliquity_change_no_length(reordered):
    plain = block(shape=(10, 30, 34), spacing=(4.0, 0.8, 1.1), z=(3, 8), y=(5, 24), x=(8, 20))
    plain.array[5, 8:20, 10:30] = ET
    (expected,) = rano_lesions(plain)
    canonical = Volume(plain.array, plain.spacing_zyx_mm, plain.origin_lps_mm, OBLIQUE)
    native = _reordered(canonical) if reordered else canonical
    (lesion,) = rano_lesions(native)
    assert lesion.diameter_mm == pytest.approx(expected.diameter_mm)
    assert lesion.perpendicular_mm == pytest.approx(expected.perpendicular_mm)
    for point in lesion.diameter_lps_mm:
        assert index_of(native, point)[lesion.plane.axis] == pytest.approx(lesion.plane.index, abs=1e-6)


def _reordered(canonical):
    """The same voxels in another order of the axes: X first, and turned round."""
    array = np.ascontiguousarray(np.transpose(canonical.array, (2, 0, 1))[::-1])
    spacing = tuple(canonical.spacing_zyx_mm[axis] for axis in (2, 0, 1))
    columns = np.asarray(canonical.direction_lps)[:, [1, 2, 0]] * [1, 1, -1]
    origin = (canonical.affine_lps @ [canonical.shape[2] - 1, 0, 0, 1])[:3]
    native = Volume(array, spacing, tuple(origin), columns)
    assert to_canonical(native).same_grid(canonical)
    assert np.array_equal(from_canonical(canonical.array, canonical, native).array, array)
    return native


def test_a_ring_is_measured_across_its_necrosis():
    volume = block(z=(2, 6), y=(10, 30), x=(10, 30))
    volume.array[2:6, 13:27, 13:27] = NCR
    (lesion,) = rano_lesions(volume)
    assert lesion.diameter_mm > 27 and lesion.perpendicular_mm > 27


def test_pieces_that_necrosis_joins_are_one_lesion_and_others_are_not():
    volume = block(z=(2, 6), y=(10, 14), x=(10, 26))
    volume.array[2:6, 14:20, 10:26] = NCR
    volume.array[2:6, 20:24, 10:26] = ET
    assert len(rano_lesions(volume)) == 1
    volume.array[2:6, 14:20, 10:26] = ED
    assert len(rano_lesions(volume)) == 2


def test_a_diameter_does_not_cross_other_tissue():
    volume = block(z=(2, 5), y=(10, 30), x=(10, 13))
    volume.array[2:5, 10:30, 27:30] = ET
    volume.array[2:5, 28:30, 10:30] = ET
    volume.array[2:5, 10:28, 13:27] = ED
    (lesion,) = rano_lesions(volume)
    assert lesion.diameter_mm < 22


def test_the_largest_product_comes_first():
    volume = block(z=(2, 6), y=(2, 8), x=(2, 8))
    volume.array[2:6, 15:35, 15:30] = ET
    products = [lesion.product_mm2 for lesion in rano_lesions(volume)]
    assert len(products) == 2 and products[0] > products[1] > 0


@pytest.mark.parametrize(("edge", "measurable"), [(9, False), (10, True)])
def test_a_lesion_is_measurable_from_ten_millimetres_on(edge, measurable):
    volume = block(z=(2, 6), y=(10, 10 + edge), x=(5, 35))
    assert rano_lesions(volume)[0].measurable is measurable


@pytest.mark.parametrize(("edge", "measurable"), [(12, False), (16, True)])
def test_thick_slices_ask_for_twice_their_thickness(edge, measurable):
    volume = block(spacing=(7.0, 1.0, 1.0), z=(2, 6), y=(10, 10 + edge), x=(5, 35))
    (lesion,) = rano_lesions(volume)
    assert lesion.smallest_measurable_mm == 14.0 and lesion.measurable is measurable


def test_a_lesion_on_one_slice_is_not_measurable():
    (lesion,) = rano_lesions(block(z=(4, 5), y=(5, 30), x=(5, 30)))
    assert lesion.diameter_mm > 25 and not lesion.measurable


def test_one_voxel_and_no_voxel():
    (lesion,) = rano_lesions(block(spacing=(3.0, 1.0, 2.0), z=(4, 5), y=(5, 6), x=(5, 6)))
    assert (lesion.diameter_mm, lesion.perpendicular_mm) == (pytest.approx(2.0), pytest.approx(1.0))
    assert rano_lesions(block(label=ED, z=(1, 3), y=(1, 3), x=(1, 3))) == ()
