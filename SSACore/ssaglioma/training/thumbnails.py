"""Small pictures of checked cases, for a screen."""

from __future__ import annotations

from pathlib import Path

from ssaglioma.training.dataset_check import DatasetCheck
from ssaglioma.training.pictures import write_picture
from ssaglioma.types import PathLike


def write_thumbnails(checked: DatasetCheck, folder: PathLike) -> list[Path]:
    """Write `0000.png`, `0001.png` ... in the order of the cases; a case that cannot be read has none."""
    written = []
    for index, case in enumerate(checked.cases):
        if case.picture is not None:
            written.append(Path(folder) / f"{index:04d}.png")
            write_picture(case.picture, written[-1])
    return written
