"""What can be known of SSAGliomaSeg without a run: imports, names of Qt, widgets tied to parameters, the self test."""

from __future__ import annotations

import ast
import dataclasses
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import fresh_panel
import pytest
import slicer
from seg_scene import MODULE, ROOT, add_four, choose
from slicerhost.qtlayer import dialogs
from slicerhost.qtlayer.allowlist import scan_source
from slicerhost.qtlayer.recorder import Recorder

PANEL = MODULE.parent / "Resources" / "UI" / "SSAGliomaSeg.ui"
GLUE = ROOT / "SSACore" / "SSASlicerLib"
FILES = sorted([*MODULE.parent.rglob("*.py"), *GLUE.rglob("*.py")])
OF_SLICER = {"slicer", "vtk", "qt", "ctk", "numpy"}
OURS = {"ssaglioma", "SSASlicerLib", "SSAGliomaSegLib"}
KEPT_FOR_THE_RESULT = {
    *("result", "prediction", "probability", "doubt", "coreProbability", "enhancingProbability", "resultTable"),
    "brain",
    *("runInfo", "comparisonTable", "correction", "acceptedSlices", "correctionStarted"),
}
TIED_BY_CODE = {"model", "prepare", "correctionsFolder", "batchInput", "batchOutput"}


def tied_in_the_panel() -> dict[str, str]:
    """Widget name of each parameter that the .ui file names."""
    tied = {}
    for element in ElementTree.parse(PANEL).iter("widget"):
        for entry in element.findall("property"):
            if entry.get("name") == "SlicerParameterName":
                assert entry[0].text not in tied, f"{entry[0].text} stands twice"
                tied[entry[0].text] = element.get("name")
    return tied


def parameter_fields(widget) -> set[str]:
    source = sys.modules["SSAGliomaSeg"].SSAGliomaSegParameterNode
    return set(source.__annotations__)


def at_file_scope(tree: ast.Module):
    """Import statements that run when the file is imported: not in functions, not for type checkers alone."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def roots(tree: ast.Module) -> set[str]:
    found = set()
    for node in at_file_scope(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        found |= {name.split(".")[0] for name in names}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_file_imports_a_third_party_package_at_file_scope(file):
    allowed = {"__future__", *sys.stdlib_module_names, *OF_SLICER, *OURS}
    assert roots(ast.parse(file.read_text(encoding="utf-8"))) - allowed == set()


def test_a_third_party_import_at_file_scope_is_found():
    text = "import os\nif True:\n    try:\n        import torch.nn\n    except ImportError:\n        pass\n"
    hidden = "def f():\n    import scipy\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import monai\n"
    assert roots(ast.parse(text + hidden)) == {"os", "typing", "torch"}


@pytest.mark.parametrize("file", [file for file in FILES if MODULE.parent in file.parents], ids=lambda file: file.name)
def test_the_module_loads_no_core_and_no_glue_before_it_is_used(file):
    assert roots(ast.parse(file.read_text(encoding="utf-8"))) & {"ssaglioma", "SSASlicerLib"} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_name_of_qt_and_slicer_exists_in_the_real_application(file):
    assert [str(fault) for fault in scan_source(file)] == []


def test_every_parameter_of_the_panel_file_is_a_field_and_every_field_has_its_place(widget):
    fields, tied = parameter_fields(widget), set(tied_in_the_panel())
    assert tied - fields == set()
    assert fields - tied == KEPT_FOR_THE_RESULT | TIED_BY_CODE


def new_value(widget, field):
    """Another value for a parameter than the one it has: a node of the right class, a choice, a switch."""
    value = getattr(widget.parameters, field)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        selector = getattr(widget.ui, tied_in_the_panel()[field])
        return selector.itemText(selector.count - 1)
    kind = getattr(widget.ui, tied_in_the_panel()[field]).nodeTypes[0]
    return slicer.mrmlScene.AddNewNodeByClass(kind, f"for {field}")


def shown_value(control):
    for name in ("currentNode", "checked", "currentText"):
        if hasattr(control, name):
            value = getattr(control, name)
            return value() if callable(value) else value
    raise AssertionError(f"{control} shows no value")


def show_value(control, value):
    if hasattr(control, "setCurrentNode"):
        control.setCurrentNode(value)
    elif isinstance(value, bool):
        control.checked = value
    else:
        control.currentText = value


@pytest.mark.parametrize("field", sorted(tied_in_the_panel()))
def test_a_widget_and_its_parameter_follow_each_other(widget, field):
    control = getattr(widget.ui, tied_in_the_panel()[field])
    first, second = getattr(widget.parameters, field), new_value(widget, field)
    assert first is not second and first != second
    show_value(control, second)
    assert getattr(widget.parameters, field) == second
    setattr(widget.parameters, field, first)
    assert shown_value(control) == first


@pytest.mark.parametrize(
    ("field", "edit"),
    [("correctionsFolder", "correctionsPath"), ("batchInput", "batchInputPath"), ("batchOutput", "batchOutputPath")],
)
def test_a_path_and_its_parameter_follow_each_other(widget, field, edit, tmp_path):
    getattr(widget.ui, edit).currentPath = str(tmp_path)
    assert getattr(widget.parameters, field) == str(tmp_path)
    setattr(widget.parameters, field, "")
    assert getattr(widget.ui, edit).currentPath == ""


def test_parameters_are_tied_once_after_the_module_was_left_and_opened_again(host, widget):
    for _ in range(2):
        host.leave_module()
        host.enter_module("SSAGliomaSeg")
    widget.ui.mirrorCheckBox.checked = True
    assert widget.parameters.mirror
    host.leave_module()
    widget.ui.mirrorCheckBox.checked = False
    assert widget.logic.getParameterNode().mirror, "a panel that is not open must not write parameters"


def test_every_control_says_what_it_does(widget):
    kinds = {"QPushButton", "QToolButton", "QComboBox", "QCheckBox", "qMRMLNodeComboBox", "ctkPathLineEdit"}
    silent = []
    for element in ElementTree.parse(PANEL).iter("widget"):
        tips = [entry[0].text or "" for entry in element.findall("property") if entry.get("name") == "toolTip"]
        if element.get("class") in kinds and not any(len(tip) > 10 for tip in tips):
            silent.append(element.get("name"))
    assert silent == []


def test_a_disabled_control_says_why_and_its_own_text_comes_back(widget):
    usual = widget.ui.applyButton.property("enabledToolTip") or widget.ui.applyButton.toolTip
    assert not widget.ui.applyButton.enabled
    assert widget.ui.applyButton.toolTip.startswith("Choose at least T1Gd or FLAIR")
    choose(widget, add_four())
    assert widget.ui.applyButton.enabled and widget.ui.applyButton.toolTip == usual


def stands_for() -> dict[str, type]:
    """The host's classes that do not have their C++ names."""
    from slicerhost.application import Application
    from slicerhost.modules import ModuleManager
    from slicerhost.views.layout_manager import LayoutManager
    from slicerhost.views.slice_widget import SliceWidget
    from slicerhost.views.threed_view import ThreeDView, ThreeDWidget

    views = {kind.stands_for: kind for kind in (LayoutManager, SliceWidget, ThreeDWidget)}
    return {
        "qSlicerApplication": Application,
        "qSlicerModuleManager": ModuleManager,
        "qMRMLThreeDView": ThreeDView,
        **views,
    }


