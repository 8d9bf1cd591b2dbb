"""What came of a run: Dice before and after on the held-out cases, and whether the new model may take the old's place.

Nothing here imports torch: a screen reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ssaglioma.errors import DatasetError
from ssaglioma.training.run_folder import REPORT_FILE
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import write_json_atomic


@dataclass(frozen=True)
class RegionRow:
    """One region over the held-out cases that hold it.

    Attributes
    ----------
    region : str
    before : float or None
        Mean Dice of the model that the run started from or is compared with.
    after : float or None
        Mean Dice of the new model; None if no held-out case holds the region.
    cases : int
    """

    region: str
    before: float | None
    after: float | None
    cases: int

    @property
    def change(self) -> float | None:
        """Mean Dice gained."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class CaseRow:
    """One region in one held-out case, by the model before (None without one) and the new one.

    Attributes
    ----------
    case, region : str
    reference_ml : float
        Volume that the expert outlined.
    before_ml, after_ml : float or None
        Volume that each model found.
    before, after : float or None
        Dice; None where the expert outlined nothing, for then it says little.
    """

    case: str
    region: str
    reference_ml: float
    before_ml: float | None
    after_ml: float | None
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """Dice gained."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class RunReport:
    """The outcome of a run.

    Attributes
    ----------
    recipe, model : str
        Names.
    compared_with : str
        Name and version of the earlier model; empty if there was none.
    held_out : tuple of str
        Cases that the scores are of.
    rows : tuple of RegionRow
    accepted : bool
        False if the new model is worse than the earlier one on the held-out cases.
    reasons : tuple of str
        Why it is not accepted.
    minutes : float
        Time of the training.
    notes : tuple of str
        What the person who trained should know, such as cases that were left out.
    cases : tuple of CaseRow
    learned_from : str
        Cases that were trained on, in words.
    """

    recipe: str
    model: str
    compared_with: str
    held_out: tuple[str, ...]
    rows: tuple[RegionRow, ...]
    accepted: bool
    reasons: tuple[str, ...]
    minutes: float
    notes: tuple[str, ...] = ()
    cases: tuple[CaseRow, ...] = ()
    learned_from: str = ""

    @property
    def mean_change(self) -> float | None:
        """Mean Dice gained over the regions; None if no earlier model was compared."""
        changes = [row.change for row in self.rows if row.change is not None]
        return sum(changes) / len(changes) if changes else None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_json(cls, values: Mapping[str, Any], source: str) -> RunReport:
        """Build a report from parsed JSON; `source` names the file.

        Raises
        ------
        DatasetError
            If it is no report.
        """
        try:
            known = {
                item.name: values[item.name] for item in fields(cls) if item.default is MISSING or item.name in values
            }
            known["rows"] = tuple(RegionRow(**row) for row in known["rows"])
            known["cases"] = tuple(CaseRow(**row) for row in known.get("cases", ()))
            known |= {name: tuple(known.get(name, ())) for name in ("held_out", "reasons", "notes")}
            return cls(**known)
        except (TypeError, KeyError) as error:
            raise DatasetError(
                f"The file {source!r} is no report of a training ({error!r})", remedy="Run the training again"
            ) from error


def write_report(folder: PathLike, report: RunReport) -> Path:
    """Write the report of a run and return its path."""
    path = Path(folder) / REPORT_FILE
    write_json_atomic(report.to_json(), path)
    return path


def read_report(folder: PathLike) -> RunReport:
    """Read the report of a finished run.

    Raises
    ------
    DatasetError
        If there is none yet, or it is damaged.
    """
    path = Path(folder) / REPORT_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"The training in {str(folder)!r} has no result ({error})",
            expected=f"a finished training with {REPORT_FILE}",
            remedy="Wait until it is done, or resume it",
        ) from error
    return RunReport.from_json(values, str(path))
