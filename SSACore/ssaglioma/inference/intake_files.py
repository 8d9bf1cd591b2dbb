"""Prepared images on disk: a folder that appears whole, with the record of how it was made."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.inference.intake import Intake
from ssaglioma.types import PathLike
from ssaglioma.volume import Volume, write_volume
from ssaglioma.volume.atomic import write_json_atomic

LOG_NAME = "intake.json"
MASK_WORD = "brainmask"
_ASIDE, _SUFFIX = ".writing-", ".nii.gz"


def write_prepared(intake: Intake, folder: PathLike, name: str, *, overwrite: bool = False) -> Path:
    """Write `<name>-{t1n,t1c,t2w,t2f}.nii.gz`, `<name>-brainmask.nii.gz` and intake.json into a folder; return it.

    Everything is written aside first; the folder then appears in one piece.

    Raises
    ------
    DatasetError
        If the folder is there already, and holds anything but an earlier result that may be replaced.
    SSAGliomaError
        If the disk is full or may not be written; nothing stays behind.
    """
    target = Path(folder)
    check_folder(target, overwrite=overwrite)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=target.parent))
        try:
            for sequence, volume in intake.images.items():
                write_volume(volume, aside / f"{name}-{sequence.value}{_SUFFIX}")
            write_volume(prepared_mask(intake), aside / f"{name}-{MASK_WORD}{_SUFFIX}")
            write_json_atomic(intake.to_json(), aside / LOG_NAME, allow_nan=False)
            aside.chmod(0o755)
            _put(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise SSAGliomaError(
            f"The prepared images cannot be written to {str(target)!r} ({error.strerror or error})",
            remedy="Free some disk space, or choose another folder; nothing was changed",
        ) from error
    return target


def check_folder(target: Path, *, overwrite: bool) -> None:
    """Raise if a folder may not be written; see `write_prepared`.

    Raises
    ------
    DatasetError
    """
    if target.exists() and not target.is_dir():
        raise DatasetError(f"{str(target)!r} is a file", expected="a folder for the prepared images")
    if not target.exists() or not any(target.iterdir()):
        return
    ours = (target / LOG_NAME).is_file()
    if not (overwrite and ours):
        found = "prepared images" if ours else "other files"
        raise DatasetError(
            f"The folder {str(target)!r} holds {found} already",
            expected="a new or empty folder",
            remedy="Choose another one" + (", or add --overwrite" if ours else ""),
        )


def prepared_mask(intake: Intake) -> Volume:
    """Return the brain on the grid of the prepared images, uint8."""
    first = next(iter(intake.images.values()))
    return first.with_array((first.array != 0).astype(np.uint8))


def _put(aside: Path, target: Path) -> None:
    """Give the finished folder its name; an earlier one is kept until the new one stands in its place."""
    if not target.exists():
        aside.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=target.parent))
    try:
        target.rename(old / "old")
        try:
            aside.rename(target)
        except OSError:
            (old / "old").rename(target)
            raise
    finally:
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
