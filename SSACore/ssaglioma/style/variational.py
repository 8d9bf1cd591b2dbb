"""RAIN (Luo et al. 2020, "Adversarial Style Mining"): a space of styles to draw from and to search in.

The space is laid over AdaIN's code (RAIN) or, beyond the papers, over AdaConv's descriptor: the future work
that the study of RAIN and AdaConv for late-enhancement MRI names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from ssaglioma.errors import DatasetError
from ssaglioma.style.adaconv import STYLE_EDGE, build_adaconv
from ssaglioma.style.adain import build_adain
from ssaglioma.style.learned import LearnedStylizer, picture_tensor, stylised_slices
from ssaglioma.style.pictures import Pictures
from ssaglioma.style.style_network import StyleNetwork
from ssaglioma.style.style_vae import StyleVae, sample
from ssaglioma.types import ProgressCallback

RAIN_HIDDEN, RAIN_LATENT = 1024, 512


class VariationalNetwork(nn.Module):
    """A style network whose code comes from a point epsilon in a Gaussian style space.

    Attributes
    ----------
    base : StyleNetwork
    vae : StyleVae
    """

    def __init__(self, base: StyleNetwork, vae: StyleVae) -> None:
        super().__init__()
        if vae.code_size != base.code_size:
            raise ValueError(f"The style space has codes of {vae.code_size}, the network of {base.code_size}")
        self.base, self.vae = base, vae

    def style_distribution(self, style: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean psi and deviation xi of style pictures (B, 1, Y, X), each (B, latent)."""
        return self.vae.encode(self.base.encode_style(style))

    def own_code(self, content: torch.Tensor) -> torch.Tensor:
        """Return the code that the style space makes of the pictures' own style, (B, code_size)."""
        return self.vae.decode(self.style_distribution(content)[0])

    def forward(self, content: torch.Tensor, epsilon: torch.Tensor, anchor: Any = None) -> torch.Tensor:
        """Return the content (B, 1, Y, X) in the style epsilon (B or 1, latent); differentiable in both."""
        own = self.own_code(content) if self.base.keep_detail else None
        return self.base(content, self.vae.decode(epsilon), anchor, own)


class VariationalStylizer(LearnedStylizer[VariationalNetwork]):
    """Draws one style for a case around the given ones, or takes one that was searched.

    Parameters
    ----------
    network : VariationalNetwork
    seed : int or None
        Seed of the draws; None takes the middle of the style (noise 0), the same at each call.
    epsilon : Tensor, shape (1, latent), optional
        A fixed point of the style space, as `epsilon_search` finds it; the given style is then not looked at.

    Attributes
    ----------
    offset : Tensor, shape (1, latent), or None
        Added to the point of every contrast: one adversarial step for a case whose contrasts keep their own styles.
    """

    def __init__(
        self,
        *,
        network: VariationalNetwork,
        seed: int | None = None,
        epsilon: torch.Tensor | None = None,
        slice_axis: str = "axial",
    ) -> None:
        super().__init__(network=network, slice_axis=slice_axis)
        self.epsilon = epsilon
        self.offset: torch.Tensor | None = None
        self._generator = None if seed is None else torch.Generator().manual_seed(seed)
        if epsilon is not None and epsilon.shape != (1, network.vae.latent):
            raise DatasetError(
                f"The point of the style space has shape {tuple(epsilon.shape)!r}",
                expected=f"(1, {network.vae.latent})",
            )

    def reseed(self, seed: int) -> None:
        """Begin the noise anew; a stylizer that was made without a seed keeps drawing none."""
        if self._generator is not None:
            self._generator.manual_seed(seed)

    def _draw(self) -> torch.Tensor:
        return self.noise()

    def noise(self) -> torch.Tensor:
        """Draw the noise that all channels and slices of a case share, (1, latent); `reseed` brings it back."""
        latent = self.network.vae.latent
        if self._generator is None:
            return torch.zeros(1, latent, device=self.device)
        return torch.randn(1, latent, generator=self._generator).to(self.device)

    @torch.no_grad()
    def _summarise(self, styles: list[Pictures]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and deviation of the mixture of all styles in the style space, each (1, latent).

        The variance of the mixture: mean of the variances plus variance of the means. One style keeps the sign
        of its deviation.
        """
        each = [self.network.style_distribution(picture_tensor(one, [one.reference], self.device)) for one in styles]
        if len(each) == 1:
            return each[0]
        means = torch.cat([mean for mean, _ in each])
        deviations = torch.cat([deviation for _, deviation in each])
        variance = (deviations**2).mean(0, keepdim=True) + means.var(0, unbiased=False, keepdim=True)
        return means.mean(0, keepdim=True), torch.sqrt(variance)

    @torch.no_grad()
    def _transform(self, content: Pictures, style: Any, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        mean, deviation = style
        epsilon = sample(mean, deviation, drawn) if self.epsilon is None else self.epsilon.to(self.device)
        if self.offset is not None:
            epsilon = epsilon + self.offset.to(self.device)
        code = self.network.vae.decode(epsilon)
        if len(content.original) == 1:
            return self._last.stylised(self.network.base, content, code, self.network.own_code)
        return stylised_slices(self.network.base, content, code, progress, own_code=self.network.own_code)


class RainStylizer(VariationalStylizer):
    """RAIN on slices and cases: it changes global statistics of features only, which keeps boundaries best."""

    method = "rain"


class AdaConvRainStylizer(VariationalStylizer):
    """AdaConv drawn from, and searched in, a style space; not in the papers."""

    method = "adaconv_rain"


def build_rain(
    encoder: str = "mri_small",
    weights: Mapping[str, torch.Tensor] | None = None,
    *,
    hidden: int | None = None,
    latent: int | None = None,
) -> VariationalNetwork:
    """Build RAIN on a named encoder.

    The style space of VGG-19 is the published one (hidden 1024, latent 512). A thinner encoder has a space in
    proportion: hidden as wide as its code, latent half of it.
    """
    return _laid_over(build_adain(encoder, weights), hidden, latent)


def build_adaconv_rain(
    encoder: str = "mri_small",
    weights: Mapping[str, torch.Tensor] | None = None,
    *,
    kernel_size: int = 3,
    style_edge: int = STYLE_EDGE,
    hidden: int | None = None,
    latent: int | None = None,
) -> VariationalNetwork:
    """Build AdaConv with a style space over its descriptor; sizes in proportion to the encoder as in `build_rain`."""
    return _laid_over(build_adaconv(encoder, weights, kernel_size=kernel_size, style_edge=style_edge), hidden, latent)


def _laid_over(base: StyleNetwork, hidden: int | None, latent: int | None) -> VariationalNetwork:
    width = base.encoder.out_channels
    vae = StyleVae(
        code_size=base.code_size,
        hidden=hidden or RAIN_HIDDEN * width // 512,
        latent=latent or RAIN_LATENT * width // 512,
    )
    return VariationalNetwork(base, vae)
