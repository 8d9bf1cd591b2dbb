"""Section Results: numbers, views, diameters, change, export."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAGliomaSegLib.panels.base import Section, fillTable

_FILTER = "NIfTI (*.nii.gz);;NRRD (*.nrrd);;Segmentation (*.seg.nrrd)"


class ResultsSection(Section):
    """What was found."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.fourViewsButton.clicked.connect(self.onFourViews)
        self.ui.show3DButton.toggled.connect(self.onShow3D)
        self.ui.outlineButton.toggled.connect(self.onOutline)
        for key, text in (
            ("mask", _("Mask")),
            ("probability", _("Probability")),
            ("doubt", _("Doubt")),
            ("differences", _("Differences")),
            ("none", _("None")),
        ):
            self.ui.overlaySelector.addItem(text, key)
        self.ui.overlaySelector.currentIndexChanged.connect(self.onOverlay)
        self.ui.worstSliceButton.clicked.connect(self.onWorstSlice)
        self.ui.diametersButton.clicked.connect(self.onDiameters)
        self.ui.reportButton.clicked.connect(self.onReport)
        self.ui.exportButton.clicked.connect(self.onExport)
        self.ui.dicomButton.clicked.connect(self.onDicom)

    def onFourViews(self) -> None:
        """Lay out the four contrasts."""
        with self.guarded():
            self.logic.showFourViews(self.parameters)

    def onShow3D(self, shown: bool) -> None:
        """Show or hide the surfaces."""
        with self.guarded():
            self.logic.show3D(self.parameters, shown)

    def onOutline(self, outline: bool) -> None:
        """Outline or fill."""
        with self.guarded():
            self.logic.setOutline(self.parameters, outline)

    def onOverlay(self, _index: int) -> None:
        """Choose what is drawn over the images."""
        if self.parameters is not None and self.parameters.result is not None:
            with self.guarded():
                self.logic.showOverlay(self.parameters, self.ui.overlaySelector.currentData)

    def onWorstSlice(self) -> None:
        """Go to the most doubtful slice."""
        with self.guarded():
            self.logic.goToWorstSlice(self.parameters)

    def onDiameters(self) -> None:
        """Draw the diameters."""
        with self.guarded():
            for line in self.logic.drawDiameters(self.parameters):
                self.owner.addObserver(line, line.PointModifiedEvent, self.onLineMoved)
        self.update()

    def onLineMoved(self, _line, _event) -> None:
        """Show the lengths of a line that the user moved."""
        if self.parameters is not None:
            self.ui.diametersLabel.text = self.logic.diametersText(self.parameters)

    def onReport(self) -> None:
        """Write the report and open it."""
        path = qt.QFileDialog.getSaveFileName(self.ui.reportButton, _("Report"), "", "HTML (*.html)")
        if path:
            with self.guarded():
                written = self.logic.writeReport(self.parameters, path)
                qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(written)))
                self.owner.say(_("Written to {path}").format(path=written), "ready")

    def onExport(self) -> None:
        """Write the labelmap or the segmentation."""
        path = qt.QFileDialog.getSaveFileName(self.ui.exportButton, _("Export"), "", _FILTER)
        if path:
            with self.guarded():
                self.owner.say(_("Written to {path}").format(path=self.logic.export(self.parameters, path)), "ready")

    def onDicom(self) -> None:
        """Write a DICOM segmentation."""
        folder = qt.QFileDialog.getExistingDirectory(self.ui.dicomButton, _("Folder for the DICOM file"))
        if folder:
            with self.guarded():
                written = self.logic.exportDicom(self.parameters, folder)
                self.owner.say(_("Written to {path}").format(path=written), "ready")

    def update(self) -> None:
        """Show the numbers of the result."""
        parameters = self.parameters
        if parameters is None:
            return
        has = parameters.result is not None
        why = _("There is no result yet. Press Apply.")
        for name in ("fourViews", "show3D", "outline", "report", "export"):
            self.setEnabled(getattr(self.ui, f"{name}Button"), has, why)
        telling = _("Score your drawing first: this shows the model's answer.") if has else why
        for widget in (self.ui.worstSliceButton, self.ui.diametersButton, self.ui.overlaySelector):
            self.setEnabled(widget, has and not self.logic.drawing(parameters), telling)
        dicom = self.logic.dicomProblem(parameters) if has else why
        self.setEnabled(self.ui.dicomButton, not dicom, dicom)
        self._showQuality(self.logic.quality(parameters) if has else None)
        rows = []
        for row in self.logic.resultRows(parameters) if has else []:
            rows.append([row.region, row.volume, row.diameter, row.lesions, row.confidence])
        headings = [_("Region"), _("Volume"), _("Diameter"), _("Lesions"), _("Confidence")]
        fillTable(self.ui.resultsTable, headings, rows)
        self.ui.diametersLabel.text = self.logic.diametersText(parameters) if has else ""
        self.ui.trustLabel.text = self.logic.trustText(parameters) if has and not self.logic.drawing(parameters) else ""
        self.ui.changeLabel.text = self.logic.changeText(parameters) if has else ""

    def _showQuality(self, quality) -> None:
        """Show the traffic light of raw images with its reasons; all of them stand in the tooltip."""
        label = self.ui.qualityLabel
        label.setVisible(quality is not None)
        if quality is not None:
            label.text = quality.richText()
            label.toolTip = "\n".join([quality.meaning, *quality.reasons])
