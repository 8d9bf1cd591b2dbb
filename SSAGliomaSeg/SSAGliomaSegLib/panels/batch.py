"""Section Batch: a folder of cases."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAGliomaSegLib.panels.base import Section, fillTable, showPath, tiePath

_POLL_MS = 500


class BatchSection(Section):
    """Segmentation of many cases."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.batchStartButton.clicked.connect(self.onStart)
        self.ui.batchCancelButton.clicked.connect(self.onCancel)
        tiePath(self, self.ui.batchInputPath, "batchInput")
        tiePath(self, self.ui.batchOutputPath, "batchOutput")
        self.timer = qt.QTimer()
        self.timer.setInterval(_POLL_MS)
        self.timer.timeout.connect(self.onTimer)

    def onStart(self) -> None:
        """Start the batch."""
        with self.guarded():
            self.logic.startBatch(self.parameters)
            self.timer.start()
        self.owner.refresh()

    def onCancel(self) -> None:
        """Stop the batch; finished cases stay."""
        with self.guarded():
            self.logic.cancelBatch()
        self.onTimer()

    def onTimer(self) -> None:
        """Show how far the batch is."""
        with self.guarded():
            status = self.logic.pollBatch()
            self.ui.batchLabel.text = status.message if status.running else status.sentence[0]
        if not self.logic.batchRunning:
            self.timer.stop()
        self.update()

    def stop(self) -> None:
        """Stop asking."""
        self.timer.stop()

    def update(self) -> None:
        """Show the rows and enable what can be done."""
        parameters = self.parameters
        if parameters is None:
            return
        showPath(self.ui.batchInputPath, parameters.batchInput)
        showPath(self.ui.batchOutputPath, parameters.batchOutput)
        running = self.logic.batchRunning
        ready = bool(parameters.batchInput and parameters.batchOutput)
        why = _("The batch is running.") if running else _("Choose both folders.")
        self.setEnabled(self.ui.batchStartButton, ready and not running, why)
        self.setEnabled(self.ui.batchCancelButton, running, _("Nothing is running."))
        headings = [_("Case"), _("State"), _("Images"), "WT ml", "TC ml", "ET ml", _("Message")]
        fillTable(self.ui.batchTable, headings, self.logic.batchRows(parameters))
