"""AdaConv (Chandran et al. 2021, CVPR): style as predicted convolution kernels at four scales.

Layer table after github.com/RElbers/ada-conv-pytorch: convolutions 1, 4, 2, 2 in the four scales (the predicted
one included) and groups of C / g = 1, 2, 4, 8 channels (g = 512, 128, 32, 8 for VGG-19). 59,320,323 trained
parameters with VGG-19 and 3 x 3 kernels.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from ssaglioma.errors import ModelPackageError
from ssaglioma.style.decoders import decoded_stage, mirrored_widths, reflect_conv
from ssaglioma.style.encoders import VggEncoder, build_encoder
from ssaglioma.style.feature_statistics import normalised
from ssaglioma.style.kernel_prediction import (
    KernelPredictor,
    Kernels,
    StyleDescriptor,
    instance_statistics,
    predicted_convolution,
)
from ssaglioma.style.learned import CodeStylizer
from ssaglioma.style.style_network import StyleNetwork, gray

STYLE_EDGE = 256
"""Edge of the style picture in pixels: the paper's style input is 256 x 256."""
CHANNELS_PER_GROUP = (1, 2, 4, 8)
KERNEL_SIZES = (3, 5)

Anchor = list[tuple[torch.Tensor, torch.Tensor]]


class AdaConvNetwork(StyleNetwork):
    """Frozen encoder; style descriptor, kernel predictors and decoder are trained jointly.

    The code is the descriptor W as a row, C * k * k numbers. Kernels mix neighbours, so boundaries can move: the
    paper on late-enhancement MRI saw large Hausdorff distances. Larger kernels (5) with the boundary loss of
    `losses.py` are this project's answer, the variant 'adaconv_structure'.

    Parameters
    ----------
    encoder : VggEncoder
        Four stages, ending with relu4_1.
    kernel_size : int
        3 (paper) or 5.
    style_edge : int
        Style pictures are cut or padded to this size, a multiple of 64.
    """

    def __init__(self, encoder: VggEncoder, *, kernel_size: int = 3, style_edge: int = STYLE_EDGE) -> None:
        super().__init__()
        if kernel_size not in KERNEL_SIZES or style_edge % 64 or style_edge < 64:
            raise ModelPackageError(
                f"AdaConv with kernels of {kernel_size!r} and style pictures of {style_edge!r} pixels",
                expected=f"kernels in {KERNEL_SIZES} and a multiple of 64",
            )
        self.encoder, self.kernel_size, self.style_edge = encoder, kernel_size, style_edge
        width = encoder.out_channels
        edge = style_edge // encoder.divisor
        self.descriptor = StyleDescriptor(channels=width, edge=edge, kernel_size=kernel_size)
        self.code_size = width * kernel_size**2
        table = mirrored_widths(encoder.configuration)
        self.predictors = nn.ModuleList(
            KernelPredictor(
                descriptor_channels=width,
                channels=stage[0][0],
                groups=stage[0][0] // per_group,
                kernel_size=kernel_size,
            )
            for stage, per_group in zip(table, CHANNELS_PER_GROUP, strict=True)
        )
        self.stages = nn.ModuleList(nn.ModuleList(reflect_conv(*channels) for channels in stage) for stage in table)

    def encode_style(self, style: torch.Tensor) -> torch.Tensor:
        """Return the descriptor of style pictures as rows; they are cut or padded with 0 about their middle."""
        return self.descriptor(self.encoder(centred(style, self.style_edge))).flatten(1)

    def kernels(self, code: torch.Tensor) -> list[Kernels]:
        """Return the predicted kernels of the four scales, deepest first."""
        descriptor = code.view(len(code), -1, self.kernel_size, self.kernel_size)
        return [predictor(descriptor) for predictor in self.predictors]

    def anchor(self, content: torch.Tensor, code: torch.Tensor) -> Anchor:
        """Return mean and deviation that the content has before each predicted convolution."""
        anchor: Anchor = []
        self._decoded(self.encoder(content), code, None, anchor)
        return anchor

    def exchanged(self, features: torch.Tensor, code: torch.Tensor, anchor: Anchor | None = None) -> torch.Tensor:
        """Return pictures decoded from content features by predicted kernels."""
        return self._decoded(features, code, anchor, [])

    def content_target(self, features: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """Return the content's own features: AdaConv's loss compares with them, not with a transformed target."""
        return features

    def _decoded(self, value: torch.Tensor, code: torch.Tensor, anchor: Anchor | None, seen: Anchor) -> torch.Tensor:
        last = len(self.stages) - 1
        for number, (stage, kernels) in enumerate(zip(self.stages, self.kernels(code))):
            seen.append(instance_statistics(value) if anchor is None else anchor[number])
            value = predicted_convolution(normalised(value, *seen[-1]), kernels)
            value = decoded_stage(value, stage, last=number == last)
        return gray(value)


class AdaConvStylizer(CodeStylizer):
    """AdaConv on slices and cases."""

    method = "adaconv"


class StructureAdaConvStylizer(CodeStylizer):
    """AdaConv with 5 x 5 kernels, trained with the boundary loss; not in the paper."""

    method = "adaconv_structure"


def build_adaconv(
    encoder: str = "mri_small",
    weights: Mapping[str, torch.Tensor] | None = None,
    *,
    kernel_size: int = 3,
    style_edge: int = STYLE_EDGE,
) -> AdaConvNetwork:
    """Build AdaConv on a named encoder with the encoder's weights; the rest is fresh."""
    return AdaConvNetwork(build_encoder(encoder, weights), kernel_size=kernel_size, style_edge=style_edge)


def centred(picture: torch.Tensor, edge: int) -> torch.Tensor:
    """Return pictures (B, C, Y, X) cut, or padded with 0, about their middle to (B, C, edge, edge)."""
    height, width = picture.shape[-2:]
    top, left = (edge - height) // 2, (edge - width) // 2
    # Negative padding cuts.
    return nn.functional.pad(picture, (left, edge - width - left, top, edge - height - top))
