"""Dialogs that would wait for a user: recorded, and answered as the test says."""

from __future__ import annotations

import pytest
from slicerhost.qtlayer import dialogs


@pytest.fixture
def qt(host):
    import qt

    dialogs.clear()
    yield qt
    dialogs.clear()


def test_a_file_dialog_gives_the_path_alone(qt):
    dialogs.answer_next("/tmp/a.nii.gz", "/tmp/b.nii.gz", ["/tmp/c", "/tmp/d"])
    assert qt.QFileDialog.getSaveFileName(None, "Save", "", "NIfTI (*.nii.gz)") == "/tmp/a.nii.gz"
    assert qt.QFileDialog.getOpenFileName(None, "Open") == "/tmp/b.nii.gz"
    assert list(qt.QFileDialog.getOpenFileNames(None, "Open")) == ["/tmp/c", "/tmp/d"]
    assert [(question.kind, question.title) for question in dialogs.asked][:1] == [("getSaveFileName", "Save")]


def test_a_file_dialog_without_an_answer_is_cancelled(qt):
    assert qt.QFileDialog.getExistingDirectory(None, "Folder") == ""


def test_questions_are_answered_with_yes_or_as_said(qt):
    assert qt.QMessageBox.question(None, "Delete", "Sure?") == qt.QMessageBox.Yes
    dialogs.answer_next(qt.QMessageBox.No)
    assert qt.QMessageBox.question(None, "Delete", "Sure?") == qt.QMessageBox.No
    assert [question.text for question in dialogs.asked] == ["Sure?", "Sure?"]


def test_a_modal_dialog_returns_at_once(qt):
    import ctk

    assert qt.QDialog().exec_() == qt.QDialog.Rejected
    dialogs.answer_next(qt.QDialog.Accepted)
    assert qt.QDialog().exec_() == qt.QDialog.Accepted
    box = ctk.ctkMessageBox()
    box.text = "Overwrite?"
    box.setStandardButtons(qt.QMessageBox.Yes | qt.QMessageBox.No)
    assert box.exec_() == qt.QMessageBox.Yes
    assert dialogs.asked[-1].text == "Overwrite?"


def test_a_message_box_that_shall_not_come_again_repeats_its_answer(qt):
    import ctk

    for expected_questions in (1, 1):
        box = ctk.ctkMessageBox()
        box.dontShowAgainSettingsKey, box.dontShowAgain = "SSA/Sure", True
        box.setStandardButtons(qt.QMessageBox.Ok)
        assert box.exec_() == qt.QMessageBox.Ok
        assert len(dialogs.asked) == expected_questions


def test_a_text_input_gives_the_text(qt):
    dialogs.answer_next("Monday")
    assert qt.QInputDialog.getText(None, "Rename", "Name:") == "Monday"
