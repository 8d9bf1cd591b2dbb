"""The offline kit: a folder with everything that an installation needs, and a digest of every file.

DIR/kit.json            what it is for: platform, Python, requirements
    SHA256SUMS          digest of every other file, as `sha256sum --check` reads it
    wheels/  models/  sample-case/
    README.txt  LISEZ-MOI.txt  install.py  install.sh  install.bat
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.packages.package import sha256
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume.atomic import atomic_path, write_json_atomic

KIT_FILE, SUMS_FILE = "kit.json", "SHA256SUMS"
WHEELS, MODELS, SAMPLE_CASE = "wheels", "models", "sample-case"
KIT_FORMAT = 1
_NAMED = 5
_LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What file managers leave on a stick; no program reads them."""


@dataclass(frozen=True)
class KitFacts:
    """Contents of `kit.json`.

    Attributes
    ----------
    ssaglioma : str
        Version.
    platform, python : str
        What the wheels are for, such as 'windows' and '3.12'.
    training : bool
        Whether training can be installed from it.
    requirements : tuple of str
        What ssaglioma needs, as for pip.
    training_requirements : tuple of str
        Those of them that only training needs.
    models : tuple of str
    sample_case : str
    """

    ssaglioma: str
    platform: str
    python: str
    training: bool
    requirements: tuple[str, ...]
    training_requirements: tuple[str, ...]
    models: tuple[str, ...]
    sample_case: str
    format: int = KIT_FORMAT

    def __post_init__(self) -> None:
        for name in ("requirements", "training_requirements", "models"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def write(self, folder: Path) -> None:
        """Write `kit.json`."""
        write_json_atomic(asdict(self), folder / KIT_FILE)

    @classmethod
    def read(cls, folder: PathLike) -> KitFacts:
        """Read `kit.json` of a folder.

        Raises
        ------
        DatasetError
            If the folder is no kit, its record is damaged or of another format.
        """
        path = Path(folder) / KIT_FILE
        try:
            values: Any = json.loads(path.read_text(encoding="utf-8"))
            facts = cls(**values)
        except (OSError, ValueError, TypeError) as error:
            raise DatasetError(
                f"The folder {str(folder)!r} is no offline kit ({KIT_FILE}: {error})",
                expected=f"a folder with {KIT_FILE}, {SUMS_FILE} and {WHEELS}, as 'ssaglioma kit' writes it",
                remedy="Check the path, or copy the kit again",
            ) from error
        if facts.format != KIT_FORMAT:
            raise DatasetError(
                f"The kit {str(folder)!r} is of format {facts.format!r}",
                expected=str(KIT_FORMAT),
                remedy="Read it with the ssaglioma that made it",
            )
        return facts


@dataclass(frozen=True)
class KitCheck:
    """What a check of a kit found.

    Attributes
    ----------
    facts : KitFacts
    files : int
        That were found as they should be.
    megabytes : float
        Of these.
    missing, changed, extra : tuple of str
        Paths below the kit, with forward slashes.
    """

    facts: KitFacts
    files: int
    megabytes: float
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def problems(self) -> list[str]:
        """One sentence for each kind of fault; empty if there is none."""
        kinds = {"missing": self.missing, "changed or damaged": self.changed, "not of the kit": self.extra}
        return [f"{len(names)} file(s) {kind}: {_list(names)}" for kind, names in kinds.items() if names]


def write_sums(folder: Path) -> int:
    """Write the digests of all files of a kit, sorted by path; return how many there are."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in _files(folder)]
    with atomic_path(folder / SUMS_FILE) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8", newline="")
    return len(lines)


def check_kit(folder: PathLike, progress: ProgressCallback = no_progress) -> KitCheck:
    """Compare every file of a kit with its digest.

    Raises
    ------
    DatasetError
        If the folder is no kit, or its list of digests is missing or damaged.
    """
    root = Path(folder)
    facts = KitFacts.read(root)
    sums = _read_sums(root / SUMS_FILE)
    found = _files(root)
    missing = sorted(set(sums) - set(found))
    changed, size = [], 0
    whole = [name for name in found if name in sums]
    for index, name in enumerate(whole):
        progress(index / len(whole), f"Checking {name}")
        if sha256(root / name) != sums[name]:
            changed.append(name)
        size += (root / name).stat().st_size
    extra = tuple(name for name in found if name not in sums)
    return KitCheck(facts, len(whole) - len(changed), size / 1e6, tuple(missing), tuple(changed), extra)


def _read_sums(path: Path) -> Mapping[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    sums = {}
    for line in lines:
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name or name.startswith("/") or ".." in name.split("/"):
            raise _damaged(path, f"the line {line!r} is no digest with a name")
        sums[name] = digest
    if not sums:
        raise _damaged(path, "it is empty")
    return sums


def _damaged(path: Path, reason: str) -> DatasetError:
    return DatasetError(
        f"The list of digests {str(path)!r} cannot be used ({reason})",
        expected="the file as 'ssaglioma kit' wrote it",
        remedy="Copy the kit again",
    )


def _files(folder: Path) -> list[str]:
    """Paths of all files of a kit below it, but for the digests and what systems leave."""
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    names = (path.relative_to(folder).as_posix() for path in found if not _is_left(path.name))
    return sorted(name for name in names if name != SUMS_FILE)


def _is_left(name: str) -> bool:
    return name in _LEFT_BY_SYSTEMS or name.startswith("._")


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
