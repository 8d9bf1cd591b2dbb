"""Layouts: which views there are, where they stand, and that they follow the layout node and the scene."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import slicer
import vtk
from slicerhost.views.layout_tree import BoxItem, Rect, ViewItem, parse_layout, place
from slicerhost.views.render_view import check_libraries
from views_scene import BareScene, affine, near, phantom

LAYOUTS = slicer.vtkMRMLLayoutNode
MINE = 531
BLUE = (0x4A / 255, 0x90 / 255, 0xD9 / 255)
LPS = np.diag([-1.0, -1.0, 1.0])


def _slice_item(tag: str, orientation: str = "Axial") -> str:
    return (
        f'<item><view class="vtkMRMLSliceNode" singletontag="{tag}">'
        f'<property name="orientation" action="default">{orientation}</property>'
        f'<property name="viewlabel" action="default">{tag[-2:]}</property>'
        '<property name="viewcolor" action="default">#4A90D9</property>'
        "</view></item>"
    )


TWO_BY_TWO = (
    '<layout type="vertical">'
    f'<item><layout type="horizontal">{_slice_item("MyT1")}{_slice_item("MyT2", "Coronal")}</layout></item>'
    f'<item><layout type="horizontal">{_slice_item("MyT3")}{_slice_item("MyT4")}</layout></item>'
    "</layout>"
)


@pytest.fixture
def bare() -> Iterator[BareScene]:
    bare = BareScene()
    yield bare
    bare.close()


@pytest.fixture
def two_by_two(bare: BareScene) -> BareScene:
    bare.layout_manager.layoutLogic().GetLayoutNode().AddLayoutDescription(MINE, TWO_BY_TWO)
    bare.layout_manager.setLayout(MINE)
    return bare


def _places(bare: BareScene) -> dict[str, Rect]:
    return {node.GetLayoutName(): rect for node, rect in bare.layout_manager.placed_views()}


def test_a_new_manager_shows_four_views(bare: BareScene) -> None:
    manager = bare.layout_manager
    assert manager.layout == LAYOUTS.SlicerLayoutFourUpView
    assert set(manager.sliceViewNames()) == {"Red", "Green", "Yellow"}
    assert (manager.threeDViewCount, manager.plotViewCount, manager.tableViewCount) == (1, 0, 0)
    manager.set_viewport_size((803, 603))
    assert _places(bare) == {
        "Red": Rect(0, 0, 400, 300),
        "1": Rect(403, 0, 400, 300),
        "Green": Rect(0, 303, 400, 300),
        "Yellow": Rect(403, 303, 400, 300),
    }


def test_the_conventional_view_has_3d_above_three_slices(bare: BareScene) -> None:
    bare.layout_manager.setLayout(LAYOUTS.SlicerLayoutConventionalView)
    bare.layout_manager.set_viewport_size((606, 403))
    places = _places(bare)
    assert places["1"] == Rect(0, 0, 606, 200)
    assert [places[name] for name in ("Red", "Green", "Yellow")] == [Rect(x, 203, 200, 200) for x in (0, 203, 406)]


def test_one_slice_view_fills_the_layout(bare: BareScene) -> None:
    bare.layout_manager.setLayout(LAYOUTS.SlicerLayoutOneUpRedSliceView)
    bare.layout_manager.set_viewport_size((500, 400))
    assert _places(bare) == {"Red": Rect(0, 0, 500, 400)}
    assert bare.slice_node("Red").GetDimensions()[:2] == (500, 400 - 22)
    assert bare.slice_node("Red").IsMappedInLayout()
    assert not bare.slice_node("Green").IsMappedInLayout()


def test_an_unknown_layout_becomes_the_conventional_one(bare: BareScene) -> None:
    bare.layout_manager.setLayout(4711)
    assert bare.layout_manager.layout == LAYOUTS.SlicerLayoutConventionalView


def test_a_custom_layout_makes_its_slice_nodes(two_by_two: BareScene) -> None:
    node = two_by_two.slice_node("MyT2")
    assert node.GetOrientation() == "Coronal"
    assert node.GetLayoutLabel() == "T2"
    assert node.GetLayoutColor() == pytest.approx(BLUE, abs=0.01)
    assert node.GetSingletonTag() == "MyT2"
    composite = two_by_two.layout_manager.sliceWidget("MyT2").mrmlSliceCompositeNode()
    assert composite.GetLayoutName() == "MyT2"
    two_by_two.layout_manager.set_viewport_size((803, 603))
    assert _places(two_by_two)["MyT4"] == Rect(403, 303, 400, 300)


def test_setting_the_arrangement_on_the_node_is_followed_and_told(two_by_two: BareScene) -> None:
    told: list[int] = []
    manager = two_by_two.layout_manager
    manager.connect("layoutChanged(int)", told.append)
    manager.layoutLogic().GetLayoutNode().SetViewArrangement(LAYOUTS.SlicerLayoutFourUpView)
    manager.layout = MINE
    manager.layoutChanged.disconnect(told.append)
    manager.setLayout(LAYOUTS.SlicerLayoutFourUpView)
    assert told[:2] == [LAYOUTS.SlicerLayoutFourUpView, MINE]


def test_a_signal_that_is_not_there_is_refused(bare: BareScene) -> None:
    with pytest.raises(ValueError, match="no signal 'layoutVanished"):
        bare.layout_manager.connect("layoutVanished()", print)


def test_linked_views_follow_one_another(two_by_two: BareScene) -> None:
    matrix = affine(LPS, (4.0, 4.0, 4.0), (40, 40, 40))
    volume = two_by_two.add_volume(phantom(matrix, (40, 40, 40)), matrix, "phantom")
    manager = two_by_two.layout_manager
    for name in ("MyT1", "MyT3"):
        manager.sliceWidget(name).mrmlSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
    offset_of = lambda name: manager.sliceWidget(name).sliceLogic().GetSliceOffset()  # noqa: E731
    manager.sliceWidget("MyT1").sliceController().setSliceOffsetValue(12.0)
    assert offset_of("MyT3") == 0.0
    manager.sliceWidget("MyT1").sliceController().setSliceLink(True)
    manager.sliceWidget("MyT1").sliceController().setSliceOffsetValue(20.0)
    assert offset_of("MyT3") == pytest.approx(20.0)
    assert offset_of("MyT2") == 0.0  # coronal: another orientation


def test_the_composed_picture_has_a_bar_of_its_colour_on_each_view(two_by_two: BareScene) -> None:
    picture = two_by_two.layout_manager.grab_layout((803, 603))
    assert picture.shape == (603, 803, 3) and picture.dtype == np.uint8
    bars = near(picture, BLUE, 6)
    assert bars[2:20, 100:390].all() and bars[305:322, 503:790].all()
    assert not bars[24:298].any() and not bars[:, 400:403].any()
    assert (picture[30:200, 50:390] == 0).all()  # no volume: black


def test_a_hidden_bar_leaves_its_room_to_the_view(two_by_two: BareScene) -> None:
    two_by_two.layout_manager.sliceWidget("MyT1").sliceController().setVisible(False)
    bars = near(two_by_two.layout_manager.grab_layout((803, 603)), BLUE, 6)
    assert not bars[:300, :400].any() and bars[2:20, 503:790].all()


def test_one_view_can_be_maximized_and_put_back(bare: BareScene) -> None:
    bare.layout_manager.addMaximizedViewNode(bare.slice_node("Green"))
    bare.layout_manager.set_viewport_size((500, 400))
    assert _places(bare) == {"Green": Rect(0, 0, 500, 400)}
    bare.layout_manager.removeMaximizedViewNode(bare.slice_node("Green"))
    assert len(_places(bare)) == 4


def test_views_survive_a_closed_scene(two_by_two: BareScene) -> None:
    manager = two_by_two.layout_manager
    two_by_two.scene.Clear(0)
    assert set(manager.sliceViewNames()) >= {"Red", "Green", "Yellow"}
    assert manager.grab_layout((300, 200)).shape == (200, 300, 3)
    assert manager.mrmlSliceLogics().GetNumberOfItems() == len(manager.sliceViewNames())


def test_a_cleared_scene_without_singletons_gets_new_views(two_by_two: BareScene) -> None:
    manager = two_by_two.layout_manager
    two_by_two.scene.Clear(1)
    assert set(manager.sliceViewNames()) >= {"Red", "Green", "Yellow"}
    assert all(two_by_two.scene.IsNodePresent(two_by_two.slice_node(name)) for name in manager.sliceViewNames())
    assert manager.grab_layout((300, 200)).shape == (200, 300, 3)


def test_grabbing_at_another_size_leaves_the_field_of_view(bare: BareScene) -> None:
    node = bare.slice_node("Red")
    before = node.GetFieldOfView(), node.GetDimensions()
    assert bare.layout_manager.grab_slice("Red", (333, 222)).shape == (222, 333, 3)
    assert (node.GetFieldOfView(), node.GetDimensions()) == before


def test_a_view_that_is_not_there_is_named(bare: BareScene) -> None:
    with pytest.raises(KeyError, match=r"no slice view 'Blue'.*Red"):
        bare.layout_manager.grab_slice("Blue")
    assert bare.layout_manager.sliceWidget("Blue") is None
    assert bare.layout_manager.threeDWidget(3) is None


def test_a_slice_is_shown_in_3d_when_made_visible(bare: BareScene) -> None:
    matrix = affine(LPS, (4.0, 4.0, 4.0), (40, 40, 40))
    bare.show(bare.add_volume(phantom(matrix, (40, 40, 40)), matrix, "phantom"))
    bare.layout_manager.resetThreeDViews()
    view = bare.layout_manager.threeDWidget(0).threeDView()
    view.mrmlViewNode().SetBoxVisible(False)
    view.lookFromAxis(3)
    white_before = near(bare.layout_manager.grab_threed((300, 300)), (1.0, 1.0, 1.0), 30).sum()
    bare.layout_manager.sliceWidget("Red").sliceController().setSliceVisible(True)
    white_after = near(bare.layout_manager.grab_threed((300, 300)), (1.0, 1.0, 1.0), 30).sum()
    assert white_after > white_before + 50


def test_a_grid_gives_spans_their_room() -> None:
    box = BoxItem(
        "grid", [ViewItem("a"), ViewItem("b"), ViewItem("c")], [1, 1, 1], [(0, 0, 2, 1), (0, 1, 1, 1), (1, 1, 1, 1)]
    )
    placed = dict(place(box, Rect(10, 20, 203, 103)))
    assert placed == {"a": Rect(10, 20, 100, 103), "b": Rect(113, 20, 100, 50), "c": Rect(113, 73, 100, 50)}


def test_split_sizes_share_the_room_and_fill_it() -> None:
    box = BoxItem("horizontal", [ViewItem("a"), ViewItem("b")], [700.0, 300.0], [(0, 0, 1, 1)] * 2)
    assert dict(place(box, Rect(0, 0, 1003, 50))) == {"a": Rect(0, 0, 700, 50), "b": Rect(703, 0, 300, 50)}


def test_of_tabs_the_first_is_seen() -> None:
    box = BoxItem("tab", [ViewItem("a"), ViewItem("b")], [1, 1], [(0, 0, 1, 1)] * 2)
    assert dict(place(box, Rect(0, 0, 9, 9))) == {"a": Rect(0, 0, 9, 9)}


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ('<layout type="spiral"></layout>', "type 'spiral'"),
        ("<layout><view/></layout>", "holds <view>: expected <item>"),
        ("<layout><item><button/></item></layout>", "holds <button>"),
        ("<page/>", "starts with <page>"),
    ],
)
def test_a_description_that_cannot_be_drawn_is_refused(description: str, message: str) -> None:
    root = LAYOUTS.ParseLayout(description)
    with pytest.raises(ValueError, match=message):
        parse_layout(root, lambda element: [])


_DRAW = """
import sys, numpy as np
from views_scene import *
bare = BareScene()
matrix = affine(np.diag([-1.0, -1.0, 1.0]), (4.0, 4.0, 4.0), (40, 40, 40))
bare.show(bare.add_volume(phantom(matrix, (40, 40, 40)), matrix, "phantom"))
np.save(sys.argv[1], bare.layout_manager.grab_slice("Red", (300, 200)))
print(bare.layout_manager.sliceWidget("Red").sliceView().renderWindow().GetClassName())
"""


def test_egl_and_osmesa_draw_the_same_without_a_display(tmp_path: Path) -> None:
    pictures = []
    for window in ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow"):
        environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        environment["VTK_DEFAULT_OPENGL_WINDOW"] = window
        environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
        target = tmp_path / f"{window}.npy"
        done = subprocess.run(
            [sys.executable, "-c", _DRAW, str(target)], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[-1] == window
        pictures.append(np.load(target).astype(int))
    assert pictures[0].max() == 255
    assert np.abs(pictures[0] - pictures[1]).max() <= 2


@pytest.mark.parametrize(
    ("asked", "named"),
    [("", "libEGL.so.1 or libOSMesa.so.8"), ("vtkOSOpenGLRenderWindow", "need libOSMesa.so.8, and")],
)
def test_missing_drawing_libraries_are_named_before_vtk_crashes(
    monkeypatch: pytest.MonkeyPatch, asked: str, named: str
) -> None:
    def load_nothing(name: str) -> None:
        raise OSError(name)

    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", asked)
    with pytest.raises(RuntimeError, match=named):
        check_libraries(load_nothing)


def test_the_window_of_a_view_is_off_screen(bare: BareScene) -> None:
    window = bare.layout_manager.sliceWidget("Red").sliceView().renderWindow()
    assert window.GetOffScreenRendering() == 1
    assert isinstance(window, vtk.vtkRenderWindow)
