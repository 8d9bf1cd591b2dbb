"""The domain classifier of the adversarial approaches, its loss, and the tap that feeds it.

Layers and place are those of Heras Rivera et al. 2024 as its first author's later code has them: the
output of the deepest upsampling (up6) of the optimized U-Net goes through two convolutions and two fully
connected layers to one logit. Other networks are tapped where their configuration's `latent` says.
"""

from __future__ import annotations

from types import TracebackType

import torch
from torch import nn

from ssaglioma.adaptation.reversal import reverse_gradient
from ssaglioma.networks.blocks import CONVOLUTION

DOMAIN_CLASSIFIER = "domain_classifier"
"""Name under which a run attaches its classifier to the network; model packages leave it out."""
SMALLEST_LATENT = 4
"""Voxels along each axis: a convolution without padding takes two, and pooling halves the rest."""
DOMAIN_LOSS_WEIGHT = 1 / 50
_POOL: dict[int, type[nn.Module]] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_ADAPTIVE: dict[int, type[nn.Module]] = {2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
_POOLED: dict[int, tuple[int, ...]] = {2: (2, 1), 3: (1, 2, 1)}
_HIDDEN = (64, 128)


class DomainClassifier(nn.Module):
    """Tells target from source features: one logit a sample, above 0 for the target.

    For a latent of 4 x 6 x 4 this is the published head; before its fully connected layers an adaptive
    average pooling to (1, 2, 1) (in 2D: (2, 1)) stands in for the flattening, so that other sizes fit.

    Parameters
    ----------
    dims : int
        2 or 3.
    in_channels : int
        Channels of the latent features.

    Shapes
    ------
    (B, C, *spatial) to (B,); each spatial edge is at least `SMALLEST_LATENT`.

    Raises
    ------
    ValueError
        On a smaller latent.
    """

    def __init__(self, *, dims: int, in_channels: int) -> None:
        super().__init__()
        first, second = _HIDDEN
        self.features = nn.Sequential(
            CONVOLUTION[dims](in_channels, first, 3),
            nn.ReLU(),
            _POOL[dims](2),
            CONVOLUTION[dims](first, second, 1, padding=1),
            nn.ReLU(),
            _POOL[dims](2),
            _ADAPTIVE[dims](_POOLED[dims]),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(2 * second, first), nn.ReLU(), nn.Linear(first, 1))

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """Return one logit a sample, (B,)."""
        if min(latent.shape[2:]) < SMALLEST_LATENT:
            raise ValueError(
                f"The latent features have the size {tuple(latent.shape[2:])}, expected {SMALLEST_LATENT} or more "
                "along each axis: take a larger patch"
            )
        return self.head(self.features(latent)).squeeze(1)


def domain_loss(
    classifier: DomainClassifier, latent: torch.Tensor, is_target: torch.Tensor, grl_weight: float | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean binary cross-entropy (unscaled) and the logits (B,).

    Parameters
    ----------
    latent : tensor
        (B, C, *spatial).
    is_target : tensor of bool
        (B,); source is 0, target is 1.
    grl_weight : float or None
        Weight of the gradient reversal; None is the variant without reversal, in which the
        classifier is a second task that the encoder helps with.
    """
    features = latent.float() if grl_weight is None else reverse_gradient(latent.float(), grl_weight)
    logits = classifier(features)
    return nn.functional.binary_cross_entropy_with_logits(logits, is_target.float()), logits


class LatentTap:
    """Within a `with` block, holds what a sub-module of a network gave last in `features`.

    Parameters
    ----------
    network : Module
    module : str
        Dotted name of the sub-module, as in a configuration's `latent`.

    Raises
    ------
    AttributeError
        If the network has no such sub-module.
    """

    def __init__(self, network: nn.Module, module: str) -> None:
        self._module = network.get_submodule(module)
        self._handle: torch.utils.hooks.RemovableHandle | None = None
        self._features: torch.Tensor | None = None

    @property
    def features(self) -> torch.Tensor:
        """The features of the last forward pass, with their graph.

        Raises
        ------
        RuntimeError
            If the network was not run in the block.
        """
        if self._features is None:
            raise RuntimeError("The network has not been run while its latent features were tapped")
        return self._features

    def __enter__(self) -> LatentTap:
        self._handle = self._module.register_forward_hook(self._keep)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            self._handle.remove()

    def _keep(self, module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        self._features = output
