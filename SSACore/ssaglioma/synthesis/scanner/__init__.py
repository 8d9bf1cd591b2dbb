"""A simulator of MR scanners: parameters drawn from presets, and applied to real or synthetic volumes."""

from ssaglioma.synthesis.scanner.apply import GRIDS, apply_scan, scan_labels
from ssaglioma.synthesis.scanner.artifacts import Ghosting, Motion, Pose, Spike, Spikes, Wrap
from ssaglioma.synthesis.scanner.drawing import draw_scan
from ssaglioma.synthesis.scanner.effects import (
    BiasField,
    Displacement,
    FieldContrast,
    InPlane,
    Missing,
    Noise,
    ResidualSkull,
    Slices,
)
from ssaglioma.synthesis.scanner.live import SliceScanner
from ssaglioma.synthesis.scanner.parameters import ScanParameters
from ssaglioma.synthesis.scanner.presets import PRESETS, ScannerPreset, scanner_preset

__all__ = [
    "GRIDS",
    "PRESETS",
    "BiasField",
    "Displacement",
    "FieldContrast",
    "Ghosting",
    "InPlane",
    "Missing",
    "Motion",
    "Noise",
    "Pose",
    "ResidualSkull",
    "ScanParameters",
    "ScannerPreset",
    "SliceScanner",
    "Slices",
    "Spike",
    "Spikes",
    "Wrap",
    "apply_scan",
    "draw_scan",
    "scan_labels",
    "scanner_preset",
]
