"""The scanner's knobs: from sliders to the simulator's physical parameters, and presets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

if TYPE_CHECKING:
    from ssaglioma.synthesis.scanner import ScanParameters
    from ssaglioma.volume import Volume

EFFECTS = (
    *("scanSlices", "scanInPlane", "scanNoise", "scanBias", "scanMotion", "scanGhosting", "scanSpikes", "scanWrap"),
    "scanContrast",
)
"""Switches of the effects, in the order of the panel."""
NO_SEQUENCE = "none"
_DIGITS = {"scanThickness": 1, "scanGap": 1, "scanPixel": 2, "scanGibbs": 2, "scanMotionMm": 1}
"""Decimals of the sliders; whole numbers where none are named."""
_MOTION_AT = 0.7
_SPIKE_PLACE = (0.3, 0.2)
_FULL_FIELD_MT = 3000.0


class ScannerLogic:
    """Knobs and presets; part of `SSAStyleTransferLogic`."""

    def presetNames(self) -> list[str]:
        """Return the names of the scanners."""
        from ssaglioma.synthesis.scanner import PRESETS

        return list(PRESETS)

    def presetTitle(self, name: str) -> str:
        """Return a scanner's name for people."""
        from ssaglioma.synthesis.scanner import scanner_preset

        return scanner_preset(name).title

    def setPreset(self, parameters, name: str) -> None:
        """Set all knobs to one scan of a scanner, drawn with the seed.

        Raises
        ------
        DatasetError
            If there is no such scanner.
        """
        import numpy as np

        from ssaglioma.synthesis.scanner import draw_scan

        self.setKnobs(parameters, draw_scan(name, np.random.default_rng(parameters.seed)), name)

    def setKnobs(self, parameters, scan: ScanParameters, name: str) -> None:
        """Show the parameters of a scan in the knobs; what is off keeps its last value."""
        values = {"scanPreset": name, "scanMissing": scan.missing.sequences[0] if scan.missing else NO_SEQUENCE}
        if scan.slices:
            values |= {"scanThickness": scan.slices.thickness_mm, "scanGap": scan.slices.gap_mm}
        if scan.in_plane:
            pixel = (scan.in_plane.phase_mm + scan.in_plane.read_mm) / 2
            values |= {"scanPixel": pixel, "scanGibbs": scan.in_plane.gibbs}
        if scan.noise:
            values["scanSnr"] = scan.noise.snr
        if scan.bias:
            values["scanBiasPercent"] = scan.bias.peak_to_peak_percent
        if scan.motion:
            values["scanMotionMm"] = max(abs(one) for pose in scan.motion.poses for one in pose.shift_mm)
        if scan.ghosting:
            values["scanGhostPercent"] = scan.ghosting.percent
        if scan.spikes:
            values["scanSpikePercent"] = scan.spikes.spikes[0].percent
        if scan.wrap:
            values["scanFov"] = scan.wrap.field_of_view_mm
        if scan.contrast:
            values["scanField"] = scan.contrast.to_mt
        made = (scan.slices, scan.in_plane, scan.noise, scan.bias, scan.motion, scan.ghosting, scan.spikes, scan.wrap)
        values |= {field: effect is not None for field, effect in zip(EFFECTS, (*made, scan.contrast))}
        with slicer.util.NodeModify(parameters.parameterNode):
            for field, value in values.items():
                shown = round(value, _DIGITS.get(field, 0)) if isinstance(value, float) else value
                setattr(parameters, field, shown)

    def switchAllOff(self, parameters) -> None:
        """Switch every effect off."""
        with slicer.util.NodeModify(parameters.parameterNode):
            for field in EFFECTS:
                setattr(parameters, field, False)
            parameters.scanMissing = NO_SEQUENCE

    def switchOnly(self, parameters, field: str) -> None:
        """Switch every effect off but one.

        Raises
        ------
        DatasetError
            If there is no such effect.
        """
        from ssaglioma.errors import DatasetError

        if field not in EFFECTS:
            raise DatasetError(f"The effect {field!r} is not known", expected=f"one of {EFFECTS}")
        with slicer.util.NodeModify(parameters.parameterNode):
            self.switchAllOff(parameters)
            setattr(parameters, field, True)

    def scanParameters(self, parameters, plane: str = "axial", missing: bool = True) -> ScanParameters:
        """Return what the knobs say as the simulator's parameters; the seed names noise and coil.

        Parameters
        ----------
        plane : str
            Of the slices: 'axial', 'coronal' or 'sagittal'.
        missing : bool
            Whether a missing sequence is left out, too.
        """
        from ssaglioma.synthesis import scanner

        made = {
            "scanSlices": lambda: scanner.Slices(parameters.scanThickness, parameters.scanGap, plane),
            "scanInPlane": lambda: scanner.InPlane(parameters.scanPixel, parameters.scanPixel, parameters.scanGibbs),
            "scanNoise": lambda: scanner.Noise(parameters.scanSnr, parameters.seed),
            "scanBias": lambda: scanner.BiasField(parameters.scanBiasPercent, parameters.seed),
            "scanMotion": lambda: scanner.Motion((_pose(parameters.scanMotionMm),)),
            "scanGhosting": lambda: scanner.Ghosting(percent=parameters.scanGhostPercent),
            "scanSpikes": lambda: scanner.Spikes((scanner.Spike(_SPIKE_PLACE, parameters.scanSpikePercent),)),
            "scanWrap": lambda: scanner.Wrap(parameters.scanFov),
            "scanContrast": lambda: scanner.FieldContrast(_FULL_FIELD_MT, parameters.scanField),
        }
        names = ("slices", "in_plane", "noise", "bias", "motion", "ghosting", "spikes", "wrap", "contrast")
        effects = {name: made[field]() for field, name in zip(EFFECTS, names) if getattr(parameters, field)}
        if missing and parameters.scanMissing != NO_SEQUENCE:
            effects["missing"] = scanner.Missing((parameters.scanMissing,))
        return scanner.ScanParameters(**effects)

    def scanOf(self, parameters, volume: Volume, axis: int, missing: bool = True) -> ScanParameters:
        """Return the parameters for an image whose slices are stacked along an axis of the canonical volume.

        Without thick slices, the simulator takes slices for axial; those of other images are named to it.
        """
        from ssaglioma.synthesis.scanner.effects import PLANES

        scan = self.scanParameters(parameters, PLANES[axis], missing)
        if scan.slices is not None or axis == 0:
            return scan
        return scan.changed({"slices.thickness_mm": volume.spacing_zyx_mm[axis], "slices.plane": PLANES[axis]})

    def scannerText(self, parameters) -> str:
        """Return a sentence on what the knobs do."""
        count = sum(bool(getattr(parameters, field)) for field in EFFECTS)
        text = _("{count} of {all} effects are on.").format(count=count, all=len(EFFECTS)) if count else _("All off.")
        if parameters.scanMissing != NO_SEQUENCE:
            from ssaglioma.labels import Sequence

            name = Sequence(parameters.scanMissing).display_name
            text += " " + _("{name} is left out when applied to all four.").format(name=name)
        return text


def _pose(far_mm: float):
    from ssaglioma.synthesis.scanner import Pose

    return Pose(_MOTION_AT, (far_mm, 0.0), far_mm)
