"""The quality gate of an intake: every figure of a study, held against its limits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ssaglioma.evaluation.quality import Finding, QualityReport
from ssaglioma.inference.intake_steps import Aligned, brain_on, coverage_percent
from ssaglioma.labels import Sequence
from ssaglioma.preprocessing.brain_mask import BrainMask
from ssaglioma.preprocessing.image_measures import measure_image
from ssaglioma.preprocessing.quality_gate import (
    alignment_finding,
    brain_findings,
    coverage_finding,
    image_findings,
    look_finding,
    notes,
    sequence_findings,
    shading_finding,
)
from ssaglioma.preprocessing.study import SortedStudy
from ssaglioma.preprocessing.training_look import look_features, training_looks
from ssaglioma.volume import Volume


def quality_of(
    study: SortedStudy,
    aligned: Aligned,
    brain: BrainMask,
    images: Mapping[Sequence, Volume],
    inside: np.ndarray,
    shading: Mapping[Sequence, float | None],
) -> QualityReport:
    """Judge a study that was prepared.

    Parameters
    ----------
    images : mapping of Sequence to Volume
        Prepared, on the model's grid.
    inside : ndarray of bool, shape (Z, Y, X)
        The brain there.
    shading : mapping of Sequence to float or None
        Range of the coil's field that was taken away, in percent; None where it was not looked for.
    """
    used = {name: slot for name, slot in study.slots.items() if name in aligned.images}
    findings: list[Finding] = [
        *sequence_findings({name: (slot.confidence, slot.series.name) for name, slot in used.items()}),
        *notes(study.conflicts),
        *notes(study.warnings),
        *aligned.findings,
        *brain_findings(brain.volume_ml, brain.method, brain.agreement),
        *notes(brain.warnings),
    ]
    looks = training_looks()
    for name, alignment in aligned.images.items():
        volume = used[name].volume
        own = brain_on(volume, alignment.transform, brain.volume)
        if own.any():
            findings += image_findings(name, measure_image(volume, own))
        findings.append(coverage_finding(name, coverage_percent(volume, alignment.transform, brain.volume)))
        if alignment.quality is not None:
            findings.append(alignment_finding(name, aligned.reference, alignment.quality.disagreement_mm))
        if (percent := shading[name]) is not None:
            findings.append(shading_finding(name, percent, corrected=True))
        distance = looks[name].distance(look_features(images[name].array, inside))
        findings.append(look_finding(name, distance, looks[name].limit))
    return QualityReport(tuple(findings))
