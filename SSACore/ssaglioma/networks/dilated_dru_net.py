"""The dilated residual U-Net that the authors of the few-shot cardiac adaptation study ran.

Gu et al., "Few-shot unsupervised domain adaptation for multi-modal cardiac image segmentation"
(arXiv:2201.12386); the DRU-Net of Rahman & Gu is probably this one. Four encoder blocks, a bottleneck
of four dilated convolutions whose outputs are summed, nearest-neighbour upsampling.

Readings where the work leaves a choice: weights start as torch's layers draw them; batch norms have
torch's momentum and epsilon; leaky ReLUs the slope 0.01. Published in 2D; 3D is ours.
"""

from __future__ import annotations

import torch
from torch import nn

from ssaglioma.networks.blocks import CONVOLUTION
from ssaglioma.networks.dru_net import BATCH_NORM, MAX_POOL
from ssaglioma.networks.forms import LEAKY_SLOPE
from ssaglioma.networks.segmentation import SegmentationNetwork, check_dims

_BLOCKS = 4
_DILATIONS = (1, 2, 4, 8)


def _double(dims: int, in_channels: int, out_channels: int) -> nn.Sequential:
    """Twice: 3-wide convolution, leaky ReLU, batch normalisation."""
    layers: list[nn.Module] = []
    for channels in (in_channels, out_channels):
        layers += [
            CONVOLUTION[dims](channels, out_channels, 3, padding=1),
            nn.LeakyReLU(LEAKY_SLOPE),
            BATCH_NORM[dims](out_channels),
        ]
    return nn.Sequential(*layers)


class _Bottleneck(nn.Module):
    """Dilated convolutions in a row; their outputs are summed."""

    def __init__(self, *, dims: int, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            CONVOLUTION[dims](in_channels if index == 0 else out_channels, out_channels, 3, padding=rate, dilation=rate)
            for index, rate in enumerate(_DILATIONS)
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        outputs = []
        for layer in self.layers:
            image = nn.functional.leaky_relu(layer(image), LEAKY_SLOPE)
            outputs.append(image)
        return torch.stack(outputs).sum(0)


class _Encoder(nn.Module):
    def __init__(self, *, dims: int, in_channels: int, widths: list[int]) -> None:
        super().__init__()
        inputs = [in_channels, *widths]
        self.blocks = nn.ModuleList(_double(dims, before, here) for before, here in zip(inputs, widths))
        # The first of these has no part in the result. It is kept because the published network holds it too.
        self.merges = nn.ModuleList(CONVOLUTION[dims](3 * before, here, 1) for before, here in zip(inputs, widths))
        self.pool = MAX_POOL[dims](2)
        self.bottleneck = _Bottleneck(dims=dims, in_channels=widths[-1], out_channels=2 * widths[-1])

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        skips = []
        for index, (block, merge) in enumerate(zip(self.blocks, self.merges)):
            features = block(image)
            skips.append(features)
            if index > 0:
                features = nn.functional.leaky_relu(merge(torch.cat([features, image], dim=1)), LEAKY_SLOPE)
            image = self.pool(features)
        return [*skips, self.bottleneck(image)]


class _Decoder(nn.Module):
    """Element 0 of `ups` and `blocks` is the deepest."""

    def __init__(self, *, dims: int, out_channels: int, widths: list[int]) -> None:
        super().__init__()
        down = widths[::-1]
        inputs = [2 * down[0], *down]
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), CONVOLUTION[dims](below, here, 3, padding=1))
            for below, here in zip(inputs, down)
        )
        self.blocks = nn.ModuleList(_double(dims, 2 * here, here) for here in down)
        self.head = CONVOLUTION[dims](widths[0], out_channels, 1)

    def forward(self, skips: list[torch.Tensor]) -> torch.Tensor:
        features = skips[-1]
        for up, block, skip in zip(self.ups, self.blocks, skips[-2::-1]):
            features = block(torch.cat([skip, up(features)], dim=1))
        return self.head(features)


class DilatedDRUNet(SegmentationNetwork):
    """Dilated residual U-Net (Gu et al., arXiv:2201.12386).

    Parameters
    ----------
    dims : int
        2 as published, or 3.
    in_channels, out_channels : int
        Image channels (published: 3) and classes (4).
    width : int
        Channels of the first block; doubled at each of the four (published: 32).

    Shapes
    ------
    Image (B, C, [Z,] Y, X), each edge a multiple of 16.

    Raises
    ------
    ValueError
        If dims is neither 2 nor 3.
    """

    def __init__(self, *, dims: int, in_channels: int, out_channels: int, width: int = 32) -> None:
        super().__init__()
        check_dims(dims)
        widths = [width * 2**level for level in range(_BLOCKS)]
        self.encoder = _Encoder(dims=dims, in_channels=in_channels, widths=widths)
        self.decoder = _Decoder(dims=dims, out_channels=out_channels, widths=widths)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits at full resolution, (B, out_channels, *spatial)."""
        return self.decoder(self.encoder(image))

    def forward_scales(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits at full resolution alone: the work supervises no other scale."""
        return [self.forward(image)]
