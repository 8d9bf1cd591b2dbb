"""Stand-in for `slicer.i18n`: texts stay English, unless a language is loaded or a test puts translations here."""

from __future__ import annotations

import inspect
import logging
import os
import re
from pathlib import Path
from typing import Any

translations: dict[tuple[str, str], str] = {}
translators: list[Any] = []
_PLACEHOLDER = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")


def getContext(sourceFile: str) -> str:
    """Return the context of a source file: its name, after its package's name where it is in one."""
    folder, name = os.path.split(sourceFile)
    stem = name.removesuffix(".py")
    if os.path.isfile(sourceFile) and os.path.isfile(os.path.join(folder, "__init__.py")):
        return f"{os.path.basename(folder)}.{stem}"
    return stem


def translate(context: str, text: str) -> str:
    """Return the translation of a text in a context, or the text."""
    if (context, text) in translations:
        return translations[context, text]
    if not translators:
        return text
    from PySide6.QtCore import QCoreApplication

    return QCoreApplication.translate(context, text)


def tr(text: str) -> str:
    """Return the translation of a text in the context of the calling file; one with other placeholders is refused."""
    if not translations and not translators:
        return text
    frame = inspect.currentframe()
    caller = frame.f_back if frame is not None else None
    if caller is None:
        return text
    found = translate(getContext(caller.f_code.co_filename), text)
    if set(_PLACEHOLDER.findall(found)) != set(_PLACEHOLDER.findall(text)):
        logging.warning("The translation %r of %r has other placeholders", found, text)
        return text
    return found


def load(folder: str, language: str) -> None:
    """Install each `*<language>.qm` of a folder, as Slicer does; nothing without a language."""
    from PySide6.QtCore import QCoreApplication, QTranslator

    for file in sorted(Path(folder).glob(f"*{language}.qm")) if language else []:
        translator = QTranslator()
        if translator.load(str(file)):
            QCoreApplication.installTranslator(translator)
            translators.append(translator)


def unload() -> None:
    """Go back to English (not in Slicer)."""
    from PySide6.QtCore import QCoreApplication

    while translators:
        QCoreApplication.removeTranslator(translators.pop())
