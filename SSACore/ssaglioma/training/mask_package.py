"""From a finished run of a brain mask to a model package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ssaglioma import __version__
from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import BRAIN
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.packages import ModelCard, ModelPackage, write_package
from ssaglioma.preprocessing.mask_input import MASK_SPACING_MM
from ssaglioma.training.checkpoint import CHECKPOINT, read_checkpoint, segmentation_weights
from ssaglioma.training.mask_config import MaskTrainingConfig

TITLE = "Brain mask, 3D, 3 mm: any contrast, thick or thin slices, with and without a tumor at the surface"
INTENDED_USE = (
    "Research and teaching only; not a medical device. Finds the brain in MR images of adult heads before a glioma is "
    "segmented. Not for children, post-operative heads with an open skull, or images of other modalities."
)
LICENCE = "Apache-2.0 (weights); the label maps that the scans were made from are Apache-2.0 too"


def package_mask(run_folder: Path, target: Path, *, heads: Sequence[str], scores: Mapping[str, Any]) -> ModelPackage:
    """Write the weights of a finished run as a model package.

    Parameters
    ----------
    heads : sequence of str
        Names of the label maps that were trained on.
    scores : mapping
        Measured on held-out heads, with how they were made.

    Raises
    ------
    ModelPackageError
        If the run has no whole checkpoint or is not finished.
    """
    facts, tensors = read_checkpoint(run_folder / CHECKPOINT)
    config = MaskTrainingConfig.from_json(facts["config"])
    if facts["epoch"] < config.epochs:
        raise ModelPackageError(
            f"The run {str(run_folder)!r} ended after epoch {facts['epoch']!r}",
            expected=f"{config.epochs} epochs",
            remedy="Run the training again; it resumes",
        )
    card = _card(target.name, config, heads, {**scores, "history": facts["history"], "training": config.to_json()})
    weights = {name: value.numpy() for name, value in segmentation_weights(tensors).items()}
    return write_package(target, card, weights)


def _card(name: str, config: MaskTrainingConfig, heads: Sequence[str], scores: dict[str, Any]) -> ModelCard:
    scans = config.epochs * config.steps_per_epoch * config.batch_size
    return ModelCard(
        name=name,
        version=__version__,
        title=TITLE,
        network=config.network,
        channels=("any",),
        labels=BRAIN.name,
        regions=tuple(BRAIN.regions),
        spacing_zyx_mm=MASK_SPACING_MM,
        slice_axis="axial",
        patch=CONFIGURATIONS[config.network].patch,
        missing_channels="refuse",
        training_data=f"{scans} synthetic scans of {len(heads)} label maps of heads ({', '.join(heads)}); no real scan",
        licence=LICENCE,
        intended_use=INTENDED_USE,
        scores=scores,
    )
