"""Left, front and top in slice views, for volumes stored in any direction."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import slicer
from slicerhost.views.orientation import direction_letters, edge_letters, offset_text
from views_scene import CUBE_CENTER_RAS, BareScene, affine, centroid, near, phantom, rotation

SIZE = (420, 360)
WHITE = (1.0, 1.0, 1.0)
LPS = np.diag([-1.0, -1.0, 1.0])
STORED = {
    "LPS": (LPS, (2.0, 2.0, 2.0)),
    "RAS": (np.eye(3), (2.0, 2.0, 2.0)),
    "upside down": (np.diag([-1.0, -1.0, -1.0]), (2.0, 2.0, 3.0)),
    "left and right flipped": (np.diag([1.0, -1.0, 1.0]), (1.5, 2.0, 4.0)),
    "sagittal slices": (np.array([[0.0, 0, -1], [-1, 0, 0], [0, -1, 0]]), (2.0, 2.0, 4.0)),
    "coronal slices": (np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]]), (2.0, 2.0, 3.0)),
    "oblique": (rotation((0.3, 1.0, 0.2), 25.0) @ LPS, (2.0, 2.0, 2.0)),
    "oblique and flipped": (rotation((1.0, 0.2, 0.5), -35.0) @ np.diag([1.0, -1.0, -1.0]), (2.0, 1.5, 2.5)),
}
# axes of RAS that grow to the viewer's right and upwards, with their sign
SCREEN = {"Red": ((0, -1), (1, 1)), "Green": ((0, -1), (2, 1)), "Yellow": ((1, -1), (2, 1))}


@pytest.fixture(scope="module")
def bare() -> Iterator[BareScene]:
    bare = BareScene()
    yield bare
    bare.close()


@pytest.fixture(params=list(STORED))
def shown_phantom(bare: BareScene, request: pytest.FixtureRequest) -> Iterator[BareScene]:
    columns, spacing = STORED[request.param]
    shape = tuple(int(170 / step) for step in spacing[::-1])
    matrix = affine(columns, spacing, shape)
    volume = bare.add_volume(phantom(matrix, shape), matrix, request.param)
    bare.show(volume)
    yield bare
    bare.scene.RemoveNode(volume)


def _bright(bare: BareScene, view: str) -> np.ndarray:
    return near(bare.layout_manager.grab_slice(view, SIZE), WHITE, 25) & _away_from_texts()


def _away_from_texts() -> np.ndarray:
    inner = np.zeros(SIZE[::-1], dtype=bool)
    inner[35:-45, 30:-30] = True
    return inner


def test_the_left_front_upper_cube_is_right_and_high_on_the_screen(shown_phantom: BareScene) -> None:
    x, y = centroid(_bright(shown_phantom, "Red"))
    assert x > SIZE[0] / 2 + 20 and y < SIZE[1] / 2 - 20  # patient's left on the right, front at the top
    x, y = centroid(_bright(shown_phantom, "Green"))
    assert x > SIZE[0] / 2 + 20 and y < SIZE[1] / 2 - 10  # left on the right, head at the top
    x, y = centroid(_bright(shown_phantom, "Yellow"))
    assert x < SIZE[0] / 2 - 20 and y < SIZE[1] / 2 - 10  # front on the left, head at the top


@pytest.mark.parametrize("view", list(SCREEN))
def test_the_cube_is_drawn_where_its_position_in_mm_says(shown_phantom: BareScene, view: str) -> None:
    bright = _bright(shown_phantom, view)
    node = shown_phantom.slice_node(view)
    middle = [node.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
    scale = SIZE[1] / shown_phantom.layout_manager.sliceWidget(view).mrmlSliceNode().GetFieldOfView()[1]
    (right_axis, right_sign), (up_axis, up_sign) = SCREEN[view]
    expected_x = SIZE[0] / 2 + scale * right_sign * (CUBE_CENTER_RAS[right_axis] - middle[right_axis])
    expected_y = SIZE[1] / 2 - scale * up_sign * (CUBE_CENTER_RAS[up_axis] - middle[up_axis])
    assert centroid(bright) == pytest.approx((expected_x, expected_y), abs=4.5)
    assert bright.sum() == pytest.approx((25.0 * scale) ** 2, rel=0.25)


def test_the_letters_name_the_sides_of_the_three_standard_views(bare: BareScene) -> None:
    assert edge_letters(bare.slice_node("Red")) == {"right": "L", "left": "R", "top": "A", "bottom": "P"}
    assert edge_letters(bare.slice_node("Green")) == {"right": "L", "left": "R", "top": "S", "bottom": "I"}
    assert edge_letters(bare.slice_node("Yellow")) == {"right": "P", "left": "A", "top": "S", "bottom": "I"}


def test_the_letters_of_a_turned_slice_name_both_directions() -> None:
    node = slicer.vtkMRMLSliceNode()
    matrix = node.GetSliceToRAS()
    turned = rotation((0, 0, 1), 30.0) @ np.diag([-1.0, 1.0, 1.0])
    for row in range(3):
        for column in range(3):
            matrix.SetElement(row, column, turned[row][column])
    assert edge_letters(node) == {"right": "LP", "left": "RA", "top": "AL", "bottom": "PR"}


@pytest.mark.parametrize(
    ("direction", "letters"),
    [((1, 0, 0), "R"), ((0, -3, 0), "P"), ((0, 0, 2), "S"), ((0.1, 0.1, -1), "I"), ((-1, 0.9, 0.5), "LAS")],
)
def test_a_direction_is_named_by_its_largest_components(direction: tuple[float, ...], letters: str) -> None:
    assert direction_letters(direction) == letters


def test_an_oblique_volume_shown_with_fit_turns_the_slices_and_their_letters(bare: BareScene) -> None:
    matrix = affine(rotation((0.0, 0.0, 1.0), 30.0) @ LPS, (2.0, 2.0, 2.0), (85, 85, 85))
    volume = bare.add_volume(phantom(matrix, (85, 85, 85)), matrix, "turned about the long axis")
    bare.app.GetSelectionNode().SetActiveVolumeID(volume.GetID())
    bare.app.PropagateVolumeSelection(1)
    letters = edge_letters(bare.slice_node("Red"))
    assert letters == {"right": "LP", "left": "RA", "top": "AL", "bottom": "PR"}
    bare.scene.RemoveNode(volume)
    bare.slice_node("Red").SetOrientation("Axial")


def test_a_direction_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="length 0"):
        direction_letters((0, 0, 0))


def test_the_letters_stand_at_the_edges_of_the_picture(shown_phantom: BareScene) -> None:
    picture = shown_phantom.layout_manager.grab_slice("Red", SIZE)
    yellow = near(picture, (1.0, 1.0, 0.6), 60)
    for strip in (yellow[160:200, :20], yellow[160:200, -20:], yellow[:30, 195:225], yellow[-30:, 195:225]):
        assert strip.sum() > 10
    view = shown_phantom.layout_manager.sliceWidget("Red").sliceView()
    assert view._letters["right"].GetInput() == "L"
    assert view._letters["left"].GetInput() == "R"


def test_the_corner_names_the_volume_and_the_place(shown_phantom: BareScene) -> None:
    shown_phantom.layout_manager.grab_slice("Red", SIZE)
    name = shown_phantom.layout_manager.sliceWidget("Red").sliceLogic().GetNthLayerVolumeNode(0).GetName()
    corner = shown_phantom.layout_manager.sliceWidget("Red").sliceView().cornerAnnotation()
    assert corner.GetText(0).splitlines()[-1] == f"B: {name}"
    assert corner.GetText(0).splitlines()[0] == "S: 25.0mm"


def test_the_offset_of_a_sagittal_view_counts_towards_the_left(bare: BareScene) -> None:
    assert offset_text(bare.slice_node("Yellow"), 12.34) == "L: 12.3mm"


def test_points_go_to_pixels_and_back(shown_phantom: BareScene) -> None:
    view = shown_phantom.layout_manager.sliceWidget("Green").sliceView()
    xyz = view.convertRASToXYZ(CUBE_CENTER_RAS)
    assert view.convertXYZToRAS(xyz) == pytest.approx(CUBE_CENTER_RAS, abs=1e-3)
