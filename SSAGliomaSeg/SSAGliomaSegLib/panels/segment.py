"""Section Segment: model, Apply, Cancel, progress."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAGliomaSegLib.panels.base import Section, duration

_POLL_MS = 150


class SegmentSection(Section):
    """Model choice and the run."""

    def connect(self) -> None:
        """Connect signals and make the timer that asks the run how far it is."""
        self.ui.modelSelector.currentIndexChanged.connect(self.onModel)
        self.ui.modelInfoButton.clicked.connect(self.onModelInfo)
        self.ui.importModelButton.clicked.connect(self.onImportModel)
        self.ui.applyButton.clicked.connect(self.onApply)
        self.ui.cancelButton.clicked.connect(self.onCancel)
        self.timer = qt.QTimer()
        self.timer.setInterval(_POLL_MS)
        self.timer.timeout.connect(self.onTimer)
        self._fillModels()

    def enter(self) -> None:
        """List the models anew: a training may have added one."""
        self._fillModels()

    def onModel(self, _index: int = 0) -> None:
        """Keep the chosen model's name."""
        if self.parameters is not None and self.ui.modelSelector.count:
            self.parameters.model = self.ui.modelSelector.currentData or ""

    def onModelInfo(self) -> None:
        """Show or hide the model card."""
        label = self.ui.modelCardLabel
        if label.visible:
            label.setVisible(False)
            return
        with self.guarded():
            label.text = self.logic.modelText(self.parameters)
            label.setVisible(True)

    def onImportModel(self) -> None:
        """Ask for a folder and add its model."""
        folder = qt.QFileDialog.getExistingDirectory(self.ui.importModelButton, _("Folder of a model package"))
        if not folder:
            return
        with self.guarded():
            entry = self.logic.importModel(folder)
            self._fillModels()
            self.parameters.model = entry.name
            self.owner.say(_("Added the model {name}.").format(name=entry.name), "ready")
        self.owner.refresh()

    def onApply(self) -> None:
        """Start the run."""
        self.owner.clearMessage()
        with self.guarded():
            self.logic.apply(self.parameters)
            self.timer.start()
        self.owner.refresh()

    def onCancel(self) -> None:
        """Stop the run."""
        with self.guarded():
            self.logic.cancel()
        self.onTimer()

    def onTimer(self) -> None:
        """Ask the run how far it is, and take its result when it is done."""
        with self.guarded():
            status = self.logic.poll()
            if status.running:
                self._showProgress(status)
                return
            self.timer.stop()
            self.owner.say(*status.sentence)
            if status.done:
                self.owner.onResult()
        if not self.logic.running:
            self.timer.stop()
        self.owner.refresh()

    def stop(self) -> None:
        """Stop asking."""
        self.timer.stop()

    def update(self) -> None:
        """Show the model, what a run will cost, and whether it can start."""
        parameters = self.parameters
        if parameters is None:
            return
        self._showModel(parameters.model)
        running = self.logic.running
        state = self.logic.inputState(parameters)
        why = _("A run is under way.") if running else state.text
        self.setEnabled(self.ui.applyButton, state.canRun and not running, why)
        self.setEnabled(self.ui.cancelButton, running, _("Nothing is running."))
        self.ui.applyButton.text = self._applyText() if state.canRun else _("Apply")
        self.ui.progressBar.setVisible(running)
        self.ui.progressLabel.setVisible(running)

    def _showModel(self, name: str) -> None:
        """Show the chosen model, or none where it is not here, so that choosing any other one is a change."""
        selector = self.ui.modelSelector
        index = selector.findData(name) if name else 0
        if index != selector.currentIndex:
            wasBlocked = selector.blockSignals(True)
            selector.setCurrentIndex(index)
            selector.blockSignals(wasBlocked)

    def _applyText(self) -> str:
        cost = self.logic.expectedCost(self.parameters)
        return _("Apply on {device}, about {time}").format(device=cost.device, time=duration(cost.seconds))

    def _showProgress(self, status) -> None:
        self.ui.progressBar.value = round(1000 * status.fraction)
        left = _(", {time} left").format(time=duration(status.secondsLeft)) if status.secondsLeft else ""
        self.ui.progressLabel.text = f"{status.message}{left}"
        self.owner.showStatus()

    def _fillModels(self) -> None:
        with self.guarded():
            entries = self.logic.models()
            wasBlocked = self.ui.modelSelector.blockSignals(True)
            self.ui.modelSelector.clear()
            for entry in entries:
                self.ui.modelSelector.addItem(entry.title, entry.name)
            self.ui.modelSelector.blockSignals(wasBlocked)
