"""The plans of nnU-Net v2, read as a network in numbers and the rules of running it; what we cannot honour is refused.

Plans of nnU-Net up to 2.3 spell the network out in other words; both forms are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ssaglioma.errors import ModelPackageError
from ssaglioma.networks import PLANNED, PlannedConfiguration
from ssaglioma.packages import ResamplingRule

_CLASSES = {"PlainConvUNet": ("plain", "n_conv_per_stage"), "ResidualEncoderUNet": ("residual", "n_blocks_per_stage")}
_SHARED_WORDS = {
    *("n_stages", "features_per_stage", "conv_op", "kernel_sizes", "strides", "n_conv_per_stage_decoder", "conv_bias"),
    *("norm_op", "norm_op_kwargs", "dropout_op", "dropout_op_kwargs", "nonlin", "nonlin_kwargs"),
}
_RESAMPLING = "resample_data_or_seg_to_shape"
_READERS = ("SimpleITKIO", "NibabelIO")
_NORMALISATION = "ZScoreNormalization"


def configuration_in(plans: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a configuration of the plans with what it inherits from others.

    Raises
    ------
    ModelPackageError
        If there is none of that name, or configurations inherit in a circle.
    """
    known, chain = plans.get("configurations", {}), [name]
    while chain[-1] in known and "inherits_from" in known[chain[-1]]:
        parent = known[chain[-1]]["inherits_from"]
        if parent in chain:
            raise ModelPackageError(f"The plans' configurations inherit in a circle: {[*chain, parent]}")
        chain.append(parent)
    if chain[-1] not in known:
        raise ModelPackageError(f"The plans have no configuration {chain[-1]!r}", expected=f"one of {sorted(known)}")
    merged: dict[str, Any] = {}
    for each in reversed(chain):
        merged.update(known[each])
    return merged


