"""Segmentation of tested cases by one trained run, or by the mean probabilities of several."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ssaglioma.inference.engine import PackageEngine
from ssaglioma.inference.engine_choice import load_engine
from ssaglioma.inference.regions import regions_to_labels
from ssaglioma.inference.segment import segment_case
from ssaglioma.labels import GLIOMA
from ssaglioma.packages import write_package
from ssaglioma.training.package import package_run
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case, read_volume, write_volume


def predict_cases(
    runs: Sequence[Path],
    cases: Sequence[Case],
    folder: Path,
    *,
    device: str,
    mirror: bool,
    smallest_lesion_mm3: float,
    progress: ProgressCallback = no_progress,
) -> dict[str, Path]:
    """Segment cases through the path that users take and return the written labelmaps by case.

    With several runs their probabilities are averaged before labels are painted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    with tempfile.TemporaryDirectory(prefix="ssaglioma-models-") as models:
        engines = [
            _engine(run, Path(models) / str(number), device, mirror, smallest_lesion_mm3)
            for number, run in enumerate(runs)
        ]
        for index, case in enumerate(cases):
            progress(index / len(cases), f"Segmenting {case.name}")
            volumes = {name: read_volume(path) for name, path in case.sequences.items()}
            results = [segment_case(volumes, engine) for engine in engines]
            labelmap = results[0].labelmap
            if len(results) > 1:
                regions = engines[0].package.card.regions
                mean = np.mean([[one.probabilities[region].array for region in regions] for one in results], axis=0)
                smallest = smallest_lesion_mm3 / (labelmap.voxel_volume_ml * 1000)
                labelmap = labelmap.with_array(regions_to_labels(mean, regions, GLIOMA, smallest))
            written[case.name] = folder / f"{case.name}-seg.nii.gz"
            write_volume(labelmap, written[case.name])
    return written


def _engine(run: Path, folder: Path, device: str, mirror: bool, smallest_lesion_mm3: float) -> PackageEngine:
    package = package_run(run, folder, name="row", title="row of an experiment", training_data="one fold")
    card = replace(package.card, smallest_lesion_mm3=smallest_lesion_mm3)
    return load_engine(write_package(folder, card, package.weights()), engine="torch", device=device, mirror=mirror)
