"""The optimized U-Net of Ren et al. 2024 (arXiv:2402.07008), seven levels deep with chained outputs.

The two finest levels of the decoder see only the probability maps of the level below (three
channels), not its features: d3 feeds d2, d2 feeds d1, and d1 alone is the output. There is no attention.

Readings where the work leaves a choice: weights start as torch's layers draw them (no scheme is
stated); the network ends in the logits of d1, whose sigmoid is the published output, so that losses
and engines are those of the other networks. The work is in 3D; the 2D form is ours.
"""

from __future__ import annotations

import torch
from torch import nn

from ssaglioma.networks.blocks import CONVOLUTION, INSTANCE_NORM, TRANSPOSED_CONVOLUTION
from ssaglioma.networks.forms import LEAKY_SLOPE, OPTIMIZED_WIDTHS
from ssaglioma.networks.segmentation import SegmentationNetwork, check_dims


class PreNormBlock(nn.Sequential):
    """Twice: instance normalisation without weights, 3-wide convolution with bias, leaky ReLU.

    Shapes: (B, Cin, *spatial) to (B, Cout, *ceil(spatial / stride)).
    """

    def __init__(self, *, dims: int, in_channels: int, out_channels: int, stride: int = 1) -> None:
        norm, convolution = INSTANCE_NORM[dims], CONVOLUTION[dims]
        super().__init__(
            norm(in_channels),
            convolution(in_channels, out_channels, 3, stride, 1),
            nn.LeakyReLU(LEAKY_SLOPE),
            norm(out_channels),
            convolution(out_channels, out_channels, 3, 1, 1),
            nn.LeakyReLU(LEAKY_SLOPE),
        )


class DilatedUp(nn.Sequential):
    """Doubles each edge: transposed convolution (kernel 2, dilation 2), instance normalisation, leaky ReLU."""

    def __init__(self, *, dims: int, in_channels: int, out_channels: int) -> None:
        super().__init__(
            TRANSPOSED_CONVOLUTION[dims](
                in_channels, out_channels, 2, stride=2, padding=1, output_padding=1, dilation=2
            ),
            INSTANCE_NORM[dims](out_channels),
            nn.LeakyReLU(LEAKY_SLOPE),
        )


class _Encoder(nn.Module):
    def __init__(self, *, dims: int, in_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            PreNormBlock(dims=dims, in_channels=before, out_channels=here, stride=1 if index == 0 else 2)
            for index, (before, here) in enumerate(zip((in_channels, *channels), channels))
        )

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        features = []
        for level in self.levels:
            image = level(image)
            features.append(image)
        return features


class _Decoder(nn.Module):
    """Modules are named by their level, 6 (deepest) to 1, as in the published table."""

    def __init__(self, *, dims: int, out_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        below = channels[6]
        for level in (6, 5, 4, 3, 2, 1):
            here = channels[level - 1]
            self.add_module(f"up{level}", DilatedUp(dims=dims, in_channels=below, out_channels=here))
            self.add_module(f"block{level}", PreNormBlock(dims=dims, in_channels=2 * here, out_channels=here))
            below = here
            if level <= 3:
                self.add_module(f"head{level}", CONVOLUTION[dims](here, out_channels, 1))
                below = out_channels

    def forward(self, skips: list[torch.Tensor]) -> list[torch.Tensor]:
        features, chain = skips[6], []
        for level in (6, 5, 4, 3, 2, 1):
            up = self.get_submodule(f"up{level}")(features)
            features = self.get_submodule(f"block{level}")(torch.cat([skips[level - 1], up], dim=1))
            if level <= 3:
                chain.append(self.get_submodule(f"head{level}")(features))
                features = torch.sigmoid(chain[-1])
        return chain[::-1]


class OptimizedUNet(SegmentationNetwork):
    """Optimized U-Net (Ren et al. 2024).

    Parameters
    ----------
    dims : int
        3 as published, or 2.
    in_channels, out_channels : int
        Image channels and regions.
    width : int
        nf; 32 as published, 8 for small machines.

    Shapes
    ------
    Image (B, C, [Z,] Y, X), each edge a multiple of 64 and at least one of them 128.

    Raises
    ------
    ValueError
        If dims is neither 2 nor 3.
    """

    def __init__(self, *, dims: int, in_channels: int, out_channels: int, width: int) -> None:
        super().__init__()
        check_dims(dims)
        channels = tuple(multiple * width for multiple in OPTIMIZED_WIDTHS)
        self.encoder = _Encoder(dims=dims, in_channels=in_channels, channels=channels)
        self.decoder = _Decoder(dims=dims, out_channels=out_channels, channels=channels)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits of d1, (B, out_channels, *spatial)."""
        return self.forward_chain(image)[0]

    def forward_scales(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of d1 alone: d2 and d3 enter no loss."""
        return [self.forward(image)]

    def forward_chain(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of the chained outputs d1, d2 and d3 (full, half and quarter size)."""
        return self.decoder(self.encoder(image))
