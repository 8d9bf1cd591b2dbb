"""Stand-in for `slicer.i18n`: texts stay English, unless a test puts a table of translations here."""

from __future__ import annotations

import inspect
import os

translations: dict[tuple[str, str], str] = {}


def getContext(sourceFile: str) -> str:
    """Return the context of a source file: its name, after its package's name where it is in one."""
    folder, name = os.path.split(sourceFile)
    stem = name.removesuffix(".py")
    if os.path.isfile(sourceFile) and os.path.isfile(os.path.join(folder, "__init__.py")):
        return f"{os.path.basename(folder)}.{stem}"
    return stem


def translate(context: str, text: str) -> str:
    """Return the translation of a text in a context, or the text."""
    return translations.get((context, text), text)


def tr(text: str) -> str:
    """Return the translation of a text in the context of the calling file."""
    if not translations:
        return text
    frame = inspect.currentframe()
    caller = frame.f_back if frame is not None else None
    return translate(getContext(caller.f_code.co_filename), text) if caller is not None else text
