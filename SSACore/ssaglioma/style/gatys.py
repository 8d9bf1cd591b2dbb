"""Neural style transfer by optimising the picture itself (Gatys, Ecker and Bethge, CVPR 2016)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ssaglioma.errors import DatasetError
from ssaglioma.style.encoders import VggEncoder
from ssaglioma.style.feature_statistics import gram_matrix
from ssaglioma.style.learned import LearnedStylizer, paste, picture_box, picture_tensor
from ssaglioma.style.losses import boundary_loss, content_loss, total_variation
from ssaglioma.style.pictures import Pictures
from ssaglioma.style.style_network import gray
from ssaglioma.types import ProgressCallback

_VGG_STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
_CAFFE_SCALE = 255 * 0.226


@dataclass(frozen=True)
class GatysConfig:
    """Weights, layers and steps; the defaults are safe for structure and independent of the encoder's scale.

    Attributes
    ----------
    content_layer : str
        'relu4_2' holds structure better than the tutorial's block 5.
    style_layers : tuple of str
    content_weight, style_weight, tv_weight, boundary_weight : float
        The style's is shared equally by its layers. The boundary loss is not in the paper.
    relative : bool
        Divide content and Gram losses by the mean square of their targets, so that weights mean the same for each
        encoder, and take the mean of the total variation. Not in the paper; the tutorial's weights need it false.
    by_foreground : bool
        Hold Gram matrices against the share of foreground in each slice, so that small slices of a case do not
        turn bright. Not in the paper.
    feature_scale : float
        Features are multiplied by it; see `paper_settings`.
    channels : int
        Channels of the picture that is optimised, 1 or 3.
    longest_side : int or None
        Pictures are resized to it; None keeps their size.
    steps : int
    learning_rate, beta1, epsilon : float
        Of Adam.
    """

    content_layer: str = "relu4_2"
    style_layers: tuple[str, ...] = _VGG_STYLE
    content_weight: float = 1.0
    style_weight: float = 1.0
    tv_weight: float = 0.05
    boundary_weight: float = 0.5
    relative: bool = True
    by_foreground: bool = True
    feature_scale: float = 1.0
    channels: int = 1
    longest_side: int | None = None
    steps: int = 200
    learning_rate: float = 0.02
    beta1: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        object.__setattr__(self, "style_layers", tuple(self.style_layers))
        weights = (self.content_weight, self.style_weight, self.tv_weight, self.boundary_weight)
        if min(weights) < 0 or self.steps < 1 or self.channels not in (1, 3) or not self.style_layers:
            raise DatasetError(
                f"Style transfer with weights {weights!r}, {self.steps!r} steps, {self.channels!r} channels "
                f"and style layers {self.style_layers!r}",
                expected="weights of 0 or more, 1 step or more, 1 or 3 channels, at least one layer",
            )


def paper_settings() -> GatysConfig:
    """Return the settings of arXiv:2501.04734 as far as they are known.

    The paper names no layers or weights; its file names and pictures of 512 pixels point to TensorFlow's tutorial
    "Neural style transfer", whose values these are (1000 steps of Adam, total variation 30 as a plain sum, content
    from block5_conv2). The tutorial's VGG-19 was trained on intensities 0 to 255; with torchvision's weights the
    features are smaller by about 255 * 0.226, which `feature_scale` makes up for (our choice).
    """
    return GatysConfig(
        content_layer="relu5_2",
        content_weight=1e4,
        style_weight=1e-2,
        tv_weight=30.0,
        boundary_weight=0.0,
        relative=False,
        by_foreground=False,
        feature_scale=_CAFFE_SCALE,
        channels=3,
        longest_side=512,
        steps=1000,
        beta1=0.99,
        epsilon=0.1,
    )


def settings_for(encoder: VggEncoder) -> GatysConfig:
    """Return the default settings with the deepest layers that an encoder has (`mri_small` ends with relu4_1)."""
    layers = {"relu" + name[4:] for name in encoder.configuration.layers}
    default = GatysConfig()
    deepest = "relu" + encoder.configuration.layers[-1][4:]
    return replace(
        default,
        content_layer=default.content_layer if default.content_layer in layers else deepest,
        style_layers=tuple(name for name in default.style_layers if name in layers),
    )


@dataclass(frozen=True, eq=False)
class GramStyle:
    """Mean Gram matrices of style pictures, one (1, C, C) a layer, and their mean share of foreground."""

    grams: list[torch.Tensor]
    foreground_share: float = field(default=1.0)


class GatysStylizer(LearnedStylizer[VggEncoder]):
    """Optimises every slice from the content on; hundreds of passes through the encoder a slice.

    All slices of a case aim at the same Gram matrices. A contrast's style set is summed up by their mean.

    Parameters
    ----------
    network : VggEncoder
        'vgg19_conv5' for the paper's layers, any other for fewer.
    config : GatysConfig, optional
        The default is `settings_for` the encoder; `paper_settings` are the published ones.
    """

    method = "gatys"

    def __init__(self, *, network: VggEncoder, config: GatysConfig | None = None, slice_axis: str = "axial") -> None:
        super().__init__(network=network, slice_axis=slice_axis)
        self.config = config or settings_for(network)

    @torch.no_grad()
    def style_of(self, picture: torch.Tensor) -> GramStyle:
        """Return the style of one picture (1, 1, Y, X), values 0..1."""
        picture = resized(picture, self.config.longest_side)
        grams = [gram_matrix(layer) for layer in self._features(picture, self.config.style_layers)]
        return GramStyle(grams, float((picture > 0).float().mean()))

    def _summarise(self, styles: list[Pictures]) -> GramStyle:
        each = [self.style_of(picture_tensor(one, [one.reference], self.device)) for one in styles]
        grams = [torch.stack(layer).mean(0) for layer in zip(*(one.grams for one in each))]
        return GramStyle(grams, float(np.mean([one.foreground_share for one in each])))

    def _transform(self, content: Pictures, style: GramStyle, drawn: Any, progress: ProgressCallback) -> np.ndarray:
        result = np.zeros(content.original.shape, np.float32)
        filled = [int(index) for index in np.flatnonzero(content.foreground.any(axis=(1, 2)))]
        box = picture_box(content.foreground, self.network.divisor)
        for count, index in enumerate(filled):

            def slice_progress(fraction: float, message: str, count: int = count) -> None:
                progress((count + fraction) / len(filled), message)

            made = self.optimised(picture_tensor(content, [index], self.device, box), style, slice_progress)
            paste(result, [index], box, made[:, 0].cpu().numpy())
        return result

    def optimised(self, content: torch.Tensor, style: GramStyle, progress: ProgressCallback) -> torch.Tensor:
        """Return one picture (1, 1, Y, X), values 0..1, after all steps."""
        size = content.shape[-2:]
        made = gray(self.optimised_colors(content, style, progress))
        return made if made.shape[-2:] == size else functional.interpolate(made, size, mode="bilinear")

    def optimised_colors(self, content: torch.Tensor, style: GramStyle, progress: ProgressCallback) -> torch.Tensor:
        """Return the picture as it was optimised, (1, channels, Y', X') of the configured size, for (1, 1, Y, X)."""
        config = self.config
        start = resized(content, config.longest_side).clamp(0, 1)
        target = self._features(start, (config.content_layer,))[0].detach()
        share = float((start > 0).float().mean()) / style.foreground_share if config.by_foreground else 1.0
        grams = [gram * share for gram in style.grams]
        picture = start.repeat(1, config.channels, 1, 1).requires_grad_()
        optimizer = torch.optim.Adam([picture], config.learning_rate, (config.beta1, 0.999), config.epsilon)
        with torch.enable_grad():
            for step in range(config.steps):
                loss = self.loss(picture, start, target, grams)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                with torch.no_grad():
                    picture.clamp_(0, 1)
                progress((step + 1) / config.steps, f"Step {step + 1} of {config.steps}")
        return picture.detach()

    def loss(
        self, picture: torch.Tensor, start: torch.Tensor, target: torch.Tensor, grams: list[torch.Tensor]
    ) -> torch.Tensor:
        """Return the weighted sum of content, style, total variation and boundary losses of a picture."""
        config = self.config
        content, *layers = self._features(picture, (config.content_layer, *config.style_layers))
        total = config.content_weight * content_loss(content, target) / self._scale(target)
        for layer, gram in zip(layers, grams, strict=True):
            difference = functional.mse_loss(gram_matrix(layer), gram) / self._scale(gram)
            total = total + config.style_weight / len(grams) * difference
        total = total + config.tv_weight * total_variation(picture, mean=config.relative)
        if config.boundary_weight:
            total = total + config.boundary_weight * boundary_loss(gray(picture), start)
        return total

    def _features(self, picture: torch.Tensor, layers: tuple[str, ...]) -> list[torch.Tensor]:
        unique = tuple(dict.fromkeys(layers))
        found = dict(zip(unique, self.network.features(picture, unique)))
        return [self.config.feature_scale * found[name] for name in layers]

    def _scale(self, target: torch.Tensor) -> torch.Tensor | float:
        return (target**2).mean() + 1e-12 if self.config.relative else 1.0


def resized(picture: torch.Tensor, longest_side: int | None) -> torch.Tensor:
    """Return a picture (B, C, Y, X) whose longer edge has `longest_side` pixels; None leaves it as it is."""
    if longest_side is None:
        return picture
    factor = longest_side / max(picture.shape[-2:])
    size = [max(1, round(edge * factor)) for edge in picture.shape[-2:]]
    return functional.interpolate(picture, size, mode="bilinear", antialias=factor < 1)
