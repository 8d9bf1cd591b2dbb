"""What an encoder of MR slices is trained for: heads and normalisation that are gone once it is trained."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from ssaglioma.style.decoders import MirrorDecoder
from ssaglioma.style.encoders import STYLE_LAYERS, VggEncoder
from ssaglioma.style.feature_statistics import style_vector


class NormalisedConvolution(nn.Module):
    """A convolution and batch normalisation, foldable into one convolution: (B, Cin, Y, X) to (B, Cout, Y, X)."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution
        self.norm = nn.BatchNorm2d(convolution.out_channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Apply both."""
        return self.norm(self.convolution(features))

    @torch.no_grad()
    def folded(self) -> nn.Conv2d:
        """Return the convolution that does the same with the running statistics (those of evaluation)."""
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None and variance is not None and self.convolution.bias is not None
        factor = self.norm.weight / torch.sqrt(variance + self.norm.eps)
        self.convolution.weight.mul_(factor[:, None, None, None])
        self.convolution.bias.sub_(mean).mul_(factor).add_(self.norm.bias)
        return self.convolution


class EncoderTask(nn.Module):
    """An encoder with four heads: the picture itself, its contrast, its scanner, and what is in it.

    The picture is rebuilt from relu4_1 alone, so that a decoder can invert what styles are exchanged on. Contrast
    and scanner (blur and noise) are told from means and deviations of `STYLE_LAYERS` alone, the numbers that
    stylisation compares; ImageNet's classes teach an encoder nothing about them. Regions are found from relu3_1
    and relu4_1, so that content features know a tumour from a ventricle. Not in the papers, which take VGG-19.

    Encoder and decoder are trained with batch normalisation, without which eighteen layers hardly learn; `fold` takes
    it away and leaves plain convolutions.

    Parameters
    ----------
    encoder : VggEncoder
        Four stages; its weights are trained.
    contrasts : int
        Number of contrasts to tell apart.
    regions : int
        Number of regions to find.
    """

    def __init__(self, encoder: VggEncoder, *, contrasts: int, regions: int) -> None:
        super().__init__()
        widths = encoder.configuration.widths
        self.encoder = encoder
        self.decoder = MirrorDecoder(encoder.configuration)
        statistics = 2 * sum(widths[:4])
        self.contrast = nn.Linear(statistics, contrasts)
        self.scanner = nn.Linear(statistics, 2)
        self.regions = nn.Conv2d(widths[2] + widths[3], regions, 1)
        for name, convolution in list(encoder.convs.items()):
            encoder.convs[name] = NormalisedConvolution(_plain(convolution))
        for stage in _lists(self.decoder.stages):
            for index, convolution in enumerate(list(stage)):
                if convolution.out_channels != encoder.configuration.in_channels:  # the last layer gives the picture
                    stage[index] = NormalisedConvolution(_plain(convolution))

    def fold(self) -> None:
        """Turn each convolution with its normalisation into one plain convolution, in place; evaluation is the same."""
        for name, layer in list(self.encoder.convs.items()):
            self.encoder.convs[name] = _plain(layer)
        for stage in _lists(self.decoder.stages):
            for index, layer in enumerate(list(stage)):
                stage[index] = _plain(layer)

    def forward(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return 'picture' (B, 1, Y, X), 'contrast' (B, K), 'scanner' (B, 2), 'regions' (B, R, Y / 4, X / 4).

        Contrast and regions are logits; the edges of the picture (B, 1, Y, X) are multiples of 8.
        """
        layers = self.encoder.features(picture, STYLE_LAYERS)
        statistics = torch.cat([style_vector(layer) for layer in layers], dim=1)
        deep = functional.interpolate(layers[3], size=layers[2].shape[-2:], mode="bilinear", align_corners=False)
        return {
            "picture": self.decoder(layers[3]).mean(1, keepdim=True),
            "contrast": self.contrast(statistics),
            "scanner": self.scanner(statistics),
            "regions": self.regions(torch.cat([layers[2], deep], dim=1)),
        }


@torch.no_grad()
def normalise_activations(task: EncoderTask, pictures: torch.Tensor) -> None:
    """Scale the filters of a folded task, in place, so that each channel's mean activation over pictures is 1.

    As in the normalised VGG-19 of Gatys et al. 2016: ReLU and pooling commute with positive factors, so what the
    next layer sees is the same once its weights are divided by them. Losses on features then weigh layers and
    channels alike. Channels that never fire stay as they are. The decoder is adapted; the other heads are not.
    Pictures are (B, 1, Y, X).
    """
    encoder = task.encoder
    names = tuple("relu" + name[4:] for name in encoder.configuration.layers)
    means = [layer.mean((0, 2, 3)) for layer in encoder.features(pictures, names)]
    factors = [torch.where(mean > 1e-6, mean, torch.ones_like(mean)) for mean in means]
    convolutions = [_plain(layer) for layer in encoder.convs.values()]
    first = _plain(next(iter(_lists(task.decoder.stages)[0])))
    for convolution, after, factor in zip(convolutions, [*convolutions[1:], first], factors, strict=True):
        convolution.weight.div_(factor[:, None, None, None])
        if convolution.bias is not None:
            convolution.bias.div_(factor)
        after.weight.mul_(factor[None, :, None, None])


def _plain(layer: nn.Module) -> nn.Conv2d:
    if isinstance(layer, NormalisedConvolution):
        return layer.folded()
    assert isinstance(layer, nn.Conv2d)
    return layer


def _lists(stages: nn.ModuleList) -> list[nn.ModuleList]:
    return [stage for stage in stages if isinstance(stage, nn.ModuleList)]
