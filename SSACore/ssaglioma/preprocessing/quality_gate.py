"""Limits of the quality gate, and what the figures of a case say against them; nothing is refused here.

Where the limits come from: slices and pixels, the brain tumor imaging protocol (Ellingson et al. 2015) and what clinics
really scan (5.5 mm); brain volume, adults (Bethlehem et al., Nature 604, 2022), with fluid and swelling; noise and
ghosts, scans of `synthesis.scanner` (Testing/benchmarks/bench_intake.py); looks, the training cases (`training_look`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ssaglioma.evaluation.quality import LIGHTS, Finding, Value, graded
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.image_measures import ImageMeasures
from ssaglioma.preprocessing.slot_check import SlotDoubt


@dataclass(frozen=True)
class QualityLimits:
    """Two numbers for each figure: where amber begins, and where red does.

    Attributes
    ----------
    slices, slice_mm, pixel_mm, edge_cm2, coverage_percent, snr, ghost_percent : tuple of 2 floats
    shading_percent : tuple of 2 floats
        Where it was not corrected.
    corrected_shading_percent : float
        Amber begins here even where it was corrected.
    alignment_mm : tuple of 2 floats
        There and back.
    brain_ml, possible_brain_ml : tuple of 2 floats
        Least and most; amber outside the first, red outside the second.
    mask_agreement : tuple of 2 floats
        Dice.
    look_factor : tuple of 2 floats
        Of the largest distance among the training cases.
    sequence_confidence : tuple of 2 floats
    """

    slices: tuple[float, float] = (18, 10)
    slice_mm: tuple[float, float] = (6.6, 10.0)
    pixel_mm: tuple[float, float] = (1.5, 3.0)
    edge_cm2: tuple[float, float] = (40.0, 100.0)
    coverage_percent: tuple[float, float] = (93.0, 75.0)
    snr: tuple[float, float] = (12.0, 5.0)
    ghost_percent: tuple[float, float] = (5.0, 12.0)
    shading_percent: tuple[float, float] = (60.0, 110.0)
    corrected_shading_percent: float = 90.0
    alignment_mm: tuple[float, float] = (1.5, 2.5)
    brain_ml: tuple[float, float] = (950.0, 2000.0)
    possible_brain_ml: tuple[float, float] = (600.0, 2400.0)
    mask_agreement: tuple[float, float] = (0.9, 0.8)
    look_factor: tuple[float, float] = (1.0, 2.0)
    sequence_confidence: tuple[float, float] = (0.9, 0.6)


LIMITS = QualityLimits()


def image_findings(sequence: Sequence, found: ImageMeasures, limits: QualityLimits = LIMITS) -> list[Finding]:
    """Return what the figures of one image say."""
    name = sequence.display_name
    findings = [
        Finding(
            "slices",
            graded(found.slices, *limits.slices),
            name,
            {"slices": found.slices, "limit": int(limits.slices[0])},
        ),
        Finding(
            "slice_thickness",
            graded(found.slice_mm, *limits.slice_mm),
            name,
            {"mm": found.slice_mm, "limit": limits.slice_mm[0]},
        ),
        Finding(
            "pixel_size",
            graded(found.pixel_mm, *limits.pixel_mm),
            name,
            {"mm": found.pixel_mm, "limit": limits.pixel_mm[0]},
        ),
        Finding(
            "brain_cut",
            graded(found.edge_cm2, *limits.edge_cm2),
            name,
            {"cm2": found.edge_cm2, "limit": limits.edge_cm2[0]},
        ),
        Finding("noise", graded(found.snr, *limits.snr), name, {"snr": found.snr, "limit": limits.snr[0]}),
    ]
    if found.ghost_percent is not None:
        light = graded(found.ghost_percent, *limits.ghost_percent)
        findings.append(Finding("ghosts", light, name, {"percent": found.ghost_percent}))
    return findings


def shading_finding(sequence: Sequence, percent: float, *, corrected: bool, limits: QualityLimits = LIMITS) -> Finding:
    """Return what the coil's field says of an image."""
    if corrected:
        light = graded(percent, limits.corrected_shading_percent, float("inf"))
        return Finding("shading", light, sequence.display_name, {"percent": percent})
    light = graded(percent, *limits.shading_percent)
    return Finding("shading_left", light, sequence.display_name, {"percent": percent})


