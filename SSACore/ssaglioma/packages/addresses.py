"""Addresses and versions from outside: read from `addresses.env`, the one file that spells them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ssaglioma.errors import SSAGliomaError

ADDRESSES_FILE = "addresses.env"
_PACKAGE = Path(__file__).resolve().parents[1]
_LINE = re.compile(r'^(\w+)="\$\{\w+-(.*)\}"$', re.MULTILINE)


def address(name: str) -> str:
    """Return an address or version by name; an environment variable of that name goes first, even an empty one.

    Raises
    ------
    SSAGliomaError
        If the file is missing or does not spell the name.
    """
    if name in os.environ:
        return os.environ[name]
    path = project_file(ADDRESSES_FILE)
    known = dict(_LINE.findall(path.read_text(encoding="utf-8")))
    if name not in known:
        raise SSAGliomaError(
            f"{str(path)!r} does not spell {name!r}",
            expected=f"one of {sorted(known)}",
            remedy="Install ssaglioma again",
        )
    return known[name]


def project_file(name: str) -> Path:
    """Return a file of the project's top folder, which the wheel and the extension carry among their resources.

    Raises
    ------
    SSAGliomaError
        If it is not there.
    """
    places = (_PACKAGE / "_resources" / name, _PACKAGE.parents[1] / name)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise SSAGliomaError(
            f"The file {name!r} was not found",
            expected=f"it in {str(places[0].parent)!r} or {str(places[1].parent)!r}",
            remedy="Install ssaglioma again",
        )
    return found
