"""AdaIN (Huang and Belongie 2017, arXiv:1703.06868): the style's channel statistics at relu4_1."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ssaglioma.style.decoders import MirrorDecoder
from ssaglioma.style.encoders import VggEncoder, build_encoder
from ssaglioma.style.feature_statistics import adain, mean_and_sd, style_vector
from ssaglioma.style.learned import CodeStylizer
from ssaglioma.style.style_network import StyleNetwork, gray


class AdaINNetwork(StyleNetwork):
    """Frozen encoder, AdaIN on its last layer, trained mirror decoder; the code is means and deviations (2C)."""

    def __init__(self, encoder: VggEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = MirrorDecoder(encoder.configuration)
        self.code_size = 2 * encoder.out_channels

    def encode_style(self, style: torch.Tensor) -> torch.Tensor:
        """Return means and deviations of relu4_1, (B, 2C)."""
        return style_vector(self.encoder(style))

    def anchor(self, content: torch.Tensor, code: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and deviation of the content's relu4_1, each (B, C); the code plays no part."""
        return mean_and_sd(self.encoder(content))

    def exchanged(
        self, features: torch.Tensor, code: torch.Tensor, anchor: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Return the decoded AdaIN of content features and code."""
        return gray(self.decoder(adain(features, code, anchor)))

    def content_target(self, features: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """Return AdaIN's own output, as the paper does: faster to train than the content's features."""
        return adain(features, code)


class AdaINStylizer(CodeStylizer):
    """AdaIN on slices and cases; strength mixes pictures, where the paper mixes features."""

    method = "adain"


def build_adain(encoder: str = "mri_small", weights: Mapping[str, torch.Tensor] | None = None) -> AdaINNetwork:
    """Build AdaIN on a named encoder with the encoder's weights; the decoder is fresh."""
    return AdaINNetwork(build_encoder(encoder, weights))
