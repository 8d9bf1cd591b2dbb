"""Anatomies on disk: FreeSurfer-style label maps, or folders of grey and white matter maps."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ssaglioma.errors import DatasetError
from ssaglioma.synthesis.anatomy.source import SourceAnatomy, anatomy_from_labels, anatomy_from_maps
from ssaglioma.types import PathLike
from ssaglioma.volume import read_volume

_SUFFIXES = (".nii", ".nii.gz", ".mgz", ".mgh", ".nrrd", ".mha")
_GREY, _WHITE, _BRAIN = ("_gm_", "_wm_", "_t1_")


def find_anatomies(path: PathLike) -> list[Path]:
    """Return the anatomies at a path, sorted by name: one file, or the images of a folder.

    Three files named alike but for `_gm_`, `_wm_` and `_t1_` (as ICBM152's) count as one anatomy, told by
    its `_gm_` file.

    Raises
    ------
    DatasetError
        If nothing is there.
    """
    root = Path(path)
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise DatasetError(f"The anatomy {str(root)!r} does not exist", remedy="Check the path")
    files = sorted(p for p in root.iterdir() if p.name.lower().endswith(_SUFFIXES) and not p.name.startswith("."))
    names = {p.name for p in files}
    kept = [p for p in files if not any(_is_part(p.name, word, names) for word in (_WHITE, _BRAIN))]
    if not kept:
        raise DatasetError(
            f"The folder {str(root)!r} holds no anatomy",
            expected="FreeSurfer-style label maps, or maps *_gm_*, *_wm_* and *_t1_*",
        )
    return kept


@lru_cache(maxsize=1)
def read_anatomy(path: Path) -> SourceAnatomy:
    """Return the anatomy of one file that `find_anatomies` gave.

    Raises
    ------
    DatasetError
        If it holds no white matter, or a map is missing.
    """
    if _GREY not in path.name:
        return anatomy_from_labels(read_volume(path), path.name)
    others = [path.with_name(path.name.replace(_GREY, word)) for word in (_WHITE, _BRAIN)]
    for other in others:
        if not other.is_file():
            raise DatasetError(f"The map {other.name!r} beside {path.name!r} is missing", expected="gm, wm and t1 maps")
    white, brain = map(read_volume, others)
    return anatomy_from_maps(read_volume(path), white, brain, path.name)


def _is_part(name: str, word: str, names: set[str]) -> bool:
    return word in name and name.replace(word, _GREY) in names
