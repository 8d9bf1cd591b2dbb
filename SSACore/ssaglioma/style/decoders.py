"""The way back from features to pictures: an encoder's mirror (Huang and Belongie 2017, arXiv:1703.06868)."""

from __future__ import annotations

import torch
from torch import nn

from ssaglioma.style.encoders import EncoderConfiguration


def reflect_conv(in_channels: int, out_channels: int) -> nn.Conv2d:
    """Return a 3 x 3 convolution with reflection padding and He's weights: (B, Cin, Y, X) to (B, Cout, Y, X)."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1, padding_mode="reflect")
    nn.init.kaiming_normal_(convolution.weight)
    nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
    return convolution


def upsampled(features: torch.Tensor) -> torch.Tensor:
    """Return features of twice the size, each value repeated (nearest)."""
    return nn.functional.interpolate(features, scale_factor=2, mode="nearest")


def mirrored_widths(configuration: EncoderConfiguration) -> list[list[tuple[int, int]]]:
    """Return (in, out) channels of each convolution of the decoder, by stage, deepest first.

    For VGG-19 to relu4_1: 512-256 | 256-256 x 3, 256-128 | 128-128, 128-64 | 64-64, 64-3.
    """
    widths, table = configuration.widths, []
    for stage in reversed(range(len(widths))):
        width = widths[stage]
        last = widths[stage - 1] if stage else configuration.in_channels
        table.append([(width, width)] * (configuration.convs[stage] - 1) + [(width, last)])
    return table


class MirrorDecoder(nn.Module):
    """Convolutions with ReLU (none after the last), doubled between stages.

    Shapes: (B, widths[-1], Y, X) to (B, in_channels of the encoder, Y * 2**k, X * 2**k), k stages less one. The
    last layer is linear: clip its values to 0..1 for use.
    """

    def __init__(self, configuration: EncoderConfiguration) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.ModuleList(reflect_conv(*channels) for channels in stage) for stage in mirrored_widths(configuration)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Decode; see the class for shapes."""
        last = len(self.stages) - 1
        for number, stage in enumerate(self.stages):
            features = decoded_stage(features, stage, last=number == last)
        return features


def decoded_stage(features: torch.Tensor, stage: nn.Module, *, last: bool) -> torch.Tensor:
    """Return features after the convolutions of one stage: ReLU after each and doubled, or linear in the last stage."""
    convolutions = list(stage.children())
    for convolution in convolutions[:-1]:
        features = torch.relu(convolution(features))
    features = convolutions[-1](features)
    return features if last else upsampled(torch.relu(features))
