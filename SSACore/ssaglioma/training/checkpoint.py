"""Checkpoints that survive a power cut: one safetensors file, written aside and renamed; nothing is pickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ssaglioma.adaptation.domain import DOMAIN_CLASSIFIER
from ssaglioma.errors import ModelPackageError, SSAGliomaError
from ssaglioma.training.config_json import JsonConfig
from ssaglioma.types import PathLike
from ssaglioma.volume.atomic import atomic_path

CHECKPOINT = "checkpoint.safetensors"
_SEPARATOR = "::"
_NETWORK, _AVERAGE = f"network{_SEPARATOR}", f"average{_SEPARATOR}"


def save_checkpoint(
    path: PathLike,
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
    average: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write weights, their running mean, optimizer state and JSON facts (epoch, history, configuration) atomically.

    Raises
    ------
    SSAGliomaError
        If the disk is full or cannot be written; the earlier checkpoint is then as it was.
    """
    names = [name for name, _ in network.named_parameters()]
    tensors = {f"{_NETWORK}{name}": tensor.contiguous() for name, tensor in network.state_dict().items()}
    tensors |= {f"{_AVERAGE}{name}": tensor.contiguous() for name, tensor in (average or {}).items()}
    for index, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            tensors[f"optimizer{_SEPARATOR}{names[index]}{_SEPARATOR}{key}"] = torch.as_tensor(value).contiguous()
    with atomic_path(path) as temporary:
        try:
            save_file(tensors, str(temporary), metadata={"facts": json.dumps(facts)})
        except SafetensorError as error:
            raise SSAGliomaError(
                f"The checkpoint {str(path)!r} cannot be written ({error})",
                remedy="Free some space. Resume goes on from the last finished epoch",
            ) from error


def load_checkpoint(path: PathLike, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Restore weights and optimizer state in place and return the facts.

    Raises
    ------
    ModelPackageError
        If the file is damaged or belongs to another network.
    """
    facts, tensors = read_checkpoint(path)
    weights = {key.split(_SEPARATOR)[1]: value for key, value in tensors.items() if key.startswith("network")}
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelPackageError(
            f"The checkpoint {str(path)!r} belongs to another network",
            remedy="Choose an empty output folder, or the configuration that the run began with",
        ) from error
    state: dict[int, dict[str, torch.Tensor]] = {}
    for index, (name, _) in enumerate(network.named_parameters()):
        prefix = f"optimizer{_SEPARATOR}{name}{_SEPARATOR}"
        entry = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        if entry:
            state[index] = entry
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return facts


def resumed_facts(
    folder: Path, network: torch.nn.Module, optimizer: torch.optim.Optimizer, config: JsonConfig
) -> dict[str, Any] | None:
    """Restore the last checkpoint of a run's folder in place and return its facts, or None where there is none.

    Raises
    ------
    ModelPackageError
        If the folder holds a run with another configuration, or a damaged checkpoint.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    facts = load_checkpoint(path, network, optimizer)
    if type(config).from_json(facts["config"]) != config:
        raise ModelPackageError(
            f"The folder {str(folder)!r} holds a run with another configuration, {facts['config']!r}",
            expected=f"{config.to_json()!r}",
            remedy="Choose an empty output folder, or repeat the options that the run began with",
        )
    return facts


def segmentation_weights(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the network's tensors among a checkpoint's, their running mean where it was kept.

    A domain classifier is left out.
    """
    prefix = _AVERAGE if any(key.startswith(_AVERAGE) for key in tensors) else _NETWORK
    named = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
    return {name: value for name, value in named.items() if not name.startswith(f"{DOMAIN_CLASSIFIER}.")}


def read_average(path: PathLike) -> dict[str, torch.Tensor]:
    """Return the running mean of the weights that a checkpoint holds.

    Raises
    ------
    ModelPackageError
        If it holds none, or is damaged.
    """
    tensors = read_checkpoint(path)[1]
    found = {key[len(_AVERAGE) :]: value for key, value in tensors.items() if key.startswith(_AVERAGE)}
    if not found:
        raise ModelPackageError(f"The checkpoint {str(path)!r} holds no mean of the weights")
    return found


def read_checkpoint(path: PathLike) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Return the facts and all tensors of a checkpoint.

    Raises
    ------
    ModelPackageError
        If the file is not a whole checkpoint.
    """
    try:
        with safe_open(str(Path(path)), framework="pt") as stream:
            facts = json.loads((stream.metadata() or {})["facts"])
            return facts, {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModelPackageError(
            f"The checkpoint {str(path)!r} cannot be read ({error})",
            expected="a checkpoint written by 'ssaglioma train'",
            remedy="Delete it to begin again, or restore it from a copy",
        ) from error
