"""How many threads an engine may take."""

from __future__ import annotations

import os

_ALL_UP_TO = 2


def compute_threads() -> int:
    """Return OMP_NUM_THREADS where it is set; else the cores of this process, less one for the screen beyond two."""
    asked = os.environ.get("OMP_NUM_THREADS", "").strip()
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores <= _ALL_UP_TO else cores - 1
