"""What can be known of SSAStyleTransfer without work: imports, names of Qt, widgets tied to parameters, tooltips."""

from __future__ import annotations

import ast
import dataclasses
import sys
from xml.etree import ElementTree

import fresh_panel
import pytest
import slicer
from slicerhost.qtlayer import dialogs
from slicerhost.qtlayer.allowlist import scan_source
from slicerhost.qtlayer.recorder import Recorder
from style_scene import MODULE, errors, put_on_stage, rest
from test_seg_static import GLUE, OF_SLICER, roots, shown_value, stands_for

PANEL = MODULE.parent / "Resources" / "UI" / "SSAStyleTransfer.ui"
FILES = sorted([MODULE, *(MODULE.parent / "SSAStyleTransferLib").rglob("*.py")])
OURS = {"ssaglioma", "SSASlicerLib", "SSAStyleTransferLib"}
TIED_BY_CODE = {"bankStyle", "method", "model", "region", "view", "scanPreset"}
KEPT_FOR_THE_VIEWS = {
    *("stylised", "stylePicture", "comparison", "seenBefore", "seenAfter"),
    *("histogramTable", "histogramChart", "curveTable", "curveChart", "mapTable", "mapChart"),
}


def tied_in_the_panel() -> dict[str, str]:
    """Widget name of each parameter that the .ui file names."""
    tied = {}
    for element in ElementTree.parse(PANEL).iter("widget"):
        for entry in element.findall("property"):
            if entry.get("name") == "SlicerParameterName":
                assert entry[0].text not in tied, f"{entry[0].text} stands twice"
                tied[entry[0].text] = element.get("name")
    return tied


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_loads_core_glue_or_a_third_party_package_at_file_scope(file):
    found = roots(ast.parse(file.read_text(encoding="utf-8")))
    assert found - {"__future__", *sys.stdlib_module_names, *OF_SLICER, *OURS} == set()
    assert found & {"ssaglioma", "SSASlicerLib"} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_name_of_qt_and_slicer_exists_in_the_real_application(file):
    assert [str(fault) for fault in scan_source(file)] == []


def test_every_parameter_of_the_panel_file_is_a_field_and_every_field_has_its_place(theatre):
    fields = set(sys.modules["SSAStyleTransfer"].SSAStyleTransferParameterNode.__annotations__)
    tied = set(tied_in_the_panel())
    assert tied - fields == set()
    ours = {field for field in fields - tied if not field.startswith("train")}
    assert ours == TIED_BY_CODE | KEPT_FOR_THE_VIEWS


def test_widgets_and_parameters_follow_each_other(theatre):
    for field, name in tied_in_the_panel().items():
        control, first = getattr(theatre.ui, name), getattr(theatre.parameters, field)
        second = _another(control, first)
        if hasattr(control, "setCurrentNode"):
            control.setCurrentNode(second)
        elif isinstance(first, bool):
            control.checked = second
        elif isinstance(first, str):
            control.currentText = second
        else:
            control.value = second
        assert getattr(theatre.parameters, field) == second, field
        setattr(theatre.parameters, field, first)
        shown = (
            control.value if isinstance(first, (int, float)) and not isinstance(first, bool) else shown_value(control)
        )
        assert shown == first, field


def _another(control, value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return control.minimum if value != control.minimum else control.maximum
    if isinstance(value, str):
        return control.itemText(control.count - 1)
    return slicer.mrmlScene.AddNewNodeByClass(control.nodeTypes[0], "another")


def test_every_control_says_what_it_does():
    kinds = {"QPushButton", "QToolButton", "QComboBox", "QCheckBox", "QSpinBox", "qMRMLNodeComboBox", "ctkSliderWidget"}
    silent = []
    for element in ElementTree.parse(PANEL).iter("widget"):
        tips = [entry[0].text or "" for entry in element.findall("property") if entry.get("name") == "toolTip"]
        if element.get("class") in kinds and not any(len(tip) > 10 for tip in tips):
            silent.append(element.get("name"))
    assert silent == []


def drive(host, panel, folder) -> None:
    """Press what a user can press without waiting for a network."""
    ui = panel.ui
    for name in ("fill", "update", "methodInfo", "histogram", "map", "showScanner", "allOff", "only", "preset"):
        getattr(ui, f"{name}Button").click()
    for index in range(ui.viewSelector.count):
        ui.viewSelector.setCurrentIndex(index)
        rest(host, panel)
    dialogs.answer_next(str(folder / "figure.png"), str(folder), str(folder / "figure.png"))
    for name in ("exportFigure", "exportTables", "addStyle", "removeStyle", "dice", "apply", "cancel"):
        getattr(ui, f"{name}Button").click()
    for index in range(ui.tabs.count):
        ui.tabs.setCurrentIndex(index)
    for name in ("answer", "quiz", "answer"):
        getattr(ui, f"{name}Button").click()
    host.leave_module()
    host.enter_module("SSAStyleTransfer")
    slicer.mrmlScene.Clear(0)
    host.process_events(0.1)


def test_building_and_driving_the_panel_uses_only_what_the_real_application_has(host, theatre, patch_folder, tmp_path):
    with Recorder([MODULE.parent, GLUE], stands_for()) as recorder:
        panel = put_on_stage(host, host.load_module(MODULE, enter=True), patch_folder)
        drive(host, panel, tmp_path)
    assert [str(fault) for fault in recorder.violations()] == []
    used = {(record.class_name, record.attribute) for record in recorder.records}
    assert {("QPushButton", "clicked"), ("ctkSliderWidget", "valueChanged"), ("QTimer", "setSingleShot")} <= used
    assert (tmp_path / "figure.png").is_file() and (tmp_path / "histogram.csv").is_file()
    assert errors(host) == []


@pytest.fixture(scope="module")
def fresh_start(host_process) -> dict:
    """The panel built in a process of its own: what it imported and how long it took."""
    return fresh_panel.built(MODULE)


def test_building_the_panel_loads_no_network_library_and_asks_for_an_image(fresh_start):
    heavy = {"torch", "monai", "safetensors", "skimage", "nibabel", "matplotlib", "highdicom"}
    assert heavy & set(fresh_start["new"]) == set()
    assert fresh_start["status"].startswith("Choose a content image")
    assert fresh_start["seconds"] < 15  # other work on the machine must not fail the test


def test_the_panel_file_fits_a_narrow_window(theatre):
    assert theatre.parent.minimumSizeHint.width() <= 420


def test_the_dataclasses_of_the_logic_are_frozen(theatre):
    from SSAStyleTransferLib import background, bank, charts, content, lesson_texts, methods, picture, seeing

    kinds = (background.Step, background.ChainStatus, bank.BankEntry, charts.Distances, content.SlicePiece)
    kinds += (lesson_texts.LessonText, methods.MethodEntry, picture.PictureState, picture.ShownPicture, seeing.Seen)
    assert all(dataclasses.is_dataclass(kind) for kind in kinds)
    assert [kind.__name__ for kind in kinds if not kind.__dataclass_params__.frozen] == []


@pytest.mark.slow
def test_the_self_test_of_the_module_passes(host, theatre):
    slicer.modules.SSAStyleTransferInstance.runTest(msec=1)
    assert host.messages.texts("delay")[-1] == "Test passed" and errors(host) == []
