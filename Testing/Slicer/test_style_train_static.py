"""What can be known of the Train tab without a run: names of Qt, widgets tied to parameters, tips, width."""

from __future__ import annotations

import ast
from xml.etree import ElementTree

import pytest
from slicerhost.qtlayer import dialogs
from slicerhost.qtlayer.allowlist import scan_source
from slicerhost.qtlayer.recorder import Recorder
from train_scene import HALF, ROOT, STYLE_MODULE, close_desk, finished, open_desk, scene_case, site_folder, write_run

LIB = STYLE_MODULE.parent / "SSAStyleTransferLib"
PANEL = STYLE_MODULE.parent / "Resources" / "UI" / "Train.ui"
FILES = sorted([*LIB.glob("training*.py"), *LIB.glob("panels/train*.py"), ROOT / "SSACore/SSASlicerLib/detached.py"])
TIED_BY_CODE = {
    *("recipe", "source", "target", "style", "corrections", "startModel", "heldOut", "modelName", "options"),
    *("runFolder", "curveTable", "lossChart", "diceChart", "resultTable"),
}


def tied_in_the_panel() -> dict[str, str]:
    tied = {}
    for element in ElementTree.parse(PANEL).iter("widget"):
        for entry in element.findall("property"):
            if entry.get("name") == "SlicerParameterName":
                assert entry[0].text not in tied
                tied[entry[0].text] = element.get("name")
    return tied


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_name_of_qt_and_slicer_exists_in_the_real_application(file):
    assert [str(fault) for fault in scan_source(file)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_and_functions_stay_short(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 50, node.name


def test_every_parameter_of_the_panel_file_is_a_field_and_every_field_has_its_place(desk):
    fields = set(type(desk.parameters).__annotations__)
    assert set(tied_in_the_panel()) <= fields and fields - set(tied_in_the_panel()) == TIED_BY_CODE


def test_tied_widgets_and_parameters_follow_each_other(desk):
    nodes = scene_case()
    for field, name in tied_in_the_panel().items():
        control = getattr(desk.ui, name)
        if field == "device":
            control.currentText = "cpu"
            assert desk.parameters.device == "cpu"
            desk.parameters.device = "auto"
            assert control.currentText == "auto"
        else:
            control.setCurrentNode(nodes[field])
            assert getattr(desk.parameters, field) is nodes[field]
            setattr(desk.parameters, field, None)
            assert control.currentNode() is None


def test_every_control_says_what_it_does():
    kinds = {"QPushButton", "QComboBox", "QLineEdit", "QTableWidget", "qMRMLNodeComboBox", "ctkPathLineEdit"}
    silent = []
    for element in ElementTree.parse(PANEL).iter("widget"):
        tips = [entry[0].text or "" for entry in element.findall("property") if entry.get("name") == "toolTip"]
        if element.get("class") in kinds and not any(len(tip) > 10 for tip in tips):
            silent.append(element.get("name"))
    assert silent == []


def test_the_tab_fits_a_narrow_window(desk):
    assert desk.panel.ui.trainTab.minimumSizeHint.width() <= 390


def drive(desk, folder) -> None:
    """Press what a user can press."""
    ui = desk.ui
    for name in ("Check", "AddToggle", "Guess", "Add", "Measure", "Start", "Pause", "Resume", "Cancel"):
        widget = ui.trainAddToggle if name == "AddToggle" else getattr(ui, f"train{name}Button")
        widget.click()
    for name in ("Dice", "Loss", "Use", "RollBack", "Export", "Import"):
        dialogs.answer_next(str(folder / "absent"))
        getattr(ui, f"train{name}Button").click()
    for index in range(ui.trainRecipeSelector.count):
        ui.trainRecipeSelector.setCurrentIndex(index)
    ui.trainModelSelector.setCurrentIndex(0)


@pytest.mark.usefixtures("failing_child")
def test_driving_the_tab_uses_only_what_the_real_application_has(host, tmp_path):
    from ssaglioma.packages import find_package

    package = str(find_package("glioma-2d-small").folder)
    close = finished(tmp_path / "done", package, accepted=True, start=package)
    with Recorder([STYLE_MODULE.parent, ROOT / "SSACore" / "SSASlicerLib"], {}) as recorder:
        desk = open_desk(host)
        scene_case()
        desk.ui.trainRunPath.currentPath = str(write_run(tmp_path / "run", HALF))
        desk.logic.cancelCheck()
        desk.ui.trainRunPath.currentPath = str(close)
        drive(desk, tmp_path)
        host.process_events(0.2)
        desk.panel.logic.stopAll()
        host.leave_module()
        host.enter_module("SSAStyleTransfer")
    close_desk(host)
    named = [str(fault) for fault in recorder.violations()]
    assert [fault for fault in named if "train" in fault.lower() or "detached" in fault] == []
    used = {(record.class_name, record.attribute) for record in recorder.records}
    assert {("QPushButton", "clicked"), ("QTableWidget", "setIconSize"), ("QComboBox", "findData")} <= used
    assert (site_folder() / "ours").is_dir() and host.messages.texts("error") == []
