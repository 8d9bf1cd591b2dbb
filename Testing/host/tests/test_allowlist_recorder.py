"""What a module uses of Qt, CTK and Slicer objects while it runs, recorded and judged."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from slicerhost.qtlayer.allowlist import Violation
from slicerhost.qtlayer.recorder import Recorder

MODULE = """
from __future__ import annotations
import qt

class Panel(qt.QWidget):
    def __init__(self):
        super().__init__()
        self.own = 1

    def use(self):
        self.own += 1
        self.setToolTip("own " + str(self.own))
        return self.nothingSuch if hasattr(self, "nothingSuch") else self.own

def correct(button):
    button.setText("Run")
    button.clicked.connect(lambda: button.setEnabled(False))
    button.toolTip
    button.setProperty("SlicerParameterName", "seed")
    return getattr(button, "flat", None)

def writes_new(button):
    button.helper = 3

def writes_by_name(button):
    setattr(button, "helper", 3)

def reads_unknown(button):
    try:
        return button.runAll
    except AttributeError:
        return None

def calls_property(label):
    return label.text()

def overwrites_method(button):
    button.animateClick = None

def writes_read_only(bar):
    bar.text = "80 %"

def reads_class(kind):
    return kind.NoSuchEnumMember

def from_lambda(button):
    return (lambda: button.lambdaOnly)

def annotated(button: qt.QPushButton) -> qt.QPushButton:
    match button.text:
        case qt.Qt.AlignLeft:
            return None
    return button

def uses_stand_ins(combo, section):
    combo.setCurrentNode(None)
    combo.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    section.collapsed = not section.collapsed
    try:
        section.setCollapsed(True)
    except AttributeError:
        pass
    try:
        combo.chosenNode = None
    except AttributeError:
        pass

def uses_application(app):
    return app.layoutManager(), app.inventedByTheHost
