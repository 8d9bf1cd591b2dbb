"""CTK's widgets: values, signals, folding, and that they can be drawn."""

from __future__ import annotations

import pytest


@pytest.fixture
def ctk(host):
    import ctk

    return ctk


@pytest.fixture
def section(ctk):
    """A shown panel with a collapsible button that has two labels in it."""
    import qt

    panel = qt.QWidget()
    rows = qt.QVBoxLayout(panel)
    button = ctk.ctkCollapsibleButton("Results")
    rows.addWidget(button)
    inside = qt.QVBoxLayout(button)
    for text in ("seen", "hidden"):
        inside.addWidget(qt.QLabel(text))
    panel.show()
    yield button
    panel.close()


def labels(button):
    import qt

    return button.findChildren(qt.QLabel)


def test_a_folded_section_hides_what_is_in_it_and_shows_it_again(section):
    seen, hidden = labels(section)
    hidden.setVisible(False)
    section.collapsed = True
    assert (seen.visible, hidden.visible, section.height) == (False, False, 24)
    section.collapsed = False
    assert (seen.visible, hidden.visible) == (True, False)


def test_what_is_shown_in_a_folded_section_appears_when_it_opens(section):
    seen, hidden = labels(section)
    hidden.setVisible(False)
    section.collapsed = True
    hidden.setVisible(True)
    assert (seen.visible, hidden.visible) == (False, False)
    section.collapsed = False
    assert (seen.visible, hidden.visible) == (True, True)


def test_a_click_on_the_heading_folds_and_tells(section):
    told = []
    section.contentsCollapsed.connect(told.append)
    section.click()
    section.click()
    assert (told, section.collapsed, section.checked) == ([True, False], False, True)


def test_a_group_box_folds(ctk):
    import qt

    box = ctk.ctkCollapsibleGroupBox()
    label = qt.QLabel("inside", box)
    box.collapsed = True
    assert (box.checked, label.isHidden()) == (False, True)
    box.collapsed = False
    assert not label.isHidden()


def test_a_range_keeps_its_order_and_limits_and_tells_each_end(ctk):
    widget, low, both = ctk.ctkRangeWidget(), [], []
    widget.minimum, widget.maximum, widget.decimals = 0.0, 10.0, 1
    widget.setValues(2.0, 7.0)
    widget.minimumValueChanged.connect(low.append)
    widget.valuesChanged.connect(lambda *values: both.append(values))
    widget.minimumValue = 3.0
    widget.maximumValue = 12.0
    assert (widget.minimumValue, widget.maximumValue) == (3.0, 10.0)
    assert (low, both) == ([3.0], [(3.0, 7.0), (3.0, 10.0)])
    widget.maximum = 5.0
    assert widget.maximumValue == 5.0


def test_the_handles_of_a_range_slider_can_be_dragged(ctk):
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent

    slider = ctk.ctkDoubleRangeSlider()
    slider.resize(212, 20)
    slider.setRange(0.0, 100.0)
    slider.setValues(20.0, 80.0)
    left = Qt.MouseButton.LeftButton
    for kind, x in ((QEvent.Type.MouseButtonPress, 46), (QEvent.Type.MouseMove, 106)):
        event = QMouseEvent(kind, QPointF(x, 10), QPointF(x, 10), left, left, Qt.KeyboardModifier.NoModifier)
        (slider.mousePressEvent if kind == QEvent.Type.MouseButtonPress else slider.mouseMoveEvent)(event)
    assert (slider.minimumValue, slider.maximumValue) == (50.0, 80.0)


def test_a_slider_and_its_spin_box_show_the_same(ctk):
    import qt

    widget, seen = ctk.ctkSliderWidget(), []
    widget.maximum, widget.singleStep, widget.suffix = 1.0, 0.25, " mm"
    widget.valueChanged.connect(seen.append)
    widget.findChild(qt.QDoubleSpinBox).stepUp()
    assert (widget.value, seen, widget.findChild(qt.QDoubleSpinBox).text) == (0.25, [0.25], "0.25 mm")
    widget.findChild(qt.QSlider).setValue(5000)
    assert widget.value == 0.5