def drive(host, widget, folder: Path) -> None:
    """Press what a user can press, with images and a result in the panel."""
    ui = widget.ui
    for name in ("geometryButton", "outlineButton", "show3DButton"):
        getattr(ui, name).click()
        getattr(ui, name).click()
    for name in ("fillLoaded", "fourViews", "worstSlice", "diameters", "modelInfo", "copyLog", "compareApply"):
        getattr(ui, f"{name}Button").click()
    for name in ("difference", "plot", "startCorrection", "nextDoubtful", "acceptSlice", "saveCorrection"):
        getattr(ui, f"{name}Button").click()
    for index in range(ui.overlaySelector.count):
        ui.overlaySelector.setCurrentIndex(index)
    dialogs.answer_next(str(folder), str(folder), str(folder / "out.nii.gz"), str(folder / "report"))
    for name in ("fillFolder", "importModel", "export", "report"):
        getattr(ui, f"{name}Button").click()
    host.leave_module()
    host.enter_module("SSAGliomaSeg")
    slicer.mrmlScene.Clear(0)
    host.process_events(0.1)


def test_building_and_driving_the_panel_uses_only_what_the_real_application_has(host, boxed_scene, tmp_path):
    import qt

    opened = []
    with Recorder([MODULE.parent, GLUE], stands_for()) as recorder:
        widget = host.load_module(MODULE, enter=True)
        slicer.util.loadScene(str(boxed_scene))
        host.process_events(0.1)
        widget.parameters.correctionsFolder = str(tmp_path / "corrections")
        widget.parameters.reference = widget.parameters.prediction
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(qt.QDesktopServices, "openUrl", opened.append)
            drive(host, widget, tmp_path)
    assert [str(fault) for fault in recorder.violations()] == []
    used = {(record.class_name, record.attribute) for record in recorder.records}
    assert {("QPushButton", "clicked"), ("QTableWidget", "setItem"), ("QTimer", "setInterval")} <= used
    assert {("qMRMLSegmentEditorWidget", "setSegmentationNode"), ("qSlicerApplication", "layoutManager")} <= used
    assert (tmp_path / "out.nii.gz").is_file() and (tmp_path / "report.html").is_file() and len(opened) == 1
    assert len(list((tmp_path / "corrections").glob("case-*"))) == 1
    assert host.messages.texts("error") == []


@pytest.fixture(scope="module")
def fresh_start(host_process) -> dict:
    """The panel built in a process of its own: what it imported and how long it took."""
    return fresh_panel.built(MODULE)


def test_building_the_panel_imports_no_heavy_library(fresh_start):
    heavy = {"torch", "monai", "safetensors", "scipy", "skimage", "nibabel", "matplotlib", "highdicom"}
    assert heavy & set(fresh_start["new"]) == set()
    assert "SSAGliomaSegLib" in fresh_start["new"] and fresh_start["status"].startswith("Choose at least")


def test_building_the_panel_takes_no_noticeable_time(fresh_start):
    # The goal is 1 s (Testing/benchmarks); other work on the machine must not fail the test.
    assert fresh_start["seconds"] < 4


def test_the_panel_file_fits_a_narrow_window(widget):
    assert widget.parent.minimumSizeHint.width() <= 420


@pytest.mark.slow
def test_the_self_test_of_the_module_passes(host, widget):
    began = time.monotonic()
    slicer.modules.SSAGliomaSegInstance.runTest(msec=1)
    assert host.messages.texts("delay")[-1] == "Test passed" and time.monotonic() - began < 600
    assert host.messages.texts("error") == []


def test_the_dataclasses_of_the_logic_are_frozen(widget):
    from SSAGliomaSegLib import cost, inputs, models, results, run, run_status

    kinds = (inputs.InputState, inputs.GeometryRow, models.ModelEntry, results.ResultRow)
    kinds += (run.RunOrder, run_status.RunStatus, cost.RunCost)
    assert [kind.__name__ for kind in kinds if not kind.__dataclass_params__.frozen] == []
    assert all(dataclasses.is_dataclass(kind) for kind in kinds)
