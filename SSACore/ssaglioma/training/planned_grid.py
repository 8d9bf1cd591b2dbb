"""Cases for a network that starts fresh, at the voxel size that its model package will name."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from pathlib import Path

from ssaglioma.errors import DatasetError
from ssaglioma.inference.model_grid import model_shape, slice_axis, slices_first
from ssaglioma.labels import LabelScheme, Sequence
from ssaglioma.packages import ModelCard
from ssaglioma.training.cases import TrainingCase, load_training_cases
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.correction_cases import case_on_model_grid
from ssaglioma.training.package import planned_card
from ssaglioma.types import PathLike, ProgressCallback, no_progress
from ssaglioma.volume import Case, read_labelmap, to_canonical


def load_on_plan(
    cases: Seq[Case],
    cache: PathLike,
    config: TrainingConfig,
    scheme: LabelScheme,
    progress: ProgressCallback = no_progress,
) -> list[TrainingCase]:
    """Return cases as the trained model will see them: those of another voxel size are stretched to the plan's.

    Cases that fit as they are come from the cache, memory-mapped; stretched ones are held in memory.

    Raises
    ------
    DatasetError
        If a case has no labelmap or lacks a channel, or a file is damaged.
    """
    card = planned_card(config, scheme)
    channels = [Sequence.parse(name) for name in config.channels]
    loaded = []
    for index, case in enumerate(cases):
        progress(index / max(len(cases), 1), f"Reading {case.name}")
        if case.reference is not None and not fits_plan(case, card, scheme):
            loaded.append(case_on_model_grid(case, card))
        else:
            loaded += load_training_cases([case], cache, channels, scheme)
    return loaded


def fits_plan(case: Case, card: ModelCard, scheme: LabelScheme) -> bool:
    """Tell whether a labelled case has the model's voxel size, within what a segmentation leaves as it is.

    Raises
    ------
    DatasetError
        If the labelmap is damaged; the case is named.
    """
    try:
        labels = to_canonical(read_labelmap(Path(str(case.reference)), scheme))
    except DatasetError as error:
        raise DatasetError(f"Case {case.name!r}: {error}") from error
    axis = slice_axis(card, labels.spacing_zyx_mm)
    stack, spacing = slices_first(labels.array[None], labels.spacing_zyx_mm, axis)
    return axis == 0 and model_shape(card, stack.shape[1:], spacing) == stack.shape[1:]
