"""Styles to draw from while a segmenter is trained: slices of a target domain, encoded once by a frozen stylizer."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ssaglioma.errors import DatasetError
from ssaglioma.style.building import TrainedNetwork, base_of
from ssaglioma.style.variational import VariationalNetwork
from ssaglioma.training.style_fingerprint import network_digest

_BATCH = 16
_PEAK = 0.999


@dataclass(frozen=True, eq=False)
class StyleSlices:
    """Slices of the target, without labels.

    Attributes
    ----------
    pictures : ndarray of float32, shape (N, Y, X), values 0..1
    cases : tuple of str, length N
        Whose slice each is.
    heights : ndarray of float, shape (N,)
        Place in the stack, 0 the first and 1 the last slice.
    """

    pictures: np.ndarray
    cases: tuple[str, ...]
    heights: np.ndarray

    def __post_init__(self) -> None:
        counts = {len(self.pictures), len(self.cases), len(self.heights)}
        if len(counts) != 1 or not len(self.pictures):
            raise DatasetError(
                f"{len(self.pictures)} style pictures of {len(self.cases)} named cases",
                expected="at least one picture, each with its case and height",
            )

    def nearest(self, case: str, height: float) -> int:
        """Return the slice of a case that is nearest in height (fraction of the stack).

        Raises
        ------
        DatasetError
            If the case lends no style.
        """
        own = [index for index, name in enumerate(self.cases) if name == case]
        if not own:
            raise DatasetError(f"The case {case!r} lends no style of its own", expected="target slices of this patient")
        return min(own, key=lambda index: abs(float(self.heights[index]) - height))


class StyleBank:
    """A frozen stylizer with the codes of all style slices.

    Parameters
    ----------
    network : TrainedNetwork
        RAIN and its kin give points of a style space; AdaIN and AdaConv one code a slice. Its weights are frozen here.
    slices : StyleSlices
    device : torch.device
    """

    def __init__(self, network: TrainedNetwork, slices: StyleSlices, device: torch.device) -> None:
        self.network = network.to(device).eval().requires_grad_(False)
        self.slices, self.device = slices, device
        self.codes, self.deviations = self._encoded()

    @property
    def has_space(self) -> bool:
        """Whether styles are points of a space that can be searched."""
        return isinstance(self.network, VariationalNetwork)

    @property
    def noise_size(self) -> int:
        """Length of the noise that one draw takes; 0 without a style space."""
        return int(self.network.vae.latent) if isinstance(self.network, VariationalNetwork) else 0

    @property
    def longest(self) -> float:
        """sqrt(latent) * mean |xi|, the unit of the longest step of a search; 0 without a style space."""
        return self.noise_size**0.5 * float(self.deviations.abs().mean()) if self.has_space else 0.0

    def points(self, chosen: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the codes (B, S) of chosen slices (B,); in a style space points psi + noise * xi."""
        codes = self.codes[chosen]
        return codes + noise * self.deviations[chosen] if self.has_space else codes

    def stylised(self, content: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """Return content pictures (B, 1, Y, X) in the styles (B, S), within 0..1; differentiable in both.

        A picture whose 99.9th percentile is above 1 is divided by it, as stylizers do when they are used: clipping
        alone would melt the bright blood of hearts into one.
        """
        network: Any = self.network if isinstance(self.network, VariationalNetwork) else base_of(self.network)
        made = network(content, points)
        peak = torch.quantile(made.detach().flatten(1), _PEAK, dim=1).clamp_min(1.0)
        return (made / peak[:, None, None, None]).clamp(0, 1)

    def identity(self) -> dict[str, object]:
        """Return what tells this bank from others, as JSON values."""
        return {"stylizer": network_digest(self.network), "styles": sorted(set(self.slices.cases))}

    @torch.no_grad()
    def _encoded(self) -> tuple[torch.Tensor, torch.Tensor]:
        codes, deviations = [], []
        for first in range(0, len(self.slices.pictures), _BATCH):
            pictures = torch.from_numpy(self.slices.pictures[first : first + _BATCH, None]).to(self.device)
            if isinstance(self.network, VariationalNetwork):
                mean, deviation = self.network.style_distribution(pictures)
                deviations.append(deviation)
            else:
                mean = base_of(self.network).encode_style(pictures)
            codes.append(mean)
        return torch.cat(codes), torch.cat(deviations) if deviations else torch.zeros(0, device=self.device)


def style_slices(images: Seq[tuple[str, np.ndarray]]) -> StyleSlices:
    """Return all slices of stacks (name, (Z, Y, X) in 0..1) that are not empty."""
    pictures, cases, heights = [], [], []
    for name, stack in images:
        for index, picture in enumerate(stack):
            if picture.any():
                pictures.append(np.asarray(picture, np.float32))
                cases.append(name)
                heights.append(index / max(len(stack) - 1, 1))
    if not pictures:
        raise DatasetError("No style slice holds anything", expected="images of the target domain")
    return StyleSlices(np.stack(pictures), tuple(cases), np.array(heights))
