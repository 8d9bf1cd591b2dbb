"""Loading of .ui files: stand-ins, their own properties, connections."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0"><class>Panel</class>
 <widget class="qMRMLWidget" name="Panel"><layout class="QVBoxLayout" name="rows">
  <item><widget class="qMRMLNodeComboBox" name="selector">
   <property name="toolTip"><string>The image.</string></property>
   <property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
   <property name="noneEnabled"><bool>true</bool></property>
   <property name="SlicerParameterName" stdset="0"><string>volume</string></property></widget></item>
  <item><widget class="ctkCollapsibleButton" name="section">
   <property name="text"><string>Options</string></property><property name="collapsed"><bool>true</bool></property>
   <layout class="QFormLayout" name="form"><item row="0" column="0">
    <widget class="ctkPathLineEdit" name="path"><property name="filters">
     <set>ctkPathLineEdit::Files|ctkPathLineEdit::Writable</set></property></widget></item>
    <item row="1" column="0"><widget class="QCheckBox" name="check"/></item>
    <item row="2" column="0"><widget class="QPushButton" name="go"/></item></layout></widget></item>
  <item><widget class="{extra}" name="extra">{properties}</widget></item>
 </layout></widget>
 <connections>
  <connection><sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
   <receiver>selector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection>
  <connection><sender>check</sender><signal>toggled(bool)</signal>
   <receiver>go</receiver><slot>setDisabled(bool)</slot></connection>
  <connection><sender>check</sender><signal>toggled(bool)</signal>
   <receiver>section</receiver><slot>setDisabled(bool)</slot></connection>{connection}
 </connections></ui>"""


@pytest.fixture
def load(host, tmp_path):
    def loader(extra="QLabel", properties="", connection=""):
        path = tmp_path / "panel.ui"
        text = UI.replace("{extra}", extra).replace("{properties}", properties)
        path.write_text(text.replace("{connection}", connection), encoding="utf-8")
        panel = slicer.util.loadUI(str(path))
        return panel, slicer.util.childWidgetVariables(panel)

    return loader


def test_stand_ins_get_their_own_and_qts_properties(load):
    _panel, ui = load()
    assert (ui.selector.nodeTypes, ui.selector.noneEnabled) == (("vtkMRMLScalarVolumeNode",), True)
    assert (ui.selector.toolTip, ui.selector.property("SlicerParameterName")) == ("The image.", "volume")
    assert (ui.section.text, ui.section.collapsed) == ("Options", True)
    assert ui.path.filters == ui.path.Files | ui.path.Writable


def test_connections_with_a_scene_and_plain_ones_are_made(load):
    panel, ui = load()
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16))
    assert ui.selector.nodeCount() == 0
    panel.setMRMLScene(slicer.mrmlScene)
    assert ui.selector.nodeFromIndex(0) is volume
    ui.check.setChecked(True)
    assert (ui.go.isEnabled(), ui.section.isEnabled()) == (False, False)


def test_widgets_that_qt_made_are_of_the_module_qts_classes(load):
    import qt

    _panel, ui = load()
    assert (type(ui.go), type(ui.check)) == (qt.QPushButton, qt.QCheckBox)


@pytest.mark.parametrize("unknown", ["qMRMLInventedWidget", "ctkInventedWidget"])
def test_a_class_that_slicer_does_not_have_is_refused(load, unknown):
    with pytest.raises(RuntimeError, match=f"without a stand-in: \\['{unknown}'\\]"):
        load(unknown)


def test_a_property_that_the_class_does_not_have_is_refused(load):
    with pytest.raises(RuntimeError, match="qMRMLNodeComboBox has no property 'nodeKinds'"):
        load("qMRMLNodeComboBox", '<property name="nodeKinds"><string>x</string></property>')


def test_a_connection_without_its_slot_is_refused(load):
    connection = (
        "<connection><sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>"
        "<receiver>go</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection>"
    )
    with pytest.raises(RuntimeError, match="QPushButton has no slot"):
        load(connection=connection)


def test_a_widget_without_a_stand_in_of_its_own_keeps_properties_and_says_so_when_called(load):
    properties = '<property name="nodeTypes"><stringlist><string>vtkMRMLNode</string></stringlist></property>'
    panel, ui = load("qMRMLSubjectHierarchyTreeView", properties)
    assert ui.extra.className() == "qMRMLSubjectHierarchyTreeView"
    assert list(ui.extra.nodeTypes) == ["vtkMRMLNode"]
    ui.extra.setMRMLScene(slicer.mrmlScene)
    with pytest.raises(NotImplementedError, match=r"qMRMLSubjectHierarchyTreeView\.expandItem exists in Slicer"):
        ui.extra.expandItem(1)
    assert panel.grab().width() > 0


@pytest.mark.parametrize("text", [None, "no xml"])
def test_a_file_that_is_missing_or_no_ui_file_is_named(host, tmp_path, text):
    path = tmp_path / "panel.ui"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RuntimeError, match=r"Could not load UI file.*panel\.ui"):
        slicer.util.loadUI(str(path))


def test_the_loader_of_the_module_qt_reads_the_same_files(host, tmp_path):
    import qt

    path = tmp_path / "panel.ui"
    path.write_text(UI.replace("{extra}", "QLabel").replace("{properties}", "").replace("{connection}", ""))
    file = qt.QFile(str(path))
    file.open(qt.QFile.ReadOnly)
    panel = qt.QUiLoader().load(file)
    assert type(panel) is slicer.qMRMLWidget
    assert panel.selector.noneEnabled
