"""A model package as an ONNX model: what engines without torch are given, and what `ssaglioma models export` writes."""

from __future__ import annotations

from ssaglioma.errors import ModelPackageError
from ssaglioma.networks import configuration_of
from ssaglioma.packages.onnx_file import onnx_bytes
from ssaglioma.packages.package import ModelPackage


def has_graph(package: ModelPackage) -> bool:
    """Tell whether the package's network can be written as ONNX."""
    card = package.card
    network = configuration_of(card.network, card.architecture)
    return network.graph(in_channels=card.inputs, out_channels=card.outputs) is not None


def onnx_model(package: ModelPackage) -> bytes:
    """Return the network with its weights as an ONNX file, made from card and safetensors without torch.

    Input `image` (batch, C, *spatial): normalised channels in the card's order; output `logits` (batch, R, *spatial).

    Raises
    ------
    ModelPackageError
        If the network is one that torch alone can run, or the weights do not fit it.
    """
    card = package.card
    network = configuration_of(card.network, card.architecture)
    graph = network.graph(in_channels=card.inputs, out_channels=card.outputs)
    if graph is None:
        raise ModelPackageError(
            f"The network {card.network!r} of the model {card.name!r} cannot be written as ONNX",
            expected="a network of nnU-Net's two kinds (small_*, nnunet_*, mask_*, planned)",
            remedy="Run it with torch: pip install 'ssaglioma[torch]'",
        )
    weights = package.weights()
    missing = sorted(set(graph.weights) - set(weights))
    first = weights.get(graph.weights[0])
    if missing or first is None or first.shape[1] != card.inputs:
        raise ModelPackageError(
            f"The weights of {card.name!r} do not fit the network {card.network!r}",
            expected=f"{len(graph.weights)} tensors for {card.inputs} channels"
            + (f", {missing[0]!r} among them" if missing else ""),
            remedy="Copy or download the model package again",
        )
    return onnx_bytes(graph, weights)
