"""Part 5 of the Train tab: before and after, use, roll back, export, import."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import fillTable
from SSAStyleTransferLib.panels.train_part import TrainPart


class TrainResultPart(TrainPart):
    """What came of the training."""

    def connect(self) -> None:
        """Connect signals."""
        ui = self.ui
        for name in ("Use", "Report", "RollBack", "Export", "Import"):
            getattr(ui, f"train{name}Button").clicked.connect(getattr(self, f"on{name}"))
        self._wasActive = False

    def onUse(self) -> None:
        """Put the new model on the shelf."""
        with self.guarded():
            package = self.logic.useModel(self.parameters)
            self.owner.say(
                _("SSAGlioma Segmentation lists the model {name} now.").format(name=package.card.name), "ready"
            )
        self.owner.refresh()

    def onReport(self) -> None:
        """Open the report in the browser."""
        page = self.logic.reportPage(self.parameters)
        if page is not None:
            qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))

    def onRollBack(self) -> None:
        """Return to the earlier version."""
        with self.guarded():
            package = self.logic.rollBack(self.parameters)
            self.owner.say(_("Back to {title}.").format(title=package.card.title), "ready")
        self.owner.refresh()

    def onExport(self) -> None:
        """Ask for a folder and write the job there."""
        folder = qt.QFileDialog.getExistingDirectory(self.ui.trainExportButton, _("Empty folder for the job"))
        if not folder:
            return
        with self.guarded():
            self.logic.startExport(self.parameters, folder)
        self.owner.refresh()

    def onImport(self) -> None:
        """Ask for the folder of a job and take its result."""
        folder = qt.QFileDialog.getExistingDirectory(self.ui.trainImportButton, _("Folder of the job that came back"))
        if not folder:
            return
        with self.guarded():
            self.logic.importResult(self.parameters, folder)
            self.owner.say(_("The result is taken over."), "ready")
            self.logic.adoptRun(self.parameters)
        self.owner.refresh()

    def update(self) -> None:
        """Show the table and enable what can be done."""
        parameters, ui = self.parameters, self.ui
        if parameters is None:
            return
        judgement, rows, used, back = None, [], False, False
        with self.guarded():
            judgement = self.logic.judgement(parameters)
            rows = self.logic.resultTexts(parameters)
            used, back = self.logic.inUse(parameters), self.logic.canRollBack(parameters)
        headings = [_("Region"), _("Before"), _("After"), _("Change"), _("Cases")]
        fillTable(ui.trainResultTable, headings, rows)
        ui.trainResultTable.setVisible(bool(rows))
        ui.trainResultLabel.text = judgement.sentence if judgement is not None else ""
        accepted = judgement is not None and judgement.accepted
        why = _("This model is in use.") if used else ui.trainResultLabel.text
        self.setEnabled(ui.trainUseButton, accepted and not used, why)
        paged = self.logic.reportPage(parameters) is not None
        self.setEnabled(ui.trainReportButton, paged, _("There is no report of this training yet."))
        self.setEnabled(ui.trainRollBackButton, back, _("There is no earlier version of this model."))
        problem = _("A check is under way.") if self.logic.checking else self.logic.trainingProblem(parameters)
        self.setEnabled(ui.trainExportButton, not problem, problem)
        self.setEnabled(ui.trainImportButton, bool(parameters.runFolder), _("Choose a folder for the training first."))
        self._unfold(parameters)

    def poll(self) -> None:
        """Unfold when the training has ended."""
        self._unfold(self.parameters)

    def _unfold(self, parameters) -> None:
        state = self.logic.trainingState(parameters)
        if self._wasActive and state.state == "done":
            self.ui.trainResultButton.collapsed = False
        self._wasActive = state.active
