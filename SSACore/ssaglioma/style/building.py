"""The learned methods' networks by name."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ssaglioma.errors import DatasetError
from ssaglioma.style.adaconv import AdaConvNetwork, build_adaconv
from ssaglioma.style.adain import AdaINNetwork, build_adain
from ssaglioma.style.variational import VariationalNetwork, build_adaconv_rain, build_rain

TrainedNetwork = AdaINNetwork | AdaConvNetwork | VariationalNetwork
TRAINED_METHODS = ("adain", "rain", "adaconv", "adaconv_rain", "adaconv_structure")
STRUCTURE_KERNEL = 5


def build_style_network(
    method: str, encoder: str = "mri_small", weights: Mapping[str, torch.Tensor] | None = None
) -> TrainedNetwork:
    """Build the network of a learned method; the encoder's weights are given, the rest is fresh.

    Raises
    ------
    DatasetError
        If the method is none of `TRAINED_METHODS`.
    ModelPackageError
        If the encoder is not known, or the weights do not fit it.
    """
    if method == "adain":
        return build_adain(encoder, weights)
    if method == "rain":
        return build_rain(encoder, weights)
    if method == "adaconv":
        return build_adaconv(encoder, weights)
    if method == "adaconv_structure":
        return build_adaconv(encoder, weights, kernel_size=STRUCTURE_KERNEL)
    if method == "adaconv_rain":
        return build_adaconv_rain(encoder, weights)
    raise DatasetError(f"The style method {method!r} has no network to train", expected=f"one of {TRAINED_METHODS}")
