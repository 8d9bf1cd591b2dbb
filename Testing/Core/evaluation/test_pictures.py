import numpy as np
import pytest

from ssaglioma.evaluation.pictures import (
    View,
    best_index,
    brain_box,
    canonical,
    draw_view,
    label_colors,
    position_text,
    slice_position_mm,
    window,
)
from ssaglioma.labels import GLIOMA, GLIOMA_POST
from ssaglioma.volume import Volume

SHAPE = (20, 40, 60)


def bright_spot(z, y, x, direction=None, spacing=(1.0, 1.0, 1.0)):
    array = np.full(SHAPE, 10, np.float32)
    array[z - 2 : z + 3, y - 3 : y + 4, x - 3 : x + 4] = 100
    return Volume(array, spacing, (0.0, 0.0, 0.0), direction)


def brightest_place(picture, height):
    grey = np.asarray(picture.convert("L"))[:height].astype(float)
    grey[:18], grey[-18:], grey[:, :14], grey[:, -14:] = 0, 0, 0, 0
    rows, columns = np.nonzero(grey > 200)
    return rows.mean() / height, columns.mean() / grey.shape[1]


def whole():
    return tuple(slice(0, size) for size in SHAPE)


def test_left_anterior_lands_upper_right_in_an_axial_picture():
    volume = bright_spot(10, 12, 45)  # low y is anterior, high x is left
    row, column = brightest_place(draw_view(volume, View("axial", 10), [], "x", whole()), 64)
    assert row < 0.5 < column


@pytest.mark.parametrize("direction", [np.diag([-1.0, -1.0, 1.0]), np.diag([1.0, -1.0, -1.0])])
def test_the_patients_side_does_not_depend_on_the_files_axes(direction):
    volume = bright_spot(10, 12, 45, direction)
    turned = canonical(volume)
    left_anterior = direction[0, 0] > 0, direction[1, 1] > 0
    z = int(np.argwhere(turned.array == 100)[:, 0].mean())
    row, column = brightest_place(draw_view(turned, View("axial", z), [], "x", whole()), 64)
    assert (column > 0.5) == left_anterior[0] and (row < 0.5) == left_anterior[1]


def test_superior_is_up_in_coronal_and_sagittal_pictures():
    volume = bright_spot(15, 20, 30, spacing=(3.0, 1.0, 1.0))
    for plane, index in (("coronal", 20), ("sagittal", 30)):
        row, _ = brightest_place(draw_view(volume, View(plane, index), [], "x", whole()), 96)
        assert row < 0.5


def test_thick_slices_are_stretched_to_their_true_height():
    volume = bright_spot(10, 20, 30, spacing=(5.0, 1.0, 1.0))
    picture = draw_view(volume, View("coronal", 20), [], "x", whole())
    assert picture.width == pytest.approx(60 * 1.6, abs=2)
    assert picture.height - 21 == pytest.approx(20 * 5 * 1.6, abs=2)


def test_an_outline_is_drawn_in_its_color_and_leaves_the_inside_free():
    volume = bright_spot(10, 20, 30)
    mask = np.zeros(SHAPE, bool)
    mask[:, 12:29, 22:39] = True
    pixels = np.asarray(draw_view(volume, View("axial", 10), [(mask, (255, 0, 0))], "x", whole()))
    red = (pixels == (255, 0, 0)).all(axis=-1)
    assert 60 < red.sum() < 140
    assert not red[32, 48]


def test_the_window_ignores_the_background_and_survives_an_empty_image():
    array = np.zeros(SHAPE, np.float32)
    array[5:10, 5:20, 5:20] = np.linspace(100, 200, 5 * 15 * 15).reshape(5, 15, 15)
    low, high = window(Volume(array))
    assert 50 <= low < 51 and 199 < high <= 200
    assert window(Volume(np.zeros(SHAPE))) == (0.0, 1.0)


def test_the_darkest_tissue_of_a_brain_is_not_drawn_black():
    array = np.zeros(SHAPE, np.float32)
    array[2:18, 5:35, 5:55] = 80  # as white matter in T2
    array[2:18, 5:9, 5:55] = 200  # fluid
    picture = draw_view(Volume(array), View("axial", 10), [], "x", whole())
    assert np.asarray(picture.convert("L"))[32, 48] == (80 - 40) * 255 // (200 - 40)


def test_black_lies_at_the_low_percentile_of_a_normalized_image():
    array = np.linspace(-2, 2, np.prod(SHAPE)).reshape(SHAPE)
    low, _ = window(Volume(array))
    assert low == pytest.approx(np.percentile(array[array != 0], 1))


def test_each_label_of_a_scheme_has_a_color_of_its_own():
    colors = label_colors(GLIOMA_POST)
    assert list(colors) == list(GLIOMA_POST.values) and len(set(colors.values())) == 4
    assert label_colors(GLIOMA).items() <= colors.items()


def test_positions_name_their_axis_and_no_side():
    volume = Volume(np.ones(SHAPE), (2.0, 1.0, 1.0), (-5.0, -7.0, 100.0))
    assert position_text(volume, View("axial", 4)) == "z +108 mm"
    assert position_text(volume, View("coronal", 4)) == "y -3 mm"
    assert position_text(volume, View("sagittal", 4)) == "x -1 mm"


def test_the_best_slice_is_the_largest_cut_or_the_middle():
    mask = np.zeros(SHAPE, bool)
    mask[7, :5, :5] = mask[9, :2, :2] = True
    assert best_index(mask, 0) == 7
    assert best_index(np.zeros(SHAPE, bool), 0) == 10


def test_positions_are_patient_millimeters():
    volume = Volume(np.ones(SHAPE), (2.0, 1.0, 1.0), (-5.0, -7.0, 100.0))
    assert slice_position_mm(volume, View("axial", 4)) == pytest.approx(108)
    assert slice_position_mm(volume, View("sagittal", 4)) == pytest.approx(-1)


def test_the_box_holds_the_brain_with_a_margin_inside_the_image():
    array = np.zeros(SHAPE)
    array[10, 20, 30] = 1
    assert brain_box([Volume(array, (4.0, 1.0, 1.0))]) == (slice(8, 13), slice(12, 29), slice(22, 39))
