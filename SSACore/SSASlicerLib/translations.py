"""The extension's own translations: Slicer looks only into its own folder, which an extension cannot write to.

Each `SSAGlioma_<language>.qm` here is for the language that is set in Slicer's settings; the `.ts` beside it is its
source, and what Slicer's Language Tools can take over.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import slicer

FOLDER = Path(__file__).parent / "Resources" / "Translations"
_PREFIX = "SSAGlioma_"
_loaded: list[str] = []


def load_translations() -> None:
    """Let Slicer show the modules in its language, if there is a translation; once a session."""
    if not _loaded:
        _loaded.append(str(FOLDER))
        slicer.app.loadTranslations(str(FOLDER))


@lru_cache(maxsize=4)
def table(language: str) -> dict[tuple[str, str], str]:
    """Return the texts of a language such as 'fr-FR', whatever Slicer's own is: (context, English) -> translation.

    Raises
    ------
    SSAGliomaError
        If there is no such language, or its file is damaged.
    """
    from ssaglioma.errors import SSAGliomaError

    file = FOLDER / f"{_PREFIX}{language}.ts"
    try:
        contexts = list(ElementTree.parse(file).iter("context"))
    except (OSError, ElementTree.ParseError) as error:
        known = sorted(path.stem.removeprefix(_PREFIX) for path in FOLDER.glob(f"{_PREFIX}*.ts"))
        raise SSAGliomaError(
            f"There are no texts in the language {language!r} ({error})",
            expected=f"one of {known}",
            remedy="Choose English, or install the extension again",
        ) from error
    return {
        (context.findtext("name") or "", message.findtext("source") or ""): message.findtext("translation") or ""
        for context in contexts
        for message in context.iter("message")
    }
