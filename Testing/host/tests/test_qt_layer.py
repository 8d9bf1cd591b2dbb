"""PythonQt's ways on PySide6: properties without brackets, names, signals by signature, file dialogs."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def qt(host):
    import qt

    return qt


def test_a_property_is_read_and_written_without_brackets(qt):
    button = qt.QPushButton("Apply")
    assert (button.text, button.enabled, button.checkable) == ("Apply", True, False)
    button.text, button.enabled, button.checkable = "Go", False, True
    assert (button.text, button.enabled, button.checkable) == ("Go", False, True)


def test_setters_stay_callable(qt):
    combo = qt.QComboBox()
    combo.addItems(["a", "b"])
    combo.setCurrentIndex(1)
    assert (combo.currentText, combo.count, combo.currentIndex) == ("b", 2, 1)


def test_a_bool_property_takes_any_value(qt):
    label = qt.QLabel("x")
    label.visible = []
    assert label.visible is False


def test_a_read_only_property_cannot_be_written(qt):
    with pytest.raises(AttributeError, match="'count' of QComboBox cannot be written"):
        qt.QComboBox().count = 3


def test_name_is_the_object_name(qt):
    widget = qt.QWidget()
    widget.setObjectName("panel")
    assert (widget.name, widget.objectName, widget.className()) == ("panel", "panel", "QWidget")


def test_signals_connect_by_attribute_and_by_signature(qt):
    button, seen = qt.QPushButton("x"), []
    button.clicked.connect(lambda *_: seen.append("attribute"))
    button.connect("clicked(bool)", lambda *_: seen.append("signature"))
    button.click()
    assert seen == ["attribute", "signature"]


def test_a_timer_has_its_static_single_shot_and_the_property_of_that_name(qt, host):
    seen = []
    qt.QTimer.singleShot(0, lambda: seen.append(1))
    timer = qt.QTimer()
    timer.singleShot = True
    assert timer.singleShot is True
    assert host.wait_until(lambda: seen == [1], seconds=5)


def test_file_dialogs_answer_with_the_path_alone(qt, monkeypatch):
    from PySide6.QtWidgets import QFileDialog

    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *args: ("/tmp/a.nii.gz", "NIfTI")))
    assert qt.QFileDialog.getSaveFileName(None, "Save") == "/tmp/a.nii.gz"


def test_none_true_and_false_survive_many_calls(qt):
    label, before = qt.QLabel("x"), [sys.getrefcount(value) for value in (None, True, False)]
    for _ in range(2000):
        label.setVisible(False)
    after = [sys.getrefcount(value) for value in (None, True, False)]
    assert min(after) > 1 << 20, f"{before} -> {after}: the process would die of this"


def test_a_collapsible_button_folds_and_tells(host):
    import ctk

    section, seen = ctk.ctkCollapsibleButton("Results"), []
    section.contentsCollapsed.connect(seen.append)
    section.collapsed = True
    section.collapsed = True
    assert (section.collapsed, section.checked, seen, section.maximumHeight < 40) == (True, False, [True], True)


def test_a_slider_widget_keeps_within_its_limits(host):
    import ctk

    slider, seen = ctk.ctkSliderWidget(), []
    slider.minimum, slider.maximum, slider.decimals = -1.0, 1.0, 3
    slider.valueChanged.connect(seen.append)
    slider.value = 0.125
    slider.value = 7
    assert (slider.value, seen) == (1.0, [0.125, 1.0])


def test_a_path_edit_tells_its_path(host):
    import ctk

    edit, seen = ctk.ctkPathLineEdit(), []
    edit.currentPathChanged.connect(seen.append)
    edit.currentPath = "/data"
    assert (edit.currentPath, seen) == ("/data", ["/data"])
