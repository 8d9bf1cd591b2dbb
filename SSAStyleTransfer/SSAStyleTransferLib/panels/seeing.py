"""What the model sees: choice of the model, masks, Dice, the curve over strength."""

from __future__ import annotations

from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import Section


class SeeingSection(Section):
    """The model's view."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.modelSelector.currentIndexChanged.connect(self.onModel)
        self.ui.lookButton.clicked.connect(self.onLook)
        self.ui.curveButton.clicked.connect(self.onCurve)
        self._fill()

    def onModel(self, _index: int = 0) -> None:
        """Keep the chosen model's name."""
        if self.parameters is not None and self.ui.modelSelector.count:
            self.parameters.model = self.ui.modelSelector.currentData or ""

    def onLook(self) -> None:
        """Let the model look at the slice."""
        with self.guarded():
            self.logic.look(self.parameters)
            self.owner.startPolling()
        self.owner.refresh()

    def onCurve(self) -> None:
        """Let the model segment the volume at several strengths."""
        with self.guarded():
            self.logic.startCurve(self.parameters)
            self.owner.startPolling()
        self.owner.refresh()

    def update(self) -> None:
        """Show what is known, and enable what can be done."""
        parameters = self.parameters
        if parameters is None:
            return
        selector = self.ui.modelSelector
        self._fill()
        index = selector.findData(parameters.model) if parameters.model else 0
        if index != selector.currentIndex:
            wasBlocked = selector.blockSignals(True)
            selector.setCurrentIndex(index)
            selector.blockSignals(wasBlocked)
        problem = self.logic.contentProblem(parameters) or self.logic.styleProblem(parameters)
        why = problem or (_("A model is at work already.") if self.logic.looking else "")
        self.setEnabled(self.ui.curveButton, not why, why)
        if not why and self.logic.shownPicture is None:
            why = _("There is no picture yet. Press Update.")
        self.setEnabled(self.ui.lookButton, not why, why)
        self.ui.seenLabel.text = self.logic.seenText(parameters)
        self.ui.seenLabel.setVisible(bool(self.ui.seenLabel.text))

    def _fill(self) -> None:
        """List the models at hand; one may have been trained or added since."""
        with self.guarded():
            selector, packages = self.ui.modelSelector, self.logic.modelPackages()
            if [selector.itemData(index) for index in range(selector.count)] == [one.card.name for one in packages]:
                return
            wasBlocked = selector.blockSignals(True)
            selector.clear()
            for package in packages:
                selector.addItem(package.card.title, package.card.name)
            selector.blockSignals(wasBlocked)