def check_plans(plans: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
    """Raise unless everything that the plans ask for can be done here.

    Raises
    ------
    ModelPackageError
        For a cascade, another normalisation, resampling, preprocessor, label manager or reader.
    """
    reader = plans.get("image_reader_writer", _READERS[0])
    schemes = sorted(set(configuration["normalization_schemes"]))
    demands = (
        ("previous stage", configuration.get("previous_stage"), (None,)),
        ("normalisation", schemes, ([_NORMALISATION],)),
        ("preprocessor", configuration.get("preprocessor_name"), ("DefaultPreprocessor",)),
        ("resampling of images", configuration.get("resampling_fn_data"), (_RESAMPLING,)),
        ("resampling of logits", configuration.get("resampling_fn_probabilities"), (_RESAMPLING,)),
        ("label manager", plans.get("label_manager", "LabelManager"), ("LabelManager",)),
        ("reader of images", reader, _READERS),
    )
    for what, found, allowed in demands:
        if found not in allowed:
            raise ModelPackageError(
                f"The plans' {what} is {found!r}",
                expected=" or ".join(repr(value) for value in allowed),
                remedy="This model cannot be imported; run it with nnU-Net itself",
            )


def architecture_in(configuration: Mapping[str, Any]) -> PlannedConfiguration:
    """Return the network of a configuration.

    Raises
    ------
    ModelPackageError
        If it is of a class, or has parts, that we do not build.
    """
    class_name, numbers = _spelled_out(configuration)
    if class_name not in _CLASSES:
        raise _unknown("network class", class_name, f"one of {sorted(_CLASSES)}")
    encoder, blocks_word = _CLASSES[class_name]
    given = {key: value for key, value in numbers.items() if value not in (None, False, {})}
    strange = sorted(set(given) - _SHARED_WORDS - {blocks_word})
    if strange:
        raise _unknown("network parameters", strange, f"no others than {sorted(_SHARED_WORDS | {blocks_word})}")
    dims, stages = len(configuration["patch_size"]), int(numbers["n_stages"])
    epsilon, affine = _norm(numbers, dims)
    return PlannedConfiguration(
        name=PLANNED,
        citation="plans of nnU-Net v2 (Isensee et al. 2021)",
        dims=dims,
        patch=tuple(configuration["patch_size"]),
        encoder=encoder,
        features=_each(numbers["features_per_stage"], stages),
        kernels=_each_axis(numbers["kernel_sizes"], stages, dims),
        strides=_each_axis(numbers["strides"], stages, dims),
        encoder_blocks=_each(numbers[blocks_word], stages),
        decoder_convs=_each(numbers["n_conv_per_stage_decoder"], stages - 1),
        bias=bool(numbers.get("conv_bias", False)),
        epsilon=epsilon,
        affine=affine,
        slope=_slope(numbers),
    )


def resampling_in(configuration: Mapping[str, Any], what: str) -> ResamplingRule:
    """Return the rule for 'data' or 'probabilities'.

    Raises
    ------
    ModelPackageError
        If it has words that we do not know.
    """
    words: dict[str, Any] = {
        "is_seg": False,
        "order": 3,
        "order_z": 0,
        "force_separate_z": False,
        "separate_z_anisotropy_threshold": 3,
    }
    given = dict(configuration.get(f"resampling_fn_{what}_kwargs") or {})
    strange = sorted(set(given) - set(words))
    if strange or given.get("is_seg"):
        raise _unknown(f"resampling of {what}", given, f"the words {sorted(words)}, is_seg false")
    words |= given
    return ResamplingRule(
        order=int(words["order"]),
        order_thick=int(words["order_z"]),
        thick_apart=words["force_separate_z"],
        anisotropy=float(words["separate_z_anisotropy_threshold"]),
    )


def _spelled_out(configuration: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the class and numbers of the network, whichever form the plans have."""
    if "architecture" in configuration:
        values = configuration["architecture"]
        return str(values["network_class_name"]).rpartition(".")[2], dict(values["arch_kwargs"])
    old, dims = configuration, len(configuration["patch_size"])
    blocks = list(old["n_conv_per_stage_encoder"])
    name = str(old["UNet_class_name"])
    base, most = int(old["UNet_base_num_features"]), int(old["unet_max_num_features"])
    return name, {
        "n_stages": len(blocks),
        "features_per_stage": [min(base * 2**stage, most) for stage in range(len(blocks))],
        "conv_op": f"torch.nn.modules.conv.Conv{dims}d",
        "kernel_sizes": old["conv_kernel_sizes"],
        "strides": old["pool_op_kernel_sizes"],
        _CLASSES.get(name, ("", "n_conv_per_stage"))[1]: blocks,
        "n_conv_per_stage_decoder": old["n_conv_per_stage_decoder"],
        "conv_bias": True,
        "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dims}d",
        "norm_op_kwargs": {"eps": 1e-05, "affine": True},
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }


def _norm(numbers: Mapping[str, Any], dims: int) -> tuple[float, bool]:
    """Return epsilon and whether scale and shift are learned; torch's defaults where the plans are silent."""
    name, wanted = str(numbers.get("norm_op")).rpartition(".")[2], f"InstanceNorm{dims}d"
    given = dict(numbers.get("norm_op_kwargs") or {})
    if name != wanted or not set(given) <= {"eps", "affine"}:
        raise _unknown("normalisation layer", (name, given), f"{wanted} with eps and affine")
    return float(given.get("eps", 1e-5)), bool(given.get("affine", False))


def _slope(numbers: Mapping[str, Any]) -> float:
    """Return the slope below 0 of the non-linearity."""
    name, given = str(numbers.get("nonlin")).rpartition(".")[2], dict(numbers.get("nonlin_kwargs") or {})
    given.pop("inplace", None)
    if name == "ReLU" and not given:
        return 0.0
    if name != "LeakyReLU" or not set(given) <= {"negative_slope"}:
        raise _unknown("non-linearity", (name, given), "LeakyReLU or ReLU")
    return float(given.get("negative_slope", 0.01))


def _each(value: Any, stages: int) -> tuple[int, ...]:
    return (int(value),) * stages if isinstance(value, int) else tuple(int(one) for one in value)


def _each_axis(value: Any, stages: int, dims: int) -> tuple[tuple[int, ...], ...]:
    rows = [value] * stages if isinstance(value, int) else list(value)
    return tuple((int(row),) * dims if isinstance(row, int) else tuple(int(edge) for edge in row) for row in rows)


def _unknown(what: str, found: object, expected: str) -> ModelPackageError:
    return ModelPackageError(
        f"The {what} of this nnU-Net is {found!r}",
        expected=expected,
        remedy="This model cannot be imported; run it with nnU-Net itself",
    )
