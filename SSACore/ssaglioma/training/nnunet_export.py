"""From a model package to a results folder that nnU-Net's own predictor runs, with the same probabilities."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from ssaglioma.errors import ModelPackageError
from ssaglioma.labels import LabelScheme, label_scheme
from ssaglioma.networks import PLANNED, NetworkConfiguration, PlannedConfiguration, configuration_of, to_nnunet_state
from ssaglioma.networks.families import PlainConvConfiguration
from ssaglioma.packages import ModelCard, ModelPackage, NnunetPlan, ResamplingRule
from ssaglioma.training.nnunet_files import CHECKPOINTS, DATASET_FILE, PLANS_FILE
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_folder, write_json_atomic

DATASET_NAME = re.compile(r"Dataset\d{3}_\w+$", re.ASCII)
TRAINER, PLANS_NAME = "nnUNetTrainer", "nnUNetPlans"
_CONFIGURATION = {2: "2d", 3: "3d_fullres"}
_ARCHITECTURES = "dynamic_network_architectures.architectures.unet"
_CLASS = {"plain": ("PlainConvUNet", "n_conv_per_stage"), "residual": ("ResidualEncoderUNet", "n_blocks_per_stage")}
_LINEAR = ResamplingRule(order=1, order_thick=1, thick_apart=False)


def export_nnunet(package: ModelPackage, results: PathLike, dataset: str) -> Path:
    """Write `<results>/<dataset>/nnUNetTrainer__nnUNetPlans__<2d or 3d_fullres>` and return that folder.

    nnU-Net needs every sequence, keeps small components and gives numbers outside the brain too, so labelmaps can
    differ from ours where the model's card says `missing_channels` zero or has a `smallest_lesion_mm3`.

    Raises
    ------
    ModelPackageError
        If the folder is there, the name is no data set's, or nnU-Net cannot build or run such a network.
    """
    check_dataset_name(dataset)
    card = package.card
    network = as_planned(configuration_of(card.network, card.architecture))
    if network is None:
        raise ModelPackageError(
            f"The network {card.network!r} is none that nnU-Net builds",
            expected="a PlainConvUNet or ResidualEncoderUNet",
        )
    plan = card.plan or _own_plan(card, network)
    folder = Path(results) / dataset / f"{TRAINER}__{PLANS_NAME}__{_CONFIGURATION[network.dims]}"
    if folder.exists():
        raise ModelPackageError(f"The folder {str(folder)!r} is there already", remedy="Choose another --dataset")
    with atomic_folder(folder, f"The model cannot be written to {str(folder)!r}") as aside:
        write_json_atomic(_dataset_json(card, plan), aside / DATASET_FILE)
        write_json_atomic(_plans_json(card, plan, network, dataset), aside / PLANS_FILE)
        (aside / "fold_0").mkdir()
        torch.save(_checkpoint(package, plan, network), aside / "fold_0" / CHECKPOINTS[0])
    return folder


def check_dataset_name(name: str) -> None:
    """Raise unless nnU-Net takes this for the name of a data set.

    Raises
    ------
    ModelPackageError
        If it does not.
    """
    if not DATASET_NAME.match(name):
        raise ModelPackageError(
            f"The data set's name is {name!r}", expected="Dataset, three digits, _ and a word, as Dataset501_Glioma"
        )


def as_planned(configuration: NetworkConfiguration) -> PlannedConfiguration | None:
    """Return a configuration in the numbers of nnU-Net's plans; None if nnU-Net has no such network."""
    if isinstance(configuration, PlannedConfiguration):
        return configuration
    if not isinstance(configuration, PlainConvConfiguration):
        return None
    dims, stages = configuration.dims, configuration.levels
    return PlannedConfiguration(
        name=PLANNED,
        citation=configuration.citation,
        dims=dims,
        patch=configuration.patch,
        encoder="plain",
        features=configuration.features,
        kernels=((3,) * dims,) * stages,
        strides=((1,) * dims, *((2,) * dims,) * (stages - 1)),
        encoder_blocks=configuration.encoder_convs,
        decoder_convs=configuration.decoder_convs,
    )


def dataset_labels(scheme: LabelScheme, regions: tuple[str, ...]) -> tuple[dict[str, Any], list[int]]:
    """Return `labels` and `regions_class_order` of a dataset.json; label values are 1, 2 ... in the scheme's order.

    Raises
    ------
    ModelPackageError
        If nnU-Net cannot paint these regions one over the other.
    """
    numbers = {name: index + 1 for index, name in enumerate(scheme.values)}
    order = [name for name in scheme.regions if name in regions]
    painted = []
    for position, region in enumerate(order):
        later = {name for other in order[position + 1 :] for name in scheme.regions[other]}
        own = [name for name in scheme.regions[region] if name not in later]
        if len(own) != 1 or order != list(regions):
            raise ModelPackageError(f"The regions are {regions}", expected=f"{order}, each with one label of its own")
        painted.append(numbers[own[0]])
    members = {name: [numbers[label] for label in scheme.regions[name]] for name in order}
    return {"background": 0, **members}, painted


