"""Can one case be trained on? Its contrasts, labels and geometry are read and judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssaglioma.errors import SSAGliomaError
from ssaglioma.labels import LabelScheme, Sequence
from ssaglioma.training.style_provenance import is_stylised, patient_of
from ssaglioma.volume import Case, Volume, check_same_grid, read_labelmap, read_volume, to_canonical

LEVELS = ("ok", "warning", "error")
_THICK_MM = 3.5
_THUMBNAIL_EDGE = 96
_LEAST_TUMOUR_ML = 0.05


@dataclass(frozen=True)
class Finding:
    """One remark.

    Attributes
    ----------
    level : str
        'warning' or 'error'; a case with an error cannot be trained on.
    text : str
    """

    level: str
    text: str


@dataclass(frozen=True)
class CaseCheck:
    """One case.

    Attributes
    ----------
    name, patient : str
    sequences : tuple of str
        Names of the contrasts that are there.
    labelled : bool
    shape : tuple of int
        (Z, Y, X); empty if it could not be read.
    spacing_zyx_mm : tuple of float
    volumes_ml : dict of str to float
        Volume of each region in the reference.
    findings : tuple of Finding
    picture : ndarray of uint8 or None
        Small axial picture through the largest tumour slice.
    digest : str
        Of the voxels alone.
    """

    name: str
    patient: str
    sequences: tuple[str, ...]
    labelled: bool
    shape: tuple[int, ...] = ()
    spacing_zyx_mm: tuple[float, ...] = ()
    volumes_ml: dict[str, float] | None = None
    findings: tuple[Finding, ...] = ()
    picture: np.ndarray | None = None
    digest: str = ""

    @property
    def level(self) -> str:
        """The worst of its findings: 'ok', 'warning' or 'error'."""
        return worst(self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; the picture is left out."""
        return {
            "name": self.name,
            "patient": self.patient,
            "level": self.level,
            "sequences": list(self.sequences),
            "labelled": self.labelled,
            "shape": list(self.shape),
            "spacing_zyx_mm": [round(value, 4) for value in self.spacing_zyx_mm],
            "volumes_ml": {name: round(value, 3) for name, value in (self.volumes_ml or {}).items()},
            "findings": [{"level": finding.level, "text": finding.text} for finding in self.findings],
        }


def check_case(case: Case, labels: bool, channels: Seq[Sequence], scheme: LabelScheme) -> CaseCheck:
    """Read a case and say what is wrong with it; `labels` tells whether it needs a labelmap."""
    known: dict[str, Any] = {
        "name": case.name,
        "patient": patient_of(case.name),
        "sequences": tuple(sequence.display_name for sequence in case.sequences),
        "labelled": case.reference is not None,
    }
    findings = []
    missing = [channel.display_name for channel in channels if channel not in case.sequences]
    if missing:
        findings.append(Finding("error" if labels else "warning", f"Missing: {', '.join(missing)}"))
    if labels and case.reference is None:
        findings.append(Finding("error", "No labelmap (CASE-seg.nii.gz beside the images)"))
    if is_stylised(case):
        findings.append(Finding("warning", "A stylised copy: it belongs to training, never to the held-out cases"))
    try:
        images = {sequence: read_volume(path) for sequence, path in case.sequences.items()}
        reference = None if case.reference is None else read_labelmap(case.reference, scheme)
        beside = {} if reference is None else {"labels": reference}
        check_same_grid({**{key.display_name: value for key, value in images.items()}, **beside})
    except SSAGliomaError as error:
        return CaseCheck(**known, findings=(*findings, Finding("error", str(error))))
    first = next(iter(images.values()))
    findings += findings_of(images, reference, scheme)
    return CaseCheck(
        **known,
        shape=first.shape,
        spacing_zyx_mm=first.spacing_zyx_mm,
        volumes_ml=None if reference is None else _volumes(reference, scheme),
        findings=tuple(findings),
        picture=_picture(list(images.values())[-1], reference),
        digest=voxel_digest(images.values()),
    )


def findings_of(images: dict[Sequence, Volume], labels: Volume | None, scheme: LabelScheme) -> list[Finding]:
    """Return what is wrong with the images and labels of one case, which are on one grid."""
    return [*_image_findings(images), *_label_findings(labels, scheme)]


def _image_findings(images: dict[Sequence, Volume]) -> list[Finding]:
    findings = []
    for sequence, volume in images.items():
        name = sequence.display_name
        if volume.array.dtype.kind == "f" and not np.isfinite(volume.array).all():
            findings.append(Finding("error", f"{name} holds NaN or infinity"))
        elif volume.array.min() == volume.array.max():
            findings.append(Finding("error", f"{name} is empty: all voxels are {volume.array.flat[0]:g}"))
    first = next(iter(images.values()))
    if max(first.spacing_zyx_mm) > _THICK_MM:
        findings.append(Finding("warning", f"Thick slices ({max(first.spacing_zyx_mm):.1f} mm): a 2D network fits"))
    if all(float((volume.array == volume.array.flat[0]).mean()) < 0.2 for volume in images.values()):
        findings.append(Finding("warning", "The background is not 0: the skull may not be stripped"))
    return findings


def _label_findings(reference: Volume | None, scheme: LabelScheme) -> list[Finding]:
    if reference is None:
        return []
    volumes = _volumes(reference, scheme)
    if max(volumes.values()) < _LEAST_TUMOUR_ML:
        return [Finding("warning", "The labelmap is empty: no tumor to learn from")]
    absent = [name for name, volume in volumes.items() if volume == 0]
    return [Finding("warning", f"No {', '.join(absent)} in the labels")] if absent else []


def _volumes(reference: Volume, scheme: LabelScheme) -> dict[str, float]:
    voxel = reference.voxel_volume_ml
    return {name: float(scheme.mask(reference.array, name).sum()) * voxel for name in scheme.regions}


def voxel_digest(images: Iterable[Volume]) -> str:
    """Return a digest of the voxels alone: the same images under other names have the same."""
    digest = hashlib.sha256()
    for volume in images:
        digest.update(np.ascontiguousarray(to_canonical(volume).array.astype(np.float32)).tobytes())
    return digest.hexdigest()


def _picture(volume: Volume, reference: Volume | None) -> np.ndarray:
    array = to_canonical(volume).array
    middle = array.shape[0] // 2
    if reference is not None and reference.array.any():
        middle = int((to_canonical(reference).array > 0).sum(axis=(1, 2)).argmax())
    image = np.nan_to_num(array[middle].astype(np.float32))
    step = max(1, round(max(image.shape) / _THUMBNAIL_EDGE))
    low, high = np.percentile(image, (1, 99.5))
    scaled = np.clip((image[::step, ::step] - low) / max(float(high - low), 1e-6), 0, 1)
    return (255 * scaled).astype(np.uint8)


def worst(findings: Iterable[Finding]) -> str:
    """Return the worst level: 'ok', 'warning' or 'error'."""
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")
