"""Small trained nnU-Nets in nnU-Net's own format, written by hand, with random weights."""

import json
from pathlib import Path

import numpy as np
import torch

from ssaglioma.networks import to_nnunet_state
from ssaglioma.training.nnunet_files import read_trained_nnunet
from ssaglioma.training.nnunet_import import ImportOptions, import_nnunet
from ssaglioma.training.nnunet_plans import architecture_in

CHANNELS = {"0": "T1n", "1": "T1ce", "2": "T2w", "3": "FLAIR"}
REGIONS = {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": [3]}
CLASSES = {"background": 0, "edema": 1, "NETC": 2, "ET": 3}


def arch_kwargs(dims, *, residual=False, strides=None, **changes):
    strides = strides or [[1] * dims, [2] * dims, [2] * dims]
    stages = len(strides)
    return {
        "n_stages": stages,
        "features_per_stage": [4, 6, 8, 8][:stages],
        "conv_op": f"torch.nn.modules.conv.Conv{dims}d",
        "kernel_sizes": [[3] * dims] * stages,
        "strides": strides,
        ("n_blocks_per_stage" if residual else "n_conv_per_stage"): [1, 2, 2, 2][:stages],
        "n_conv_per_stage_decoder": [1] * (stages - 1),
        "conv_bias": True,
        "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dims}d",
        "norm_op_kwargs": {"eps": 1e-05, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
        **changes,
    }


def configuration(dims=3, *, residual=False, arch=None, **changes):
    name = "ResidualEncoderUNet" if residual else "PlainConvUNet"
    resampling = "resample_data_or_seg_to_shape"
    return {
        "data_identifier": "nnUNetPlans_test",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": [8, 16, 16] if dims == 3 else [16, 24],
        "median_image_size_in_voxels": [12, 30, 30][-dims:],
        "spacing": [1.5, 1.0, 1.0][-dims:],
        "normalization_schemes": ["ZScoreNormalization"] * 4,
        "use_mask_for_norm": [True] * 4,
        "resampling_fn_data": resampling,
        "resampling_fn_seg": resampling,
        "resampling_fn_probabilities": resampling,
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
        "architecture": {
            "network_class_name": f"dynamic_network_architectures.architectures.unet.{name}",
            "arch_kwargs": arch or arch_kwargs(dims, residual=residual),
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
        "batch_dice": dims == 2,
        **changes,
    }


def old_form(values):
    """Return a configuration as nnU-Net up to 2.3 wrote it."""
    numbers = values["architecture"]["arch_kwargs"]
    kept = {key: value for key, value in values.items() if key != "architecture"}
    return {
        **kept,
        "UNet_class_name": "PlainConvUNet",
        "UNet_base_num_features": 4,
        "unet_max_num_features": 8,
        "n_conv_per_stage_encoder": numbers["n_conv_per_stage"],
        "n_conv_per_stage_decoder": numbers["n_conv_per_stage_decoder"],
        "num_pool_per_axis": [2] * len(values["patch_size"]),
        "pool_op_kernel_sizes": numbers["strides"],
        "conv_kernel_sizes": numbers["kernel_sizes"],
    }


def write_trained(folder, values=None, *, softmax=False, dataset=None, plans=None, checkpoint=None, mirror=True):
    """Write the results folder of one fold and return it."""
    values = values or configuration()
    dims, name = len(values["patch_size"]), f"{len(values['patch_size'])}d_test"
    folder = Path(folder)
    (folder / "fold_0").mkdir(parents=True)
    labels = {"labels": CLASSES} if softmax else {"labels": REGIONS, "regions_class_order": [1, 2, 3]}
    described = {"channel_names": CHANNELS, **labels, "numTraining": 7, "file_ending": ".nii.gz", **(dataset or {})}
    planned = {
        "dataset_name": "Dataset501_Test",
        "plans_name": "nnUNetPlans",
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "configurations": {"base": values, name: {"inherits_from": "base"}},
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {str(index): {} for index in range(4)},
        **(plans or {}),
    }
    torch.manual_seed(5)
    network = architecture_in(values).build(in_channels=4, out_channels=4 if softmax else 3)
    for key, tensor in network.named_parameters():
        if ".conv2.norm." in key or "seg_layers" in key:
            torch.nn.init.normal_(tensor, std=0.7)
    content = {
        "network_weights": to_nnunet_state(network.state_dict()),
        "logging": {"ema_fg_dice": [np.float64(0.5), np.float32(0.25)], "lrs": [0.01]},
        "_best_ema": np.float64(0.5),
        "current_epoch": 3,
        "init_args": {"configuration": name, "fold": 0, "device": torch.device("cpu"), "plans": {}},
        "trainer_name": "nnUNetTrainer",
        "inference_allowed_mirroring_axes": tuple(range(dims)) if mirror else None,
        **(checkpoint or {}),
    }
    (folder / "dataset.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "plans.json").write_text(json.dumps(planned), encoding="utf-8")
    torch.save(content, folder / "fold_0" / "checkpoint_final.pth")
    return folder


def imported(folder, target, **options):
    """Import one of them as a package."""
    return import_nnunet(read_trained_nnunet(folder), target, ImportOptions("imported", **options))