def _own_plan(card: ModelCard, network: PlannedConfiguration) -> NnunetPlan:
    if card.slice_axis != "axial":
        raise ModelPackageError(
            f"The model {card.name!r} takes its slices along {card.slice_axis!r}",
            expected="'axial': nnU-Net cannot choose the axis for each image",
        )
    if len(card.slice_offsets_mm) > 1:
        raise ModelPackageError(
            f"The model {card.name!r} sees {len(card.slice_offsets_mm)} slices at once",
            expected="one: nnU-Net's 2D networks see no neighbouring slices",
        )
    return NnunetPlan((0, 1, 2), (True,) * len(card.channels), _LINEAR, _LINEAR, mirror_axes=(network.dims - 1,))


def _dataset_json(card: ModelCard, plan: NnunetPlan) -> dict[str, Any]:
    if plan.classes:
        labels: dict[str, Any] = {"background": 0, **{name: index + 1 for index, name in enumerate(plan.classes)}}
        order = {}
    else:
        labels, painted = dataset_labels(label_scheme(card.labels), card.regions)
        order = {"regions_class_order": painted}
    return {
        "channel_names": {str(index): name for index, name in enumerate(card.channels)},
        "labels": labels,
        **order,
        "numTraining": 0,
        "file_ending": ".nii.gz",
        "overwrite_image_reader_writer": "SimpleITKIO",
        "description": card.training_data,
        "licence": card.licence,
    }


def _plans_json(card: ModelCard, plan: NnunetPlan, network: PlannedConfiguration, dataset: str) -> dict[str, Any]:
    spacing = [card.spacing_zyx_mm[axis] for axis in plan.transpose][3 - network.dims :]
    if None in spacing:
        raise ModelPackageError(
            f"The model {card.name!r} has no voxel size of its own, {card.spacing_zyx_mm!r}",
            expected="a number for each axis of the network",
        )
    configuration = {
        "data_identifier": f"{PLANS_NAME}_{_CONFIGURATION[network.dims]}",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": list(card.patch),
        "median_image_size_in_voxels": list(card.patch),
        "spacing": spacing,
        "normalization_schemes": ["ZScoreNormalization"] * len(card.channels),
        "use_mask_for_norm": list(plan.masked_norm),
        "resampling_fn_data": "resample_data_or_seg_to_shape",
        "resampling_fn_seg": "resample_data_or_seg_to_shape",
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": _resampling(plan.image),
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities_kwargs": _resampling(plan.logits),
        "architecture": _architecture(network),
        "batch_dice": network.dims == 2,
    }
    return {
        "dataset_name": dataset,
        "plans_name": PLANS_NAME,
        "original_median_spacing_after_transp": [1.0, 1.0, 1.0],
        "original_median_shape_after_transp": [1, *card.patch][-3:],
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": list(plan.transpose),
        "transpose_backward": [plan.transpose.index(axis) for axis in range(3)],
        "configurations": {_CONFIGURATION[network.dims]: configuration},
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {str(index): {} for index in range(len(card.channels))},
    }


def _resampling(rule: ResamplingRule) -> dict[str, Any]:
    apart = {} if rule.anisotropy == 3 else {"separate_z_anisotropy_threshold": rule.anisotropy}
    return {
        "is_seg": False,
        "order": rule.order,
        "order_z": rule.order_thick,
        "force_separate_z": rule.thick_apart,
        **apart,
    }


def _architecture(network: PlannedConfiguration) -> dict[str, Any]:
    class_name, blocks_word = _CLASS[network.encoder]
    dims = network.dims
    return {
        "network_class_name": f"{_ARCHITECTURES}.{class_name}",
        "arch_kwargs": {
            "n_stages": network.levels,
            "features_per_stage": list(network.features),
            "conv_op": f"torch.nn.modules.conv.Conv{dims}d",
            "kernel_sizes": [list(edges) for edges in network.kernels],
            "strides": [list(edges) for edges in network.strides],
            blocks_word: list(network.encoder_blocks),
            "n_conv_per_stage_decoder": list(network.decoder_convs),
            "conv_bias": network.bias,
            "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dims}d",
            "norm_op_kwargs": {"eps": network.epsilon, "affine": network.affine},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True, "negative_slope": network.slope},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


def _checkpoint(package: ModelPackage, plan: NnunetPlan, network: PlannedConfiguration) -> dict[str, Any]:
    """Return what nnU-Net's predictor reads of a checkpoint: plain values and tensors alone."""
    weights = {name: torch.from_numpy(value) for name, value in package.weights().items()}
    return {
        "network_weights": to_nnunet_state(weights),
        "trainer_name": TRAINER,
        "init_args": {"configuration": _CONFIGURATION[network.dims], "fold": 0},
        "inference_allowed_mirroring_axes": plan.mirror_axes or None,
    }
