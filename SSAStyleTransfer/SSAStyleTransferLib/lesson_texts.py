"""The words of the lessons: title, three sentences, one question, answers, explanation.

Here in English; in other languages they come from the translations of the extension, whatever Slicer's own is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ENGLISH, FRENCH = "English", "Français"
LANGUAGES = (ENGLISH, FRENCH)
_TAGS = {FRENCH: "fr-FR"}
CONTEXT = "SSAStyleTransferLib.lesson_texts"
"""Of these texts in the translations of the extension."""


@dataclass(frozen=True)
class LessonText:
    """A lesson in one language.

    Attributes
    ----------
    title, text, question : str
    answers : tuple of str
        In the same order in every language.
    right : int
        Number of the right answer.
    explanation : str
    """

    title: str
    text: str
    question: str
    answers: tuple[str, ...]
    right: int
    explanation: str


_ENGLISH = {
    "fields": LessonText(
        "3T against 1.5T",
        "On the left is a brain as a 3 T research scanner shows it, on the right the same brain as a 1.5 T hospital "
        "scanner would. Slices of 5 mm mix tissues, fewer lines of k-space blur edges, the coil shades the picture. "
        "Switch single effects on and off in the Scanner tab and watch the difference.",
        "Which effect hides a small lesion most?",
        ("Uneven brightness of the coil", "Thick slices", "Fold-over"),
        1,
        "In a slice of 5 mm a lesion of 2 mm keeps less than half of its contrast: it is averaged with what lies "
        "above and below.",
    ),
    "fails": LessonText(
        "Why the model fails",
        "The model learned from 3 T images. Here the same brain passes a 0.3 T scanner: more noise, thicker slices, "
        "larger pixels. Press Look in the Preview tab and compare the masks before and after.",
        "Why does the Dice fall although the tumor is the same?",
        ("The model sees gray values and edges it never met", "The tumor became smaller", "The labels are wrong"),
        0,
        "The anatomy did not change, the look did. A model that met only one look takes unknown noise and blur for "
        "other tissue. That is domain shift.",
    ),
    "repairs": LessonText(
        "What style transfer repairs",
        "The content is the hospital scan of the sample patient, the style comes from a 3 T scanner. Matching the "
        "gray values brings the histogram back, as the chart shows. Compare KL and Wasserstein before and after.",
        "Which of these can gray values alone not bring back?",
        ("Brightness and contrast", "Sharp edges between the slices", "The share of dark pixels"),
        1,
        "A gray curve moves no edge and invents none: what thick slices averaged away stays lost. This is also why "
        "it is safe.",
    ),
    "destroys": LessonText(
        "What it may destroy",
        "Strong methods such as RAIN and AdaConv rewrite structure, not only gray values. The guard measures how far "
        "edges moved and how much of a lesion's contrast stayed, and puts stripes over what it refuses. Lower the "
        "strength until it passes.",
        "A stylized image looks sharper than the original. May you train a model on it?",
        ("Yes, sharper is better", "Only if the guard passes", "Yes, if the histogram fits"),
        1,
        "A picture can look real and show another patient's anatomy. Labels drawn on the original are then wrong on "
        "the stylized image.",
    ),
    "heart": LessonText(
        "Heart: from bSSFP to LGE",
        "A synthetic heart: bSSFP (content) shows blood bright and muscle gray; late enhancement (style) shows muscle "
        "black and scar bright. Methods with a style space (RAIN) change the contrast and keep boundaries best; "
        "AdaConv comes closer to the look and may bend the thin wall. Their models learned from real hearts and change "
        "this drawn one little; without a model, gray values alone are matched.",
        "What can no method add to the bSSFP image?",
        ("A darker muscle", "The scar that only LGE shows", "A brighter pool of blood"),
        1,
        "Style transfer changes the look, not the information: a scar that the content does not show would be an "
        "invention.",
    ),
}
LESSONS = tuple(_ENGLISH)
"""Keys of the lessons, in order."""
_WORDS = {
    "right": "Right.",
    "wrong": "Not quite.",
    "quiz": "Which scanner made the picture on the right?",
    "was": "It was: {title}.",
    "score": "{right} of {asked} right",
    "stand_in": "This installation has no RAIN or AdaConv package; a scanner with slices of 10 mm stands in for it.",
}


class _Translated(Mapping):
    """Language -> the texts in it, read from the extension's translations when they are first asked for."""

    def __init__(self, english: dict[str, Any]) -> None:
        self._english = english
        self._made: dict[str, dict[str, Any]] = {ENGLISH: english}

    def __getitem__(self, language: str) -> dict[str, Any]:
        if language not in self._made:
            from SSASlicerLib.translations import table

            known = table(_TAGS[language])
            self._made[language] = {
                key: _translated(item, lambda text: known.get((CONTEXT, text)) or text)
                for key, item in self._english.items()
            }
        return self._made[language]

    def __iter__(self) -> Iterator[str]:
        return iter(LANGUAGES)

    def __len__(self) -> int:
        return len(LANGUAGES)


def _translated(item: LessonText | str, say: Callable[[str], str]) -> LessonText | str:
    if isinstance(item, str):
        return say(item)
    answers = tuple(say(answer) for answer in item.answers)
    return LessonText(say(item.title), say(item.text), say(item.question), answers, item.right, say(item.explanation))


def allTexts() -> list[str]:
    """Return every English text of the lessons, for translators."""
    lessons = [(one.title, one.text, one.question, *one.answers, one.explanation) for one in _ENGLISH.values()]
    return [*(text for lesson in lessons for text in lesson), *_WORDS.values()]


TEXTS = _Translated(_ENGLISH)
WORDS = _Translated(_WORDS)
