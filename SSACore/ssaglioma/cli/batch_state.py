"""What a batch remembers of each case: a small JSON file beside the labelmap, written before it takes its place."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.packages.package import CARD_FILE, ModelPackage, sha256
from ssaglioma.volume import Case, Volume, write_volume
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
    labelmaps : tuple of str
        SHA-256 of the labelmap, and of the one that it replaced: a file with another digest is not ours.
    row : mapping
        The line of the CSV.
    measurements : mapping
        As `Measurements.to_json` gives them.
    """

    case: str
    inputs: Mapping[str, str]
    model: Mapping[str, str]
    settings: Mapping[str, Any]
    labelmaps: tuple[str, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    measurements: Mapping[str, Any] = field(default_factory=dict)

    def same_work(self, other: CaseState) -> bool:
        """Tell whether both were made from the same inputs by the same model and options."""
        mine, theirs = ((s.case, dict(s.inputs), dict(s.model), dict(s.settings)) for s in (self, other))
        return mine == theirs


def planned_state(case: Case, package: ModelPackage, settings: Mapping[str, Any]) -> CaseState:
    """Return the state that a case will have, without a result yet; reads every input file once."""
    inputs = {sequence.value: fingerprint(Path(path)) for sequence, path in case.sequences.items()}
    card = package.card
    model = {"name": card.name, "version": card.version, "card_sha256": sha256(package.folder / CARD_FILE)}
    return CaseState(case.name, inputs, model, dict(settings))


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of the files of a folder."""
    if path.is_file():
        return sha256(path)
    digest = hashlib.sha256()
    for file in sorted(item for item in path.rglob("*") if item.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\0{sha256(file)}\n".encode())
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


def check_replaceable(files: CaseFiles) -> None:
    """Raise `DatasetError` if a labelmap stands there that this batch did not write, or that was changed since."""
    if not files.labelmap.exists():
        return
    known = read_state(files)
    if known is None or sha256(files.labelmap) not in known.labelmaps:
        raise DatasetError(
            f"The labelmap {str(files.labelmap)!r} exists and was made or changed by someone else",
            remedy="Move it away, or add --again to replace it",
        )


def write_case(files: CaseFiles, labelmap: Volume, state: CaseState) -> None:
    """Write labelmap and state so that a crash at any moment leaves a state from which the batch goes on.

    The labelmap is written aside, then the state with its digest (and that of the labelmap
    being replaced), then the labelmap takes its place.
    """
    aside = files.folder / f"{_ASIDE}{files.labelmap.name}"
    try:
        write_volume(labelmap, aside)
        digests = [sha256(aside)] + ([sha256(files.labelmap)] if files.labelmap.is_file() else [])
        values = {name: getattr(state, name) for name in ("case", "inputs", "model", "settings", "row", "measurements")}
        write_json_atomic({"format": STATE_FORMAT, **values, "labelmaps": digests}, files.state, allow_nan=False)
        os.replace(aside, files.labelmap)
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()


def sweep(folder: Path) -> None:
    """Remove what a killed batch left aside more than an hour ago."""
    for path in folder.glob(f"{_ASIDE}*"):
        with suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()
