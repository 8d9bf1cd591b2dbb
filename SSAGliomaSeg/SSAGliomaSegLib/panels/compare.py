"""Section Compare with reference."""

from __future__ import annotations

from slicer.i18n import tr as _

from SSAGliomaSegLib.panels.base import Section, fillTable


class CompareSection(Section):
    """Scores and differences against a reference."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.compareApplyButton.clicked.connect(self.onCompare)
        self.ui.differenceButton.clicked.connect(self.onDifference)
        self.ui.plotButton.clicked.connect(self.onPlot)

    def onCompare(self) -> None:
        """Score the result."""
        with self.guarded():
            self.owner.say(_("Comparing"), "busy")
            self.logic.compare(self.parameters)
            self.owner.clearMessage()
        self.owner.refresh()

    def onDifference(self) -> None:
        """Show the differences."""
        with self.guarded():
            self.logic.showDifferences(self.parameters)
            blocked = self.ui.overlaySelector.blockSignals(True)
            self.ui.overlaySelector.setCurrentIndex(self.ui.overlaySelector.findData("differences"))
            self.ui.overlaySelector.blockSignals(blocked)

    def onPlot(self) -> None:
        """Show the chart."""
        with self.guarded():
            self.logic.plotComparison(self.parameters)

    def update(self) -> None:
        """Show the last scores."""
        parameters = self.parameters
        if parameters is None:
            return
        missing = _("There is no result yet. Press Apply.") if parameters.result is None else ""
        missing = missing or (_("Choose a reference.") if parameters.reference is None else "")
        self.setEnabled(self.ui.compareApplyButton, not missing, missing)
        drawing = (
            _("Score your drawing first: this shows the model's answer.") if self.logic.drawing(parameters) else ""
        )
        self.setEnabled(self.ui.differenceButton, not missing and not drawing, missing or drawing)
        rows = self.logic.comparisonRows(parameters)
        self.setEnabled(self.ui.plotButton, bool(rows), _("Press Compare first."))
        definitions = self.logic.scoreDefinitions()
        fillTable(self.ui.comparisonTable, list(definitions), rows, definitions)
