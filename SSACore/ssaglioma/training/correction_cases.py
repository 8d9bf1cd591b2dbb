"""Cases of any voxel size as training cases of one model: brought to its grid as its own engine does it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ssaglioma.errors import DatasetError, SSAGliomaError
from ssaglioma.inference.model_grid import model_shape, slice_axis, slices_first, to_shape
from ssaglioma.labels import label_scheme
from ssaglioma.packages import ModelCard
from ssaglioma.preprocessing import prepare_case
from ssaglioma.training.cases import OUTSIDE, TrainingCase
from ssaglioma.training.stretching import labels_to_shape
from ssaglioma.volume import Case, check_same_grid, read_labelmap, read_volume, to_canonical


def case_on_model_grid(case: Case, card: ModelCard) -> TrainingCase:
    """Read a labelled case, normalise it and stretch it to the voxel size of a model.

    A sequence that the case lacks becomes zeros, as at inference. Images are interpolated linearly;
    of the labels the one with the largest interpolated share is taken. Everything is held in memory
    (about 30 MB a case of BraTS's size).

    Raises
    ------
    DatasetError
        If the case has no labelmap, or a file is damaged or on another grid; the case is named.
    """
    if case.reference is None:
        raise DatasetError(f"The case {case.name!r} has no labelmap", expected="a labelled case")
    try:
        volumes = {name: read_volume(path) for name, path in case.sequences.items() if name in card.sequences}
        reference = read_labelmap(Path(str(case.reference)), label_scheme(card.labels))
        check_same_grid({**{key.display_name: value for key, value in volumes.items()}, "labels": reference})
        canonical = {name: to_canonical(volume) for name, volume in volumes.items()}
        prepared = prepare_case({name: volume.array for name, volume in canonical.items()}, card.sequences)
    except SSAGliomaError as error:
        raise DatasetError(f"Case {case.name!r}: {error}") from error
    home = to_canonical(reference)
    labels = home.array[prepared.box].astype(np.uint8)
    labels[~prepared.mask & (labels == 0)] = OUTSIDE
    axis = slice_axis(card, home.spacing_zyx_mm)
    image, spacing = slices_first(prepared.image, home.spacing_zyx_mm, axis)
    shape = model_shape(card, image.shape[1:], spacing)
    stretched = to_shape(image, shape).astype(np.float16)
    whole = labels_to_shape(np.moveaxis(labels, axis, 0), shape)
    return TrainingCase(case.name, stretched, whole, spacing[0] * image.shape[1] / shape[0])
