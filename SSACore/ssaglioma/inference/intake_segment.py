"""Segmenting prepared images and bringing the result home, onto the grid that the reader knows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ssaglioma.evaluation.calibration import with_temperature
from ssaglioma.evaluation.quality import QualityReport
from ssaglioma.evaluation.tumour_scope import cavity_findings, scope_findings
from ssaglioma.inference.intake import Intake
from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.inference.segment import PackagePredictor, SegmentationResult, peak_memory_gib, segment_case
from ssaglioma.labels import Sequence, label_scheme
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Volume

NO_TUMOUR = "No tumour was found."
HOME_SHARE = 0.9
"""Of the progress that `segment_intake` tells: where the result is brought home."""


@dataclass(frozen=True, eq=False)
class HomeResult:
    """A segmentation on the grid of a native image.

    Attributes
    ----------
    result : SegmentationResult
    anchor : Sequence
        Whose grid it is.
    quality : QualityReport
        That of the images, with what the result itself says.
    """

    result: SegmentationResult
    anchor: Sequence
    quality: QualityReport


def segment_intake(
    intake: Intake,
    predictor: PackagePredictor,
    *,
    grid: Sequence | None = None,
    preview: Callable[[Volume], None] | None = None,
    progress: ProgressCallback = no_progress,
) -> HomeResult:
    """Segment an intake.

    Probabilities are made on the prepared grid and interpolated to the native one; labels are made there, so that
    their edges lie between the voxels of the image that is read.

    Parameters
    ----------
    grid : Sequence, optional
        Sequence whose own grid the result lies on; T1Gd by default, FLAIR without it.
    preview : callable, optional
        Given a coarser labelmap on that grid after the first look of an engine that takes two.

    Raises
    ------
    SequenceError
        If a sequence is missing that the model needs or the grid asks for.
    """
    anchor = intake.anchor(grid)
    card = predictor.package.card
    scheme = label_scheme(card.labels)
    home = intake.natives[anchor]
    chain = intake.chains[anchor]
    worked = segment_case(
        intake.images,
        predictor,
        calibrate=False,
        preview=None if preview is None else lambda labels: preview(chain.labels_back(labels)),
        progress=lambda share, text: progress(HOME_SHARE * share, text),
    )
    began = time.monotonic()
    progress(HOME_SHARE, "Bringing the result home")
    stack = np.empty((len(card.regions), *home.shape), np.float32)
    for index, name in enumerate(card.regions):
        stack[index] = chain.probability_back(worked.probabilities[name]).array
    smallest = card.smallest_voxels(home.spacing_zyx_mm)
    labelmap = home.with_array(regions_to_labels(stack, card.regions, scheme, smallest))
    probabilities = {
        name: home.with_array(with_temperature(stack[index], card.temperatures.get(name, 1.0)))
        for index, name in enumerate(card.regions)
    }
    warnings = [text for text in worked.warnings if text != NO_TUMOUR]
    if not labelmap.array.any():
        warnings.append(NO_TUMOUR)
    scope = [
        *scope_findings(labelmap, scheme, probabilities, intake.images),
        *cavity_findings(worked.labelmap, scheme, intake.images),
    ]
    timings = {**worked.timings, "home": time.monotonic() - began}
    result = SegmentationResult(labelmap, probabilities, timings, peak_memory_gib(), tuple(warnings))
    progress(1.0, "Done")
    return HomeResult(result, anchor, intake.quality.also(scope))
