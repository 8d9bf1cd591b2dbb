"""Four scanners as ranges of physical parameters, each with where its numbers come from.

References
----------
[Wogu] Wogu et al., Sci Data 2025;12:518: clinical T1, T2 and FLAIR of Nigerian hospitals from 0.3 T and 1.5 T.
[Adewole] Adewole et al., arXiv:2305.19369: the BraTS-Africa cases come from clinical scanners in Sub-Saharan Africa.
[Marques] Marques et al., J Magn Reson Imaging 2019;49:1528-1542: signal to noise and contrast at 0.25 to 1 T.
[Wald] Wald et al., J Magn Reson Imaging 2020;52:686-696: small and cheap scanners.
[Deoni] Deoni et al., NeuroImage 2021;238:118273: brains at 64 mT; T2 at 1.5 x 1.5 x 5 mm.
[Mazurek] Mazurek et al., Nat Commun 2021;12:5119: bedside brain imaging at 64 mT, 1.6 x 1.6 x 5 mm for T2 and FLAIR.
[BTIP] Ellingson et al., Neuro-Oncology 2015;17:1188-1198: the brain tumor imaging protocol; 3D T1 at 1 to 1.5 mm.
[BrainWeb] Kwan et al., IEEE Trans Med Imaging 1999;18:1085-1097: simulated brains with 20 % and 40 % of bias.
[ULF] the simulation github.com/toufiqmusah/ULF-Synth: SNR 15 to 50, 45 to 55 % of k-space, for 64 mT.
[header] One patient's clinical scans (TCGA): 0.9 x 0.9 x 5.5 mm.
[fit] scripts/fit_ssa_scanner.py: fitted to 52 published slices of BraTS-SSA cases, as what is added to real BraTS
    cases on their 1 mm grid (Testing/benchmarks/RESULTS.md). Nothing across the slice can be fitted to them.
Where a source says 'estimate' nobody measured the number: it is a guess from the physics that is named beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ssaglioma.errors import DatasetError

Range = tuple[float, float]


@dataclass(frozen=True)
class ScannerPreset:
    """Ranges that a scan is drawn from, uniformly; a chance is that of the effect in one sequence.

    Attributes
    ----------
    name, title : str
    field_mt : float
    thickness_mm, gap_mm, in_plane_mm, snr, bias_percent : tuple of 2 floats
    profile : str
        Of the slices.
    gibbs : tuple of 2 floats
        Sharpness of the end of k-space.
    motion_chance, ghost_chance, spike_chance, wrap_chance, missing_chance : float
    motion_mm, motion_degrees : float
        Largest movement.
    ghost_percent : tuple of 2 floats
    registration_mm, registration_degrees : float
        Largest error of registration along and about one axis.
    sources : mapping of str to str
        Where each number comes from.
    """

    name: str
    title: str
    field_mt: float
    thickness_mm: Range
    gap_mm: Range
    in_plane_mm: Range
    snr: Range
    bias_percent: Range
    profile: str = "sinc"
    gibbs: Range = (0.5, 1.0)
    motion_chance: float = 0.1
    motion_mm: float = 2.0
    motion_degrees: float = 2.0
    ghost_chance: float = 0.1
    ghost_percent: Range = (2.0, 6.0)
    spike_chance: float = 0.02
    wrap_chance: float = 0.0
    missing_chance: float = 0.0
    registration_mm: float = 0.5
    registration_degrees: float = 0.5
    sources: Mapping[str, str] = field(default_factory=dict)


_SHARED = {
    "gibbs": "estimate: vendors soften the end of k-space by different amounts",
    "ghost_percent": "estimate: pulsation of vessels and cerebrospinal fluid",
    "spike_chance": "estimate: rare",
    "profile": "sinc: the usual pulse of 2D slices; gaussian: a stand-in for 3D encoding",
    "wrap_chance": "estimate; off where the head fits into the field of view",
}

_PRESETS = (
    ScannerPreset(
        name="3T_research",
        title="3 T research scanner, thin slices",
        field_mt=3000,
        thickness_mm=(1.0, 1.5),
        gap_mm=(0.0, 0.0),
        in_plane_mm=(1.0, 1.0),
        snr=(30, 50),
        bias_percent=(20, 40),
        profile="gaussian",
        motion_chance=0.05,
        ghost_chance=0.05,
        registration_mm=0.2,
        registration_degrees=0.2,
        sources={
            **_SHARED,
            "thickness_mm": "[BTIP] 3D T1 at 1 to 1.5 mm; thin T2 and FLAIR as research protocols have them",
            "gap_mm": "3D encoding leaves no gap",
            "in_plane_mm": "[BTIP]",
            "snr": "estimate: twice that of 1.5 T at equal voxels and time (SNR grows with the field, [Marques])",
            "bias_percent": "[BrainWeb]",
            "motion_chance": "estimate: volunteers and short sequences",
            "registration_mm": "estimate: a fifth of a voxel",
        },
    ),
    ScannerPreset(
        name="1.5T_ssa",
        title="1.5 T scanner of a Sub-Saharan hospital, thick slices",
        field_mt=1500,
        thickness_mm=(4.0, 6.0),
        gap_mm=(0.4, 1.5),
        in_plane_mm=(1.2, 1.4),
        snr=(80, 160),
        bias_percent=(15, 40),
        gibbs=(0.0, 0.3),
        motion_chance=0.15,
        motion_mm=3.0,
        motion_degrees=3.0,
        ghost_chance=0.15,
        missing_chance=0.03,
        registration_mm=1.0,
        registration_degrees=1.0,
        sources={
            **_SHARED,
            "field_mt": "[Wogu]",
            "thickness_mm": "[header] 5.5 mm; the range about it is an estimate",
            "gap_mm": "estimate: a tenth to a quarter of the thickness",
            "in_plane_mm": "[fit] 1.20 to 1.37 mm ([header] 0.9 mm, before the resampling of the challenge)",
            "gibbs": "[fit] 0.08 (0.01 to 0.15), widened by 0.2: a smooth end of k-space, as resampling leaves it",
            "snr": "[fit] least SNR 83 to 97, near the end of the search: less was rejected. Upper end estimate: "
            "half that of 3 T ([Marques]), for voxels six to eight times as large",
            "bias_percent": "[BrainWeb] 20 % and 40 %; the lower end is an estimate",
            "motion_chance": "estimate: one of four sequences in about half of the cases",
            "missing_chance": "estimate",
            "registration_mm": "estimate: a voxel in the plane",
        },
    ),
    ScannerPreset(
        name="0.3T_permanent",
        title="0.3 T open scanner with a permanent magnet",
        field_mt=300,
        thickness_mm=(5.0, 7.0),
        gap_mm=(0.5, 2.0),
        in_plane_mm=(1.1, 1.6),
        snr=(12, 20),
        bias_percent=(20, 45),
        motion_chance=0.25,
        motion_mm=4.0,
        motion_degrees=4.0,
        ghost_chance=0.2,
        wrap_chance=0.03,
        missing_chance=0.05,
        registration_mm=1.5,
        registration_degrees=1.5,
        sources={
            **_SHARED,
            "field_mt": "[Wogu] 0.3 T scanners are in use in Nigeria",
            "thickness_mm": "estimate: thicker voxels buy signal ([Marques])",
            "gap_mm": "estimate",
            "in_plane_mm": "estimate",
            "snr": "estimate: SNR falls about as the field ([Marques]), and voxels and averages win a part of it back",
            "bias_percent": "estimate: waves are long at 13 MHz, but receive coils close to the head are uneven",
            "motion_chance": "estimate: averages make sequences long",
            "missing_chance": "estimate",
            "registration_mm": "estimate: noisy images register worse",
        },
    ),
    ScannerPreset(
        name="64mT",
        title="64 mT portable scanner",
        field_mt=64,
        thickness_mm=(5.0, 5.0),
        gap_mm=(0.0, 0.0),
        in_plane_mm=(1.5, 2.0),
        snr=(10, 18),
        bias_percent=(20, 45),
        profile="gaussian",
        gibbs=(0.0, 0.6),
        motion_chance=0.25,
        motion_mm=4.0,
        motion_degrees=4.0,
        ghost_chance=0.1,
        spike_chance=0.05,
        missing_chance=0.05,
        registration_mm=2.0,
        registration_degrees=2.0,
        sources={
            **_SHARED,
            "thickness_mm": "[Deoni], [Mazurek]",
            "gap_mm": "3D encoding leaves no gap",
            "in_plane_mm": "[Deoni] 1.5 mm, [Mazurek] 1.6 mm; upper end [ULF] (45 to 55 % of k-space at 1 mm)",
            "snr": "low end of [ULF] (15 to 50) and below it, an estimate: not less noisy than 0.3 T",
            "bias_percent": "estimate: small receive coil close to the head ([Wald])",
            "motion_chance": "estimate: bedside patients, minutes of scan for each sequence",
            "spike_chance": "estimate: no shielded room, so outside interference is likelier",
            "missing_chance": "estimate",
            "registration_mm": "estimate: half a voxel of 5 mm through the plane",
        },
    ),
)

PRESETS: Mapping[str, ScannerPreset] = MappingProxyType({preset.name: preset for preset in _PRESETS})


def scanner_preset(name: str) -> ScannerPreset:
    """Return a preset by name.

    Raises
    ------
    DatasetError
        If there is none of this name.
    """
    if name not in PRESETS:
        raise DatasetError(f"The scanner {name!r} is not known", expected=f"one of {list(PRESETS)}")
    return PRESETS[name]
