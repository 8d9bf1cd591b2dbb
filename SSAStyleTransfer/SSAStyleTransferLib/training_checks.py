"""Checking a folder of cases, and measuring what a training will cost, in child processes."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import slicer
from slicer.i18n import tr as _


@dataclass(frozen=True)
class CheckRow:
    """One checked case, or a remark on the whole folder (no name).

    Attributes
    ----------
    folder : str
        Name of the input: 'source', 'target', 'style'.
    name, level, text : str
        Level: 'ok', 'warning' or 'error'.
    picture : str
        File of a small picture; empty if there is none.
    """

    folder: str
    name: str
    level: str
    text: str
    picture: str = ""


@dataclass(frozen=True)
class BudgetRow:
    """Cost of the training on one device."""

    device: str
    deviceName: str
    seconds: float
    memoryGiB: float | None


class TrainingChecksLogic:
    """Dataset check and budget; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._checkWaiting: list[tuple[str, list[str]]] = []
        self._checkChild = None
        self._checkKind = ""
        self._checkFound: list[CheckRow] = []
        self._budgetFound: list[BudgetRow] = []
        self._budgetDevice = ""
        self._checkPictures: Path | None = None

    @property
    def checking(self) -> bool:
        """Whether a check or a measurement is under way."""
        return self._checkChild is not None

    @property
    def checksCases(self) -> bool:
        """Whether what runs, or ran last, checks cases."""
        return self._checkKind not in ("", "budget", "export")

    @property
    def checkRows(self) -> list[CheckRow]:
        """Return what the last check found."""
        return list(self._checkFound)

    @property
    def budgetRows(self) -> list[BudgetRow]:
        """Return what the last measurement found."""
        return list(self._budgetFound)

    def startCheck(self, parameters) -> None:
        """Check all folders of the recipe, one after the other.

        Raises
        ------
        DatasetError
            If no folder is chosen, or a check is under way.
        """
        from ssaglioma.errors import DatasetError

        self._refuseWhileChecking()
        used = {name: getattr(parameters, name) for name in self.usedFolders(parameters) if getattr(parameters, name)}
        if not used:
            raise DatasetError("No folder of cases is chosen", remedy=_("Choose the folders first"))
        self._forgetPictures()
        self._checkPictures = Path(tempfile.mkdtemp(prefix="ssaglioma-check-", dir=slicer.app.temporaryPath))
        self._checkFound, self._checkWaiting = [], []
        home = self.recipe(parameters).held_out_from
        for name, folder in used.items():
            words = ["train", folder, "--check", "--thumbnails", str(self._checkPictures / name)]
            words += {"style": ["--unlabelled"], "corrections": ["--corrected"]}.get(name, [])
            for other in used.values():
                words += ["--against", other] if other != folder else []
            if name != home:
                words.append("--training-only")
            else:
                held = [case.strip() for case in parameters.heldOut.split(",") if case.strip()]
                words += [word for case in held for word in ("--hold-out", case)]
            self._checkWaiting.append((name, words))
        self._nextCheck()

    def startBudget(self, parameters) -> None:
        """Measure a few training steps on this computer.

        Raises
        ------
        SSAGliomaError
            If something is missing for a training, or a check is under way.
        """
        self._refuseWhileChecking()
        request = self.trainingRequest(parameters)
        self.ensureTrainingPackages()
        self._budgetDevice = request.device
        self._budgetFound, self._checkWaiting = [], [("budget", [*_requestWords(request), "--budget"])]
        self._nextCheck()

    def startExport(self, parameters, folder) -> None:
        """Write the training as a folder that runs on another computer with `sh run.sh`.

        Raises
        ------
        SSAGliomaError
            If something is missing for a training, or a check is under way.
        """
        self._refuseWhileChecking()
        words = _requestWords(self.trainingRequest(parameters))
        self._checkWaiting = [("export", [*words, "--export", str(folder)])]
        self._nextCheck()

    def pollCheck(self) -> tuple[bool, str]:
        """Return (still running, message).

        Raises
        ------
        SSAGliomaError
            If the check failed.
        """
        from ssaglioma.errors import SSAGliomaError
        from SSASlicerLib import child_events

        if self._checkChild is None:
            return False, ""
        self._checkChild.poll()
        end = self._checkChild.end
        if end is None:
            return True, self._checkChild.progress.message
        self._checkChild = None
        if isinstance(end, child_events.Result):
            self._takeCheck(end.values)
            if self._checkWaiting:
                self._nextCheck()
                return True, ""
            return False, self._checkOutcome(end.values)
        self._checkWaiting = []
        if isinstance(end, child_events.Cancelled):
            return False, _("Cancelled.")
        raise SSAGliomaError(end.message, remedy=end.remedy)

    def cancelCheck(self) -> None:
        """End the check or measurement, and forget what was found."""
        self._checkWaiting, self._checkFound, self._budgetFound = [], [], []
        self._checkKind = ""
        if self._checkChild is not None:
            self._checkChild.close()
            self._checkChild = None
        self._forgetPictures()

    def checkSentence(self) -> str:
        """Return the outcome of the check in a sentence."""
        cases = [row for row in self._checkFound if row.name]
        wrong = [row for row in self._checkFound if row.level == "error"]
        if wrong:
            return _("Cases checked: {count}. Problems that must be mended: {wrong}.").format(
                count=len(cases), wrong=len(wrong)
            )
        return _("Cases checked: {count}. They can be trained on.").format(count=len(cases))

    def budgetSentence(self) -> str:
        """Return the measured cost in a sentence."""
        if not self._budgetFound:
            return ""
        parts = [
            _("{time} on this {device}").format(
                time=_words(row.seconds), device="GPU" if row.device == "cuda" else "CPU"
            )
            for row in self._budgetFound
        ]
        gpu = self._budgetDevice != "auto" or any(row.device == "cuda" for row in self._budgetFound)
        hint = "" if gpu else _(" No GPU was found here; Export job takes the training to one.")
        return _("The training steps take about {parts}.{hint}").format(parts=", ".join(parts), hint=hint)

    def _checkOutcome(self, values) -> str:
        if self._checkKind == "budget":
            return self.budgetSentence()
        if self._checkKind == "export":
            return _("The job is in {folder}. Start it there with: sh run.sh").format(folder=values["job"])
        return self.checkSentence()

    def _refuseWhileChecking(self) -> None:
        from ssaglioma.errors import DatasetError

        if self.checking:
            raise DatasetError("A check is under way already", remedy=_("Wait for it"))

    def _nextCheck(self) -> None:
        from SSASlicerLib import processes

        self._checkKind, words = self._checkWaiting.pop(0)
        self._checkChild = processes.BackgroundRun(processes.command_line(words))

    def _takeCheck(self, values) -> None:
        if self._checkKind == "budget":
            self._budgetFound = [
                BudgetRow(row["device"], row["device_name"], row["seconds"], row["memory_gib"])
                for row in values["budgets"]
            ]
            return
        if self._checkKind == "export":
            return
        folder = self._checkKind
        for finding in values["findings"]:
            self._checkFound.append(CheckRow(folder, "", finding["level"], finding["text"]))
        for index, case in enumerate(values["cases"]):
            picture = self._checkPictures / folder / f"{index:04d}.png"
            text = "; ".join(finding["text"] for finding in case["findings"]) or _caseText(case)
            file = str(picture) if picture.is_file() else ""
            self._checkFound.append(CheckRow(folder, case["name"], case["level"], text, file))

    def _forgetPictures(self) -> None:
        if self._checkPictures is not None:
            shutil.rmtree(self._checkPictures, ignore_errors=True)
            self._checkPictures = None


def _requestWords(request) -> list[str]:
    """Return the arguments of `ssaglioma` for a request."""
    words = ["train", *([request.source] if request.source else []), "--recipe", request.recipe]
    words += ["--name", request.name, "--device", request.device]
    for name in ("target", "style", "corrections"):
        words += [f"--{name}", getattr(request, name)] if getattr(request, name) else []
    words += ["--from", request.model] if request.model else []
    for case in request.held_out:
        words += ["--hold-out", case]
    for name, value in request.options.items():
        words += ["--set", f"{name}={value}"]
    return words


def _caseText(case: dict) -> str:
    shape = " x ".join(str(size) for size in reversed(case["shape"]))
    volumes = ", ".join(f"{name} {value:.1f} ml" for name, value in case["volumes_ml"].items())
    return ", ".join(part for part in (shape, volumes) if part)


def _words(seconds: float) -> str:
    from ssaglioma.cli.console import duration_text

    return duration_text(seconds)
