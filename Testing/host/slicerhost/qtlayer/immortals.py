"""None, True and False made immortal, as they are from Python 3.12 on.

PySide6 6.12 counts on it: on an older Python each call that returns None releases it once too often, and the process
dies after some ten thousand calls.
"""

from __future__ import annotations

import ctypes
import sys

_SPARE_REFERENCES = 1 << 40


def install() -> None:
    """Give the three objects more references than any process can release."""
    if sys.version_info < (3, 12):
        for value in (None, True, False):
            ctypes.c_ssize_t.from_address(id(value)).value += _SPARE_REFERENCES
