"""nnU-Net's ResidualEncoderUNet in 2D and 3D: residual blocks down, plain convolutions up.

Isensee et al. 2024, "nnU-Net revisited" (arXiv:2404.09556); blocks as ResNet-D (He et al. 2019): the skip halves
by average pooling before its 1-wide convolution. Sub-module names follow nnU-Net's, so that weights can be exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ssaglioma.networks.blocks import NNUNET_FORM, ConvStack, ConvUnit, UnitForm, initialise_he
from ssaglioma.networks.plain_conv_unet import EncoderDecoder, UNetDecoder
from ssaglioma.networks.segmentation import check_dims

_AVERAGE_POOL: dict[int, type[nn.Module]] = {2: nn.AvgPool2d, 3: nn.AvgPool3d}


class ResidualBlock(nn.Module):
    """Two convolutions and a skip around them: (B, Cin, *spatial) to (B, Cout, *spatial / stride)."""

    def __init__(
        self,
        *,
        dims: int,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        form: UnitForm = NNUNET_FORM,
    ) -> None:
        super().__init__()
        ones = (1,) * dims
        self.conv1 = ConvUnit(
            dims=dims, in_channels=in_channels, out_channels=out_channels, kernel=kernel, stride=stride, form=form
        )
        self.conv2 = ConvUnit(
            dims=dims,
            in_channels=out_channels,
            out_channels=out_channels,
            kernel=kernel,
            stride=ones,
            form=form,
            active=False,
        )
        skip: list[nn.Module] = [] if stride == ones else [_AVERAGE_POOL[dims](stride, stride)]
        if in_channels != out_channels:
            without_bias = UnitForm(False, form.epsilon, form.affine, form.slope)
            skip.append(
                ConvUnit(
                    dims=dims,
                    in_channels=in_channels,
                    out_channels=out_channels,
                    kernel=ones,
                    stride=ones,
                    form=without_bias,
                    active=False,
                )
            )
        self.skip = nn.Sequential(*skip)
        self.nonlin2 = nn.LeakyReLU(form.slope, inplace=True)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Apply the block; see the class for shapes."""
        return self.nonlin2(self.conv2(self.conv1(image)) + self.skip(image))


class _Stage(nn.Module):
    def __init__(self, blocks: list[ResidualBlock]) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.blocks(image)


class _ResidualEncoder(nn.Module):
    def __init__(
        self,
        *,
        dims: int,
        in_channels: int,
        features: Sequence[int],
        kernels: Sequence[tuple[int, ...]],
        strides: Sequence[tuple[int, ...]],
        blocks: Sequence[int],
        form: UnitForm,
    ) -> None:
        super().__init__()
        ones = (1,) * dims
        self.stem = ConvStack(
            dims=dims,
            count=1,
            in_channels=in_channels,
            out_channels=features[0],
            kernel=kernels[0],
            stride=ones,
            form=form,
        )
        stages, channels = [], features[0]
        for width, kernel, stride, count in zip(features, kernels, strides, blocks):
            row = [
                ResidualBlock(
                    dims=dims,
                    in_channels=channels if index == 0 else width,
                    out_channels=width,
                    kernel=kernel,
                    stride=stride if index == 0 else ones,
                    form=form,
                )
                for index in range(count)
            ]
            stages.append(_Stage(row))
            channels = width
        self.stages = nn.Sequential(*stages)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        image, skips = self.stem(image), []
        for stage in self.stages:
            image = stage(image)
            skips.append(image)
        return skips


class ResidualEncoderUNet(EncoderDecoder):
    """U-Net with residual blocks in the encoder (arXiv:2404.09556; the ResEnc presets of nnU-Net v2).

    Parameters
    ----------
    dims : int
        2 or 3.
    in_channels, out_channels : int
        Image channels and logits.
    features : sequence of int
        Channels of each stage, full resolution first; the stem has those of the first.
    kernels, strides : sequence of tuple of int
        For each stage, per spatial axis.
    encoder_blocks : sequence of int
        Residual blocks of each encoder stage.
    decoder_convs : sequence of int
        Convolutions of each decoder stage, **deepest first**.
    form : UnitForm
        What all units have in common.

    Shapes
    ------
    Image (B, C, [Z,] Y, X), each edge a multiple of the product of its strides.

    Raises
    ------
    ValueError
        If the stages are not described alike.
    """

    def __init__(
        self,
        *,
        dims: int,
        in_channels: int,
        out_channels: int,
        features: Sequence[int],
        kernels: Sequence[tuple[int, ...]],
        strides: Sequence[tuple[int, ...]],
        encoder_blocks: Sequence[int],
        decoder_convs: Sequence[int],
        form: UnitForm = NNUNET_FORM,
    ) -> None:
        super().__init__()
        check_dims(dims)
        if not len(features) == len(kernels) == len(strides) == len(encoder_blocks) == len(decoder_convs) + 1:
            raise ValueError("features, kernels, strides, blocks and convs must describe the same number of stages")
        self.encoder = _ResidualEncoder(
            dims=dims,
            in_channels=in_channels,
            features=features,
            kernels=kernels,
            strides=strides,
            blocks=encoder_blocks,
            form=form,
        )
        self.decoder = UNetDecoder(
            dims=dims,
            out_channels=out_channels,
            features=features,
            kernels=kernels,
            strides=strides,
            convs=decoder_convs,
            form=form,
        )
        self.apply(initialise_he)
        for name, tensor in self.named_parameters():
            if ".conv2.norm." in name:  # each block starts as its skip, as nnU-Net's do
                nn.init.zeros_(tensor)
