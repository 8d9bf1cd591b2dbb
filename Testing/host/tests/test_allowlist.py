"""The list of what scripts can reach of Qt, CTK and Slicer classes, and the search for wrong names in a source."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cpp_headers import property_of, read_classes, slots_of
from generate_allowlist import Repository, library_classes, name_base_classes, write
from slicerhost.qtlayer import allowlist
from slicerhost.qtlayer.allowlist import Record, Violation, allowed, check, load, scan_source

HEADER = """
#ifndef __ctkThing_h
/// class ctkWrong : public QObject { Q_OBJECT public slots: void no(); };
class OTHER_EXPORT ctkThing;
class CTK_WIDGETS_EXPORT ctkThing : public QWidget, public virtual ctkMixin<int>
{
  Q_OBJECT
  QVTK_OBJECT
  Q_ENUMS(Mode)
  Q_FLAGS(Side Sides)
  Q_PROPERTY(QList<int> many
             READ many   // a comment
             WRITE setMany NOTIFY manyChanged)
  Q_PROPERTY(bool flat READ isFlat)
  CTK_SOME_MACRO(ctkThing, something);
public:
  enum Mode { First = 0, Second, /* Third, */ Fourth = (1 << 2) };
  enum Side { Left = 1, Right = 2 };
  Q_DECLARE_FLAGS(Sides, Side)
  enum Hidden { NotDeclared };
  class Inner { public slots: void inner(); };
  ctkThing(QWidget* parent = nullptr);
  ~ctkThing() override;
  void setMany(const QList<int>& many);
  QList<int> many() const;
  bool isFlat() const { return d(1); }
  Q_INVOKABLE virtual QString label(int (*f)(int),
                                    const QString& text = QString("a;b")) const;
public Q_SLOTS:
  virtual void setLabel(const QString& text) { if (text.isEmpty()) { return; } done(); }
  bool operator==(const ctkThing& other) const;
Q_SIGNALS:
  void manyChanged(QList<int>);
protected slots:
  void hidden();
private:
  Q_INVOKABLE void alsoHidden();
  Q_DECLARE_PRIVATE(ctkThing);
};
"""


def _facts(violations: list[Violation]) -> list[tuple]:
    return [(fault.class_name, fault.attribute, fault.kind, fault.line) for fault in violations]


@pytest.mark.parametrize(
    ("class_name", "attribute", "member"),
    [
        ("ctkCollapsibleButton", "collapsed", "property"),
        ("ctkCollapsibleButton", "contentsCollapsed", "signal"),
        ("ctkCollapsibleButton", "text", "property"),
        ("ctkPathLineEdit", "currentPath", "property"),
        ("ctkPathLineEdit", "Dirs", "enum"),
        ("ctkSliderWidget", "setValue", "method"),
        ("qMRMLNodeComboBox", "currentNode", "method"),
        ("qMRMLNodeComboBox", "setCurrentNode", "method"),
        ("qMRMLNodeComboBox", "currentNodeID", "property"),
        ("qMRMLNodeComboBox", "nodeTypes", "property"),
        ("qMRMLNodeComboBox", "currentNodeChanged", "signal"),
        ("qMRMLSegmentEditorWidget", "setActiveEffectByName", "method"),
        ("qMRMLSegmentEditorWidget", "setMRMLScene", "method"),
        ("qSlicerLayoutManager", "sliceWidget", "method"),
        ("qMRMLLayoutManager", "sliceWidget", "method"),
        ("qSlicerScriptedLoadableModuleWidget", "self", "method"),
        ("QPushButton", "clicked", "signal"),
        ("QPushButton", "enabled", "property"),
        ("QPushButton", "isEnabled", "method"),
        ("QPushButton", "name", "property"),
        ("QPushButton", "connect", "method"),
        ("QPushButton", "findChild", "method"),
        ("QPushButton", "className", "method"),
        ("QPushButton", "delete", "method"),
        ("QProgressBar", "value", "property"),
        ("QProgressBar", "text", "read-only property"),
        ("QTimer", "singleShot", "method"),
        ("QDialog", "exec_", "method"),
        ("QWidget", "raise_", "method"),
        ("QColor", "name", "method"),
        ("Qt", "AlignLeft", "enum"),
    ],
)
def test_the_list_knows_what_a_member_is(class_name: str, attribute: str, member: str) -> None:
    assert load().member(class_name, attribute) == member


@pytest.mark.parametrize(
    ("class_name", "attribute"),
    [
        ("qMRMLNodeComboBox", "setNodeTypes"),  # a setter that is no slot: scripts have the property
        ("qMRMLNodeComboBox", "model"),  # public in C++, not Q_INVOKABLE
        ("qMRMLNodeComboBox", "refreshIfCurrentNodeHidden"),  # a protected slot
        ("ctkCollapsibleButton", "setCollapsed"),
        ("QComboBox", "setLabelDrawingMode"),  # newer than Qt 5
        ("QObject", "objectNameOfNothing"),
        ("QPushButton", "inventedName"),
        ("ctkInventedWidget", "value"),
        ("QUrl", "connect"),  # no QObject
    ],
)
def test_what_a_script_cannot_reach_is_not_allowed(class_name: str, attribute: str) -> None:
    assert not allowed(class_name, attribute)


def test_the_kind_of_use_decides() -> None:
    assert allowed("QLabel", "text")
    assert allowed("QLabel", "text", "set")
    assert not allowed("QLabel", "text", "call")
    assert not allowed("QProgressBar", "text", "set")
    assert not allowed("QPushButton", "clicked", "set")


def test_the_file_is_small_sorted_and_states_its_sources() -> None:
    text = allowlist.DATA.read_text(encoding="utf-8")
    data = json.loads(text)
    assert len(text) < 1_000_000
    assert list(data["classes"]) == sorted(data["classes"])
    assert data["sources"]["Slicer"].startswith("5.")
    assert {"CTK", "PySide6", "PythonQt", "Qt", "Slicer"} == set(data["sources"])
    assert len([name for name in data["classes"] if name.startswith("qMRML")]) > 100


def test_a_missing_list_is_reported_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(allowlist, "DATA", tmp_path / "allowlist.json")
    with pytest.raises(RuntimeError, match=r"generate_allowlist\.py"):
        load.__wrapped__()


def test_check_reports_each_fault_once_with_its_place() -> None:
    wrong = Record("qMRMLNodeComboBox", "setNodeTypes", "call", "a.py", 7)
    right = Record("qMRMLNodeComboBox", "setCurrentNodeID", "call", "a.py", 3)
    faults = check([wrong, right, wrong])
    assert len(faults) == 1
    assert str(faults[0]) == "a.py:7: qMRMLNodeComboBox.setNodeTypes: unknown attribute; use the property 'nodeTypes'"


def test_a_class_that_is_not_in_the_list_is_a_fault() -> None:
    assert [fault.kind for fault in check([Record("qMRMLNothing", "x", "get", "a.py", 1)])] == ["unknown class"]


def test_a_header_is_read_by_the_rules_of_the_meta_object_compiler() -> None:
    (found,) = read_classes(HEADER)
    assert (found.name, found.bases, found.is_object) == ("ctkThing", ["QWidget", "ctkMixin"], True)
    assert (found.read_write, found.read_only) == ({"many"}, {"flat"})
    assert found.methods == {"label", "setLabel"}
    assert found.signals == {"manyChanged"}
    assert found.enums == {"Mode": ["First", "Second", "Fourth"], "Side": ["Left", "Right"], "Sides": []}


def test_a_member_property_can_be_written_unless_it_is_constant() -> None:
    assert property_of("int size MEMBER m_size") == ("size", True)
    assert property_of("int size MEMBER m_size CONSTANT") == ("size", False)


def test_decorator_slots_come_with_their_arguments() -> None:
    text = (
        "class D : public QObject { Q_OBJECT public Q_SLOTS: int level(ctkThing* thing) { return thing->level(); } };"
    )
    assert list(slots_of(text)) == [("level", "ctkThing* thing")]


def test_a_source_with_right_names_passes(tmp_path: Path) -> None:
    path = tmp_path / "right.py"
    path.write_text(
        "import ctk, qt, slicer\nfrom qt import QLabel\n"
        "x = qt.Qt.AlignLeft | qt.Qt.AlignmentFlag.AlignTop\n"
        "y = qt.QAbstractItemView.NoEditTriggers, qt.QMessageBox.StandardButton.Yes\n"
        "z = ctk.ctkCollapsibleButton(), slicer.qMRMLNodeComboBox(), slicer.vtkMRMLNode, slicer.util.loadUI\n"
        "qt.QTimer.singleShot(0, print); qt.Signal; slicer.qSlicerScriptedLoadableModule\n"
        "QLabel.__name__, QLabel.setText\n"
    )
    assert scan_source(path) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import qt\nqt.QPushButon()", ("qt.QPushButon", "", "unknown name", 2)),
        ("import qt\nqt.QtWidgets.QLabel()", ("qt.QtWidgets", "", "unknown name", 2)),
        ("import qt as Q\nQ.QLable()", ("qt.QLable", "", "unknown name", 2)),
        ("from qt import QLable", ("qt.QLable", "", "unknown name", 1)),
        ("import ctk\nctk.ctkFoldingButton()", ("ctk.ctkFoldingButton", "", "unknown name", 2)),
        ("import ctk\nctk.QLabel()", ("ctk.QLabel", "", "unknown name", 2)),
        ("import slicer\nslicer.qMRMLNodeCombo()", ("slicer.qMRMLNodeCombo", "", "unknown name", 2)),
        ("import slicer\nslicer.qSlicerNothing()", ("slicer.qSlicerNothing", "", "unknown name", 2)),
        ("import qt\nqt.Qt.AlignLeftish", ("Qt", "AlignLeftish", "unknown attribute", 2)),
        ("import qt\nqt.Qt.AlignmentFlag.AlignNo", ("Qt", "AlignmentFlag.AlignNo", "unknown attribute", 2)),
        ("import qt\nqt.QAbstractItemView.NoEdits", ("QAbstractItemView", "NoEdits", "unknown attribute", 2)),
        ("from qt import QMessageBox as B\nB.Yess", ("QMessageBox", "Yess", "unknown attribute", 2)),
        ("import qt\nf(qt.QFileDialog().x, qt.QTimer.oneShot(1))", ("QTimer", "oneShot", "unknown attribute", 2)),
    ],
)
def test_a_wrong_name_in_a_source_is_found(tmp_path: Path, source: str, fault: tuple) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(source)
    assert _facts(scan_source(path)) == [fault]


LIBRARY = {
    "CMakeLists.txt": "set(CTK_MAJOR_VERSION 3)\nset(CTK_MINOR_VERSION 4)\nset(CTK_PATCH_VERSION 5)\n",
    "Libs/Widgets/CMakeLists.txt": "set_source_files_properties(\n  ctkExcluded.h\n  WRAP_EXCLUDE\n)\n",
    "Libs/Widgets/ctkThing.h": HEADER,
    "Libs/Widgets/ctkThing_p.h": HEADER.replace("ctkThing", "ctkThingPrivate"),
    "Libs/Widgets/ctkBase.h": "class ctkBase : public ctkRoot { Q_OBJECT public: ctkBase(int size); };",
    "Libs/Widgets/ctkRoot.h": "class ctkRoot : public QObject { Q_OBJECT public: virtual void go() = 0; };",
    "Libs/Widgets/ctkSub.h": "class ctkSub : public ctkBase { Q_OBJECT public: ctkSub(); signals: void done(); };",
    "Libs/Widgets/ctkExcluded.h": "class ctkExcluded : public QObject { Q_OBJECT public: ctkExcluded(); };",
    "Libs/Widgets/ctkWidgetsPythonQtDecorators.h": (
        "class ctkWidgetsPythonQtDecorators : public QObject { Q_OBJECT public Q_SLOTS:\n"
        "ctkLevel* new_ctkLevel(int n) { return new ctkLevel(n); }\n"
        "void delete_ctkLevel(ctkLevel* level) { delete level; }\n"
        "QString static_ctkLevel_text(int n) { return QString(); }\n"
        "int weight(ctkThing* thing) { return thing->weight(); } };"
    ),
}


@pytest.fixture
def library(tmp_path: Path) -> Repository:
    for path, text in LIBRARY.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "--no-verify", "-m", "headers")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return Repository(str(tmp_path / ".git"))


def test_a_library_is_read_from_its_repository(library: Repository, tmp_path: Path) -> None:
    entries = library_classes(library, ("Libs/Widgets",), "ctk")
    name_base_classes(entries)
    rooms = {name: entry["room"] for name, entry in entries.items()}
    assert rooms.pop("ctkExcluded") == ""
    assert rooms == dict.fromkeys(["ctkBase", "ctkLevel", "ctkRoot", "ctkSub", "ctkThing"], "ctk")
    assert entries["ctkThing"]["methods"] == {"label", "setLabel", "weight"}
    assert entries["ctkLevel"]["methods"] == {"text"}
    write(tmp_path / "list.json", {"CTK": library.version("CTK")}, entries)
    written = json.loads((tmp_path / "list.json").read_text())
    assert written["sources"] == {"CTK": "3.4.5"}
    assert written["classes"]["ctkSub"] == {"bases": "ctkBase", "room": "ctk", "signals": "done"}


def test_a_folder_without_a_repository_is_reported(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="rev-parse failed"):
        Repository(str(tmp_path / "nothing.git"))
