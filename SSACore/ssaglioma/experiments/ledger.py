"""What a run has fixed and what it has found: one protocol, then one JSON file a row and fold, each written whole.

<output>/protocol.json                      hyper-parameters, cases, folds: before anything is trained
<output>/results/<row>/seed1-fold0.json     scores of each tested case, and what the training was
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.experiments.fold_tasks import FoldTask
from ssaglioma.volume.atomic import write_json_atomic

PROTOCOL_FILE, RESULTS_FOLDER = "protocol.json", "results"
FORMAT = 1
CaseScores = Mapping[str, Mapping[str, Mapping[str, float | None]]]
"""Case -> class -> score -> value; None where there is none."""


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What one row found in one fold.

    Attributes
    ----------
    row : str
    seed, fold : int
    scores : mapping
        Case -> class -> score -> value.
    facts : mapping
        Of the training: 'steps', 'training_cases', 'seconds' and what the study adds.
    """

    row: str
    seed: int
    fold: int
    scores: CaseScores
    facts: Mapping[str, Any]


class Ledger:
    """The folder of one run.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._digest: str | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether this run's protocol stands on disk."""
        return self._digest is not None and self._on_disk() == self._digest

    def fix(self, values: Mapping[str, Any]) -> str:
        """Write the protocol, or agree with the one that is there, and return its digest.

        Raises
        ------
        DatasetError
            If the folder holds a run under another protocol: its target labels may have been read already.
        """
        plain = json.loads(json.dumps(values))
        digest = _digest_of(plain)
        path = self.folder / PROTOCOL_FILE
        if path.exists():
            found = self._read(path)
            if found.get("digest") != digest:
                raise DatasetError(
                    f"The folder {str(self.folder)!r} holds a run with another protocol ({_changed(found, plain)})",
                    expected="the hyper-parameters, cases and folds that were fixed before target labels were read",
                    remedy="Repeat the options that the run began with, or choose an empty output folder",
                )
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json_atomic({"format": FORMAT, "digest": digest, "protocol": plain}, path)
        self._digest = digest
        return digest

    def has(self, row: str, task: FoldTask) -> bool:
        """Tell whether a row's fold is finished."""
        return self._path(row, task).is_file()

    def write(self, row: str, task: FoldTask, scores: CaseScores, facts: Mapping[str, Any]) -> None:
        """Keep what a row found in a fold.

        Raises
        ------
        DatasetError
            If the protocol is not fixed, or the scores are not those of the tested cases.
        """
        if not self.is_fixed or set(scores) != set(task.test):
            raise DatasetError(
                f"The row {row!r} has scores of {sorted(scores)} in {task.name}",
                expected=f"a fixed protocol and the tested cases {list(task.test)}",
            )
        path = self._path(row, task)
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {"format": FORMAT, "digest": self._digest, "row": row, "seed": task.seed, "fold": task.fold}
        write_json_atomic({**values, "scores": scores, "facts": dict(facts)}, path, allow_nan=False)

    def read(self, row: str, task: FoldTask) -> FoldResult:
        """Return what a row found in a fold.

        Raises
        ------
        DatasetError
            If the file is damaged or of another protocol.
        """
        path = self._path(row, task)
        values = self._read(path)
        if values.get("digest") != self._digest or values.get("row") != row or set(values["scores"]) != set(task.test):
            raise DatasetError(
                f"The result {str(path)!r} is of another run",
                expected=f"row {row!r}, {task.name}, of this protocol",
                remedy="Delete it; the row is then carried out again",
            )
        return FoldResult(row, task.seed, task.fold, values["scores"], values["facts"])

    def finished(self, row: str, tasks: Iterable[FoldTask]) -> list[FoldResult]:
        """Return the finished folds of a row."""
        return [self.read(row, task) for task in tasks if self.has(row, task)]

    def _path(self, row: str, task: FoldTask) -> Path:
        return self.folder / RESULTS_FOLDER / row / f"{task.name}.json"

    def _on_disk(self) -> str | None:
        path = self.folder / PROTOCOL_FILE
        return str(self._read(path).get("digest")) if path.exists() else None

    @staticmethod
    def _read(path: Path) -> dict[str, Any]:
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(values, dict) or values.get("format") != FORMAT:
                raise ValueError(f"no JSON object of format {FORMAT}")
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"The file {str(path)!r} cannot be read ({error})", remedy="Delete it, or choose another output folder"
            ) from error
        return values


def _digest_of(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _changed(found: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    before = found.get("protocol", {})
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    inner = {name: _inner(before.get(name), now.get(name)) for name in names}
    return "; ".join(f"{name}: {text}" for name, text in inner.items()) or "another digest"


def _inner(before: Any, now: Any) -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        return ", ".join(f"{name} was {before.get(name)!r}, is {now.get(name)!r}" for name in names[:4])
    return f"was {str(before)[:80]!r}, is {str(now)[:80]!r}"
