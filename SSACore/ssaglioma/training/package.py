"""From a finished run to a model package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ssaglioma import __version__
from ssaglioma.labels import GLIOMA, LabelScheme
from ssaglioma.networks import CONFIGURATIONS
from ssaglioma.packages import ModelCard, ModelPackage, write_package
from ssaglioma.training.checkpoint import read_checkpoint, segmentation_weights
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import CHECKPOINT

SMALLEST_LESION_MM3 = 50.0
"""Fixed before any score was seen, after the 50 voxels that the lesion-wise scoring of BraTS-SSA 2024 disregards."""
INTENDED_USE = (
    "Research and teaching only; not a medical device. Pre-operative glioma in adults, skull-stripped and aligned T1, "
    "T1Gd, T2 and FLAIR. Not for children, post-operative scans, metastases or other diseases."
)


def package_run(
    run_folder: Path,
    target: Path,
    *,
    name: str,
    title: str,
    training_data: str,
    version: str = __version__,
    licence: str = "Apache-2.0 (weights); the training images keep their owners' terms",
    scheme: LabelScheme = GLIOMA,
) -> ModelPackage:
    """Write the weights of a run's last checkpoint as a model package.

    Raises
    ------
    ModelPackageError
        If the run has no whole checkpoint.
    """
    facts, tensors = read_checkpoint(run_folder / CHECKPOINT)
    plan = planned_card(TrainingConfig.from_json(facts["config"]), scheme)
    card = replace(plan, name=name, version=version, title=title, training_data=training_data, licence=licence)
    weights = {name: value.numpy() for name, value in segmentation_weights(tensors).items()}
    return write_package(target, card, weights)


def spacing_of(card: ModelCard) -> float | None:
    """Return the `spacing_mm` of the configuration that gave a model; None for its usual 1 mm."""
    edge = card.spacing_zyx_mm[-1]
    return None if edge in (None, 1.0) else edge


def planned_card(config: TrainingConfig, scheme: LabelScheme = GLIOMA) -> ModelCard:
    """Return the card of the model that a run with this configuration will give, without its names."""
    network, edge = CONFIGURATIONS[config.network], config.spacing_mm or 1.0
    return ModelCard(
        name="planned",
        version=__version__,
        title="planned",
        network=config.network,
        channels=config.channels,
        labels=scheme.name,
        regions=tuple(scheme.regions),
        spacing_zyx_mm=(None, edge, edge) if network.dims == 2 else (edge, edge, edge),
        slice_offsets_mm=config.slice_offsets_mm,
        slice_axis="axial",
        patch=network.patch,
        missing_channels="zero" if config.channel_dropout > 0 else "refuse",
        training_data="",
        licence="",
        intended_use=INTENDED_USE,
        smallest_lesion_mm3=SMALLEST_LESION_MM3,
    )