def coverage_finding(sequence: Sequence, percent: float, limits: QualityLimits = LIMITS) -> Finding:
    """Return what the share of the brain inside an image's field of view says."""
    return Finding("coverage", graded(percent, *limits.coverage_percent), sequence.display_name, {"percent": percent})


def alignment_finding(
    sequence: Sequence, reference: Sequence, disagreement_mm: float, limits: QualityLimits = LIMITS
) -> Finding:
    """Return what the two ways of an alignment say."""
    values: dict[str, Value] = {"reference": reference.display_name, "mm": disagreement_mm}
    return Finding("alignment", graded(disagreement_mm, *limits.alignment_mm), sequence.display_name, values)


def brain_findings(
    volume_ml: float, method: str, agreement: float | None, limits: QualityLimits = LIMITS
) -> list[Finding]:
    """Return what the brain mask's figures say."""
    low = graded(volume_ml, limits.brain_ml[0], limits.possible_brain_ml[0])
    high = graded(volume_ml, limits.brain_ml[1], limits.possible_brain_ml[1])
    light = max((low, high), key=LIGHTS.index)
    values: dict[str, Value] = {"ml": volume_ml, "least": limits.brain_ml[0], "most": limits.brain_ml[1]}
    findings = [Finding("brain_volume", light, "", values)]
    if method == "classical":
        findings.append(Finding("mask_method", "amber"))
    if agreement is not None:
        light = graded(agreement, *limits.mask_agreement)
        findings.append(Finding("mask_agreement", light, "", {"dice": agreement, "limit": limits.mask_agreement[0]}))
    return findings


def look_finding(sequence: Sequence, distance: float, limit: float, limits: QualityLimits = LIMITS) -> Finding:
    """Return what the distance of an image's look from the training cases says."""
    light = graded(distance / limit, *limits.look_factor)
    return Finding("look", light, sequence.display_name, {"distance": distance, "limit": limit})


def sequence_findings(
    confidences: Mapping[Sequence, tuple[float, str]], limits: QualityLimits = LIMITS
) -> list[Finding]:
    """Return what the assignment says: confidence and file of each sequence that there is, and what is missing."""
    findings = []
    for sequence in SEQUENCE_ORDER:
        if sequence not in confidences:
            findings.append(Finding("missing", "amber", sequence.display_name))
            continue
        confidence, file = confidences[sequence]
        light = graded(confidence, *limits.sequence_confidence)
        findings.append(Finding("sequence", light, sequence.display_name, {"confidence": confidence, "file": file}))
    return findings


def slot_findings(doubt: SlotDoubt | None) -> list[Finding]:
    """Return what the voxels say against the slots of prepared images, in amber; nothing where they agree.

    A pair in each other's place is one finding, any other image one of its own.
    """
    if doubt is None:
        return []
    findings = [
        Finding("swapped", "amber", one.display_name, {"other": other.display_name, "log_odds": doubt.log_odds})
        for one, other in doubt.swapped
    ]
    paired = {slot for pair in doubt.swapped for slot in pair}
    return findings + [
        Finding("wrong_slot", "amber", slot.display_name, {"looks": found.display_name, "log_odds": doubt.log_odds})
        for slot, found in doubt.looks.items()
        if slot not in paired
    ]


def notes(texts: Iterable[str], light: str = "amber") -> list[Finding]:
    """Return sentences of other rooms as findings."""
    return [Finding("note", light, "", {"text": text}) for text in texts]
