"""Files and folders that are either whole or not there: written aside, flushed, renamed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ssaglioma.errors import SSAGliomaError
from ssaglioma.types import PathLike


@contextmanager
def atomic_path(target: PathLike) -> Iterator[Path]:
    """Yield a temporary path beside the target; on success it takes the target's place.

    The temporary file keeps the target's suffixes, in lower case, so that writers that choose
    a format by name work. If the block fails, or the process dies, the old target is untouched.

    Raises
    ------
    SSAGliomaError
        If the disk is full or the folder cannot be written.
    """
    path = Path(target)
    suffix = "".join(path.suffixes[-2:]).lower()
    try:
        handle, name = tempfile.mkstemp(prefix=".writing-", suffix=suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _cannot_write(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as stream:
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def atomic_folder(target: PathLike, failure: str) -> Iterator[Path]:
    """Yield a temporary folder beside the target, which is not there yet; on success it gets the target's name.

    If the block fails, nothing stays behind.

    Raises
    ------
    SSAGliomaError
        If the disk is full or may not be written; `failure` is what it says then, such as "The case cannot be written".
    """
    path = Path(target)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=path.parent))
        try:
            yield aside
            aside.chmod(0o755)
            aside.rename(path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise SSAGliomaError(
            f"{failure} ({error.strerror or error})",
            remedy="Free some disk space, or choose a folder that can be written; nothing was changed",
        ) from error


def write_json_atomic(values: Mapping[str, Any], target: PathLike, *, allow_nan: bool = True) -> None:
    """Write values as indented JSON that takes the target's place as a whole; see `atomic_path`.

    Raises
    ------
    ValueError
        If a value is NaN or infinite and `allow_nan` is false; nothing is written then.
    """
    text = json.dumps(values, indent=1, allow_nan=allow_nan)
    with atomic_path(target) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cannot_write(path: Path, error: OSError) -> SSAGliomaError:
    remedy = "Free some space" if error.errno == errno.ENOSPC else "Choose a folder that exists and can be written"
    problem = SSAGliomaError(
        f"The file {str(path)!r} cannot be written ({error.strerror or error})",
        remedy=f"{remedy}; nothing was changed",
    )
    problem.exit_code = 3
    return problem
