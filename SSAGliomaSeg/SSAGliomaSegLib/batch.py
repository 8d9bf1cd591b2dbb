"""Segmenting a folder of cases in a child process."""

from __future__ import annotations

import csv
from pathlib import Path

from slicer.i18n import tr as _

from SSAGliomaSegLib.run_status import RunStatus

_CSV = "batch.csv"
_VOLUMES = ("WT", "TC", "ET")


class BatchLogic:
    """Batch runs; part of `SSAGliomaSegLogic`."""

    def __init__(self) -> None:
        self._batch = None

    @property
    def batchRunning(self) -> bool:
        """Whether a batch is under way."""
        return self._batch is not None

    def startBatch(self, parameters) -> None:
        """Start `ssaglioma batch`; finished cases of an earlier start are kept.

        Raises
        ------
        SSAGliomaError
            If a folder is missing or not chosen, a package is missing, or a batch is under way.
        """
        from ssaglioma.errors import DatasetError
        from SSASlicerLib import processes

        if self.batchRunning:
            raise DatasetError("A batch is running already", remedy=_("Wait for it, or press Cancel"))
        source = Path(parameters.batchInput)
        if not parameters.batchInput or not source.is_dir():
            raise DatasetError(f"The folder {str(source)!r} does not exist", remedy=_("Choose the folder of the cases"))
        if not parameters.batchOutput:
            raise DatasetError("No folder for the results is chosen", remedy=_("Choose a folder"))
        self.ensurePackages(torch=self.needsTorch(parameters))
        arguments = ["batch", str(source), "--output", str(parameters.batchOutput)]
        arguments += ["--model", str(self.modelPackage(parameters).folder), "--device", parameters.device]
        arguments += ["--prepare", parameters.prepare]
        arguments += [flag for flag, on in (("--mirror", parameters.mirror), ("--resample", parameters.resample)) if on]
        self._batch = processes.BackgroundRun(processes.command_line(arguments))

    def pollBatch(self) -> RunStatus:
        """Ask the batch how far it is."""
        from SSASlicerLib import child_events

        if self._batch is None:
            return RunStatus("idle")
        self._batch.poll()
        end = self._batch.end
        if end is None:
            progress = self._batch.progress
            return RunStatus("running", progress.fraction, progress.message, self._batch.seconds_left())
        self._batch = None
        if isinstance(end, child_events.Cancelled):
            return RunStatus("cancelled", message=_("Cancelled. Finished cases are kept; Start goes on with the rest."))
        if isinstance(end, child_events.Failure):
            return RunStatus("failed", message=str(end))
        return RunStatus("done", 1.0, _("All cases are done."))

    def cancelBatch(self) -> None:
        """End the batch's process tree; finished cases are kept."""
        if self._batch is not None:
            self._batch.close()

    def batchRows(self, parameters) -> list[list[str]]:
        """Return the rows of batch.csv as texts: case, state, light, volumes, message; none if the file is not ours."""
        path = Path(parameters.batchOutput) / _CSV
        if not parameters.batchOutput or not path.is_file():
            return []
        try:
            with open(path, encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.DictReader(stream))
        except (OSError, ValueError, csv.Error):
            return []
        return [
            [
                row["case"],
                row["status"],
                _lightName(row.get("light") or ""),
                *(_short(row.get(f"{name}_ml") or "") for name in _VOLUMES),
                " ".join(text for text in (row["message"], row.get("reasons")) if text),
            ]
            for row in rows
            if {"case", "status", "message"} <= row.keys()
        ]


def _lightName(light: str) -> str:
    """The traffic light of raw images in the user's language; empty for prepared ones."""
    return {"green": _("green"), "amber": _("amber"), "red": _("red")}.get(light, "")


def _short(text: str) -> str:
    try:
        return f"{float(text):.1f}"
    except ValueError:
        return text
