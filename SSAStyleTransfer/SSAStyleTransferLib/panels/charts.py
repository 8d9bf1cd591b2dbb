"""Buttons of the charts and exports on the Preview tab."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import Section


class ChartsSection(Section):
    """Histograms, feature map, exports."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.histogramButton.clicked.connect(self.onHistograms)
        self.ui.mapButton.clicked.connect(self.onMap)
        self.ui.regionSelector.currentIndexChanged.connect(self.onRegion)
        self.ui.exportFigureButton.clicked.connect(self.onFigure)
        self.ui.exportTablesButton.clicked.connect(self.onTables)

    def onHistograms(self) -> None:
        """Draw the histograms."""
        with self.guarded():
            self.logic.drawHistograms(self.parameters)
        self.owner.refresh()

    def onMap(self) -> None:
        """Draw the feature map."""
        with self.guarded():
            self.owner.say(_("Measuring the sample case through two scanners"), "busy")
            self.logic.drawMap(self.parameters)
            self.owner.clearMessage()
        self.owner.refresh()

    def onRegion(self, _index: int = 0) -> None:
        """Keep the region."""
        if self.parameters is not None and self.ui.regionSelector.count:
            self.parameters.region = self.ui.regionSelector.currentData

    def onFigure(self) -> None:
        """Write the picture."""
        path = qt.QFileDialog.getSaveFileName(self.ui.exportFigureButton, _("Export figure"), "", "PNG (*.png)")
        if path:
            with self.guarded():
                allowed = self.ui.exportPrivateCheckBox.checked
                written = self.logic.exportFigure(self.parameters, path, allowed)
                self.owner.say(_("Written to {path}").format(path=written), "ready")

    def onTables(self) -> None:
        """Write tables and charts."""
        folder = qt.QFileDialog.getExistingDirectory(self.ui.exportTablesButton, _("Folder for tables and charts"))
        if folder:
            with self.guarded():
                allowed = self.ui.exportPrivateCheckBox.checked
                written = self.logic.exportTables(self.parameters, folder, allowed)
                names = ", ".join(path.name for path in written)
                self.owner.say(_("Written to {folder}: {names}").format(folder=folder, names=names), "ready")

    def update(self) -> None:
        """Enable what can be done, and list the regions of this slice."""
        parameters = self.parameters
        if parameters is None:
            return
        why = "" if self.logic.shownPicture is not None else _("There is no picture yet. Press Update.")
        for name in ("histogramButton", "mapButton", "exportFigureButton"):
            self.setEnabled(getattr(self.ui, name), not why, why)
        tables = any(getattr(parameters, f"{kind}Table") is not None for kind in ("histogram", "curve", "map"))
        self.setEnabled(self.ui.exportTablesButton, tables, _("There is no chart yet."))
        with self.guarded():
            self._showRegions(parameters)

    def _showRegions(self, parameters) -> None:
        selector = self.ui.regionSelector
        names = self.logic.regionNames(parameters)
        texts = {"all": _("Whole image"), "other": _("Rest of the brain")}
        wasBlocked = selector.blockSignals(True)
        if [selector.itemData(index) for index in range(selector.count)] != names:
            selector.clear()
            for name in names:
                selector.addItem(texts.get(name, name), name)
        selector.setCurrentIndex(max(0, selector.findData(parameters.region)))
        selector.blockSignals(wasBlocked)
