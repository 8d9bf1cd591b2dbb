"""Typed parameters in a scripted module node."""

import enum
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import slicer
import vtk


class Plane(enum.Enum):
    AXIAL = 1
    SAGITTAL = 2


@pytest.fixture
def node(host):
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "parameters")


@pytest.fixture
def make():
    from slicer.parameterNodeWrapper import Choice, Default, Maximum, Minimum, WithinRange, parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        volume: slicer.vtkMRMLScalarVolumeNode
        reference: slicer.vtkMRMLScalarVolumeNode | slicer.vtkMRMLSegmentationNode | None
        name: str = "case"
        count: Annotated[int, Minimum(1), Maximum(9)] = 3
        threshold: Annotated[float, WithinRange(0.0, 1.0)] = 0.5
        device: Annotated[str, Choice(["cpu", "gpu"])] = "cpu"
        mirror: bool = True
        folder: Path = Path("/data")
        plane: Plane = Plane.SAGITTAL
        tags: Annotated[list[str], Default(generator=lambda: ["a"])]
        limits: tuple[int, float] = (1, 2.5)
        scores: dict[str, float]
        note: str | None

    return Parameters


@pytest.fixture
def parameters(make, node):
    return make(node)


@pytest.fixture
def volume(host):
    return slicer.util.addVolumeFromArray(np.zeros((2, 2, 2)), name="T1")


def test_defaults_are_written_at_once(parameters, node):
    assert (parameters.name, parameters.count, parameters.threshold, parameters.mirror) == ("case", 3, 0.5, True)
    assert (parameters.volume, parameters.reference, parameters.note) == (None, None, None)
    assert (parameters.plane, parameters.folder) == (Plane.SAGITTAL, Path("/data"))
    assert (parameters.tags, parameters.limits, dict(parameters.scores)) == (["a"], (1, 2.5), {})
    assert (node.GetParameter("count"), node.GetParameter("mirror")) == ("3", "True")


def test_a_second_wrapper_reads_what_the_first_wrote(parameters, make, node, volume):
    parameters.volume, parameters.count, parameters.note = volume, 7, "left"
    parameters.plane, parameters.folder, parameters.device = Plane.AXIAL, Path("x/y"), "gpu"
    other = make(node)
    assert other.volume is volume
    assert (other.count, other.note, other.plane, other.folder, other.device) == (
        7,
        "left",
        Plane.AXIAL,
        Path("x/y"),
        "gpu",
    )


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("threshold", 1.5, ValueError),
        ("count", 0, ValueError),
        ("count", 10, ValueError),
        ("count", 2.5, TypeError),
        ("device", "tpu", ValueError),
        ("name", None, ValueError),
        ("mirror", 1, TypeError),
        ("folder", "text", TypeError),
        ("tags", ["a", 3], TypeError),
        ("note", 4, TypeError),
    ],
)
def test_a_bad_value_is_refused_and_the_old_one_stays(parameters, name, value, error):
    before = parameters.getValue(name)
    with pytest.raises(error):
        setattr(parameters, name, value)
    assert parameters.getValue(name) == before


def test_a_node_of_another_class_is_refused(parameters):
    with pytest.raises(TypeError, match="expected"):
        parameters.volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")


def test_a_union_of_nodes_takes_each_of_them_and_none(parameters, volume):
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    for value in (volume, segmentation, None, volume):
        parameters.reference = value
        assert parameters.reference is value


def test_a_removed_node_reads_as_none(parameters, volume):
    parameters.volume = volume
    slicer.mrmlScene.RemoveNode(volume)
    assert parameters.volume is None


def test_a_change_inside_a_list_or_dictionary_is_kept(parameters, make, node):
    parameters.tags.append("b")
    parameters.tags[0] = "z"
    parameters.scores["ET"] = 0.9
    other = make(node)
    assert other.tags == ["z", "b"]
    assert dict(other.scores) == {"ET": 0.9}
    del other.tags[0]
    assert parameters.tags == ["b"]


def test_a_change_makes_one_modified_event_and_the_same_value_none(parameters):
    calls = []
    parameters.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: calls.append(1))
    parameters.count = 5
    parameters.tags = ["x", "y", "z"]
    assert len(calls) == 2
    parameters.count = 5
    assert len(calls) == 2


def test_a_batch_of_changes_makes_one_modified_event(parameters):
    calls = []
    parameters.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: calls.append(1))
    with slicer.util.NodeModify(parameters):
        parameters.count, parameters.name, parameters.mirror = 4, "other", False
    assert len(calls) == 1


def test_default_and_data_type_tell_what_was_written(parameters):
    assert parameters.default("threshold").value == 0.5
    assert parameters.dataType("name") is str
    with pytest.raises(ValueError, match="nothing"):
        parameters.getValue("nothing")


def test_a_prefix_keeps_two_sets_apart(make, node):
    first, second = make(node, "a."), make(node, "b.")
    first.count, second.count = 1, 2
    assert (first.count, second.count) == (1, 2)


def test_a_reserved_name_is_refused(host):
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    with pytest.raises(ValueError, match="connectGui"):

        @parameterNodeWrapper
        class Bad:
            connectGui: int


def test_a_type_that_cannot_be_kept_is_refused(host):
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    with pytest.raises(TypeError, match="object"):

        @parameterNodeWrapper
        class Bad:
            thing: object


def test_all_parameters_come_back_from_a_saved_scene(make, volume, tmp_path):
    from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

    class DemoLogic(ScriptedLoadableModuleLogic):
        pass

    parameters = make(DemoLogic().getParameterNode())
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "tumor")
    parameters.volume, parameters.reference, parameters.threshold = volume, segmentation, 0.25
    parameters.tags, parameters.note, parameters.plane = ["p", "q"], "as saved", Plane.AXIAL
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear(0)
    assert make(DemoLogic().getParameterNode()).threshold == 0.5
    slicer.util.loadScene(path)
    back = make(DemoLogic().getParameterNode())
    assert (back.volume.GetName(), back.reference.GetName()) == ("T1", "tumor")
    assert (back.threshold, back.tags, back.note, back.plane) == (0.25, ["p", "q"], "as saved", Plane.AXIAL)


def test_a_pack_is_kept_member_by_member(node):
    from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper, parameterPack

    @parameterPack
    class Point:
        x: float
        y: Annotated[float, WithinRange(0, 10)] = 2.0

    @parameterPack
    class Box:
        corner: Point
        label: str = "box"

    @parameterNodeWrapper
    class Parameters:
        box: Box

    parameters = Parameters(node)
    assert (parameters.box.corner.y, parameters.box.label) == (2.0, "box")
    parameters.box.corner.x = 4.5
    parameters.setValue("box.label", "other")
    again = Parameters(node)
    assert (again.getValue("box.corner.x"), again.box.label) == (4.5, "other")
    assert again.box == Box(Point(4.5, 2.0), "other")
    assert again.dataType("box.label") is str
    with pytest.raises(ValueError, match="within"):
        parameters.box.corner.y = 11.0
    with pytest.raises(ValueError, match="depth"):
        parameters.getValue("box.depth")
