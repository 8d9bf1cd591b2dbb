"""Apply to the volume or to all four contrasts, progress, Cancel."""

from __future__ import annotations

from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import Section


class ApplySection(Section):
    """Whole volumes."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.applyButton.clicked.connect(self.onApply)
        self.ui.applyAllButton.clicked.connect(self.onApplyAll)
        self.ui.cancelButton.clicked.connect(self.onCancel)

    def onApply(self) -> None:
        """Stylise the content volume."""
        self.owner.clearMessage()
        with self.guarded():
            self.logic.applyToVolume(self.parameters)
            self.owner.startPolling()
        self.owner.refresh()

    def onApplyAll(self) -> None:
        """Stylise all contrasts."""
        self.owner.clearMessage()
        with self.guarded():
            self.logic.applyToAll(self.parameters)
            self.owner.startPolling()
        self.owner.refresh()

    def onCancel(self) -> None:
        """Stop what runs."""
        with self.guarded():
            self.logic.stopAll()
            self.owner.say(_("Cancelled. Nothing was changed."), "warning")
        self.owner.refresh()

    def update(self) -> None:
        """Enable what can be done."""
        parameters = self.parameters
        if parameters is None:
            return
        why = self.logic.contentProblem(parameters) or self.logic.styleProblem(parameters)
        why = why or (_("A volume is being stylized.") if self.logic.applying else "")
        self.setEnabled(self.ui.applyButton, not why, why)
        if not why and len(self.logic.chosenContrasts(parameters)) < 2:
            why = _("Choose the other contrasts under Four contrasts first.")
        self.setEnabled(self.ui.applyAllButton, not why, why)
        self.showProgress()

    def showProgress(self) -> None:
        """Show how far the work on the volume is."""
        fraction = self.logic.backgroundFraction()
        busy = self.logic.busy
        for widget in (self.ui.progressBar, self.ui.cancelButton):
            widget.setVisible(busy)
        self.ui.progressBar.value = round(1000 * fraction)
