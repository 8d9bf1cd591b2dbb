"""Section Advanced: device, options, log."""

from __future__ import annotations

import qt
import slicer

from SSAGliomaSegLib.panels.base import Section


class AdvancedSection(Section):
    """Options that most users never need."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.copyLogButton.clicked.connect(self.onCopy)

    def onCopy(self) -> None:
        """Copy versions, timings and log to the clipboard."""
        with self.guarded():
            qt.QApplication.clipboard().setText(self.logic.runReport(self.parameters))

    def update(self) -> None:
        """Show the log of the last run."""
        text = self.logic.logText()
        if self.ui.logText.plainText != text:
            self.ui.logText.plainText = text
        self.ui.copyLogButton.enabled = bool(text) or slicer.app is not None
