"""Part 4 of the Train tab: start, pause, resume, cancel, and how the training goes."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.train_part import TrainPart, showFolder, tieFolder

_EXAMPLE_PX = 320
_COLORS = {"ready": "#2e9e4f", "warning": "#d99000", "error": "#d03030", "busy": "#3070c0"}


class TrainRunPart(TrainPart):
    """The run in its folder."""

    def connect(self) -> None:
        """Connect signals."""
        ui = self.ui
        tieFolder(self, ui.trainRunPath, "runFolder", self.onFolder)
        for name in ("Start", "Pause", "Resume", "Cancel"):
            getattr(ui, f"train{name}Button").clicked.connect(getattr(self, f"on{name}"))
        ui.trainDiceButton.clicked.connect(self.onDice)
        ui.trainLossButton.clicked.connect(self.onLoss)
        self._example = ""

    def onFolder(self) -> None:
        """Take over the choices of a training that lives in the chosen folder."""
        if self.logic.trainingState(self.parameters).state != "none":
            with self.guarded():
                self.logic.adoptRun(self.parameters)

    def onStart(self) -> None:
        """Start the training."""
        with self.guarded():
            self.logic.startTraining(self.parameters)
        self.owner.refresh()

    def onPause(self) -> None:
        """Ask for a pause."""
        with self.guarded():
            self.logic.pauseTraining(self.parameters)
        self.owner.refresh()

    def onResume(self) -> None:
        """Go on."""
        with self.guarded():
            self.logic.resumeTraining(self.parameters)
        self.owner.refresh()

    def onCancel(self) -> None:
        """End the training."""
        with self.guarded():
            self.logic.cancelTraining(self.parameters)
        self.owner.refresh()

    def onDice(self) -> None:
        """Show the Dice curves."""
        with self.guarded():
            self.logic.showCurves(self.parameters)

    def onLoss(self) -> None:
        """Show the loss curve."""
        with self.guarded():
            self.logic.showLoss(self.parameters)

    def poll(self) -> None:
        """Show how far the training is."""
        self.update()

    def update(self) -> None:
        """Show state, curves and picture, and enable what can be done."""
        parameters, ui = self.parameters, self.ui
        if parameters is None:
            return
        showFolder(ui.trainRunPath, parameters.runFolder)
        state = self.logic.trainingState(parameters)
        text, level = self.logic.trainingSentence(state)
        ui.trainRunLabel.text = f'<span style="color:{_COLORS[level]}">●</span> {text}'
        ui.trainProgressBar.setVisible(state.active or state.can_resume)
        ui.trainProgressBar.value = round(1000 * state.fraction)
        hasCurves = self.logic.updateCurves(parameters, state)
        ui.trainEpochLabel.text = _lastEpoch(state)
        ui.trainEpochLabel.setVisible(bool(state.epochs))
        self._showExample(self.logic.examplePicture(parameters))
        self._enable(parameters, state)
        for button in (ui.trainDiceButton, ui.trainLossButton):
            self.setEnabled(button, hasCurves, _("No epoch is finished yet."))

    def _enable(self, parameters, state) -> None:
        ui = self.ui
        problem = self.logic.trainingProblem(parameters)
        if not problem and not parameters.runFolder:
            problem = _("Choose a folder for the training.")
        if state.active:
            problem = _("The training runs.")
        elif state.state == "done":
            problem = _("This training is done. Choose an empty folder for a new one.")
        elif state.can_resume and state.epochs:
            problem = _("Press Resume, or choose an empty folder for a new training.")
        self.setEnabled(ui.trainStartButton, not problem, problem)
        idle = _("Nothing is running.")
        pausing = state.state == "pausing"
        self.setEnabled(ui.trainPauseButton, state.active and not pausing, _("It pauses soon.") if pausing else idle)
        self.setEnabled(ui.trainResumeButton, state.can_resume, _("There is nothing to resume in this folder."))
        self.setEnabled(ui.trainCancelButton, state.active, idle)

    def _showExample(self, file: str) -> None:
        label = self.ui.trainExampleLabel
        label.setVisible(bool(file))
        if not file or file == self._example:
            return
        self._example = file
        picture = qt.QPixmap(file)
        width = min(_EXAMPLE_PX, picture.width())
        label.setPixmap(picture.scaledToWidth(width, qt.Qt.SmoothTransformation))


def _lastEpoch(state) -> str:
    """Return the numbers of the last finished epoch in a line."""
    if not state.epochs:
        return ""
    row = state.epochs[-1]
    dice = [
        f"{name.removeprefix('dice_')} {'-' if value is None else format(value, '.2f')}"
        for name, value in row.items()
        if name.startswith("dice_")
    ]
    return _("Epoch {epoch}: loss {loss:.3f}, Dice {dice}").format(
        epoch=row["epoch"], loss=row["loss"], dice=", ".join(dice)
    )
