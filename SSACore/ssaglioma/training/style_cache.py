"""Where stylised copies lie on disk, so that they are made once.

An entry is a folder that appears whole: `image.npy` (float16, (C, Z, Y, X), on the grid of the content's training
case) and `copy.json` with the SHA-256 of that file and the copy's provenance. What does not fit is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ssaglioma import __version__
from ssaglioma.errors import SSAGliomaError
from ssaglioma.packages.package import sha256

_IMAGE, _RECORD, _UNFINISHED = "image.npy", "copy.json", ".unfinished-"
_CACHE_VERSION = 1
_STALE_SECONDS = 3600.0


def cached_image(
    folder: Path,
    name: str,
    facts: list[Any],
    shape: tuple[int, ...],
    make: Callable[[], np.ndarray],
    provenance: Mapping[str, Any],
) -> np.ndarray:
    """Return the image of a copy, memory-mapped; it is made first unless a whole one lies in the cache.

    The whole file is read to check it: about 40 MB a copy.

    Parameters
    ----------
    folder : Path
        Of all copies.
    name : str
        Of the copy.
    facts : list of JSON values
        All that the image depends on; other facts give another entry.
    shape : tuple of int
        (C, Z, Y, X).
    make : callable
        Returns the image, float16.
    provenance : mapping of JSON values
        Is written beside the image, for people.

    Raises
    ------
    SSAGliomaError
        If the copy cannot be made, or the folder cannot be written.
    """
    text = json.dumps([_CACHE_VERSION, __version__, *facts])
    target = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if not _is_whole(target, shape):
        _publish(target, make(), provenance, shape)
    return np.load(target / _IMAGE, mmap_mode="r")


def _is_whole(target: Path, shape: tuple[int, ...]) -> bool:
    try:
        record = json.loads((target / _RECORD).read_text(encoding="utf-8"))
        image = np.load(target / _IMAGE, mmap_mode="r")
        fits = image.shape == shape and image.dtype == np.float16
        return fits and sha256(target / _IMAGE) == record["sha256"]
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return False


def _publish(target: Path, image: np.ndarray, provenance: Mapping[str, Any], shape: tuple[int, ...]) -> None:
    """Write an entry aside and move it to its place, where a damaged one may lie."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(target.parent)
        aside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
        try:
            np.save(aside / _IMAGE, image)
            record = {"sha256": sha256(aside / _IMAGE), "provenance": dict(provenance)}
            (aside / _RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            os.replace(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        if _is_whole(target, shape):  # another process has just put the same copy there
            return
        raise SSAGliomaError(
            f"The stylised copy {str(target)!r} cannot be written ({error.strerror or error})",
            remedy="Choose a cache folder that can be written, with about 40 MiB of space a copy",
        ) from error


def _remove_stale(folder: Path) -> None:
    """Remove what a killed process left; younger folders may belong to one that is at work."""
    for half in folder.glob(f"{_UNFINISHED}*"):
        with suppress(OSError):
            if time.time() - half.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(half, ignore_errors=True)
