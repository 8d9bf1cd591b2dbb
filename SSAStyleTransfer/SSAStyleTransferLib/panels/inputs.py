"""Top of the Preview tab: content, labels, four contrasts, the style bank."""

from __future__ import annotations

import qt
from slicer.i18n import tr as _

from SSAStyleTransferLib.methods import SCANNER
from SSAStyleTransferLib.panels.base import Section

_FILTER = "Images (*.nii *.nii.gz *.nrrd *.mha *.png *.jpg *.jpeg)"


class InputsSection(Section):
    """What is shown, and in whose look."""

    def connect(self) -> None:
        """Connect signals."""
        self.ui.fillButton.clicked.connect(self.onFill)
        self.ui.bankSelector.currentIndexChanged.connect(self.onBank)
        self.ui.addStyleButton.clicked.connect(self.onAddStyle)
        self.ui.removeStyleButton.clicked.connect(self.onRemoveStyle)
        self._thumbnailOf = None
        self._fillBank()

    def onFill(self) -> None:
        """Choose the contrasts among the loaded volumes."""
        with self.guarded():
            self.logic.fillContrasts(self.parameters)
            if not self.logic.chosenContrasts(self.parameters):
                text = _("No loaded volume is known as T1, T1Gd, T2 or FLAIR by its name or DICOM values.")
                self.owner.say(text, "warning")
        self.owner.refresh()

    def onBank(self, _index: int = 0) -> None:
        """Keep the chosen style of the bank; a loaded style image gives way to it."""
        if self.parameters is not None and self.ui.bankSelector.count:
            self.parameters.bankStyle = self.ui.bankSelector.currentData or ""

    def onAddStyle(self) -> None:
        """Ask for a file and add it to the private bank."""
        path = qt.QFileDialog.getOpenFileName(self.ui.addStyleButton, _("Style image"), "", _FILTER)
        if not path:
            return
        with self.guarded():
            entry = self.logic.addOwnStyle(path)
            self._fillBank()
            self.parameters.style = None
            self.parameters.bankStyle = entry.key
            self.owner.say(_("Added to your bank on this computer: {title}").format(title=entry.title), "ready")
        self.owner.refresh()

    def onRemoveStyle(self) -> None:
        """Take the chosen own style out of the bank."""
        with self.guarded():
            self.logic.removeOwnStyle(self.parameters)
            self._fillBank()
        self.owner.refresh()

    def update(self) -> None:
        """Show the chosen style."""
        parameters = self.parameters
        if parameters is None:
            return
        entry = self.logic.bankEntry(parameters)
        loaded = parameters.style is not None
        self._showBank(parameters.bankStyle)
        scanner = parameters.method == SCANNER
        why = _("The scanner simulator needs no style.") if scanner else ""
        self.setEnabled(self.ui.styleSelector, not why, why)
        why = why or (_("A loaded image is the style. Choose 'From the bank'.") if loaded else "")
        self.setEnabled(self.ui.bankSelector, not why, why)
        own = entry is not None and entry.private
        self.setEnabled(self.ui.removeStyleButton, own, _("Only your own images can be removed."))
        self._showThumbnail(parameters)

    def _showThumbnail(self, parameters) -> None:
        with self.guarded():
            key = self.logic.thumbnailKey(parameters)
            if key == self._thumbnailOf:
                return
            self._thumbnailOf = key
            with self.logic.thumbnailFile(parameters) as file:
                if file is None:
                    self.ui.thumbnailLabel.clear()
                else:
                    self.ui.thumbnailLabel.pixmap = qt.QPixmap(str(file))

    def _showBank(self, key: str) -> None:
        selector = self.ui.bankSelector
        index = selector.findData(key)
        if index < 0 and any(entry.key == key for entry in self.logic.bankEntries()):
            self._fillBank()
            index = selector.findData(key)
        if index != selector.currentIndex:
            wasBlocked = selector.blockSignals(True)
            selector.setCurrentIndex(index)
            selector.blockSignals(wasBlocked)

    def _fillBank(self) -> None:
        with self.guarded():
            entries = self.logic.bankEntries()
            wasBlocked = self.ui.bankSelector.blockSignals(True)
            self.ui.bankSelector.clear()
            for entry in entries:
                self.ui.bankSelector.addItem(entry.title, entry.key)
            self.ui.bankSelector.blockSignals(wasBlocked)
