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

    With `keep_detail` the picture is the content plus what changing the style changes: content + g(style) - g(own
    style), g the exchange and the decoder. What the decoder cannot rebuild (fine vessels, the edge of a small lesion)
    cancels out and stays; a picture in its own style comes back as it was, without error. It costs a second pass
    through the decoder. Not in the papers, which show g(style) alone.

    An anchor holds what AdaIN or AdaConv estimates from the content. Taken from one slice and given to all the
    others of a case, it turns the exchange of style into one rule for the case; without it each picture is its own.
    """

    encoder: VggEncoder
    code_size: int
    keep_detail: bool = False

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

    def forward(
        self,
        content: torch.Tensor,
        code: torch.Tensor,
        anchor: Any = None,
        own_code: torch.Tensor | None = None,
        own_anchor: Any = None,
    ) -> torch.Tensor:
        """Return the content in the style of the code, (B, 1, Y, X), linear (clip to 0..1 for use).

        `own_code` is the code of the content's own style, found here if it is needed and not given; `own_anchor` is
        the anchor under that code (AdaConv's depends on it).
        """
        return self.stylised(content, self.encoder(content), code, anchor, own_code, own_anchor)

    def stylised(
        self,
        content: torch.Tensor,
        features: torch.Tensor,
        code: torch.Tensor,
        anchor: Any = None,
        own_code: torch.Tensor | None = None,
        own_anchor: Any = None,
    ) -> torch.Tensor:
        """Do the same with features of the content that are known already."""
        picture = self.exchanged(features, code, anchor)
        if not self.keep_detail:
            return picture
        own = self.encode_style(content) if own_code is None else own_code
        return content + picture - self.exchanged(features, own, own_anchor)

    def compared(self, picture: torch.Tensor) -> list[torch.Tensor]:
        """Return the features that the losses compare, relu1_1 to relu4_1 (`STYLE_LAYERS`)."""
        return self.encoder.features(picture, STYLE_LAYERS)


def gray(picture: torch.Tensor) -> torch.Tensor:
    """Return the mean over channels, (B, C, Y, X) to (B, 1, Y, X)."""
    return picture if picture.shape[1] == 1 else picture.mean(1, keepdim=True)
