"""PythonQt's ways on PySide6: properties without brackets, names, signals by signature."""

from __future__ import annotations

import sys

import pytest
import slicer


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


def test_getters_that_derived_classes_have_again_are_properties_too(qt):
    assert qt.QLabel("twelve words").minimumSizeHint.width() > 0
    assert qt.QProgressBar().sizeHint.height() > 0


def test_a_size_hint_of_a_python_class_still_reaches_qt(qt):
    class Fixed(qt.QWidget):
        def sizeHint(self):
            return qt.QSize(77, 66)

    widget = Fixed()
    widget.adjustSize()
    assert (widget.size.width(), widget.size.height()) == (77, 66)


def test_a_method_that_became_a_property_in_qt_6_stays_a_method(qt):
    widget = qt.QWidget()
    assert qt.QVBoxLayout(widget).contentsMargins().left() >= 0


def test_numbers_and_enums_are_the_same(qt):
    box, label = qt.QCheckBox(), qt.QLabel()
    label.alignment = 4
    assert label.alignment == qt.Qt.AlignCenter & 4
    box.setCheckState(qt.Qt.Checked)
    assert (box.checkState(), int(box.checkState()), box.checkState() == 2) == (2, 2, True)
    assert not qt.QCheckBox().checkState()


def test_no_new_attribute_can_be_put_onto_a_plain_widget(qt):
    import ctk

    for widget in (qt.QPushButton(), ctk.ctkSliderWidget(), slicer.qMRMLNodeComboBox()):
        with pytest.raises(AttributeError, match="creating new attributes on C\\+\\+ objects is not allowed"):
            widget.helper = 3
        assert not hasattr(widget, "helper")


def test_a_slot_cannot_be_overwritten(qt):
    with pytest.raises(AttributeError, match="'click' can not be overwritten"):
        qt.QPushButton().click = None


def test_a_python_class_may_have_attributes_of_its_own(qt):
    class Panel(qt.QWidget):
        pass

    panel = Panel()
    panel.helper = 3
    assert panel.helper == 3


def test_dynamic_properties_and_children_are_attributes(qt):
    panel = qt.QWidget()
    button = qt.QPushButton("x", panel)
    button.objectName = "apply"
    panel.setProperty("SlicerParameterName", "seed")
    assert panel.SlicerParameterName == "seed"
    panel.SlicerParameterName = "other"
    assert panel.property("SlicerParameterName") == "other"
    assert panel.apply is button


def test_an_unknown_signal_is_refused_by_name_and_by_type(qt):
    button = qt.QPushButton()
    for signature in ("pushed()", "clicked(QString)"):
        with pytest.raises(ValueError, match="QPushButton has no signal"):
            button.connect(signature, print)


def test_a_disconnected_slot_is_not_called_and_unknown_ones_do_no_harm(qt):
    button, seen = qt.QPushButton(), []

    def slot():
        seen.append(1)

    button.connect("clicked()", slot)
    button.click()
    assert button.disconnect("clicked()", slot)
    button.click()
    assert seen == [1]


def test_signals_of_qt_5_with_text_reach_their_successors(qt):
    combo, seen = qt.QComboBox(), []
    combo.connect("currentIndexChanged(QString)", seen.append)
    combo.addItems(["a", "b"])
    combo.setCurrentIndex(1)
    assert seen == ["a", "b"]


def test_a_widget_that_qt_made_is_of_the_same_class_as_one_from_python(qt):
    buttons = qt.QDialogButtonBox(qt.QDialogButtonBox.Ok)
    made = buttons.button(qt.QDialogButtonBox.Ok)
    assert type(made) is qt.QPushButton
    assert made.connect("clicked()", lambda: None)


def test_a_missing_name_says_so(qt):
    with pytest.raises(AttributeError, match="module 'qt' has no attribute 'QTextCodec'"):
        _ = qt.QTextCodec
