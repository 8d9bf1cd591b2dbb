"""State dictionaries to and from nnU-Net's `dynamic-network-architectures` classes.

Their classes register the same tensors several times: each unit's layers again under
`all_modules`, and the encoder again inside the decoder. Ours hold each tensor once.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

_POSITIONS = {"conv": 0, "norm": 1}
_WRAPPER_PREFIXES = ("_orig_mod.", "module.")


def from_nnunet_state(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return our state dictionary from theirs: wrapper prefixes and duplicates removed."""
    result = {}
    for key, tensor in state.items():
        for prefix in _WRAPPER_PREFIXES:
            key = key.removeprefix(prefix)
        if ".all_modules." in key or key.startswith("decoder.encoder."):
            continue
        result[key] = tensor
    return result


def to_nnunet_state(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return their state dictionary from ours: duplicates added (the tensors are shared, not copied)."""
    unit = {}
    for key, tensor in state.items():
        unit[key] = tensor
        owner, layer, kind = key.rsplit(".", 2)
        if layer in _POSITIONS:
            unit[f"{owner}.all_modules.{_POSITIONS[layer]}.{kind}"] = tensor
    encoder = {f"decoder.{key}": tensor for key, tensor in unit.items() if key.startswith("encoder.")}
    return {**unit, **encoder}