"""


@pytest.fixture(scope="module")
def widgets() -> ModuleType:
    widgets = pytest.importorskip("PySide6.QtWidgets", reason="PySide6-Essentials is not installed")
    widgets.QApplication.instance() or widgets.QApplication(["test"])
    return widgets


@pytest.fixture
def module_file(tmp_path: Path, widgets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    if "qt" not in sys.modules:
        from PySide6 import QtCore

        qt = ModuleType("qt")
        qt.QWidget, qt.QPushButton, qt.Qt = widgets.QWidget, widgets.QPushButton, QtCore.Qt
        monkeypatch.setitem(sys.modules, "qt", qt)
    path = tmp_path / "watched" / "PlantedModule.py"
    path.parent.mkdir()
    path.write_text(MODULE)
    return path


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def planted(module_file: Path) -> ModuleType:
    """The module with faults, imported before anything records."""
    return _import(module_file)


@pytest.fixture
def recorder(module_file: Path) -> Iterator[Recorder]:
    with Recorder([module_file.parent]) as recorder:
        yield recorder


def _line_of(text: str) -> int:
    return MODULE.splitlines().index(text) + 1


def _facts(violations: list[Violation]) -> list[tuple]:
    return [(fault.class_name, fault.attribute, fault.kind, fault.line) for fault in violations]


def test_correct_code_leaves_records_and_no_fault(planted: ModuleType, recorder: Recorder, widgets: ModuleType) -> None:
    button = widgets.QPushButton()
    planted.correct(button)
    button.click()
    planted.annotated(button)
    used = {(record.class_name, record.attribute, record.kind) for record in recorder.records}
    assert {("QPushButton", "setText", "call"), ("QPushButton", "clicked", "get")} <= used
    assert ("QPushButton", "setEnabled", "call") in used
    assert recorder.violations() == []
    assert not button.isEnabled()


@pytest.mark.parametrize(
    ("function", "widget", "fault"),
    [
        ("writes_new", "QPushButton", ("helper", "new Python attribute on a plain widget", "    button.helper = 3")),
        (
            "writes_by_name",
            "QLabel",
            ("helper", "new Python attribute on a plain widget", '    setattr(button, "helper", 3)'),
        ),
        ("reads_unknown", "QToolButton", ("runAll", "unknown attribute", "        return button.runAll")),
        ("calls_property", "QLabel", ("text", "property called", "    return label.text()")),
        ("overwrites_method", "QPushButton", ("animateClick", "method overwritten", "    button.animateClick = None")),
        ("writes_read_only", "QProgressBar", ("text", "read-only property set", '    bar.text = "80 %"')),
    ],
)
def test_a_planted_fault_is_recorded_with_its_line(
    planted: ModuleType, recorder: Recorder, widgets: ModuleType, function: str, widget: str, fault: tuple
) -> None:
    try:
        getattr(planted, function)(getattr(widgets, widget)())
    except (TypeError, AttributeError):  # where the stand-in's Qt layer is at work, it refuses as the application does
        assert function in ("calls_property", "writes_new", "writes_by_name", "writes_read_only")
    attribute, kind, text = fault
    assert _facts(recorder.violations()) == [(widget, attribute, kind, _line_of(text))]


def test_an_unknown_member_of_a_class_is_recorded(planted: ModuleType, recorder: Recorder, widgets: ModuleType) -> None:
    with pytest.raises(AttributeError):
        planted.reads_class(widgets.QMessageBox)
    assert [fault.class_name for fault in recorder.violations()] == ["QMessageBox"]


def test_a_function_made_before_recording_is_watched(
    planted: ModuleType, module_file: Path, widgets: ModuleType
) -> None:
    made_before = planted.from_lambda(widgets.QPushButton())
    with Recorder([module_file]) as recorder, pytest.raises(AttributeError):
        made_before()
    assert [fault.attribute for fault in recorder.violations()] == ["lambdaOnly"]


def test_a_file_imported_while_recording_is_watched(module_file: Path, recorder: Recorder, widgets: ModuleType) -> None:
    module = _import(module_file)
    module.writes_new(widgets.QPushButton())
    assert module.annotated.__annotations__ == {"button": "qt.QPushButton", "return": "qt.QPushButton"}
    assert _facts(recorder.violations()) == [
        ("QPushButton", "helper", "new Python attribute on a plain widget", _line_of("    button.helper = 3"))
    ]


def test_a_python_subclass_may_have_attributes_of_its_own(
    planted: ModuleType, recorder: Recorder, widgets: ModuleType
) -> None:
    panel = planted.Panel()
    assert panel.use() == 2
    panel.nothingSuch = 5
    assert panel.use() == 5
    assert ("QWidget", "setToolTip") in {(record.class_name, record.attribute) for record in recorder.records}
    assert recorder.violations() == []


def test_a_stand_in_of_another_name_is_judged_by_the_class_it_stands_for(
    planted: ModuleType, module_file: Path
) -> None:
    class Application:
        inventedByTheHost = 1

        def layoutManager(self) -> None:
            return None

    with Recorder([module_file.parent], {"qSlicerApplication": Application}) as recorder:
        planted.uses_application(Application())
    assert _facts(recorder.violations())[0][:3] == ("qSlicerApplication", "inventedByTheHost", "unknown attribute")
    assert len(recorder.violations()) == 1


def test_other_files_and_later_runs_are_not_recorded(
    planted: ModuleType, module_file: Path, widgets: ModuleType, tmp_path: Path
) -> None:
    code = planted.correct.__code__
    with Recorder([tmp_path / "elsewhere"]) as elsewhere:
        planted.correct(widgets.QPushButton())
    with Recorder([module_file.parent]) as recorder:
        assert planted.correct.__code__ is not code
    planted.correct(widgets.QPushButton())
    assert planted.correct.__code__ is code
    assert elsewhere.records == recorder.records == []


def test_only_one_recorder_works_at_a_time(recorder: Recorder) -> None:
    with pytest.raises(RuntimeError, match="end it before"), Recorder([]):
        pass


def test_the_stand_ins_of_ctk_and_slicer_are_judged_by_the_real_classes(
    host_process: object, planted: ModuleType, recorder: Recorder
) -> None:
    import ctk
    import slicer

    planted.uses_stand_ins(slicer.qMRMLNodeComboBox(), ctk.ctkCollapsibleButton())
    assert _facts(recorder.violations()) == [
        ("ctkCollapsibleButton", "setCollapsed", "unknown attribute", _line_of("        section.setCollapsed(True)")),
        (
            "qMRMLNodeComboBox",
            "chosenNode",
            "new Python attribute on a plain widget",
            _line_of("        combo.chosenNode = None"),
        ),
    ]
    assert recorder.violations()[0].remedy == "use the property 'collapsed'"
