"""The record of a run: one row an epoch, as CSV for people and JSON for the screen."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from ssaglioma.volume.atomic import atomic_path


def write_history(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write `history.csv` and `history.json` in the folder, each replaced as a whole.

    The columns are those of all rows: an epoch that an earlier version trained may lack some.
    """
    if not rows:
        return
    with (
        atomic_path(folder / "history.csv") as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.DictWriter(stream, fieldnames=list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    with atomic_path(folder / "history.json") as temporary, open(temporary, "w", encoding="utf-8") as stream:
        json.dump(rows, stream, indent=1)
