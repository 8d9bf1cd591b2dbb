"""Section Sequences: four slots, filling them, and their grids."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAGliomaSegLib.inputs import FIELDS
from SSAGliomaSegLib.panels.base import Section, fillTable


class SequencesSection(Section):
    """Slots T1, T1Gd, T2, FLAIR."""

    def connect(self) -> None:
        """Connect signals; the choices are those of `ssaglioma segment --prepare`."""
        choices = (("auto", _("Automatic")), ("always", _("Always")), ("never", _("Never")))
        for key, text in choices:
            self.ui.prepareSelector.addItem(text, key)
        self.ui.prepareSelector.currentIndexChanged.connect(self.onPrepare)
        self.ui.fillLoadedButton.clicked.connect(self.onFillLoaded)
        self.ui.fillFolderButton.clicked.connect(self.onFillFolder)
        self.ui.geometryButton.toggled.connect(self.onGeometry)
        self.ui.resampleButton.clicked.connect(self.onResample)

    def onFillLoaded(self) -> None:
        """Fill the slots from the loaded volumes."""
        with self.guarded():
            self.logic.fillFromLoadedVolumes(self.parameters)
        self.owner.refresh()

    def onFillFolder(self) -> None:
        """Ask for a folder and fill the slots from it."""
        folder = qt.QFileDialog.getExistingDirectory(self.ui.fillFolderButton, _("Folder with images or DICOM files"))
        if not folder:
            return
        self.owner.say(_("Reading {folder}").format(folder=folder), "busy")
        with self.guarded():
            self.logic.fillFromFolder(self.parameters, folder)
            self.owner.clearMessage()
        self.owner.refresh()

    def onPrepare(self, _index: int = 0) -> None:
        """Keep whether raw scans are prepared."""
        if self.parameters is not None:
            self.parameters.prepare = self.ui.prepareSelector.currentData

    def onGeometry(self, shown: bool) -> None:
        """Show or hide the table of grids."""
        self.ui.geometryTable.setVisible(shown)
        self.update()

    def onResample(self) -> None:
        """Bring the images onto one grid."""
        with self.guarded():
            made = self.logic.resampleToGrid(self.parameters)
            self.owner.say(_("Resampled copies: {names}").format(names=", ".join(n.GetName() for n in made)), "ready")
        self.owner.refresh()

    def update(self) -> None:
        """Show confidences and grids."""
        parameters = self.parameters
        if parameters is None:
            return
        chosen = self.logic.chosenNodes(parameters)
        for field in FIELDS:
            label = getattr(self.ui, f"{field}Confidence")
            node = chosen.get(field)
            guess = self.logic.slotGuess(field, node) if node is not None else None
            if guess is None or guess.sequence is None:
                label.text, label.toolTip = "-", guess.reason if guess else _("No volume is chosen.")
            else:
                fits = guess.sequence.value == FIELDS[field]
                label.text = f"{guess.confidence:.2f}" if fits else "!"
                label.toolTip = f"{guess.sequence.display_name}: {guess.reason}"
        self._showPrepare(parameters)
        state = self.logic.inputState(parameters)
        self.ui.gridsLabel.text = _("Grids differ") if state.gridsDiffer else ""
        self.setEnabled(self.ui.resampleButton, state.gridsDiffer, _("All chosen images lie on one grid."))
        self.setEnabled(self.ui.geometryButton, bool(chosen), _("No volume is chosen."))
        if self.ui.geometryButton.checked:
            rows = self.logic.geometryRows(parameters)
            table = [[r.slot, r.size, r.spacing, r.orientation, _("differs") if r.differs else ""] for r in rows]
            fillTable(self.ui.geometryTable, ["", _("Voxels"), _("mm"), _("Axes"), _("Grid")], table)

    def _showPrepare(self, parameters) -> None:
        """Show whether raw scans are prepared, and whether their aligned copies can be had."""
        selector = self.ui.prepareSelector
        index = selector.findData(parameters.prepare)
        if index != selector.currentIndex:
            wasBlocked = selector.blockSignals(True)
            selector.setCurrentIndex(index)
            selector.blockSignals(wasBlocked)
        why = _("Advanced resamples images of different grids in the place of preparing them.")
        self.setEnabled(selector, not parameters.resample, why)
        possible = self.logic.preparesRaw(parameters)
        self.setEnabled(self.ui.loadAlignedCheckBox, possible, _("No image is prepared with this choice."))
