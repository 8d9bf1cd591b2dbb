"""nnU-Net's PlainConvUNet in 2D and 3D, built from numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ssaglioma.networks.blocks import (
    CONVOLUTION,
    NNUNET_FORM,
    TRANSPOSED_CONVOLUTION,
    ConvStack,
    UnitForm,
    initialise_he,
)
from ssaglioma.networks.segmentation import SegmentationNetwork, check_dims


class _Encoder(nn.Module):
    def __init__(
        self,
        *,
        dims: int,
        in_channels: int,
        features: Sequence[int],
        kernels: Sequence[tuple[int, ...]],
        strides: Sequence[tuple[int, ...]],
        convs: Sequence[int],
        form: UnitForm,
    ) -> None:
        super().__init__()
        stages = []
        channels = in_channels
        for width, kernel, stride, count in zip(features, kernels, strides, convs):
            stack = ConvStack(
                dims=dims,
                count=count,
                in_channels=channels,
                out_channels=width,
                kernel=kernel,
                stride=stride,
                form=form,
            )
            stages.append(nn.Sequential(stack))
            channels = width
        self.stages = nn.Sequential(*stages)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        skips = []
        for stage in self.stages:
            image = stage(image)
            skips.append(image)
        return skips


class UNetDecoder(nn.Module):
    """Upsampling path; element 0 of each list is the deepest level."""

    def __init__(
        self,
        *,
        dims: int,
        out_channels: int,
        features: Sequence[int],
        kernels: Sequence[tuple[int, ...]],
        strides: Sequence[tuple[int, ...]],
        convs: Sequence[int],
        form: UnitForm,
    ) -> None:
        super().__init__()
        up, stages, heads = [], [], []
        ones = (1,) * dims
        for index, level in enumerate(range(len(features) - 1, 0, -1)):
            below, here, stride = features[level], features[level - 1], strides[level]
            up.append(TRANSPOSED_CONVOLUTION[dims](below, here, stride, stride, bias=form.bias))
            stages.append(
                ConvStack(
                    dims=dims,
                    count=convs[index],
                    in_channels=2 * here,
                    out_channels=here,
                    kernel=kernels[level - 1],
                    stride=ones,
                    form=form,
                )
            )
            heads.append(CONVOLUTION[dims](here, out_channels, 1, 1, 0, bias=True))
        self.transpconvs = nn.ModuleList(up)
        self.stages = nn.ModuleList(stages)
        self.seg_layers = nn.ModuleList(heads)

    def forward(self, skips: list[torch.Tensor], all_scales: bool) -> list[torch.Tensor]:
        features = skips[-1]
        logits = []
        last = len(self.stages) - 1
        for index, (up, stage, head) in enumerate(zip(self.transpconvs, self.stages, self.seg_layers)):
            features = stage(torch.cat([up(features), skips[-(index + 2)]], dim=1))
            if all_scales or index == last:
                logits.append(head(features))
        return logits[::-1]


class EncoderDecoder(SegmentationNetwork):
    """A U-Net of an `encoder`, image to the features of every stage, and a `UNetDecoder` as `decoder`."""

    encoder: nn.Module
    decoder: UNetDecoder

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits at full resolution, (B, out_channels, *spatial)."""
        return self.decoder(self.encoder(image), all_scales=False)[0]

    def forward_scales(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of every decoder level, full resolution first, for deep supervision."""
        return self.decoder(self.encoder(image), all_scales=True)


class PlainConvUNet(EncoderDecoder):
    """U-Net of plain convolution stacks with instance norm and leaky ReLU (Isensee et al. 2021, nnU-Net v2).

    Parameters
    ----------
    dims : int
        2 or 3.
    in_channels, out_channels : int
        Image channels and logits (one for each region; sigmoid) or classes (softmax).
    features : sequence of int
        Channels of each stage, full resolution first.
    kernels, strides : sequence of tuple of int
        For each stage, per spatial axis.
    encoder_convs : sequence of int
        Convolutions of each encoder stage.
    decoder_convs : sequence of int
        Convolutions of each decoder stage, **deepest first**.
    form : UnitForm
        What all units have in common.

    Shapes
    ------
    Image (B, C, [Z,] Y, X), each edge a multiple of the product of its strides.
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
        encoder_convs: Sequence[int],
        decoder_convs: Sequence[int],
        form: UnitForm = NNUNET_FORM,
    ) -> None:
        super().__init__()
        check_dims(dims)
        if not len(features) == len(kernels) == len(strides) == len(encoder_convs) == len(decoder_convs) + 1:
            raise ValueError("features, kernels, strides and convs must describe the same number of stages")
        self.encoder = _Encoder(
            dims=dims,
            in_channels=in_channels,
            features=features,
            kernels=kernels,
            strides=strides,
            convs=encoder_convs,
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
