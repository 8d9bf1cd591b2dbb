"""The Lessons tab."""

from __future__ import annotations

from slicer.i18n import tr as _

from SSAStyleTransferLib.lesson_texts import LESSONS, TEXTS
from SSAStyleTransferLib.panels.base import Section


class LessonsSection(Section):
    """Lessons and quiz."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.lessonSelector.currentIndexChanged.connect(self.onLesson)
        self.ui.lessonOpenButton.clicked.connect(self.onOpen)
        self.ui.answerButton.clicked.connect(self.onAnswer)
        self.ui.quizButton.clicked.connect(self.onQuiz)
        self._language = None

    def onLesson(self, _index: int = 0) -> None:
        """Show the chosen lesson."""
        self.ui.answerLabel.text = ""
        self._showQuestion()

    def onOpen(self) -> None:
        """Load the lesson's scene."""
        with self.guarded():
            self.owner.say(_("Loading the lesson"), "busy")
            note = self.logic.openLesson(self.parameters, self._key())
            self.ui.answerLabel.text = note
            self.owner.clearMessage()
            self.owner.startPolling()
        self.owner.refresh()

    def onAnswer(self) -> None:
        """Check the answer."""
        with self.guarded():
            number = self.ui.answerSelector.currentIndex
            if self.logic.quizOpen:
                _right, text = self.logic.answerQuiz(self.parameters, number)
            else:
                _right, text = self.logic.answer(self.parameters, self._key(), number)
            self.ui.answerLabel.text = text
        self.update()

    def onQuiz(self) -> None:
        """Draw a scanner."""
        with self.guarded():
            self.owner.say(_("Drawing a scanner"), "busy")
            titles = self.logic.startQuiz(self.parameters)
            self._answers(self.logic.word(self.parameters, "quiz"), titles)
            self.ui.answerLabel.text = ""
            self.owner.clearMessage()
        self.owner.refresh()

    def update(self) -> None:
        """Show the texts in the chosen language."""
        parameters = self.parameters
        if parameters is None:
            return
        if parameters.lessonLanguage != self._language:
            self._language = parameters.lessonLanguage
            index = max(0, self.ui.lessonSelector.currentIndex)
            wasBlocked = self.ui.lessonSelector.blockSignals(True)
            self.ui.lessonSelector.clear()
            for key in LESSONS:
                self.ui.lessonSelector.addItem(TEXTS[self._language][key].title, key)
            self.ui.lessonSelector.setCurrentIndex(index)
            self.ui.lessonSelector.blockSignals(wasBlocked)
            self._showQuestion()
        self.ui.quizLabel.text = self.logic.quizScore(parameters)

    def _key(self) -> str:
        return self.ui.lessonSelector.currentData

    def _showQuestion(self) -> None:
        if self.parameters is None or not self._key():
            return
        lesson = self.logic.lessonText(self.parameters, self._key())
        self.ui.lessonText.text = lesson.text
        self._answers(lesson.question, list(lesson.answers))

    def _answers(self, question: str, answers: list[str]) -> None:
        self.ui.questionLabel.text = f"<b>{question}</b>"
        self.ui.answerSelector.clear()
        for answer in answers:
            self.ui.answerSelector.addItem(answer)
