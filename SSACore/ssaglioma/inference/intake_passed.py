"""Images that were prepared elsewhere: they pass unchanged, with a record that says so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ssaglioma.evaluation.quality import Finding, QualityReport
from ssaglioma.inference.intake import Intake
from ssaglioma.labels import SEQUENCE_ORDER, Sequence
from ssaglioma.preprocessing.alignment import choose_reference
from ssaglioma.preprocessing.brain_mask import STRIPPED, BrainMask
from ssaglioma.preprocessing.chain import Chain, Resampled
from ssaglioma.preprocessing.grid import Grid
from ssaglioma.preprocessing.intensity import brain_mask
from ssaglioma.preprocessing.quality_gate import brain_findings, look_finding, sequence_findings, slot_findings
from ssaglioma.preprocessing.slot_check import check_slots
from ssaglioma.preprocessing.study import SortedStudy
from ssaglioma.preprocessing.training_look import look_features, training_looks
from ssaglioma.volume import Volume, to_canonical

_FAMILIAR_MM = 1.6


def passed_intake(volumes: Mapping[Sequence, Volume], study: SortedStudy | None, seconds: float) -> Intake:
    """Return an intake of prepared images: same voxels, chains that change nothing, and the quality gate.

    Parameters
    ----------
    volumes : mapping of Sequence to Volume
        On one grid, background 0 (`prepared_input.is_prepared`).
    study : SortedStudy or None
        Where the images were found by looking at them.
    seconds : float
        That this took.
    """
    images = {name: volumes[name] for name in SEQUENCE_ORDER if name in volumes}
    first = next(iter(images.values()))
    canonical = {name: to_canonical(volume) for name, volume in images.items()}
    inside = brain_mask_of(canonical)
    own = np.any([volume.array != 0 for volume in images.values() if volume.same_grid(first)], axis=0)
    brain = BrainMask(
        first.with_array(own.astype(np.uint8)), STRIPPED, float(inside.sum() * first.voxel_volume_ml), None, ()
    )
    chains = {name: Chain((Resampled(Grid.of(volume), Grid.of(volume)),)) for name, volume in images.items()}
    step = {"step": "passed_unchanged", "seconds": round(seconds, 3), "images": [name.value for name in images]}
    found = {} if study is None else study.to_json()
    quality = prepared_quality(canonical, inside, brain.volume_ml)
    return Intake(images, images, chains, brain, choose_reference(images), quality, (step,), found)


def prepared_quality(images: Mapping[Sequence, Volume], inside: np.ndarray, brain_ml: float) -> QualityReport:
    """Judge prepared images by what can still be told of them."""
    findings: list[Finding] = sequence_findings({name: (1.0, name.value) for name in images})
    findings += slot_findings(check_slots(images))
    findings += brain_findings(brain_ml, STRIPPED, None)
    looks = training_looks()
    for name, volume in images.items():
        if max(volume.spacing_zyx_mm) <= _FAMILIAR_MM:
            distance = looks[name].distance(look_features(volume.array, inside))
            findings.append(look_finding(name, distance, looks[name].limit))
    return QualityReport(tuple(findings))


def brain_mask_of(canonical: Mapping[Sequence, Volume]) -> np.ndarray:
    """Return what is not background in canonical images on one grid, holes filled."""
    return brain_mask(np.stack([volume.array for volume in canonical.values()]))