def test_setters_that_are_no_slots_do_not_exist(ctk):
    with pytest.raises(AttributeError, match="setMinimum"):
        ctk.ctkSliderWidget().setMinimum(3)


def test_a_path_edit_tells_whether_the_path_fits_its_filters(ctk, tmp_path):
    (tmp_path / "case.nrrd").write_text("")
    edit, valid = ctk.ctkPathLineEdit(), []
    edit.filters = edit.Files
    edit.validInputChanged.connect(valid.append)
    for path in (tmp_path, tmp_path / "case.nrrd", tmp_path / "other.nrrd"):
        edit.currentPath = str(path)
    edit.filters = edit.Files | edit.Writable
    edit.currentPath = str(tmp_path / "new.nrrd")
    assert valid == [True, False, True]


def test_a_path_edit_asks_for_what_its_filters_say(ctk):
    from slicerhost.qtlayer import dialogs

    dialogs.clear()
    edit = ctk.ctkPathLineEdit()
    edit.filters = edit.Dirs
    dialogs.answer_next("/data/cases")
    edit.browse()
    edit.filters = edit.Files
    edit.browse()
    assert edit.currentPath == "/data/cases"
    assert [question.kind for question in dialogs.asked] == ["getExistingDirectory", "getOpenFileName"]


def test_a_path_edit_remembers_under_its_key(ctk):
    first = ctk.ctkPathLineEdit()
    first.settingKey = "SSA/Models"
    for path in ("/models/a", "/models/b"):
        first.currentPath = path
        first.addCurrentPathToHistory()
    second = ctk.ctkPathLineEdit()
    second.settingKey = "SSA/Models"
    assert second.currentPath == "/models/b"
    assert [second.comboBox().itemText(index) for index in (0, 1)] == ["/models/b", "/models/a"]


def test_items_of_a_checkable_combo_box_are_checked_one_by_one(ctk):
    import qt

    combo, told = ctk.ctkCheckableComboBox(), []
    combo.addItems(["T1", "T2"])
    combo.checkedIndexesChanged.connect(lambda: told.append(1))
    combo.setCheckState(combo.model().index(1, 0), qt.Qt.Checked)
    assert [index.row() for index in combo.checkedIndexes()] == [1]
    assert (combo.noneChecked(), combo.allChecked(), told) == (False, False, [1])


def test_a_color_button_tells_its_new_color(ctk):
    import qt

    button, seen = ctk.ctkColorPickerButton(), []
    button.colorChanged.connect(lambda color: seen.append(color.name()))
    button.color = qt.QColor("#ff8000")
    button.color = qt.QColor("#ff8000")
    assert (seen, button.text) == (["#ff8000"], "#ff8000")


def test_every_widget_can_be_drawn(ctk):
    import slicer
    from slicerhost import qtlayer

    names = [name for name in vars(ctk) if name.startswith("ctk")]
    classes = [getattr(ctk, name) for name in names] + list(qtlayer.slicer_classes().values())
    assert len(classes) >= 37 and slicer.qMRMLNodeComboBox in classes
    for widget_class in classes:
        widget = widget_class()
        widget.resize(200, 80)
        assert widget.grab().width() >= 200, widget_class


def test_what_a_stand_in_offers_is_what_its_class_has(ctk):
    from slicerhost.qtlayer.allowlist import load
    from slicerhost.qtlayer.modules import written_classes

    of_python = {"stands_for", "SIGNATURES", "eventFilter", "hitButton", "staticMetaObject"}
    for name, stand_in in written_classes().items():
        own = {key for base in stand_in.__mro__ if base.__module__.startswith("slicerhost") for key in vars(base)}
        offered = {key for key in own - of_python if not key.startswith("_") and not key.endswith("Event")}
        assert [key for key in sorted(offered) if not load().member(name, key)] == [], name
