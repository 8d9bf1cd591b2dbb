"""What a batch remembers of each case: a small JSON file beside the labelmap, written before it takes its place."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.packages.package import CARD_FILE, ModelPackage, Package, sha256
from ssaglioma.volume import Volume, write_volume
from ssaglioma.volume.atomic import write_json_atomic

STATE_FORMAT = 1
_ASIDE = ".writing-"
_STALE_SECONDS = 3600.0


@dataclass(frozen=True)
class CaseFiles:
    """The result files of one case.

    Attributes
    ----------
    folder : Path
        Of the batch's results.
    case : str
    """

    folder: Path
    case: str

    @property
    def labelmap(self) -> Path:
        """`<case>-seg.nii.gz`."""
        return self.folder / f"{self.case}-seg.nii.gz"

    @property
    def state(self) -> Path:
        """`<case>-seg.json`."""
        return self.folder / f"{self.case}-seg.json"

    @property
    def record(self) -> Path:
        """`<case>-intake.json`, of a raw case."""
        return self.folder / f"{self.case}-intake.json"

    @property
    def report(self) -> Path:
        """`<case>-report.html`, of a raw case."""
        return self.folder / f"{self.case}-report.html"

    @property
    def prepared(self) -> Path:
        """`<case>-prepared`, of a raw case."""
        return self.folder / f"{self.case}-prepared"


@dataclass(frozen=True)
class CaseState:
    """What made a labelmap, and what it measures.

    Attributes
    ----------
    case : str
    inputs : mapping of str to str
        SHA-256 of each input, by sequence.
    model : mapping of str to str
        Name, version, and digest of the card (which holds the digests of the weights).
    settings : mapping
        Options that change the result.
    intake : mapping
        What the preparation of raw images depends on besides; empty for prepared ones.
    labelmaps : tuple of str
        SHA-256 of the labelmap, and of the one that it replaced: a file with another digest is not ours.
    beside : mapping of str to list of str
        The same of further files, by name.
    row : mapping
        The line of the CSV.
    measurements : mapping
        As `Measurements.to_json` gives them.
    """

    case: str
    inputs: Mapping[str, str]
    model: Mapping[str, str]
    settings: Mapping[str, Any]
    intake: Mapping[str, Any] = field(default_factory=dict)
    labelmaps: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)
    row: Mapping[str, Any] = field(default_factory=dict)
    measurements: Mapping[str, Any] = field(default_factory=dict)

    def same_work(self, planned: CaseState) -> bool:
        """Tell whether this was made from the same inputs by the same model and options as is planned."""
        mine, theirs = ((s.case, dict(s.inputs), dict(s.model), dict(s.settings)) for s in (self, planned))
        return mine == theirs and (not self.intake or dict(self.intake) == dict(planned.intake))


def planned_state(
    name: str,
    inputs: Mapping[str, Iterable[Path]],
    package: ModelPackage,
    settings: Mapping[str, Any],
    intake: Mapping[str, Any],
) -> CaseState:
    """Return the state that a case will have, without a result yet; reads every input file once."""
    digests = {}
    for key, paths in inputs.items():
        listed = list(paths)
        digests[key] = fingerprint(listed[0]) if len(listed) == 1 and key != "others" else _fingerprint_of(listed)
    return CaseState(name, digests, model_identity(package), dict(settings), dict(intake))


def model_identity(package: Package[Any]) -> dict[str, str]:
    """Return name, version and digest of the card of a package."""
    card = package.card
    return {"name": card.name, "version": card.version, "card_sha256": sha256(package.folder / CARD_FILE)}


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of the files of a folder."""
    if path.is_file():
        return sha256(path)
    return _fingerprint_of((item for item in path.rglob("*") if item.is_file()), path)


def _fingerprint_of(files: Iterable[Path], root: Path | None = None) -> str:
    listed = sorted(files)
    start = Path(os.path.commonpath([file.parent for file in listed])) if root is None else root
    digest = hashlib.sha256()
    for file in listed:
        digest.update(f"{file.relative_to(start).as_posix()}\0{sha256(file)}\n".encode())
    return digest.hexdigest()


def read_state(files: CaseFiles) -> CaseState | None:
    """Return what is remembered of a case; None if nothing is, or it cannot be read."""
    try:
        values = json.loads(files.state.read_text(encoding="utf-8"))
        if values.pop("format") != STATE_FORMAT:
            return None
        state = CaseState(**{**values, "labelmaps": tuple(values["labelmaps"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return state if state.case == files.case else None


def finished(files: CaseFiles, planned: CaseState) -> CaseState | None:
    """Return the remembered state if the case needs no more work: same inputs, same model, labelmap as written."""
    known = read_state(files)
    if known is None or not known.labelmaps or not known.same_work(planned) or not files.labelmap.is_file():
        return None
    return known if sha256(files.labelmap) == known.labelmaps[0] else None


def check_replaceable(files: CaseFiles, beside: Iterable[Path] = ()) -> None:
    """Raise `DatasetError` if a file stands there that this batch did not write, or that was changed since."""
    known = read_state(files)
    ours = {} if known is None else {files.labelmap.name: known.labelmaps, **known.beside}
    for path in (files.labelmap, *beside):
        if path.exists() and (not path.is_file() or sha256(path) not in ours.get(path.name, ())):
            kind = "labelmap" if path == files.labelmap else "file"
            raise DatasetError(
                f"The {kind} {str(path)!r} exists and was made or changed by someone else",
                remedy="Move it away, or add --again to replace it",
            )


def write_case(
    files: CaseFiles, labelmap: Volume, state: CaseState, beside: Mapping[Path, Callable[[Path], None]] | None = None
) -> None:
    """Write labelmap and state so that a crash at any moment leaves a state from which the batch goes on.

    All is written aside, then the state with the digests (and those of the files being replaced), then the further
    files and at last the labelmap take their places.

    Parameters
    ----------
    beside : mapping of Path to function, or None
        Further files, and what writes each of them to a path that it is given.
    """
    further = dict(beside or {})
    places = [*further, files.labelmap]
    aside = {place: files.folder / f"{_ASIDE}{place.name}" for place in places}
    try:
        for place, write in further.items():
            write(aside[place])
        write_volume(labelmap, aside[files.labelmap])
        digests = {
            place.name: [sha256(aside[place])] + ([sha256(place)] if place.is_file() else []) for place in places
        }
        names = ("case", "inputs", "model", "settings", "intake", "row", "measurements")
        values = {name: getattr(state, name) for name in names}
        labelmaps = digests.pop(files.labelmap.name)
        document = {"format": STATE_FORMAT, **values, "labelmaps": labelmaps, "beside": digests}
        write_json_atomic(document, files.state, allow_nan=False)
        for place in places:
            os.replace(aside[place], place)
    finally:
        for path in aside.values():
            with suppress(FileNotFoundError):
                path.unlink()


def sweep(folder: Path) -> None:
    """Remove what a killed batch left aside more than an hour ago."""
    for path in folder.glob(f"{_ASIDE}*"):
        with suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()
