"""The learned methods' networks by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn

from ssaglioma.errors import DatasetError, ModelPackageError
from ssaglioma.style.adaconv import AdaConvNetwork, build_adaconv
from ssaglioma.style.adain import AdaINNetwork, build_adain
from ssaglioma.style.variational import VariationalNetwork, build_adaconv_rain, build_rain

TrainedNetwork = AdaINNetwork | AdaConvNetwork | VariationalNetwork
TRAINED_METHODS = ("adain", "rain", "adaconv", "adaconv_rain", "adaconv_structure")
STRUCTURE_KERNEL = 5


_NO_OPTIONS: Mapping[str, int] = MappingProxyType({})


def build_style_network(
    method: str,
    encoder: str = "mri_small",
    weights: Mapping[str, torch.Tensor] | None = None,
    options: Mapping[str, int] = _NO_OPTIONS,
) -> TrainedNetwork:
    """Build the network of a learned method; the encoder's weights are given, the rest is fresh.

    Parameters
    ----------
    options : mapping of str to int
        Sizes other than the method's own: 'kernel_size', 'style_edge', 'hidden', 'latent'; 'keep_detail' is 0 or 1
        (`network_options`).

    Raises
    ------
    DatasetError
        If the method is none of `TRAINED_METHODS`, or has no such option.
    ModelPackageError
        If the encoder is not known, or the weights do not fit it.
    """
    if method not in _BUILDERS:
        raise DatasetError(f"The style method {method!r} has no network to train", expected=f"one of {TRAINED_METHODS}")
    builder, preset = _BUILDERS[method]
    sizes = {**preset, **options}
    keep_detail = bool(sizes.pop("keep_detail", 0))
    try:
        network = builder(encoder, weights, **sizes)
    except TypeError as error:
        raise DatasetError(
            f"The style method {method!r} cannot be built with the options {dict(options)!r} ({error})",
            expected="sizes that `network_options` gives",
        ) from error
    base_of(network).keep_detail = keep_detail
    return network


def base_of(network: TrainedNetwork) -> AdaINNetwork | AdaConvNetwork:
    """Return the part that turns a picture and a code into a picture."""
    if not isinstance(network, VariationalNetwork):
        return network
    assert isinstance(network.base, AdaINNetwork | AdaConvNetwork)
    return network.base


def network_options(network: TrainedNetwork) -> dict[str, int]:
    """Return the sizes of a network that `build_style_network` needs to build it again."""
    base = base_of(network)
    options = {"keep_detail": int(base.keep_detail)}
    if isinstance(base, AdaConvNetwork):
        options |= {"kernel_size": base.kernel_size, "style_edge": base.style_edge}
    if isinstance(network, VariationalNetwork):
        options |= {"hidden": int(network.vae.hidden), "latent": int(network.vae.latent)}
    return options


_BUILDERS: Mapping[str, tuple[Callable[..., TrainedNetwork], Mapping[str, int]]] = MappingProxyType(
    {
        "adain": (build_adain, {}),
        "rain": (build_rain, {}),
        "adaconv": (build_adaconv, {}),
        "adaconv_rain": (build_adaconv_rain, {}),
        "adaconv_structure": (build_adaconv, {"kernel_size": STRUCTURE_KERNEL}),
    }
)


def start_decoder(network: TrainedNetwork, weights: Mapping[str, torch.Tensor]) -> None:
    """Give the network's decoder the weights of a `MirrorDecoder` of the same encoder, in place.

    AdaConv's learned convolutions have the same places and sizes, so they may start there too.

    Raises
    ------
    ModelPackageError
        If the weights do not fit.
    """
    base = base_of(network)
    stages = (base.decoder if isinstance(base, AdaINNetwork) else base).stages
    assert isinstance(stages, nn.ModuleList)
    try:
        stages.load_state_dict({name.removeprefix("stages."): value for name, value in weights.items()})
    except RuntimeError as error:
        raise ModelPackageError(
            f"The decoder's weights do not fit ({error})",
            expected="the decoder that was trained with this encoder",
            remedy="Leave them out: the decoder then starts fresh",
        ) from error
