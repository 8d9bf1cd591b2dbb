"""The Train tab: data, recipe, budget, run, result."""

from __future__ import annotations

import qt
import slicer
from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import Section
from SSAStyleTransferLib.panels.train_data import TrainDataPart
from SSAStyleTransferLib.panels.train_recipe import TrainRecipePart
from SSAStyleTransferLib.panels.train_result import TrainResultPart
from SSAStyleTransferLib.panels.train_run import TrainRunPart

_POLL_MS = 500
_QUIET_POLLS = 10
"""A process that has just ended may still be about to say why."""


class TrainPanel(Section):
    """The tab as one section of the panel; its own parts have its own widgets and its own parameter node."""

    def connect(self) -> None:
        """Load the tab's widgets and connect them."""
        panel = slicer.util.loadUI(self.owner.resourcePath("UI/Train.ui"))
        self.ui.trainTab.layout().addWidget(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.widgets = slicer.util.childWidgetVariables(panel)
        self.training = None
        self._connections = None
        self._quiet = 0
        parts = (TrainDataPart, TrainRecipePart, TrainRunPart, TrainResultPart)
        self.parts = [part(self.widgets, self.logic, self) for part in parts]
        self.timer = qt.QTimer()
        self.timer.setInterval(_POLL_MS)
        self.timer.timeout.connect(self.onTimer)
        self.ui.tabs.currentChanged.connect(self.onTab)
        for part in self.parts:
            part.connect()

    def say(self, text: str, level: str = "ready") -> None:
        """Show a message in the panel's status line."""
        self.owner.say(text, level)

    def refresh(self) -> None:
        """Bring the tab up to date."""
        self.update()

    def update(self) -> None:
        """Tie the tab to the scene's training parameters, and bring all parts up to date."""
        if self.parameters is None:
            self._tie(None)
            return
        if not self.shown:
            return
        if self.training is None:
            training = self.logic.trainingParameters()
            found = self.logic.findLastTraining(training)
            self._tie(training)
            if found:
                self.say(_("The training in {folder} was found again.").format(folder=training.runFolder), "ready")
        for part in self.parts:
            part.update()
        self._watch()

    @property
    def shown(self) -> bool:
        """Whether the tab is in front; behind the others it costs them no time."""
        return self.ui.tabs.currentIndex == self.ui.tabs.indexOf(self.ui.trainTab)

    def onTab(self, _index: int = 0) -> None:
        """Bring the tab up to date when it comes to the front."""
        self.update()

    def leave(self) -> None:
        """Let go of the parameter node; a training goes on by itself."""
        self.timer.stop()
        self._tie(None)

    def stop(self) -> None:
        """Stop asking."""
        self.timer.stop()
        self._tie(None)

    def onTimer(self) -> None:
        """Ask the check and the training how far they are."""
        if self.training is None:
            self.timer.stop()
            return
        for part in self.parts:
            part.poll()
        self._watch()
        if self._quiet in (1, _QUIET_POLLS):
            for part in self.parts:
                part.update()

    def _watch(self) -> None:
        """Ask from time to time while something works."""
        busy = self.logic.checking or self.logic.trainingState(self.training).active
        self._quiet = 0 if busy else self._quiet + 1
        if busy and not self.timer.active:
            self.timer.start()
        elif self._quiet >= _QUIET_POLLS and self.timer.active:
            self.timer.stop()

    def _tie(self, training) -> None:
        if self.training is not None and self._connections is not None:
            self.training.disconnectGui(self._connections)
        self.training, self._connections = training, None
        if training is not None:
            self._connections = training.connectGui(self.widgets)
