"""Lessons: both languages, every scene opens, answers are judged, the quiz keeps its score."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from style_scene import errors, original, rest


@pytest.fixture
def bare(theatre, monkeypatch):
    """The open panel of an installation without stylizer packages."""
    segmenters = theatre.logic.modelPackages()
    monkeypatch.setattr(theatre.logic, "stylePackages", lambda: segmenters)
    return theatre


def open_lesson(host, panel, key):
    panel.ui.lessonSelector.setCurrentIndex(panel.ui.lessonSelector.findData(key))
    panel.ui.lessonOpenButton.click()
    rest(host, panel)
    return panel


def test_five_lessons_exist_in_both_languages_with_the_same_right_answers(theatre):
    from SSAStyleTransferLib.lesson_texts import LANGUAGES, LESSONS, TEXTS, WORDS

    assert len(LESSONS) == 5 and set(TEXTS) == set(WORDS) == set(LANGUAGES)
    english, french = (TEXTS[language] for language in LANGUAGES)
    for key in LESSONS:
        assert english[key].right == french[key].right and len(english[key].answers) == len(french[key].answers)
        assert english[key].title != french[key].title and english[key].text.count(".") >= 3
    assert WORDS["English"].keys() == WORDS["Français"].keys()


def test_the_language_changes_the_texts_at_once(theatre):
    theatre.ui.lessonSelector.setCurrentIndex(1)
    assert theatre.ui.lessonSelector.currentText == "Why the model fails"
    theatre.ui.languageSelector.currentText = "Français"
    assert theatre.ui.lessonSelector.currentText == "Pourquoi le modèle échoue"
    assert theatre.ui.lessonText.text.startswith("Le modèle a appris")


def test_answers_are_judged_and_explained(theatre):
    theatre.ui.lessonSelector.setCurrentIndex(0)
    theatre.ui.answerSelector.setCurrentIndex(0)
    theatre.ui.answerButton.click()
    assert theatre.ui.answerLabel.text.startswith("Not quite. ")
    theatre.ui.answerSelector.setCurrentIndex(1)
    theatre.ui.answerButton.click()
    assert theatre.ui.answerLabel.text.startswith("Right. In a slice of 5 mm")


@pytest.mark.slow
def test_the_lessons_on_the_brain_open_one_after_the_other_with_their_pictures(host, bare):
    theatre, logic, parameters = bare, bare.logic, bare.parameters
    open_lesson(host, theatre, "fields")
    assert parameters.method == "scanner" and parameters.scanPreset == "1.5T_ssa"
    assert not np.array_equal(logic.shownPicture.array, original(theatre))
    open_lesson(host, theatre, "repairs")
    assert parameters.content.GetName().startswith("ICBM152-grown-001-ssa")
    before, after = logic.styleDistances(parameters)
    assert after.wasserstein < before.wasserstein
    open_lesson(host, theatre, "destroys")
    assert "stands in for it" in theatre.ui.answerLabel.text and not logic.verdict(parameters).passed
    open_lesson(host, theatre, "fails")
    assert parameters.scanPreset == "0.3T_permanent" and theatre.ui.lookButton.enabled
    assert logic.labelsSlice(parameters, logic.shownPicture.piece).any()
    names = [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]
    assert len(names) == len(set(names)), "a case is loaded once"
    assert errors(host) == []


@pytest.mark.slow
def test_the_lesson_on_destruction_shows_a_refused_picture_that_a_lower_strength_saves(host, theatre):
    open_lesson(host, theatre, "destroys")
    logic = theatre.logic
    assert theatre.parameters.method == "style-brain-rain"
    assert host.wait_until(lambda: not (logic.busy or logic.pictureWanted), seconds=900)
    rest(host, theatre)
    assert logic.verdict(theatre.parameters).passed is False
    theatre.ui.strengthSlider.value = 0.5
    rest(host, theatre)
    assert logic.verdict(theatre.parameters).passed is True and errors(host) == []


def test_the_heart_is_synthetic_and_its_contrast_moves_towards_late_enhancement(host, bare):
    open_lesson(host, bare, "heart")
    logic, parameters = bare.logic, bare.parameters
    assert parameters.content.GetName() == "Synthetic heart bSSFP" and parameters.method == "histogram"
    before, after = logic.styleDistances(parameters)
    assert after.kl < before.kl
    assert logic.shownPicture.piece.array.shape == (192, 192)
    assert errors(host) == []


def test_the_quiz_hides_the_scanner_keeps_the_score_and_counts_a_question_once(host, theatre):
    theatre.ui.quizButton.click()
    rest(host, theatre)
    assert (
        theatre.logic.quizOpen
        and theatre.ui.questionLabel.text == "<b>Which scanner made the picture on the right?</b>"
    )
    right = theatre.logic.presetNames().index(theatre.logic._quizAnswer)
    theatre.ui.answerSelector.setCurrentIndex(right)
    theatre.ui.answerButton.click()
    assert theatre.ui.answerLabel.text.startswith("Right. It was: ")
    assert theatre.ui.quizLabel.text == "1 of 1 right" and not theatre.logic.quizOpen
    theatre.logic.startQuiz(theatre.parameters, seed=3)
    wrong = (theatre.logic.presetNames().index(theatre.logic._quizAnswer) + 1) % 4
    assert theatre.logic.answerQuiz(theatre.parameters, wrong)[0] is False
    assert theatre.logic.quizScore(theatre.parameters) == "1 of 2 right" and errors(host) == []
