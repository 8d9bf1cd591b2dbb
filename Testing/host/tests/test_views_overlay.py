"""What lies over the picture: segments, label maps, line markups; and surfaces in the 3D view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import vtk
from views_scene import BRIGHT, CUBE_CENTER_RAS, BareScene, affine, centroid, near, phantom

SIZE = (420, 360)
GREEN = (0.0, 1.0, 0.0)
SHAPE = (85, 85, 85)
CORNER_MM = 8.0  # well inside the cube


@pytest.fixture(scope="module")
def bare() -> Iterator[BareScene]:
    bare = BareScene()
    yield bare
    bare.close()


@pytest.fixture
def segmentation(bare: BareScene) -> Iterator[Any]:
    """The phantom, shown, with its cube as a green segment that lets nothing through."""
    matrix = affine(np.diag([-1.0, -1.0, 1.0]), (2.0, 2.0, 2.0), SHAPE)
    values = phantom(matrix, SHAPE)
    volume = bare.add_volume(values, matrix, "phantom")
    label = bare.add_volume((values == BRIGHT).astype(np.int16), matrix, "label", label=True)
    node = bare.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "cube")
    node.CreateDefaultDisplayNodes()
    bare.segmentations.ImportLabelmapToSegmentationNode(label, node)
    node.GetSegmentation().GetNthSegment(0).SetColor(*GREEN)
    node.GetDisplayNode().SetOpacity2DFill(1.0)
    bare.scene.RemoveNode(label)
    bare.show(volume)
    yield node
    for made in (node, volume):
        bare.scene.RemoveNode(made)


def _pixel(bare: BareScene, picture: np.ndarray, view: str, ras: tuple[float, ...]) -> np.ndarray:
    """The picture's colour at a point of the patient; the view must have the picture's size."""
    node = bare.slice_node(view)
    from_ras = vtk.vtkMatrix4x4()
    vtk.vtkMatrix4x4.Invert(node.GetXYToRAS(), from_ras)
    x, y, _, _ = from_ras.MultiplyPoint((*ras, 1.0))
    return picture[picture.shape[0] - 1 - round(y), round(x)].astype(int)


def _grab(bare: BareScene, view: str = "Red") -> np.ndarray:
    """A picture of the size that the view has, so that its geometry can be asked afterwards."""
    return bare.layout_manager.grab_slice(view)


@pytest.mark.parametrize("view", ["Red", "Green", "Yellow"])
def test_a_filled_segment_has_its_colour_exactly_over_the_cube(bare: BareScene, segmentation: Any, view: str) -> None:
    picture = _grab(bare, view)
    for step in (-CORNER_MM, 0.0, CORNER_MM):
        inside = tuple(center + step for center in CUBE_CENTER_RAS)
        assert _pixel(bare, picture, view, inside) == pytest.approx([0, 255, 0], abs=6)
    beside = (CUBE_CENTER_RAS[0] + 17.0, CUBE_CENTER_RAS[1] - 17.0, CUBE_CENTER_RAS[2] - 17.0)
    assert _pixel(bare, picture, view, beside) == pytest.approx([64, 64, 64], abs=6)


def test_an_outline_leaves_the_inside_as_it_is(bare: BareScene, segmentation: Any) -> None:
    segmentation.GetDisplayNode().SetVisibility2DFill(False)
    picture = _grab(bare)
    assert _pixel(bare, picture, "Red", CUBE_CENTER_RAS) == pytest.approx([255, 255, 255], abs=3)
    green = near(picture, GREEN, 90)
    assert 100 < green.sum() < 1500


def test_a_hidden_segmentation_leaves_no_colour(bare: BareScene, segmentation: Any) -> None:
    assert near(_grab(bare), GREEN).sum() > 500
    segmentation.GetDisplayNode().SetVisibility(False)
    assert near(_grab(bare), GREEN, 90).sum() == 0


def test_a_half_transparent_segment_mixes_with_the_picture(bare: BareScene, segmentation: Any) -> None:
    segmentation.GetDisplayNode().SetOpacity2DFill(0.5)
    assert _pixel(bare, _grab(bare), "Red", CUBE_CENTER_RAS) == pytest.approx([128, 255, 128], abs=8)


def test_a_segment_is_gone_one_slice_beyond_its_end(bare: BareScene, segmentation: Any) -> None:
    bare.slice_node("Red").JumpSliceByOffsetting(0.0, 0.0, CUBE_CENTER_RAS[2] + 16.0)
    assert near(_grab(bare), GREEN, 90).sum() == 0


def test_a_line_is_drawn_between_its_points(bare: BareScene, segmentation: Any) -> None:
    segmentation.GetDisplayNode().SetVisibility(False)
    line = bare.scene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", "diameter")
    line.CreateDefaultDisplayNodes()
    line.GetDisplayNode().SetSelectedColor(1.0, 0.0, 0.0)
    line.GetDisplayNode().SetPropertiesLabelVisibility(False)
    line.GetDisplayNode().SetPointLabelsVisibility(False)
    x, y, z = CUBE_CENTER_RAS
    ends = ((x, y - 60.0, z), (x + 70.0, y - 60.0, z))
    for end in ends:
        line.AddControlPoint(vtk.vtkVector3d(*end))
    picture = _grab(bare)
    middle = tuple((a + b) / 2 for a, b in zip(*ends))
    for point in (*ends, middle):
        assert _pixel(bare, picture, "Red", point) == pytest.approx([255, 0, 0], abs=60)
    bare.slice_node("Red").JumpSliceByOffsetting(0.0, 0.0, z + 20.0)
    assert near(_grab(bare), (1.0, 0.0, 0.0), 60).sum() == 0
    bare.scene.RemoveNode(line)


def test_a_surface_on_the_left_is_on_the_viewers_right_seen_from_the_front(bare: BareScene, segmentation: Any) -> None:
    manager = bare.layout_manager
    assert near(manager.grab_threed(SIZE), GREEN, 110).sum() == 0
    segmentation.CreateClosedSurfaceRepresentation()
    view = manager.threeDWidget(0).threeDView()
    view.mrmlViewNode().SetBoxVisible(False)
    view.mrmlViewNode().SetAxisLabelsVisible(False)
    view.lookFromAxis(5)
    view.setFocalPoint(0.0, 0.0, 0.0)
    x, y = centroid(_greenish(manager.grab_threed(SIZE)))
    assert x > SIZE[0] / 2 + 10 and y < SIZE[1] / 2 - 10
    view.rotateToViewAxis("P")
    x, _ = centroid(_greenish(manager.grab_threed(SIZE)))
    assert x < SIZE[0] / 2 - 10


def test_resetting_the_3d_view_centres_what_is_visible(bare: BareScene, segmentation: Any) -> None:
    segmentation.CreateClosedSurfaceRepresentation()
    view = bare.layout_manager.threeDWidget(0).threeDView()
    view.mrmlViewNode().SetBoxVisible(False)
    view.mrmlViewNode().SetAxisLabelsVisible(False)
    bare.layout_manager.resetThreeDViews()
    green = _greenish(bare.layout_manager.grab_threed(SIZE))
    assert centroid(green) == pytest.approx((SIZE[0] / 2, SIZE[1] / 2), abs=8)
    assert green.mean() > 0.05
    assert view.cameraNode().GetFocalPoint() == pytest.approx(CUBE_CENTER_RAS, abs=2.0)


def _greenish(picture: np.ndarray) -> np.ndarray:
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    return (green > red + 40) & (green > blue + 40)
