"""Section Correct: the Segment Editor bound to the result, slice by slice."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from SSAGliomaSegLib.panels.base import Section, showPath, tiePath


class CorrectSection(Section):
    """Correction of the result, and student mode."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.startCorrectionButton.clicked.connect(self.onStart)
        self.ui.nextDoubtfulButton.clicked.connect(self.onNext)
        self.ui.acceptSliceButton.clicked.connect(self.onAccept)
        self.ui.scoreButton.clicked.connect(self.onScore)
        self.ui.saveCorrectionButton.clicked.connect(self.onSave)
        tiePath(self, self.ui.correctionsPath, "correctionsFolder")

    def onStart(self) -> None:
        """Bind the editor to the result, or to an empty drawing in student mode."""
        with self.guarded():
            segmentation, source = self.logic.startCorrection(self.parameters)
            self._bind(segmentation, source)
        self.owner.refresh()

    def _bind(self, segmentation, source) -> None:
        editor = self.ui.editorWidget
        editor.setMRMLScene(slicer.mrmlScene)
        editor.setMRMLSegmentEditorNode(self.logic.editorNode(self.parameters))
        editor.setSegmentationNode(segmentation)
        editor.setSourceVolumeNode(source)
        editor.setVisible(True)

    def onNext(self) -> None:
        """Go to the next doubtful slice."""
        with self.guarded():
            left = self.logic.goToNextDoubtfulSlice(self.parameters)
            self.owner.say(_("{count} slices are left to check.").format(count=left), "ready")

    def onAccept(self) -> None:
        """Mark the slice as checked and go on."""
        with self.guarded():
            self.logic.acceptSlice(self.parameters)
        self.onNext()

    def onScore(self) -> None:
        """End student mode and show the scores."""
        with self.guarded():
            self.owner.say(self.logic.scoreDrawing(self.parameters), "ready")
        self.owner.refresh()

    def onSave(self) -> None:
        """Write the corrected case."""
        with self.guarded():
            folder = self.logic.saveCorrection(self.parameters)
            self.owner.say(_("Correction saved to {folder}").format(folder=folder), "ready")

    def update(self) -> None:
        """Enable what can be done."""
        parameters = self.parameters
        if parameters is None:
            return
        showPath(self.ui.correctionsPath, parameters.correctionsFolder)
        why = _("There is no result yet. Press Apply.")
        has, editing = parameters.result is not None, self.logic.correcting(parameters)
        self.setEnabled(self.ui.startCorrectionButton, has, why)
        for name in ("nextDoubtful", "acceptSlice", "score"):
            self.setEnabled(getattr(self.ui, f"{name}Button"), editing, why if not has else _("Press Start first."))
        folder = bool(parameters.correctionsFolder)
        reason = _("Press Start first.") if folder else _("Choose a folder for corrections.")
        self.setEnabled(self.ui.saveCorrectionButton, editing and folder, why if not has else reason)
        self.ui.scoreButton.setVisible(parameters.studentMode)
        self.ui.editorWidget.setVisible(editing)
        if editing and self.ui.editorWidget.segmentationNode() is not parameters.correction:
            self._bind(parameters.correction, self.logic.gridNode(parameters))  # a scene was restored
        self.ui.correctionLabel.text = self.logic.correctionText(parameters) if editing else ""

    def leave(self) -> None:
        """Give up the editor's effect when the module is left, so that no effect stays active unseen."""
        self.ui.editorWidget.setActiveEffectByName("None")
