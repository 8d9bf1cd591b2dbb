"""Which image series are no input at all, by name, tags and voxels.

Words are English, French and Portuguese, as scanners and archives of our users write them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import SimpleITK

from ssaglioma.preprocessing.assignment import words_of
from ssaglioma.preprocessing.rigid import foreground_of, shrunk
from ssaglioma.volume import Volume, to_canonical
from ssaglioma.volume.sitk import to_sitk

LEAST_SLICES = 5
LEAST_HEAD_MM = 70.0
MASK_REASON, NOT_MR = "it is a mask or labelmap", "its modality is"
USELESS = ("it has", "it is empty")
"""How the reasons begin against which no choice of the user's helps."""
_SIDES_MM, _DEPTH_MM = (95.0, 225.0), (105.0, 275.0)
_MOST_CUT_SHARE, _HEAD_VOXEL_MM = 0.5, 4.0
_MASK_KINDS, _LABEL_KINDS, _EQUAL_SHARE = 8, 200, 0.7


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LOCALISER = _words(
    "localizer localiser localizador localisateur loc scout scano survey reperage topogram topograma 3plane threeplane "
    "calibration calibracao pilot"
)
_DERIVED = _words(
    "adc eadc fa trace tracew mip minip subtraction soustraction subtracao screenshot capture captura screensave "
    "colfa tensor cbf cbv mtt tmax ttp ktrans projection projected rcbv"
)
_OTHER_KIND = _words(
    "dwi dti diffusion difusao diff b0 b1000 swi swan perf perfusion perfusao dsc dce asl tof mra angio phase "
    "fieldmap spectro spectroscopy espectroscopia bold fmri pd dp stir"
)
_MASK = _words(
    "seg label labels mask brainmask dseg segmentation segmentacao mascara masque prediction probability doubt "
    "difference"
)
_ELSEWHERE = _words(
    "spine cspine tspine lspine cervical lumbar lombar lombaire thoracic coluna rachis colonne chest thorax torax "
    "abdomen pelvis pelve bassin knee joelho genou shoulder ombro epaule hip quadril hanche heart cardiac coracao "
    "coeur breast mama sein prostate prostata liver figado foie"
)
_HEAD_PARTS = _words("head brain skull cranio craneo crane encephale encefalo cerebro cerveau neuro tete")
_DERIVED_TYPES = {"adc", "fa", "tracew", "mip", "minip", "projection", "subtract", "subtraction", "screen"}
_PHASE_TYPES = {"p", "phase", "i", "imaginary", "velocity"}
_SUFFIX = re.compile(r"\.(nii(\.gz)?|nrrd|nhdr|mha|mhd)$", re.I)


def reason_by_text(name: str, tags: Mapping[str, str], slices: int = 0) -> str:
    """Return why a series cannot be one of the four inputs, judged by names and tags; empty if it can.

    Parameters
    ----------
    slices : int
        Number of DICOM slices, 0 where it is not known.
    """
    modality = tags.get("Modality") or "MR"
    if modality != "MR":
        return f"{NOT_MR} {modality!r} and not MR"
    parts = [part.strip().lower() for part in tags.get("ImageType", "").split("\\")]
    kinds = set(words_of(" ".join(parts)))
    words = set(words_of(_SUFFIX.sub("", f"{name} {tags.get('SeriesDescription', '')}")))
    body = set(words_of(tags.get("BodyPartExamined", "")))
    other = words & _OTHER_KIND
    if {"t2", "t2w"} & words:
        other -= {"pd", "dp"}  # two echoes of one series
    for found, reason in (
        (words & _MASK, MASK_REASON),
        ((kinds & {"localizer"}) | (words & _LOCALISER), "it is a localiser"),
        ((kinds & _DERIVED_TYPES) | (words & _DERIVED), "it is derived from other images"),
        (set(parts[2:4]) & _PHASE_TYPES, "it is a phase image"),
        (other, "it is another kind of image"),
        ((body | words) & _ELSEWHERE if not body & _HEAD_PARTS else set(), "it shows another part of the body"),
    ):
        if found:
            return f"{reason} ({sorted(found)[0]!r})"
    if 0 < slices < LEAST_SLICES:
        return f"it has {slices} slices, fewer than {LEAST_SLICES}"
    return ""


def reason_by_voxels(volume: Volume) -> str:
    """Return why a volume cannot be an input: too few slices, empty, a mask, no whole head; empty if it can."""
    if min(volume.shape) < LEAST_SLICES:
        return f"it has {min(volume.shape)} slices, fewer than {LEAST_SLICES}"
    sample = volume.array[:: max(1, volume.shape[0] // 16), ::2, ::2]
    kinds = len(set(sample.ravel()[:200000].tolist()))
    if kinds <= 1 and len(set(volume.array.ravel()[::7].tolist())) <= 1:
        return "it is empty"
    if kinds <= _MASK_KINDS or (kinds <= _LABEL_KINDS and _is_patchy(sample)):
        return f"{MASK_REASON} ({kinds} different values)"
    return _reason_by_extent(volume)


def _is_patchy(sample: np.ndarray) -> bool:
    """Tell whether most neighbours inside the foreground are equal, as in a labelmap of many structures."""
    pairs = np.stack([sample[:, :, 1:], sample[:, :, :-1]]).reshape(2, -1)
    pairs = pairs[:, (pairs != sample.min()).all(axis=0)]
    return pairs.shape[1] > 0 and float((pairs[0] == pairs[1]).mean()) > _EQUAL_SHARE


def _reason_by_extent(volume: Volume) -> str:
    """Why the foreground is no whole head: too small or large, or cut off on both sides; empty if it is one."""
    image = shrunk(SimpleITK.Cast(to_sitk(to_canonical(volume)), SimpleITK.sitkFloat32), _HEAD_VOXEL_MM)
    mask = SimpleITK.GetArrayFromImage(foreground_of(image)) > 0
    if not mask.any():
        return "it is empty"
    spans = []
    for axis, step in enumerate(reversed(image.GetSpacing())):
        filled = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        spans.append((int(filled[-1]) - int(filled[0]) + 1) * step)
    height, depth, sides = spans
    if not _SIDES_MM[0] <= sides <= _SIDES_MM[1] or not _DEPTH_MM[0] <= depth <= _DEPTH_MM[1]:
        return f"it shows no whole head: what it shows is {sides:.0f} mm wide and {depth:.0f} mm deep"
    if height < LEAST_HEAD_MM:
        return f"it covers only {height:.0f} mm of the head from top to bottom, less than {LEAST_HEAD_MM:.0f} mm"
    cut = min(float(mask[:, :, edge].mean()) for edge in (0, -1))
    if cut > _MOST_CUT_SHARE:
        return f"it shows no whole head: the body is cut off on both sides ({cut:.0%} of either edge)"
    return ""
