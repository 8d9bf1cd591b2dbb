"""Start, Pause, Resume and Cancel of a training that lives in its folder and outlives Slicer."""

from __future__ import annotations

import time
from pathlib import Path

import slicer
from slicer.i18n import tr as _

_STARTING_SECONDS = 60.0
LAST_RUN_SETTING = "SSAStyleTransfer/LastTraining"
"""Where Slicer's settings keep the folder of the training that was started last."""


class TrainingRunsLogic:
    """Runs of the training desk; part of `SSAStyleTransferLogic`."""

    def __init__(self) -> None:
        self._trainingChildren: dict[str, tuple[object, float]] = {}

    def startTraining(self, parameters) -> None:
        """Start the training in its folder; it goes on when Slicer is closed.

        Raises
        ------
        SSAGliomaError
            If something is missing or makes no sense, or the folder holds another training.
        """
        from ssaglioma.errors import DatasetError
        from ssaglioma.training.run_folder import clear_pause
        from ssaglioma.training.run_request import write_request

        problem = self.trainingProblem(parameters)
        if problem:
            raise DatasetError(problem)
        if not parameters.runFolder:
            raise DatasetError("No folder for the training is chosen", remedy=_("Choose an empty folder"))
        if self.trainingState(parameters).state == "done":
            raise DatasetError(
                f"The training in {parameters.runFolder!r} is done", remedy=_("Choose an empty folder for a new one")
            )
        self.ensureTrainingPackages()
        write_request(parameters.runFolder, self.trainingRequest(parameters))
        clear_pause(parameters.runFolder)
        self._launchTraining(parameters.runFolder)

    def resumeTraining(self, parameters) -> None:
        """Go on with the training of the folder from its last finished epoch; only the device may have changed.

        Raises
        ------
        SSAGliomaError
            If there is none, or it runs already.
        """
        from dataclasses import replace

        from ssaglioma.errors import DatasetError
        from ssaglioma.training.run_folder import clear_pause
        from ssaglioma.training.run_request import write_request

        state = self.trainingState(parameters)
        if not state.can_resume:
            raise DatasetError(
                f"There is nothing to resume in {parameters.runFolder!r}",
                expected="a training that was paused or stopped",
                remedy=_("Choose its folder"),
            )
        self.ensureTrainingPackages()
        request = self.trainingJob(parameters, moved=False)
        write_request(parameters.runFolder, replace(request, device=parameters.device))
        clear_pause(parameters.runFolder)
        self._launchTraining(parameters.runFolder)

    def trainingJob(self, parameters, moved: bool = True):
        """Return what the training of the chosen folder is asked to do; `moved` makes its relative folders whole.

        Raises
        ------
        DatasetError
            If the folder holds no training.
        """
        from ssaglioma.training.run_request import read_request

        self.recipes()  # a job may follow a recipe that another room registers
        request = read_request(parameters.runFolder)
        return request.under(parameters.runFolder) if moved else request

    def pauseTraining(self, parameters) -> None:
        """Ask the training to end after the present epoch; its checkpoint stays."""
        from ssaglioma.errors import DatasetError
        from ssaglioma.training.run_folder import ask_to_pause

        if not self.trainingState(parameters).active:
            raise DatasetError("No training runs in this folder", remedy=_("Press Start or Resume"))
        ask_to_pause(parameters.runFolder)

    def cancelTraining(self, parameters) -> None:
        """End the training at once with every process that it started; the last finished epoch stays."""
        from SSASlicerLib import detached, process_tree

        child, _began = self._trainingChildren.pop(parameters.runFolder, (None, 0.0))
        detached.end(parameters.runFolder)
        if child is not None:
            if child.poll() is None:  # it had no lock yet
                process_tree.ProcessTree(child.pid).end()
            child.wait()

    def trainingState(self, parameters):
        """Return where the training of the chosen folder stands, whoever started it."""
        from dataclasses import replace

        from ssaglioma.training.run_folder import last_log, read_run

        if not parameters.runFolder:
            return read_run("")
        state = read_run(parameters.runFolder)
        child, began = self._trainingChildren.get(parameters.runFolder, (None, 0.0))
        if child is None:
            return state
        code = child.poll()
        if code is None and state.state != "done" and not state.active:  # before its lock, or about to end
            starting = time.monotonic() - began < _STARTING_SECONDS and not state.fraction
            return replace(state, state="running", message=_("Starting") if starting else state.message)
        if code is not None:
            del self._trainingChildren[parameters.runFolder]
            if state.state == "stopped" and not state.message:
                return replace(state, message=last_log(parameters.runFolder))
        return state

    def trainingSentence(self, state) -> tuple[str, str]:
        """Return text and level for the line under the buttons."""
        from ssaglioma.cli.console import duration_text

        left = f", {duration_text(state.seconds_left)} left" if state.seconds_left else ""
        epochs = len(state.epochs)
        texts = {
            "none": (_("No training in this folder yet."), "ready"),
            "running": (f"{state.message}{left}", "busy"),
            "pausing": (_("Pausing after this epoch. {message}").format(message=state.message), "busy"),
            "paused": (_("Paused after epoch {count}. Resume goes on.").format(count=epochs), "warning"),
            "stopped": (
                _(
                    "The training ended by itself after epoch {count} (killed, or the computer was switched off). "
                ).format(count=epochs)
                + _("Nothing is lost; Resume goes on. {message}").format(message=state.message),
                "warning",
            ),
            "cancelled": (_("Cancelled after epoch {count}. Resume goes on.").format(count=epochs), "warning"),
            "failed": (state.message, "error"),
            "done": (_("Done."), "ready"),
        }
        return texts[state.state]

    def examplePicture(self, parameters) -> str:
        """Return the file of the newest picture: image, reference, prediction side by side; empty without one."""
        from ssaglioma.training.run_folder import newest_example

        found = newest_example(parameters.runFolder) if parameters.runFolder else None
        return "" if found is None else str(found)

    def findLastTraining(self, parameters) -> bool:
        """Take up the training that was started last, if nothing is chosen yet; tell whether there was one.

        So a training is found again after Slicer was closed, by whoever opens the desk next.
        """
        folder = str(slicer.app.userSettings().value(LAST_RUN_SETTING) or "")
        if parameters.runFolder or parameters.source or parameters.target or not folder:
            return False
        from ssaglioma.errors import SSAGliomaError
        from ssaglioma.training.run_folder import read_run

        if read_run(folder).state == "none":
            return False
        parameters.runFolder = folder
        try:
            self.adoptRun(parameters)
        except SSAGliomaError:  # its job cannot be read any more: nothing to take up
            parameters.runFolder = ""
            return False
        return True

    def adoptRun(self, parameters) -> None:
        """Take over the choices of the training that lives in the chosen folder, after a return to it.

        Raises
        ------
        DatasetError
            If the folder holds no training.
        """
        import json

        request = self.trainingJob(parameters)
        parameters.recipe = request.recipe
        for name in ("source", "target", "style", "corrections"):
            setattr(parameters, name, getattr(request, name))
        parameters.startModel, parameters.modelName = request.model, request.name
        parameters.heldOut = ", ".join(request.held_out)
        if request.device in ("auto", "cpu", "cuda"):
            parameters.device = request.device
        parameters.options = json.dumps(dict(request.options)) if request.options else ""

    def _launchTraining(self, folder: str) -> None:
        from SSASlicerLib import detached

        words = ["train", "--job", str(Path(folder))]
        self._trainingChildren[folder] = (detached.start(words, folder), time.monotonic())
        slicer.app.userSettings().setValue(LAST_RUN_SETTING, folder)
