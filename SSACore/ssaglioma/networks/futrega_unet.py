"""The wide U-Net with one extra input channel after Futrega et al., as arXiv:2501.04734 ran it.

Pre-normed layers (instance norm, 3-wide convolution without bias, ReLU), linear upsampling, deep
supervision at two coarser levels, and a fifth input channel that marks the foreground.

Readings where the works leave a choice: of the two networks in the team's script this is the one that
it ran (six levels, 64 to 1024 channels). Its foreground channel was taken after the z-score, so that
"all channels above 0" marks tissue brighter than the mean and not the brain; the default here is the
brain (any channel not 0), `above_mean` is the literal reading. Instance norms have weights. The heads'
biases start at 0, all else as torch's layers draw it. The work is in 3D; the 2D form is ours.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from ssaglioma.networks.blocks import CONVOLUTION, INSTANCE_NORM
from ssaglioma.networks.segmentation import SegmentationNetwork, check_dims

FOREGROUNDS = ("brain", "above_mean", "none")
_LINEAR = {2: "bilinear", 3: "trilinear"}
_SUPERVISED = 3


class PreNormLayer(nn.Sequential):
    """Instance normalisation, 3-wide convolution without bias, ReLU."""

    def __init__(self, *, dims: int, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__(
            INSTANCE_NORM[dims](in_channels, affine=True),
            CONVOLUTION[dims](in_channels, out_channels, 3, stride, 1, bias=False),
            nn.ReLU(),
        )


def _pair(dims: int, in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        PreNormLayer(dims=dims, in_channels=in_channels, out_channels=out_channels, stride=stride),
        PreNormLayer(dims=dims, in_channels=out_channels, out_channels=out_channels),
    )


class _Encoder(nn.Module):
    def __init__(self, *, dims: int, in_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        convolution, first = CONVOLUTION[dims], channels[0]
        self.input_block = nn.Sequential(
            convolution(in_channels, first, 3, 1, 1, bias=False),
            INSTANCE_NORM[dims](first, affine=True),
            nn.ReLU(),
            convolution(first, first, 3, 1, 1, bias=False),
            nn.ReLU(),
        )
        self.levels = nn.ModuleList(_pair(dims, above, here, 2) for above, here in pairwise(channels))

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        features = [self.input_block(image)]
        for level in self.levels:
            features.append(level(features[-1]))
        return features


class _Decoder(nn.Module):
    """Element 0 of `levels` and `heads` is the finest."""

    def __init__(self, *, dims: int, out_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        self._mode = _LINEAR[dims]
        self.levels = nn.ModuleList(_pair(dims, below + here, here) for here, below in pairwise(channels))
        heads = [CONVOLUTION[dims](here, out_channels, 1) for here in channels[:_SUPERVISED]]
        for head in heads:
            nn.init.zeros_(head.get_parameter("bias"))
        self.heads = nn.ModuleList(heads)

    def forward(self, skips: list[torch.Tensor], all_scales: bool) -> list[torch.Tensor]:
        features, logits = skips[-1], []
        for index in range(len(self.levels) - 1, -1, -1):
            up = functional.interpolate(features, scale_factor=2, mode=self._mode, align_corners=True)
            features = self.levels[index](torch.cat([up, skips[index]], dim=1))
            if index == 0 or (all_scales and index < len(self.heads)):
                logits.append(self.heads[index](features))
        return logits[::-1]


class FutregaUNet(SegmentationNetwork):
    """Wide pre-normed U-Net with a foreground channel (Futrega et al.; arXiv:2501.04734).

    Parameters
    ----------
    dims : int
        3 as published, or 2.
    in_channels, out_channels : int
        Image channels (without the foreground) and regions.
    channels : tuple of int
        Of each level, finest first; at least three.
    foreground : str
        'brain', 'above_mean' (the literal reading) or 'none'; see the module.

    Shapes
    ------
    Image (B, C, [Z,] Y, X) of z-scored channels, 0 outside the brain; each edge a multiple of
    2 ** (levels - 1).

    Raises
    ------
    ValueError
        If dims, channels or foreground make no sense.
    """

    def __init__(
        self,
        *,
        dims: int,
        in_channels: int,
        out_channels: int,
        channels: tuple[int, ...],
        foreground: str = "brain",
    ) -> None:
        super().__init__()
        check_dims(dims)
        if foreground not in FOREGROUNDS or len(channels) < _SUPERVISED:
            raise ValueError(
                f"foreground must be one of {FOREGROUNDS} and there must be {_SUPERVISED} levels or more, "
                f"found {foreground!r} and {channels!r}"
            )
        self.foreground = foreground
        inputs = in_channels + (foreground != "none")
        self.encoder = _Encoder(dims=dims, in_channels=inputs, channels=channels)
        self.decoder = _Decoder(dims=dims, out_channels=out_channels, channels=channels)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits at full resolution, (B, out_channels, *spatial)."""
        return self.decoder(self.encoder(self.with_foreground(image)), all_scales=False)[0]

    def forward_scales(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits at full, half and quarter size, for deep supervision."""
        return self.decoder(self.encoder(self.with_foreground(image)), all_scales=True)

    def with_foreground(self, image: torch.Tensor) -> torch.Tensor:
        """Return the image with the foreground (0 or 1) as its last channel, (B, C + 1, *spatial)."""
        if self.foreground == "none":
            return image
        inside = (image != 0).any(1, keepdim=True) if self.foreground == "brain" else (image > 0).all(1, keepdim=True)
        return torch.cat([image, inside.to(image.dtype)], dim=1)
