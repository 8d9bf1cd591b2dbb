"""What AdaIN and AdaConv have in common: a frozen encoder, a code of the style, a picture made from both."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import nn

from ssaglioma.style.encoders import STYLE_LAYERS, VggEncoder


class StyleNetwork(nn.Module):
    """Encoder, exchange of style, decoder.

    Shapes: pictures are gray, (B, 1, Y, X), usually 0..1, edges multiples of `encoder.divisor` and at least 16;
    codes (B, code_size). A decoder of three channels is averaged to gray, as the cardiac study of RAIN does
    (github.com/MingxuanGu/Few-shot-UDA) before it repeats the picture for the next network.

    An anchor holds what AdaIN or AdaConv estimates from the content. Taken from one slice and given to all the
    others of a case, it turns the exchange of style into one rule for the case; without it each picture is its own.
    """

    encoder: VggEncoder
    code_size: int

    @abstractmethod
    def encode_style(self, style: torch.Tensor) -> torch.Tensor:
        """Return the code of style pictures (B, 1, Y, X)."""

    @abstractmethod
    def anchor(self, content: torch.Tensor, code: torch.Tensor) -> Any:
        """Return the statistics of content pictures that the exchange of style divides out."""

    @abstractmethod
    def exchanged(self, features: torch.Tensor, code: torch.Tensor, anchor: Any = None) -> torch.Tensor:
        """Return gray pictures from content features and a style code."""

    @abstractmethod
    def content_target(self, features: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """Return the features that the stylised picture shall have, for the content loss."""

    def forward(self, content: torch.Tensor, code: torch.Tensor, anchor: Any = None) -> torch.Tensor:
        """Return the content in the style of the code, (B, 1, Y, X), linear (clip to 0..1 for use)."""
        return self.exchanged(self.encoder(content), code, anchor)

    def compared(self, picture: torch.Tensor) -> list[torch.Tensor]:
        """Return the features that the losses compare, relu1_1 to relu4_1 (`STYLE_LAYERS`)."""
        return self.encoder.features(picture, STYLE_LAYERS)


def gray(picture: torch.Tensor) -> torch.Tensor:
    """Return the mean over channels, (B, C, Y, X) to (B, 1, Y, X)."""
    return picture if picture.shape[1] == 1 else picture.mean(1, keepdim=True)
