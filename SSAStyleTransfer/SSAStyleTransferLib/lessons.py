"""Lessons: prepared scenes from the synthetic sample cases, a question each, and a quiz."""

from __future__ import annotations

import random

import slicer

from SSAStyleTransferLib.heart import loadHeart
from SSAStyleTransferLib.lesson_texts import LESSONS, TEXTS, WORDS, LessonText
from SSAStyleTransferLib.methods import SCANNER
from SSAStyleTransferLib.sample import CASE, HOSPITAL_CASE, loadSampleCase

_STAND_IN_SLICE_MM = 10.0
_STRONG = ("rain", "adaconv")
"""Methods for the lesson on destruction, the one whose shipped package the guard refuses on the sample case first."""


class LessonsLogic:
    """Lessons and quiz; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._quizAnswer = ""
        self._quizAsked = self._quizRight = 0

    def lessonText(self, parameters, key: str) -> LessonText:
        """Return the words of a lesson in the chosen language.

        Raises
        ------
        DatasetError
            If there is no such lesson.
        """
        from ssaglioma.errors import DatasetError

        if key not in LESSONS:
            raise DatasetError(f"The lesson {key!r} is not known", expected=f"one of {LESSONS}")
        return TEXTS[parameters.lessonLanguage][key]

    def word(self, parameters, key: str) -> str:
        """Return one of the short texts around the lessons in the chosen language."""
        return WORDS[parameters.lessonLanguage][key]

    def openLesson(self, parameters, key: str) -> str:
        """Load the lesson's synthetic images, set content, style and method, show the views; return a note, or ''.

        What else is in the scene stays as it is.

        Raises
        ------
        DatasetError
            If there is no such lesson.
        """
        self.lessonText(parameters, key)
        parameters.style = None
        parameters.strength, parameters.view, parameters.live = 1.0, "result", True
        parameters.force = key == "heart"  # to be looked at although gray values alone mix up its tissues
        note = getattr(self, f"_open{key.capitalize()}")(parameters) or ""
        self._showLesson(parameters)
        return note

    def answer(self, parameters, key: str, number: int) -> tuple[bool, str]:
        """Tell whether an answer is right, and why."""
        lesson = self.lessonText(parameters, key)
        right = number == lesson.right
        return right, f"{self.word(parameters, 'right' if right else 'wrong')} {lesson.explanation}"

    def startQuiz(self, parameters, seed: int | None = None) -> list[str]:
        """Show the sample case through a scanner drawn at random; return the titles to choose from."""
        generator = random.Random(seed)
        loadSampleCase(self, parameters, CASE)
        self._quizAnswer = generator.choice(self.presetNames())
        parameters.style = None
        parameters.seed = generator.randint(0, 999999)
        self.setPreset(parameters, self._quizAnswer)
        parameters.scanPreset = self.presetNames()[1]  # the panel must not give the answer away
        parameters.method, parameters.strength, parameters.view = SCANNER, 1.0, "result"
        self._showLesson(parameters)
        return [self.presetTitle(name) for name in self.presetNames()]

    @property
    def quizOpen(self) -> bool:
        """Whether a question of the quiz waits for its answer."""
        return bool(self._quizAnswer)

    def answerQuiz(self, parameters, number: int) -> tuple[bool, str]:
        """Tell whether the scanner was guessed, which it was, and keep the score; each question counts once."""
        from ssaglioma.errors import DatasetError

        if not self._quizAnswer:
            raise DatasetError("No question is open", remedy="Press Guess the scanner")
        right = self.presetNames()[number] == self._quizAnswer
        title = self.presetTitle(self._quizAnswer)
        self._quizAsked += 1
        self._quizRight += right
        parameters.scanPreset, self._quizAnswer = self._quizAnswer, ""
        words = self.word(parameters, "right" if right else "wrong")
        return right, f"{words} {self.word(parameters, 'was').format(title=title)}"

    def quizScore(self, parameters) -> str:
        """Return the score of the quiz so far, or an empty text."""
        if not self._quizAsked:
            return ""
        return self.word(parameters, "score").format(right=self._quizRight, asked=self._quizAsked)

    def _showLesson(self, parameters) -> None:
        """Lay out the views at the slice with the most tumor, or in the middle, with the picture and its histograms."""
        from SSAStyleTransferLib.content import sliceAxis

        self.showViews(parameters)
        volume = self.imageVolume(parameters.content)
        middle = volume.shape[sliceAxis(volume)] // 2
        self.goToSlice(parameters, middle if parameters.labels is None else self.tumorSliceOf(parameters))
        if self.updatePicture(parameters).ready:
            self.showViews(parameters, self.drawHistograms(parameters, show=False))

    def _openFields(self, parameters) -> None:
        loadSampleCase(self, parameters, CASE)
        self.setPreset(parameters, "1.5T_ssa")
        parameters.method = SCANNER

    def _openFails(self, parameters) -> None:
        loadSampleCase(self, parameters, CASE)
        self.setPreset(parameters, "0.3T_permanent")
        parameters.method = SCANNER

    def _openRepairs(self, parameters) -> None:
        loadSampleCase(self, parameters, HOSPITAL_CASE)
        parameters.bankStyle, parameters.method = "simulated:3T_research:1", "histogram"

    def _openDestroys(self, parameters) -> str:
        loadSampleCase(self, parameters, CASE)
        strong = [one for name in _STRONG for one in self.methods() if one.method == name and "heart" not in one.key]
        if strong:
            parameters.bankStyle = "simulated:1.5T_ssa:1"
            self.chooseMethod(parameters, strong[0].key)
            return ""
        parameters.method = SCANNER
        self.switchAllOff(parameters)
        with slicer.util.NodeModify(parameters.parameterNode):
            parameters.scanSlices, parameters.scanThickness = True, _STAND_IN_SLICE_MM
        return self.word(parameters, "stand_in")

    def _openHeart(self, parameters) -> None:
        for field in ("t1", "t1gd", "t2", "flair"):
            setattr(parameters, field, None)
        loadHeart(parameters)
        packages = [one for one in self.methods() if one.method == "rain" and "heart" in one.key]
        parameters.method = packages[0].key if packages else "histogram"

    def tumorSliceOf(self, parameters) -> int:
        """Return the slice of the content with the most tumor."""
        import numpy as np

        from SSAStyleTransferLib.content import sliceAxis

        labels = self.labelsVolume(parameters)
        axis = sliceAxis(self.imageVolume(parameters.content))
        others = tuple(number for number in range(3) if number != axis)
        return int(np.argmax((labels.array != 0).sum(axis=others)))
