"""Is a folder of wheels whole? Every requirement of every wheel, as the markers of the other computer say.

pip resolves for another platform with the markers of this one (pip's own documentation says so), so a wheel that only
the other platform needs would be missing. Here the metadata of the wheels are read instead.
"""

from __future__ import annotations

import email
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from ssaglioma.errors import DatasetError


@dataclass(frozen=True)
class Wheel:
    """A wheel on disk.

    Attributes
    ----------
    path : Path
    name : str
        Canonical.
    version : Version
    needs : tuple of Requirement
    """

    path: Path
    name: str
    version: Version
    needs: tuple[Requirement, ...]


@dataclass(frozen=True)
class Closure:
    """What a set of requirements needs, all the way down.

    Attributes
    ----------
    used : tuple of Wheel
    missing : tuple of str
        Requirements that no wheel meets, with who asks.
    missing_requirements : tuple of str
        The same for pip.
    """

    used: tuple[Wheel, ...]
    missing: tuple[str, ...]
    missing_requirements: tuple[str, ...]


def read_wheels(folder: Path) -> dict[str, Wheel]:
    """Return the wheels in a folder by canonical name; of several versions the newest.

    Raises
    ------
    DatasetError
        If a file is no wheel, or damaged.
    """
    found: dict[str, Wheel] = {}
    for path in sorted(folder.glob("*.whl")):
        wheel = _read_wheel(path)
        if wheel.name not in found or found[wheel.name].version < wheel.version:
            found[wheel.name] = wheel
    return found


def close(wheels: Mapping[str, Wheel], roots: Iterable[str], markers: Mapping[str, str]) -> Closure:
    """Follow requirements from the roots through the wheels.

    Parameters
    ----------
    roots : iterable of str
        Requirements, as for pip.
    markers : mapping
        Environment of PEP 508 on the computer that the wheels are for.
    """
    waiting = [(Requirement(root), "the kit") for root in roots]
    used: dict[str, Wheel] = {}
    missing: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted, asker = waiting.pop()
        name = canonicalize_name(wanted.name)
        wheel = wheels.get(name)
        if wheel is None or not wanted.specifier.contains(wheel.version, prereleases=True):
            missing[f"{wanted.name}{wanted.specifier}"] = asker
            continue
        used[name] = wheel
        for extra in ("", *sorted(wanted.extras)):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += [(need, wheel.name) for need in wheel.needs if _applies(need, markers, extra)]
    return Closure(
        tuple(used[name] for name in sorted(used)),
        tuple(f"{need} (asked for by {asker})" for need, asker in sorted(missing.items())),
        tuple(sorted(missing)),
    )


def _applies(need: Requirement, markers: Mapping[str, str], extra: str) -> bool:
    return need.marker is None or need.marker.evaluate({**markers, "extra": extra})


def _read_wheel(path: Path) -> Wheel:
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
        with zipfile.ZipFile(path) as archive:
            entry = next(item for item in archive.namelist() if item.endswith(".dist-info/METADATA"))
            metadata = email.message_from_bytes(archive.read(entry))
        needs = tuple(Requirement(text) for text in metadata.get_all("Requires-Dist") or ())
    except (InvalidWheelFilename, InvalidRequirement, OSError, zipfile.BadZipFile, StopIteration) as error:
        raise DatasetError(
            f"The file {str(path)!r} is no whole wheel ({error or 'it has no metadata'})",
            remedy="Delete it and run the same command again",
        ) from error
    return Wheel(path, name, version, needs)
