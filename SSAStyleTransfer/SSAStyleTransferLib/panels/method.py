"""Method, seed, epsilon steps of the Preview tab."""

from __future__ import annotations

import random

from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import Section

_LARGEST_SEED = 999999


class MethodSection(Section):
    """How the look is lent."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.methodSelector.currentIndexChanged.connect(self.onMethod)
        self.ui.methodInfoButton.clicked.connect(self.onInfo)
        self.ui.diceButton.clicked.connect(self.onDice)
        self._fill()

    def onMethod(self, _index: int = 0) -> None:
        """Keep the chosen method; a stylizer's own style comes along where the chosen one is another's."""
        if self.parameters is not None and self.ui.methodSelector.count:
            with self.guarded():
                self.logic.chooseMethod(self.parameters, self.ui.methodSelector.currentData or "")

    def onInfo(self) -> None:
        """Show or hide what the method is."""
        label = self.ui.methodCardLabel
        if label.visible:
            label.setVisible(False)
            return
        with self.guarded():
            label.text = self.logic.methodText(self.parameters)
            label.setVisible(True)

    def onDice(self) -> None:
        """Draw another seed."""
        self.parameters.seed = random.randint(0, _LARGEST_SEED)

    def update(self) -> None:
        """Show the method, and enable what it knows."""
        parameters = self.parameters
        if parameters is None:
            return
        selector = self.ui.methodSelector
        entries = self.logic.methods()
        if [selector.itemData(index) for index in range(selector.count)] != [entry.key for entry in entries]:
            self._fill()
        index = selector.findData(parameters.method)
        if index != selector.currentIndex:
            wasBlocked = selector.blockSignals(True)
            selector.setCurrentIndex(index)
            selector.blockSignals(wasBlocked)
        entry = next((one for one in entries if one.key == parameters.method), None)
        space = entry is not None and entry.hasStyleSpace
        scanner = entry is not None and entry.method == "scanner"
        self.setEnabled(self.ui.epsilonSpinBox, space, _("Only methods with a style space (RAIN) can search in it."))
        for widget in (self.ui.seedSpinBox, self.ui.diceButton):
            self.setEnabled(widget, space or scanner, _("This method draws nothing at random."))
        if self.ui.methodCardLabel.visible:
            with self.guarded():
                self.ui.methodCardLabel.text = self.logic.methodText(parameters)

    def _fill(self) -> None:
        with self.guarded():
            wasBlocked = self.ui.methodSelector.blockSignals(True)
            self.ui.methodSelector.clear()
            for entry in self.logic.methods():
                self.ui.methodSelector.addItem(entry.title, entry.key)
            self.ui.methodSelector.blockSignals(wasBlocked)
