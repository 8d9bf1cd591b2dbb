"""The sizes of a data set's images, and the networks that nnU-Net's rules give for them."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import numpy as np

from ssaglioma.errors import DatasetError
from ssaglioma.preprocessing import prepare_case
from ssaglioma.training.planner import NetworkPlan, plan_network, target_spacing
from ssaglioma.types import ProgressCallback, no_progress
from ssaglioma.volume import Case, read_volume, to_canonical


def plan_cases(cases: Seq[Case], progress: ProgressCallback = no_progress) -> dict[int, NetworkPlan]:
    """Return the plans in 2 and 3 dimensions for cases as nnU-Net sees them: cropped, and brought to one voxel size.

    Raises
    ------
    DatasetError
        If there is no case, an image is empty, or the thickest axis is not the first, which nnU-Net would transpose.
    """
    if not cases:
        raise DatasetError("There is no case to plan for", expected="at least one")
    spacings, shapes = [], []
    for index, case in enumerate(cases):
        progress(index / len(cases), f"Reading {case.name}")
        volumes = {name: to_canonical(read_volume(path)) for name, path in case.sequences.items()}
        image = prepare_case({name: volume.array for name, volume in volumes.items()}, list(volumes)).image
        spacings.append(next(iter(volumes.values())).spacing_zyx_mm)
        shapes.append(image.shape[1:])
    target = target_spacing(spacings, shapes)
    if int(np.argmax(target)) != 0:
        raise DatasetError(
            f"The voxels of {target!r} mm are largest along another axis than the first",
            expected="slices that are stacked from foot to head",
            remedy="Let nnU-Net plan this data set itself ('ssaglioma nnunet dataset')",
        )
    resampled = [[round(h / w * n) for h, w, n in zip(have, target, shape)] for have, shape in zip(spacings, shapes)]
    median = [int(size) for size in np.median(resampled, axis=0)]
    return {dims: plan_network(target, median, len(cases), dims=dims) for dims in (2, 3)}
