"""Parameters tied to widgets by the dynamic property SlicerParameterName."""

import enum
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import numpy as np
import pytest
import slicer


class Plane(enum.Enum):
    AXIAL = 1
    SAGITTAL = 2


@pytest.fixture
def parameters(host):
    from slicer.parameterNodeWrapper import Choice, Decimals, WithinRange, parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        volume: slicer.vtkMRMLScalarVolumeNode | None
        name: str = "case"
        count: Annotated[int, WithinRange(1, 9)] = 3
        threshold: Annotated[float, WithinRange(0.0, 10.0), Decimals(3)] = 0.5
        slider: Annotated[float, WithinRange(-5.0, 5.0)] = 1.0
        device: Annotated[str, Choice(["cpu", "gpu"])] = "cpu"
        plane: Plane = Plane.AXIAL
        mirror: bool = True
        folder: Path = Path("/data")

    return Parameters(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))


@pytest.fixture
def ui(host):
    import ctk
    import qt

    widgets = {
        "volume": slicer.qMRMLNodeComboBox(),
        "name": qt.QLineEdit(),
        "count": qt.QSpinBox(),
        "threshold": qt.QDoubleSpinBox(),
        "slider": ctk.ctkSliderWidget(),
        "device": qt.QComboBox(),
        "plane": qt.QComboBox(),
        "mirror": qt.QCheckBox(),
        "folder": ctk.ctkPathLineEdit(),
    }
    for name, widget in widgets.items():
        widget.setProperty("SlicerParameterName", name)
    widgets["volume"].setMRMLScene(slicer.mrmlScene)
    return SimpleNamespace(**widgets, untied=qt.QPushButton())


def test_widgets_show_the_parameters_when_they_are_tied(parameters, ui):
    parameters.connectGui(ui)
    assert (ui.name.text, ui.count.value, ui.threshold.value, ui.slider.value) == ("case", 3, 0.5, 1.0)
    assert (ui.device.currentText, ui.plane.currentText, ui.mirror.checked) == ("cpu", "AXIAL", True)
    assert ui.folder.currentPath == "/data"
    assert ui.volume.currentNode() is None


def test_limits_and_decimals_of_the_type_reach_the_widgets(parameters, ui):
    parameters.connectGui(ui)
    assert (ui.count.minimum, ui.count.maximum) == (1, 9)
    assert (ui.slider.minimum, ui.slider.maximum) == (-5.0, 5.0)
    assert ui.threshold.decimals == 3


def test_what_the_user_does_reaches_the_parameters(parameters, ui):
    parameters.connectGui(ui)
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 2, 2)))
    ui.name.text = "other"
    ui.count.setValue(8)
    ui.threshold.value = 2.125
    ui.slider.value = -2.5
    ui.device.setCurrentIndex(1)
    ui.plane.setCurrentIndex(1)
    ui.mirror.click()
    ui.folder.setCurrentPath("/elsewhere")
    ui.volume.setCurrentNode(volume)
    assert (parameters.name, parameters.count, parameters.threshold, parameters.slider) == ("other", 8, 2.125, -2.5)
    assert (parameters.device, parameters.plane, parameters.mirror) == ("gpu", Plane.SAGITTAL, False)
    assert (parameters.folder, parameters.volume) == (Path("/elsewhere"), volume)


def test_what_a_script_does_reaches_the_widgets(parameters, ui):
    parameters.connectGui(ui)
    parameters.count, parameters.device, parameters.mirror = 5, "gpu", False
    assert (ui.count.value, ui.device.currentText, ui.mirror.checked) == (5, "gpu", False)


def test_untied_widgets_stay_as_they_are(parameters, ui):
    tag = parameters.connectGui(ui)
    parameters.disconnectGui(tag)
    ui.count.setValue(9)
    parameters.name = "changed"
    assert parameters.count == 3
    assert ui.name.text == "case"
    parameters.disconnectGui(tag)
    parameters.disconnectGui(None)


def test_tying_again_after_untying_works(parameters, ui):
    parameters.disconnectGui(parameters.connectGui(ui))
    parameters.connectGui(ui)
    ui.count.setValue(6)
    assert parameters.count == 6


def test_a_widget_with_an_unknown_name_is_an_error(parameters, ui):
    ui.untied.setProperty("SlicerParameterName", "nothing")
    with pytest.raises(ValueError, match="nothing"):
        parameters.connectGui(ui)


def test_a_widget_that_cannot_show_the_type_is_an_error(parameters, ui):
    with pytest.raises(RuntimeError, match="QLineEdit"):
        parameters.connectParametersToGui({"count": ui.name})


def test_a_slider_without_limits_is_an_error(host, ui):
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    @parameterNodeWrapper
    class Free:
        slider: float

    free = Free(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    with pytest.raises(RuntimeError, match="limits"):
        free.connectParametersToGui({"slider": ui.slider})


def test_a_combo_box_without_choices_is_an_error(parameters, ui):
    with pytest.raises(RuntimeError, match="Choice"):
        parameters.connectParametersToGui({"name": ui.device})


def test_a_restored_scene_restores_the_widgets(parameters, ui, tmp_path):
    parameters.connectGui(ui)
    parameters.parameterNode.SetSingletonTag("Restored")
    ui.count.setValue(7)
    ui.name.text = "saved"
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    ui.count.setValue(2)
    ui.name.text = "changed"
    slicer.util.loadScene(path)
    assert (ui.count.value, ui.name.text) == (7, "saved")
