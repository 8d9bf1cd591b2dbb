"""Several models taught to one: it learns their mean probabilities on augmented patches, beside the labels.

Hinton et al. 2015 (arXiv:1503.02531), for regions: the target of each voxel is share * mean probability of the teachers
+ (1 - share) * label, in the usual loss. The teachers see the very patch that the pupil sees, so they also teach on
synthetic cases and on copies through scanners. A patch costs each teacher a third of what it costs the pupil.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from typing import Any

import torch

from ssaglioma.errors import DatasetError
from ssaglioma.labels import LabelScheme
from ssaglioma.networks import SegmentationNetwork, configuration_of
from ssaglioma.packages import ModelCard, ModelPackage
from ssaglioma.packages.package import WEIGHTS_FILE
from ssaglioma.training.cases import OUTSIDE
from ssaglioma.training.config import TrainingConfig
from ssaglioma.training.loop import Trainer
from ssaglioma.training.losses import loss_of, region_targets
from ssaglioma.training.package import planned_card


@dataclass(frozen=True, eq=False)
class Teachers:
    """Trained networks of one input and one set of regions.

    Attributes
    ----------
    networks : tuple of SegmentationNetwork
        In evaluation mode.
    digests : tuple of str
        SHA-256 of their weights.
    share : float
        Of their mean probability in the target, 0..1; the rest is the label.

    Raises
    ------
    DatasetError
        If there is none, or the share makes no sense.
    """

    networks: tuple[SegmentationNetwork, ...]
    digests: tuple[str, ...]
    share: float = 0.7

    def __post_init__(self) -> None:
        if not self.networks or not 0 < self.share <= 1:
            raise DatasetError(
                f"{len(self.networks)} teachers have a share of {self.share!r}",
                expected="one or more, and a share above 0, up to 1",
            )

    @classmethod
    def from_packages(
        cls, packages: Seq[ModelPackage], config: TrainingConfig, scheme: LabelScheme, share: float = 0.7
    ) -> Teachers:
        """Load model packages.

        Raises
        ------
        DatasetError
            If one takes another input, or gives other regions, than the pupil.
        """
        plan = planned_card(config, scheme)
        for package in packages:
            _check_alike(package.card, plan)
        digests = tuple(package.card.sha256[WEIGHTS_FILE] for package in packages)
        return cls(tuple(_network(package) for package in packages), digests, share)

    def to(self, device: torch.device) -> Teachers:
        """Return the same teachers on a device."""
        return Teachers(tuple(network.to(device) for network in self.networks), self.digests, self.share)

    @torch.inference_mode()
    def targets(self, image: torch.Tensor, labels: torch.Tensor, hard: torch.Tensor) -> torch.Tensor:
        """Return soft targets (B, R, *spatial), 0 outside the brain, which `labels` (B, *spatial) tell."""
        mean = torch.stack([torch.sigmoid(network(image).float()) for network in self.networks]).mean(dim=0)
        mean = mean * (labels != OUTSIDE).unsqueeze(1)
        return self.share * mean + (1 - self.share) * hard.float()


@dataclass
class DistillingTrainer(Trainer):
    """A `Trainer` whose targets come from teachers as well.

    Attributes
    ----------
    teachers : Teachers
    """

    teachers: Teachers = field(kw_only=True)

    def __post_init__(self) -> None:
        self.teachers = self.teachers.to(self.device)

    def identity(self) -> dict[str, Any]:
        """Return what tells this kind of run from others."""
        taught = {"digests": list(self.teachers.digests), "share": self.teachers.share}
        return {**super().identity(), "teachers": taught}

    def losses(
        self, network: SegmentationNetwork, batch: tuple[torch.Tensor, ...], progress: float
    ) -> dict[str, torch.Tensor]:
        """Return the loss against the mixed targets."""
        image, labels = batch
        regions = [self.scheme.region_values(name) for name in self.scheme.regions]
        with self.autocast():
            targets = self.teachers.targets(image, labels, region_targets(labels, regions))
            logits = network.forward_scales(image)
        return {"loss": loss_of(self.config)(logits, targets.clone())}


def _network(package: ModelPackage) -> SegmentationNetwork:
    card = package.card
    network = configuration_of(card.network, card.architecture).build(
        in_channels=card.inputs, out_channels=card.outputs
    )
    network.load_state_dict({name: torch.from_numpy(value) for name, value in package.weights().items()})
    return network.eval()


def _check_alike(card: ModelCard, plan: ModelCard) -> None:
    for name in ("channels", "regions", "spacing_zyx_mm", "slice_offsets_mm", "plan"):
        if getattr(card, name) != getattr(plan, name):
            raise DatasetError(
                f"The teacher {card.name!r} has {name} {getattr(card, name)!r}",
                expected=f"that of the pupil, {getattr(plan, name)!r}",
                remedy="Take teachers that see the same image as the network that is trained",
            )
    if len(card.patch) != len(plan.patch):
        raise DatasetError(f"The teacher {card.name!r} is a {len(card.patch)}D network", expected=f"{len(plan.patch)}D")
