"""Weights that a training goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from ssaglioma.errors import ModelPackageError
from ssaglioma.networks import SegmentationNetwork
from ssaglioma.packages import ModelCard, ModelPackage
from ssaglioma.packages.package import WEIGHTS_FILE, sha256
from ssaglioma.training.checkpoint import CHECKPOINT, read_checkpoint, segmentation_weights


def check_trainable(card: ModelCard) -> None:
    """Raise unless a model can be trained on here: cases are prepared in our way, not in that of a plan.

    Raises
    ------
    ModelPackageError
        If it is an imported network of nnU-Net.
    """
    if card.plan is not None:
        raise ModelPackageError(
            f"The model {card.name!r} has a plan of nnU-Net, by which cases are not prepared for training here",
            expected="a model that was trained here",
            remedy="Train it on in nnU-Net ('ssaglioma nnunet dataset' writes the cases), and import the result",
        )


@dataclass(frozen=True, eq=False)
class StartingPoint:
    """Weights that a run or a stage begins with.

    Attributes
    ----------
    digest : str
        SHA-256 of the file that they come from.
    weights : mapping of str to tensor
        The network's own, without a domain classifier.
    """

    digest: str
    weights: Mapping[str, torch.Tensor]

    @classmethod
    def from_run(cls, folder: Path) -> StartingPoint:
        """Take the weights of a run's last checkpoint."""
        path = folder / CHECKPOINT
        return cls(sha256(path), segmentation_weights(read_checkpoint(path)[1]))

    @classmethod
    def from_package(cls, package: ModelPackage) -> StartingPoint:
        """Take the weights of a model package.

        Raises
        ------
        ModelPackageError
            If it is an imported network of nnU-Net.
        """
        check_trainable(package.card)
        weights = {name: torch.from_numpy(value) for name, value in package.weights().items()}
        return cls(package.card.sha256[WEIGHTS_FILE], weights)

    def load_into(self, network: SegmentationNetwork) -> None:
        """Give the weights to a network.

        Raises
        ------
        ModelPackageError
            If they belong to another network.
        """
        try:
            network.load_state_dict(self.weights)
        except RuntimeError as error:
            raise ModelPackageError(
                f"The weights to start from do not fit the network {type(network).__name__}",
                expected="weights of the same network, channels and regions",
                remedy="Choose another model to start from, or leave it out",
            ) from error
