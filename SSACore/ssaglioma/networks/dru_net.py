"""DRU-Net: residual sums and dense concatenation in one U-Net (Jafari et al. 2020, arXiv:2004.13453).

Readings where the work leaves a choice: batch norms keep 0.99 of their running values at each step
(momentum 0.01 in torch) with torch's epsilon; dropout is off unless asked for; the stem is a bare
convolution; the ReLU that the published code puts between the head and the softmax is `head_relu`,
off by default, because it stops the gradient of every negative logit. Published in 2D; 3D is ours.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from ssaglioma.networks.blocks import CONVOLUTION, TRANSPOSED_CONVOLUTION
from ssaglioma.networks.segmentation import SegmentationNetwork, check_dims

BATCH_NORM: dict[int, type[nn.Module]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
MAX_POOL: dict[int, type[nn.Module]] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_MOMENTUM = 0.01
_STEM_KERNEL = 7


class _NormedConvolution(nn.Sequential):
    """Convolution with bias, dropout, batch normalisation."""

    def __init__(self, *, dims: int, in_channels: int, out_channels: int, kernel: int = 3, dropout: float = 0) -> None:
        super().__init__(
            CONVOLUTION[dims](in_channels, out_channels, kernel, padding=kernel // 2),
            nn.Dropout(dropout),
            BATCH_NORM[dims](out_channels, momentum=_MOMENTUM),
        )


class DualPathBlock(nn.Module):
    """Two convolutions with a residual sum, then the input concatenated: (B, F, ...) to (B, 2F, ...)."""

    def __init__(self, *, dims: int, channels: int, dropout: float) -> None:
        super().__init__()
        unit = {"dims": dims, "in_channels": channels, "out_channels": channels}
        self.first = _NormedConvolution(**unit, dropout=dropout)
        self.second = _NormedConvolution(**unit, dropout=dropout)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Apply the block; see the class for shapes."""
        first = self.first(image)
        second = self.second(torch.relu(first))
        return torch.cat([torch.relu(second + first + image), image], dim=1)


class DualPathUp(nn.Module):
    """Doubles each edge, joins the skip (2F channels) and sums three paths: (B, Cin, ...) to (B, F, ...)."""

    def __init__(self, *, dims: int, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.up = nn.Sequential(
            TRANSPOSED_CONVOLUTION[dims](in_channels, out_channels, 3, stride=2, padding=1, output_padding=1),
            BATCH_NORM[dims](out_channels, momentum=_MOMENTUM),
            nn.ReLU(),
        )
        joined = {"dims": dims, "in_channels": 3 * out_channels, "out_channels": out_channels}
        self.first = _NormedConvolution(**joined)
        self.second = _NormedConvolution(dims=dims, in_channels=out_channels, out_channels=out_channels)
        self.short = _NormedConvolution(**joined, kernel=1)

    def forward(self, below: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """Apply the block; see the class for shapes."""
        joined = torch.cat([skip, self.up(below)], dim=1)
        first = self.first(joined)
        return torch.relu(self.second(torch.relu(first)) + first + self.short(joined))


class _Encoder(nn.Module):
    def __init__(self, *, dims: int, in_channels: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            CONVOLUTION[dims](in_channels, width, _STEM_KERNEL, padding=_STEM_KERNEL // 2), nn.Dropout(dropout)
        )
        self.levels = nn.ModuleList(
            DualPathBlock(dims=dims, channels=width * 2**level, dropout=dropout) for level in range(depth)
        )
        self.pool = MAX_POOL[dims](2)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        features = [self.levels[0](self.stem(image))]
        for level in list(self.levels)[1:]:
            features.append(level(self.pool(features[-1])))
        return features


class _Decoder(nn.Module):
    """Element 0 of `levels` is the deepest."""

    def __init__(self, *, dims: int, out_channels: int, width: int, depth: int, head_relu: bool) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth - 2, -1, -1)]
        inputs = [width * 2**depth, *widths]
        self.levels = nn.ModuleList(
            DualPathUp(dims=dims, in_channels=below, out_channels=here) for below, here in zip(inputs, widths)
        )
        self.head = CONVOLUTION[dims](width, out_channels, 1, bias=False)
        self._head_relu = head_relu

    def forward(self, skips: list[torch.Tensor]) -> torch.Tensor:
        features = skips[-1]
        for level, skip in zip(self.levels, skips[-2::-1]):
            features = level(features, skip)
        logits = self.head(features)
        return torch.relu(logits) if self._head_relu else logits


class DRUNet(SegmentationNetwork):
    """DRU-Net (Jafari et al. 2020).

    Parameters
    ----------
    dims : int
        2 as published, or 3.
    in_channels, out_channels : int
        Image channels and classes (softmax, as published) or regions (sigmoid).
    width : int
        Channels after the stem; doubled at each level (published: 16).
    depth : int
        Levels (published: 5).
    dropout : float
        Probability of dropping an activation in stem and encoder.
    head_relu : bool
        The published code's ReLU on the logits.

    Shapes
    ------
    Image (B, C, [Z,] Y, X), each edge a multiple of 2 ** (depth - 1).

    Raises
    ------
    ValueError
        If dims is neither 2 nor 3, or there are fewer than two levels.
    """

    def __init__(
        self,
        *,
        dims: int,
        in_channels: int,
        out_channels: int,
        width: int = 16,
        depth: int = 5,
        dropout: float = 0.0,
        head_relu: bool = False,
    ) -> None:
        super().__init__()
        check_dims(dims)
        if depth < 2:
            raise ValueError(f"depth must be 2 or more, found {depth!r}")
        self.encoder = _Encoder(dims=dims, in_channels=in_channels, width=width, depth=depth, dropout=dropout)
        self.decoder = _Decoder(dims=dims, out_channels=out_channels, width=width, depth=depth, head_relu=head_relu)
        self.apply(_initialise)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits at full resolution, (B, out_channels, *spatial)."""
        return self.decoder(self.encoder(image))

    def forward_scales(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits at full resolution alone: the work supervises no other scale."""
        return [self.forward(image)]


def _initialise(module: nn.Module) -> None:
    """Draw weights from a normal distribution cut at two sigma, sigma = sqrt(2 / (kernel voxels x output channels))."""
    if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        sigma = math.sqrt(2 / (math.prod(module.kernel_size) * module.out_channels))
        nn.init.trunc_normal_(module.weight, std=sigma, a=-2 * sigma, b=2 * sigma)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
