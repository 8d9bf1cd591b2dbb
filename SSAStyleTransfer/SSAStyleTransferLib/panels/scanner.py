"""The Scanner tab: presets, a switch and sliders for each effect."""

from __future__ import annotations

from slicer.i18n import tr as _

from SSAStyleTransferLib.panels.base import Section
from SSAStyleTransferLib.scanner import EFFECTS

_SLIDERS = {
    "scanSlices": ("scanThicknessSlider", "scanGapSlider"),
    "scanInPlane": ("scanPixelSlider", "scanGibbsSlider"),
    "scanNoise": ("scanSnrSlider",),
    "scanBias": ("scanBiasPercentSlider",),
    "scanMotion": ("scanMotionMmSlider",),
    "scanGhosting": ("scanGhostPercentSlider",),
    "scanSpikes": ("scanSpikePercentSlider",),
    "scanWrap": ("scanFovSlider",),
    "scanContrast": ("scanFieldSlider",),
}


class ScannerSection(Section):
    """Knobs of the simulated scanner."""

    def connect(self) -> None:
        """Connect signals."""
        for name in self.logic.presetNames():
            self.ui.presetSelector.addItem(self.logic.presetTitle(name), name)
        self.ui.presetButton.clicked.connect(self.onPreset)
        self.ui.allOffButton.clicked.connect(self.onAllOff)
        self.ui.onlyButton.clicked.connect(self.onOnly)
        self.ui.showScannerButton.clicked.connect(self.onShow)
        for field, sliders in _SLIDERS.items():
            getattr(self.ui, f"{field}CheckBox").toggled.connect(self._touches(field))
            for name in sliders:
                getattr(self.ui, name).valueChanged.connect(self._touches(field))
        self._last = EFFECTS[0]
        self._preset = ""

    def onPreset(self) -> None:
        """Set the knobs to a scanner's usual values."""
        with self.guarded():
            last = self._last
            self.logic.setPreset(self.parameters, self.ui.presetSelector.currentData)
            self._last = last  # the knobs that moved were not touched by the user
        self.owner.refresh()

    def onAllOff(self) -> None:
        """Switch every effect off."""
        with self.guarded():
            self.logic.switchAllOff(self.parameters)

    def onOnly(self) -> None:
        """Leave only the effect that was touched last."""
        with self.guarded():
            self.logic.switchOnly(self.parameters, self._last)

    def onShow(self) -> None:
        """Choose the scanner as the method."""
        with self.guarded():
            self.logic.chooseMethod(self.parameters, "scanner")
        self.owner.refresh()

    def update(self) -> None:
        """Show which effects are on."""
        parameters = self.parameters
        if parameters is None:
            return
        for field, sliders in _SLIDERS.items():
            for name in sliders:
                self.setEnabled(getattr(self.ui, name), getattr(parameters, field), _("Switch the effect on first."))
        used = parameters.method == "scanner"
        self.setEnabled(self.ui.showScannerButton, not used, _("The preview shows the scanner already."))
        if parameters.scanPreset != self._preset:
            self._preset = parameters.scanPreset
            self.ui.presetSelector.setCurrentIndex(self.ui.presetSelector.findData(self._preset))
        self.ui.presetLabel.text = _("Last set: {title}").format(title=self.logic.presetTitle(parameters.scanPreset))
        self.ui.scannerLabel.text = self.logic.scannerText(parameters)
        self.ui.onlyButton.toolTip = _("Switch every effect off but '{name}', which was touched last.").format(
            name=getattr(self.ui, f"{self._last}CheckBox").text
        )

    def _touches(self, field: str):
        def touched(_value=None) -> None:
            self._last = field

        return touched
